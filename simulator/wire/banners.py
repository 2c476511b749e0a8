"""The two pages of authorities: the banner of a seizure and the block page of a provider.

Both show shapes and initials of our own: no emblem, seal or logo of a real service is
copied, nor the hand of the French block page. All languages stand side by side, as on the
banners of operations of several countries. The pages are self-contained: a seized name
must not make its visitors call anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import NamedTuple, Protocol, TypeAlias

from simulator.errors import NotSimulated
from simulator.values import message
from simulator.wire.pages import BLOCK_PAGE, SEIZURE_BANNER, document

SEIZED = "seized"
CLOSED = "closed"


class InLanguages(Protocol):
    """A name that differs by language, as those of worlds do. Must be hashable."""

    def say(self, language: str) -> str:
        """Return the name in a language, or in English where it is missing."""


Label: TypeAlias = str | InLanguages
"""One name for all languages, or one for each."""


class Service(NamedTuple):
    """A service that took part: full name, initials for the shape, country code."""

    name: Label
    initials: str
    country: str


@dataclass(frozen=True, slots=True)
class Banner:
    """What a seizure banner says. ``verb`` is `SEIZED` or `CLOSED`, ``languages`` codes."""

    title: Label
    services: tuple[Service, ...]
    judicial_authority: Label
    legal_basis: Label | None = None
    verb: str = SEIZED
    languages: tuple[str, ...] = ("fr", "en")
    contact: str | None = None

    def __post_init__(self) -> None:
        _require(self.verb in (SEIZED, CLOSED), "verb", self.verb, f"{SEIZED}, {CLOSED}")
        _require_languages(self.languages, _BANNER_PHRASES)


@dataclass(frozen=True, slots=True)
class BlockPage:
    """What a block page says: who asked for the block, who carries it out, on what basis.

    ``blocked_by`` is the URI of the operator that carries it out (RFC 7725 section 4).
    """

    authority: Label
    operator: Label
    legal_basis: Label | None = None
    contact: str | None = None
    languages: tuple[str, ...] = ("fr", "en")
    status: int = 200
    blocked_by: str | None = None

    def __post_init__(self) -> None:
        _require(self.status in (200, 403, 451), "status", self.status, "200, 403, 451")
        _require_languages(self.languages, _BLOCK_PHRASES)


class _BannerPhrases(NamedTuple):
    """Sentences of one language; the first is keyed by verb, the second takes the name."""

    headline: dict[str, str]
    name: dict[str, str]
    authority: str
    basis: str
    services: str
    contact: str


class _BlockPhrases(NamedTuple):
    headline: str
    name: str
    authority: str
    operator: str
    basis: str
    contact: str


_BANNER_PHRASES = {
    "en": _BannerPhrases(
        {SEIZED: "This website has been seized", CLOSED: "This website has been closed"},
        {
            SEIZED: "The authorities have seized {name}.",
            CLOSED: "The authorities have closed {name}.",
        },
        "On the decision of: {authority}",
        "Legal basis: {basis}",
        "Services that took part",
        "Contact: {contact}",
    ),
    "fr": _BannerPhrases(
        {SEIZED: "Ce site a été saisi", CLOSED: "Ce site a été fermé"},
        {
            SEIZED: "Les autorités ont saisi {name}.",
            CLOSED: "Les autorités ont fermé {name}.",
        },
        "Sur décision de : {authority}",
        "Base légale : {basis}",
        "Services participants",
        "Contact : {contact}",
    ),
    "de": _BannerPhrases(
        {SEIZED: "Diese Website wurde beschlagnahmt", CLOSED: "Diese Website wurde geschlossen"},
        {
            SEIZED: "Die Behörden haben {name} beschlagnahmt.",
            CLOSED: "Die Behörden haben {name} geschlossen.",
        },
        "Auf Anordnung von: {authority}",
        "Rechtsgrundlage: {basis}",
        "Beteiligte Dienststellen",
        "Kontakt: {contact}",
    ),
    "nl": _BannerPhrases(
        {SEIZED: "Deze website is in beslag genomen", CLOSED: "Deze website is gesloten"},
        {
            SEIZED: "De autoriteiten hebben {name} in beslag genomen.",
            CLOSED: "De autoriteiten hebben {name} gesloten.",
        },
        "Op bevel van: {authority}",
        "Rechtsgrond: {basis}",
        "Deelnemende diensten",
        "Contact: {contact}",
    ),
    "it": _BannerPhrases(
        {SEIZED: "Questo sito è stato sequestrato", CLOSED: "Questo sito è stato chiuso"},
        {
            SEIZED: "Le autorità hanno sequestrato {name}.",
            CLOSED: "Le autorità hanno chiuso {name}.",
        },
        "Su decisione di: {authority}",
        "Base giuridica: {basis}",
        "Servizi partecipanti",
        "Contatto: {contact}",
    ),
    "bg": _BannerPhrases(
        {SEIZED: "Този сайт е иззет", CLOSED: "Този сайт е затворен"},
        {SEIZED: "Властите иззеха {name}.", CLOSED: "Властите затвориха {name}."},
        "По решение на: {authority}",
        "Правно основание: {basis}",
        "Участващи служби",
        "Контакт: {contact}",
    ),
}

_BLOCK_PHRASES = {
    "en": _BlockPhrases(
        "Access blocked",
        "Your access provider does not open {name}. The site may still be running elsewhere.",
        "Asked for by: {authority}",
        "Carried out by: {operator}",
        "Legal basis: {basis}",
        "Questions and appeals: {contact}",
    ),
    "fr": _BlockPhrases(
        "Accès bloqué",
        "Votre fournisseur d’accès n’ouvre pas {name}. Le site peut fonctionner ailleurs.",
        "À la demande de : {authority}",
        "Appliqué par : {operator}",
        "Base légale : {basis}",
        "Questions et recours : {contact}",
    ),
}

_BANNER_STYLE = """
*{box-sizing:border-box}
body{margin:0;min-height:100vh;font:1rem/1.55 system-ui,sans-serif;color:#f2f5fa;
background:linear-gradient(160deg,#0b1730,#1c2f57 60%,#0b1730)}
main{max-width:64rem;margin:0 auto;padding:2.5rem 1.25rem}
.operation{letter-spacing:.18em;text-transform:uppercase;color:#b9c6e4;margin:0 0 1.5rem}
.languages{display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr))}
section{background:#ffffff14;border-top:4px solid #f2c14e;padding:1.25rem;border-radius:0 0 6px 6px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .75rem}
p{margin:.35rem 0;overflow-wrap:anywhere}
ul{list-style:none;display:flex;flex-wrap:wrap;justify-content:center;gap:1.5rem;padding:0;
margin:2.25rem 0 0}
li{width:9rem;text-align:center;font-size:.85rem}
svg{width:5.5rem;height:5.5rem;display:block;margin:0 auto .5rem}
h2{font-size:1rem;font-weight:400;text-align:center;color:#b9c6e4;margin:2.5rem 0 0}
""".replace("\n", "")

_BLOCK_STYLE = """
*{box-sizing:border-box}
body{margin:0;font:1.05rem/1.6 system-ui,sans-serif;color:#1d1d2b;background:#f4f4f2}
main{max-width:46rem;margin:3rem auto;padding:2rem 1.5rem;background:#fff;
border-left:.5rem solid #8c1d2f}
svg{width:4.5rem;height:4.5rem}
section+section{border-top:1px solid #d5d5d0;margin-top:1.25rem}
h1{font-size:1.5rem;line-height:1.25}
p{margin:.35rem 0;overflow-wrap:anywhere}
""".replace("\n", "")

_SHAPES = (
    '<path d="M50 4 90 18v34c0 22-17 36-40 44C27 88 10 74 10 52V18z"/>',
    '<path d="M50 4 90 27v46L50 96 10 73V27z"/>',
    '<circle cx="50" cy="50" r="44"/>',
    '<path d="M50 3 97 50 50 97 3 50z"/>',
)
"""A shield, a hexagon, a disc, a lozenge: which one a service gets is its place in the row."""

_COLOURS = ("#2f5fb3", "#8a3d5d", "#2e7d64", "#9a6a1c", "#5b4a9c")

_STOP = (
    '<svg viewBox="0 0 100 100" role="img" aria-label="Stop">'
    '<path fill="#8c1d2f" d="M31 4h38l27 27v38L69 96H31L4 69V31z"/>'
    '<path fill="none" stroke="#fff" stroke-width="10" stroke-linecap="round" '
    'd="M28 50h44"/></svg>'
)


@lru_cache(maxsize=64)
def draw_banner(banner: Banner, name: str) -> bytes:
    """Draw the banner that stands in place of ``name``."""
    sections = "".join(_banner_section(banner, name, code) for code in banner.languages)
    languages = banner.languages
    shapes = "".join(
        _shape(service, place, languages) for place, service in enumerate(banner.services)
    )
    first = said(banner.title, languages[0])
    title = f"{_BANNER_PHRASES[languages[0]].headline[banner.verb]} · {first}"
    body = (
        f'<main><p class="operation">{_in_all(banner.title, languages)}</p>'
        f'<div class="languages">{sections}</div>{_services_heading(banner)}'
        f"<ul>{shapes}</ul></main>"
    )
    return document(SEIZURE_BANNER, (name,), title, languages[0], body, _BANNER_STYLE)


@lru_cache(maxsize=64)
def draw_block_page(page: BlockPage, name: str) -> bytes:
    """Draw the block page as the visitor of ``name`` sees it."""
    sections = "".join(_block_section(page, name, code) for code in page.languages)
    first = page.languages[0]
    body = f"<main>{_STOP}{sections}</main>"
    title = _BLOCK_PHRASES[first].headline
    return document(BLOCK_PAGE, (name,), title, first, body, _BLOCK_STYLE)


def _banner_section(banner: Banner, name: str, code: str) -> str:
    phrases = _BANNER_PHRASES[code]
    lines = [
        _filled(phrases.name[banner.verb], name=name),
        _filled(phrases.authority, authority=said(banner.judicial_authority, code)),
    ]
    if banner.legal_basis is not None:
        lines.append(_filled(phrases.basis, basis=said(banner.legal_basis, code)))
    if banner.contact is not None:
        lines.append(_filled(phrases.contact, contact=banner.contact))
    return _section(code, phrases.headline[banner.verb], lines)


def _services_heading(banner: Banner) -> str:
    spans = " · ".join(
        f'<span lang="{code}">{_BANNER_PHRASES[code].services}</span>' for code in banner.languages
    )
    return f"<h2>{spans}</h2>"


def _block_section(page: BlockPage, name: str, code: str) -> str:
    phrases = _BLOCK_PHRASES[code]
    lines = [
        _filled(phrases.name, name=name),
        _filled(phrases.authority, authority=said(page.authority, code)),
        _filled(phrases.operator, operator=said(page.operator, code)),
    ]
    if page.legal_basis is not None:
        lines.append(_filled(phrases.basis, basis=said(page.legal_basis, code)))
    if page.contact is not None:
        lines.append(_filled(phrases.contact, contact=page.contact))
    return _section(code, phrases.headline, lines)


def _section(code: str, headline: str, lines: list[str]) -> str:
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    return f'<section lang="{code}"><h1>{headline}</h1>{paragraphs}</section>'


def said(label: Label, code: str) -> str:
    """Return a name in a language."""
    return label if isinstance(label, str) else label.say(code)


def _in_all(label: Label, languages: tuple[str, ...]) -> str:
    """Return a name in each language in which it differs, as HTML."""
    if isinstance(label, str):
        return escape(label)
    names = {said(label, code): code for code in reversed(languages)}
    spans = (f'<span lang="{code}">{escape(name)}</span>' for name, code in names.items())
    return "<br>".join(reversed(tuple(spans)))


def _filled(phrase: str, **arguments: str) -> str:
    return phrase.format(**{key: escape(value) for key, value in arguments.items()})


def _shape(service: Service, place: int, languages: tuple[str, ...]) -> str:
    initials = escape(service.initials[:8])
    size = 30 if len(service.initials) <= 3 else 84 // min(len(service.initials), 8) + 4
    return (
        f'<li><svg viewBox="0 0 100 100" aria-hidden="true" fill="'
        f'{_COLOURS[place % len(_COLOURS)]}" stroke="#f2c14e" stroke-width="3">'
        f"{_SHAPES[place % len(_SHAPES)]}"
        f'<text x="50" y="52" text-anchor="middle" dominant-baseline="middle" fill="#fff" '
        f'stroke="none" font-weight="700" font-size="{size}">{initials}</text>'
        f'<text x="50" y="74" text-anchor="middle" fill="#f2c14e" stroke="none" '
        f'font-size="12">{escape(service.country)}</text></svg>'
        f"{_in_all(service.name, languages)}</li>"
    )


def _require_languages(languages: tuple[str, ...], known: Mapping[str, object]) -> None:
    _require(bool(languages), "languages", "none", ", ".join(known))
    for code in languages:
        _require(code in known, "language", code, ", ".join(known))


def _require(condition: bool, what: str, given: object, known: str) -> None:
    if not condition:
        raise NotSimulated(
            message(
                "A page of an authority cannot have {what} {given!r}; the lab draws: {known}.",
                what=what,
                given=given,
                known=known,
            )
        )
