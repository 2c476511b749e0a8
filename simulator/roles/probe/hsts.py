"""HTTP Strict Transport Security, as one browser profile remembers it (RFC 6797)."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

from simulator.values import SECOND, Instant

_DIRECTIVE = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s;"]+)))?\s*')


class Policy(NamedTuple):
    """What a Strict-Transport-Security field says; ``max_age`` in seconds."""

    max_age: int
    include_subdomains: bool


@lru_cache(maxsize=256)
def read_policy(field: str) -> Policy | None:
    """Read the field, or return None if it does not follow section 6.1 and must be ignored."""
    directives: dict[str, str] = {}
    for part in field.split(";"):
        if not part.strip():
            continue
        found = _DIRECTIVE.fullmatch(part)
        if found is None or found[1].lower() in directives:
            return None
        directives[found[1].lower()] = found[2] if found[2] is not None else found[3] or ""
    age = directives.get("max-age", "")
    if not (age.isascii() and age.isdigit()):
        return None
    return Policy(min(int(age[:18]), 10**12), "includesubdomains" in directives)


class HstsStore:
    """The hosts to which a browser profile goes by HTTPS only, until their time is up."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Instant, bool]] = {}

    def __repr__(self) -> str:
        return f"<HstsStore {sorted(self._known)}>"

    def remember(self, host: str, field: str, now: Instant) -> None:
        """Take note of a field that came over a valid HTTPS connection, and over no other."""
        policy = read_policy(field)
        if policy is None or is_address(host):  # addresses are never known hosts, section 8.1.1
            return
        if policy.max_age == 0:
            self._known.pop(host, None)
        else:
            expires = now + policy.max_age * SECOND
            self._known[host] = (expires, policy.include_subdomains)

    def covers(self, host: str, now: Instant) -> bool:
        """Tell whether the host, or a parent that includes its subdomains, is known."""
        if not self._known:
            return False
        labels = host.split(".")
        for depth in range(len(labels)):
            expires, subdomains = self._known.get(".".join(labels[depth:]), (0, False))
            if expires > now and (depth == 0 or subdomains):
                return True
        return False


@lru_cache(maxsize=1024)
def is_address(host: str) -> bool:
    """Tell whether a host is written as an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
