"""What one machine answers for the sites that it hosts, before and after a takeover.

A machine serves several names behind one address and tells them apart by Host. It never
answers for a name that it does not host: a banner server that did so once made seizures
appear that had never taken place, for any name pointed at it (facts/seizure.md, row A).
Only a block page answers any name, because forged DNS answers send all of them there.

A takeover deletes nothing: the sites stay in the state beneath the banner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from simulator.errors import LabError
from simulator.values import message
from simulator.wire.acme import CHALLENGE_PREFIX
from simulator.wire.banners import Banner, BlockPage, draw_banner, draw_block_page
from simulator.wire.pages import CONTENT_TYPE, draw_notice, draw_site

Headers: TypeAlias = tuple[tuple[str, str], ...]
_HTML: Headers = (("Content-Type", CONTENT_TYPE),)


class Page(NamedTuple):
    """A response to send."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Site:
    """One site: ``name`` and its ``aliases`` are domain names that lead to the same page.

    ``hsts_seconds`` is the max-age of Strict-Transport-Security, None for none.
    """

    name: str
    title: str
    language: str = "en"
    aliases: tuple[str, ...] = ()
    https: bool = True
    redirect_to_https: bool = True
    hsts_seconds: int | None = None
    paragraphs: tuple[str, ...] = ()
    weight: int = 0
    """Octets that the page has at least."""

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class HostState:
    """All that decides what a machine answers. Mappings are never changed in place.

    ``sites`` has every name of every site; ``banners`` the names that show a banner,
    hosted here before or not; ``challenges`` what to show under a token's path.
    """

    sites: Mapping[str, Site] = field(default_factory=dict)
    banners: Mapping[str, Banner] = field(default_factory=dict)
    block_page: BlockPage | None = None
    challenges: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs_https(self) -> bool:
        """Whether anything here is to be served over TLS."""
        return bool(self.banners) or any(site.https for site in self.sites.values())


def hosting(sites: Iterable[Site]) -> HostState:
    """Return the state of a machine with these sites."""
    by_name: dict[str, Site] = {}
    for site in sites:
        _place(by_name, site)
    return HostState(sites=by_name)


def showing_banner(banner: Banner, names: Iterable[str]) -> HostState:
    """Return the state of a machine that shows a banner for these names and no others."""
    return HostState(banners=dict.fromkeys(names, banner))


def showing_block_page(page: BlockPage) -> HostState:
    """Return the state of a machine that answers any name with a block page."""
    return HostState(block_page=page)


def add_site(state: HostState, site: Site) -> HostState:
    """Host one more site; `LabError` if one of its names is taken."""
    by_name = dict(state.sites)
    _place(by_name, site)
    return replace(state, sites=by_name)


def add_banner(state: HostState, banner: Banner, names: Iterable[str]) -> HostState:
    """Show the banner for these names too, whether or not they are hosted here."""
    return replace(state, banners={**state.banners, **dict.fromkeys(names, banner)})


def take_over(state: HostState, banner: Banner, names: Iterable[str] | None = None) -> HostState:
    """Put the banner in place of the sites that go by ``names``, or of the whole machine.

    A seized site shows the banner under all its names. `LabError` for a name that is not
    hosted here. The whole machine takes the innocent neighbours along, as it does in reality.
    """
    if names is None:
        return add_banner(state, banner, state.sites)
    taken: list[str] = []
    for name in names:
        taken += find_site(state, name).names
    return add_banner(state, banner, taken)


def release(state: HostState, names: Iterable[str] | None = None) -> HostState:
    """Take banners away again: of ``names``, or all of them. Sites are as they were.

    What `take_over` put under all names of a site goes from all of them.
    """
    if names is None:
        return replace(state, banners={})
    released: dict[str, None] = {}
    for name in names:
        site = state.sites.get(name)
        released |= dict.fromkeys((name,) if site is None else site.names)
    kept = {name: banner for name, banner in state.banners.items() if name not in released}
    return replace(state, banners=kept)


def find_site(state: HostState, name: str) -> Site:
    """Return the site that goes by that name; `LabError` if none does."""
    site = state.sites.get(name)
    if site is None:
        raise LabError(message("{name} is not hosted on this machine.", name=name))
    return site


def with_challenges(state: HostState, challenges: Mapping[str, str]) -> HostState:
    """Show these key authorizations under their tokens' paths, and no others."""
    return replace(state, challenges=dict(challenges))


def respond(state: HostState, host: str | None, path: str, tls: bool) -> Page:
    """Answer a GET or HEAD. ``host`` is the Host field as it came, ``path`` the target."""
    if host is None:
        return _notice(400, "Bad Request", "The request names no host.")  # RFC 9112 section 3.2
    name = host_name(host)
    if path.startswith(CHALLENGE_PREFIX) and not tls:
        return _challenge(state, path)
    if name in state.banners:
        return Page(200, _HTML, draw_banner(state.banners[name], name))
    site = state.sites.get(name)
    if site is not None and (site.https or not tls):
        return _site_page(site, name, path, tls)
    if state.block_page is not None:
        return _block_page(state.block_page, name)
    if tls:
        return _notice(421, "Misdirected Request", "This server does not answer for that name.")
    return _notice(404, "Not Found", "No such site is hosted here.")


def refused(status: int) -> Page:
    """Answer what is no request (400), or one that a fault of ours leaves without answer (500)."""
    if status >= 500:
        return _notice(status, "Internal Server Error", "This server failed.")
    return _notice(status, "Bad Request", "That was no request that this server can read.")


def host_name(host: str) -> str:
    """Return the domain name in a Host field, without port and trailing dot."""
    return host.partition(":")[0].rstrip(".").lower()


def _place(by_name: dict[str, Site], site: Site) -> None:
    for name in site.names:
        if name in by_name:
            raise LabError(
                message(
                    "{name} is hosted twice on one machine, by {first} and {second}.",
                    name=name,
                    first=by_name[name].name,
                    second=site.name,
                )
            )
        by_name[name] = site


def _site_page(site: Site, name: str, path: str, tls: bool) -> Page:
    if site.redirect_to_https and site.https and not tls:
        headers = (("Location", f"https://{name}{path}"), *_HTML)
        return Page(301, headers, draw_notice("Moved Permanently", "Use HTTPS."))
    headers = _HTML
    if tls and site.hsts_seconds is not None:  # never over HTTP, RFC 6797 section 7.2
        headers = (*_HTML, ("Strict-Transport-Security", f"max-age={site.hsts_seconds}"))
    if path.partition("?")[0] != "/":
        return _notice(404, "Not Found", "This site has no such page.", headers)
    return Page(200, headers, _drawn(site))


def _drawn(site: Site) -> bytes:
    return draw_site(site.names, site.title, site.language, site.paragraphs, site.weight)


def _block_page(page: BlockPage, name: str) -> Page:
    headers = _HTML
    if page.blocked_by is not None and page.status == 451:
        headers = (*_HTML, ("Link", f'<{page.blocked_by}>; rel="blocked-by"'))
    return Page(page.status, headers, draw_block_page(page, name))


def _challenge(state: HostState, path: str) -> Page:
    """Answer whatever the name: the authority fetches it for names that are not hosted yet."""
    shown = state.challenges.get(path.removeprefix(CHALLENGE_PREFIX))
    if shown is None:
        return _notice(404, "Not Found", "There is no such challenge.")
    return Page(200, (("Content-Type", "application/octet-stream"),), shown.encode())


def _notice(status: int, title: str, sentence: str, headers: Headers = _HTML) -> Page:
    return Page(status, headers, draw_notice(title, sentence))
