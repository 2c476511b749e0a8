"""What a page of the lab says about itself, written by the hosts and read by the probe.

A page names its kind and the names it speaks for in one meta element::

    <meta name="takedown-lab" content="site coco.xg www.coco.xg">

Classes see the page in a browser; the probe reads the element, and knows an HTTP 451
(RFC 7725) without it. A real probe has no such element and compares with fingerprints.

Pages draw on nothing from outside, and the plain site page with its headers fits into one
TCP segment (MSS 1460), so that a visit moves as few packets as it can.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape, unescape
from typing import NamedTuple

SITE = "site"
BLOCK_PAGE = "block_page"
SEIZURE_BANNER = "seizure_banner"
OTHER = "other"
KINDS = (SITE, BLOCK_PAGE, SEIZURE_BANNER)

CONTENT_TYPE = "text/html; charset=utf-8"

_META = re.compile(rb'<meta name="takedown-lab" content="([^"<>]*)">')
_TITLE = re.compile(rb"<title[^>]*>([^<]*)</title>", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_HEAD_OCTETS = 4096
"""How far into a body the head of a page is looked for."""

_STYLE = (
    "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;"
    "color:#1b2430;background:#fbfaf7}h1{line-height:1.2}"
    "footer{color:#556;border-top:1px solid #ccc;font-size:.8em}"
)


class PageIdentity(NamedTuple):
    """What a page is: its kind, the names that it speaks for, its title."""

    kind: str
    names: tuple[str, ...] = ()
    title: str = ""

    @property
    def name(self) -> str:
        """The first of the names, or an empty text."""
        return self.names[0] if self.names else ""


def identify(
    body: bytes, headers: Sequence[tuple[bytes, bytes]] = (), status: int = 200
) -> PageIdentity:
    """Read what a page says about itself; header names are lower-case.

    Any octets give an answer: what does not say what it is, is ``other``. A site is believed
    on 200 only: the page that explains a 404 in the site's own dress is not the site.
    """
    head = body[:_HEAD_OCTETS]
    title = _title(head)
    kind, names = _declared(head)
    if status == 451 or _blocked_by(headers):
        return PageIdentity(BLOCK_PAGE, names, title)
    if kind == SITE and status != 200:
        return PageIdentity(OTHER, (), title)
    return PageIdentity(kind, names, title)


@lru_cache(maxsize=1024)
def draw_site(
    names: tuple[str, ...],
    title: str,
    language: str,
    paragraphs: tuple[str, ...],
    weight: int = 0,
) -> bytes:
    """Draw the page of an ordinary site that goes by these names.

    It has ``weight`` octets at least: what is lacking is a picture, as a blank stand-in.
    """
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    body = f"<h1>{escape(title)}</h1>{text}<footer>{escape(names[0])}</footer>"
    page = document(SITE, names, title, language, body, _STYLE)
    lacking = weight - len(page)
    if lacking <= 0:
        return page
    return document(SITE, names, title, language, body + _picture(lacking), _STYLE)


def _picture(octets: int) -> str:
    """Return a picture of one transparent dot, written at some length."""
    before, after = '<svg width="1" height="1"><!--', "--></svg>"
    return before + "." * max(0, octets - len(before) - len(after)) + after


@lru_cache(maxsize=256)
def draw_notice(title: str, sentence: str) -> bytes:
    """Draw the short page that goes with an HTTP error or a redirect."""
    body = f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>"
    return document(OTHER, (), title, "en", body, "")


def document(
    kind: str, names: tuple[str, ...], title: str, language: str, body: str, style: str
) -> bytes:
    """Write a whole page round ``body``, which is HTML; the rest is escaped here.

    Names that are no host names are left out: they may be what a stranger sent as Host.
    """
    spoken_for = " ".join([kind, *(name for name in names if _NAME.fullmatch(name))])
    meta = f'<meta name="takedown-lab" content="{spoken_for}">' if kind in KINDS else ""
    sheet = f"<style>{style}</style>" if style else ""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{meta}'
        f"<title>{escape(title)}</title>{sheet}</head><body>{body}</body></html>\n"
    ).encode()


def _declared(head: bytes) -> tuple[str, tuple[str, ...]]:
    found = _META.search(head)
    if found is None:
        return OTHER, ()
    words = found[1].decode("utf-8", "replace").split()
    if not words or words[0] not in KINDS:
        return OTHER, ()
    return words[0], tuple(words[1:])


def _title(head: bytes) -> str:
    found = _TITLE.search(head)
    if found is None:
        return ""
    return " ".join(unescape(found[1].decode("utf-8", "replace")).split())


def _blocked_by(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Tell whether a Link says who blocks (RFC 7725 section 4)."""
    return any(name == b"link" and b"blocked-by" in value for name, value in headers)
