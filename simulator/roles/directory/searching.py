"""Searching a directory by a pattern, within limits (RFC 9082 sections 3.2 and 4.1)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from simulator.roles.directory.policy import Policy, shown
from simulator.roles.directory.records import (
    DomainRecord,
    EntityRecord,
    NameserverRecord,
    Records,
)
from simulator.values import Instant

T = TypeVar("T")
Matches = Callable[[str], bool]


class Unsearchable(Exception):
    """The pattern is understood, and no search will be made for it: 422."""


class Malformed(Exception):
    """There is no pattern: 400."""


def pattern(text: str, policy: Policy) -> Matches:
    """Return whether a text matches a pattern with at most one asterisk.

    The asterisk stands for the rest of a label; behind it may come whole labels, as in
    ``coc*.xg``. Raises `Unsearchable`, also for one that would find half of the world.
    """
    before, asterisk, after = text.lower().partition("*")
    if not asterisk:
        return lambda candidate: candidate.lower() == before
    if "*" in after or (after and not after.startswith(".")):
        raise Unsearchable("an asterisk may end a pattern or a label, and there is one at most")
    if len(before) < policy.prefix:
        raise Unsearchable(f"a pattern has {policy.prefix} characters or more before its asterisk")
    rest = rf"[^.]*{re.escape(after)}" if after else ".*"
    expression = re.compile(re.escape(before) + rest, re.DOTALL)
    return lambda candidate: expression.fullmatch(candidate.lower()) is not None


def address(text: str) -> str:
    """Return an address in its canonical form; raise `Malformed`."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Malformed(f"'{text}' is no address") from None


def few(found: Iterator[T], policy: Policy) -> tuple[list[T], bool]:
    """Return as many as the policy shows, and whether there are more."""
    first = list(islice(found, policy.results + 1))
    return first[: policy.results], len(first) > policy.results


def domains(
    records: Records, key: str, text: str, policy: Policy, now: Instant
) -> Iterator[DomainRecord]:
    """Return the domains whose ``name``, ``nsLdhName`` or ``nsIp`` fits."""
    if key == "name":
        matches = pattern(_named(text), policy)
        names: Iterable[str] = [name for name in records.domain_names(now) if matches(name)]
        return _known(records.domain(name, now) for name in names)
    everything = _known(records.domain(name, now) for name in records.domain_names(now))
    if key == "nsIp":
        wanted = address(text)
        return (
            domain
            for domain in everything
            if any(wanted in server.addresses for server in domain.nameservers)
        )
    matches = pattern(_named(text), policy)
    return (
        domain
        for domain in everything
        if any(matches(server.name) for server in domain.nameservers)
    )


def nameservers(
    records: Records, key: str, text: str, policy: Policy, now: Instant
) -> Iterator[NameserverRecord]:
    """Return the nameservers whose ``name`` or ``ip`` fits."""
    names = records.nameserver_names(now)
    if key == "name":
        matches = pattern(_named(text), policy)
        return _known(records.nameserver(name, now) for name in names if matches(name))
    wanted = address(text)
    found = _known(records.nameserver(name, now) for name in names)
    return (server for server in found if wanted in server.addresses)


def entities(
    records: Records, key: str, text: str, policy: Policy, now: Instant
) -> Iterator[EntityRecord]:
    """Return the entities whose ``fn`` or ``handle`` fits.

    What is kept back is not searched either: a search would tell it (RFC 7481 section 3.4).
    """
    matches = pattern(text, policy)
    found = _known(records.entity(handle, now) for handle in records.entity_handles(now))
    if key == "handle":
        return (entity for entity in found if matches(entity.handle))
    return (entity for entity in found if matches(shown(entity, policy).entity.name))


def _named(text: str) -> str:
    return text.removesuffix(".")


def _known(found: Iterable[T | None]) -> Iterator[T]:
    return (one for one in found if one is not None)
