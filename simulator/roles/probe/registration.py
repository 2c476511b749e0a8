"""Asking a registry's public directory about a name: found by the bootstrap file, by HTTPS.

A directory says what the DNS cannot: that a name is registered, and why it is not delegated.
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

from simulator.roles.probe.evidence import Registration
from simulator.values import ExchangeSeen, Observation
from simulator.wire.rdap import (
    RdapError,
    Service,
    directory_for,
    domain_url,
    read_bootstrap,
    read_domain,
)

_FOUND, _NOT_FOUND = 200, 404


class Visitor(Protocol):
    """Somebody who can open a URL."""

    async def visit(self, url: str) -> Observation:
        """Open it as a browser does, redirects followed."""


class Bootstrap:
    """The file that names the directories (RFC 9224), at ``url``.

    It is fetched once: whoever asks a directory should not fetch it each time (section 8).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._services: tuple[Service, ...] | None = None

    def __repr__(self) -> str:
        return f"<Bootstrap {self.url} read={self._services is not None}>"

    async def look_up(self, visitor: Visitor, name: str) -> Registration | None:
        """Return what the directory of a name's top-level domain says of it.

        None where there is no directory, where it does not answer, or where what answers is no
        directory.
        """
        try:
            directory = directory_for(name, await self._read(visitor))
            if directory is None:
                return None
            answer = await _fetch(visitor, domain_url(directory, name))
            return None if answer is None else _told(name, answer)
        except RdapError:
            return None

    async def _read(self, visitor: Visitor) -> tuple[Service, ...]:
        if self._services is None:
            file = await _fetch(visitor, self.url)
            if file is None or file.status != _FOUND:
                return ()
            self._services = read_bootstrap(file.body)
        return self._services


async def _fetch(visitor: Visitor, url: str) -> ExchangeSeen | None:
    """Return the response, if it came by HTTPS from the host that was asked or on its word."""
    seen = await visitor.visit(url)
    last = seen.exchanges[-1] if seen.exchanges else None
    secured = urlsplit(seen.final_url).scheme == "https"
    whole = last is not None and last.failure is None and not last.truncated
    return last if seen.failure is None and secured and whole else None


def _told(name: str, answer: ExchangeSeen) -> Registration | None:
    if answer.status == _NOT_FOUND:
        return Registration(name, exists=False)
    if answer.status != _FOUND:
        return None
    seen = read_domain(answer.body)
    if seen.name != name:
        raise RdapError("the answer is about another name")
    return Registration(
        name,
        True,
        seen.statuses,
        tuple([(event.action, event.date) for event in seen.events]),
        seen.nameservers,
        seen.registrar,
        seen.holder,
    )
