"""Host objects: nameservers as the registry knows them (RFC 5732)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from simulator.roles.registry.answers import absent, not_sponsored, prohibits
from simulator.roles.registry.objects import SERVER, Code, Domain, HostObject, Result
from simulator.roles.registry.statuses import (
    DELETE_LOCKS,
    UPDATE_LOCKS,
    HostStatus,
    Status,
    first_of,
    settled_simply,
)
from simulator.roles.registry.updates import both_ways, edited, wrong_statuses
from simulator.values import Address, Instant, message

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


class HostChange(NamedTuple):
    """What one update of a host asks for; ``name`` is its new name, or None to keep it."""

    add_statuses: tuple[str, ...] = ()
    remove_statuses: tuple[str, ...] = ()
    add_addresses: tuple[Address, ...] = ()
    remove_addresses: tuple[Address, ...] = ()
    name: str | None = None


def is_name(name: str) -> bool:
    """Tell whether a text is a host name of two labels or more, lower case, no final dot."""
    return len(name) <= 253 and _NAME.fullmatch(name) is not None


def superordinate(tld: str, host: str) -> str | None:
    """Return the registered name under which a host would lie, or None for a foreign host."""
    if not host.endswith(f".{tld}"):
        return None
    return ".".join(host.split(".")[-2 - tld.count(".") :])


class HostTable(Mapping[str, HostObject]):
    """The host objects of one registry, by name."""

    def __init__(self, tld: str) -> None:
        self._tld = tld
        self._hosts: dict[str, HostObject] = {}
        self._under: dict[str, dict[str, None]] = {}
        """By registered name, the hosts that lie under it."""
        self._created = 0

    def __getitem__(self, name: str) -> HostObject:
        return self._hosts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    def create(
        self,
        actor: str,
        name: str,
        addresses: tuple[Address, ...],
        domains: Mapping[str, Domain],
        now: Instant = 0,
    ) -> Result:
        """Add a host. Inside the TLD it lies under the actor's own domain and has addresses."""
        refusal = (
            self._wrong_new_name(name)
            or self._wrong_place(actor, name, domains)
            or self._wrong_addresses(name, addresses)
        )
        if refusal is not None:
            return refusal
        self._created += 1
        host = HostObject(
            name,
            f"H{self._created}-{self._tld.upper()}",
            actor,
            tuple(dict.fromkeys(addresses)),
            created=now,
            created_by=actor,
            updated=now,
        )
        self._put(host)
        return Result(Code.DONE, message("the host {name} is created", name=name), True, host=host)

    def wrong_foreign(self, names: Iterable[str]) -> Result | None:
        """Refuse names that `create` could not add without addresses."""
        for name in names:
            if not is_name(name):
                return Result(Code.VALUE_SYNTAX, message("'{name}' is not a host name", name=name))
            if superordinate(self._tld, name) is not None:
                return absent(name)
        return None

    def unusable(self, names: Iterable[str], domains: Mapping[str, Domain]) -> Result | None:
        """Refuse to delegate to hosts that are not there, or that go with a deleted name."""
        for name in names:
            if name not in self._hosts:
                return absent(name)
            parent = domains.get(superordinate(self._tld, name) or "")
            if parent is not None and Status.PENDING_DELETE in parent.statuses:
                return Result(
                    Code.ASSOCIATION_PROHIBITS,
                    message(
                        "{host} lies under {name}, which is being deleted",
                        host=name,
                        name=parent.name,
                    ),
                )
        return None

    def _wrong_new_name(self, name: str) -> Result | None:
        if not is_name(name):
            return Result(Code.VALUE_SYNTAX, message("'{name}' is not a host name", name=name))
        if name in self._hosts:
            return Result(Code.EXISTS, message("the host {name} exists", name=name))
        return None

    def _wrong_place(self, actor: str, name: str, domains: Mapping[str, Domain]) -> Result | None:
        parent = superordinate(self._tld, name)
        if parent is None:
            return None
        domain = domains.get(parent)
        if domain is None:
            return None if actor == SERVER else absent(parent)
        if Status.PENDING_DELETE in domain.statuses:
            return prohibits(parent, Status.PENDING_DELETE)
        return not_sponsored(parent, domain.sponsor, actor)

    def _wrong_addresses(self, name: str, addresses: Iterable[Address]) -> Result | None:
        foreign = superordinate(self._tld, name) is None
        if foreign and addresses:
            return Result(
                Code.POLICY,
                message(
                    "{name} lies outside .{tld}: its addresses are not kept here",
                    name=name,
                    tld=self._tld,
                ),
            )
        if not foreign and not addresses:
            return Result(
                Code.POLICY,
                message(
                    "{name} lies inside .{tld} and needs an address for its glue",
                    name=name,
                    tld=self._tld,
                ),
            )
        for address in addresses:
            if not _is_canonical(address):
                return Result(
                    Code.VALUE_SYNTAX,
                    message("'{address}' is not an address in canonical form", address=address),
                )
        return None

    def update(
        self,
        actor: str,
        name: str,
        change: HostChange,
        domains: Mapping[str, Domain],
        users: tuple[Domain, ...],
        now: Instant,
    ) -> Result:
        """Change a host; ``users`` are the domains that are delegated to it.

        A host that moves out of the TLD loses its addresses. One outside it that other
        registrars' names use keeps its name (RFC 5732 section 3.2.5, 2305).
        """
        host = self._hosts.get(name)
        if host is None:
            return absent(name)
        refusal = (
            not_sponsored(name, host.sponsor, actor)
            or _locked(host, actor, change)
            or wrong_statuses(actor, HostStatus, change.add_statuses, change.remove_statuses)
            or both_ways(change.add_statuses, change.remove_statuses)
            or both_ways(change.add_addresses, change.remove_addresses)
            or self._wrong_rename(actor, host, change.name, domains, users)
        )
        if refusal is not None:
            return refusal
        changed = self._applied(host, change)
        if (refusal := self._wrong_addresses(changed.name, changed.addresses)) is not None:
            return refusal
        done = message("the host {name} is updated", name=name)
        if changed == host:
            return Result(Code.DONE, done, host=host)
        changed = replace(changed, updated=now, updated_by=actor)
        self._take(name)
        self._put(changed)
        return Result(Code.DONE, done, True, host=changed)

    def _applied(self, host: HostObject, change: HostChange) -> HostObject:
        name = host.name if change.name is None else change.name
        had = host.addresses
        if change.name is not None and superordinate(self._tld, name) is None:
            had = ()
        return replace(
            host,
            name=name,
            addresses=edited(had, change.add_addresses, change.remove_addresses),
            statuses=settled_simply(
                edited(host.statuses, change.add_statuses, change.remove_statuses)
            ),
        )

    def _wrong_rename(
        self,
        actor: str,
        host: HostObject,
        name: str | None,
        domains: Mapping[str, Domain],
        users: tuple[Domain, ...],
    ) -> Result | None:
        if name is None or name == host.name:
            return None
        refusal = self._wrong_new_name(name) or self._wrong_place(actor, name, domains)
        foreign = superordinate(self._tld, host.name) is None
        if refusal is not None or not foreign or actor == SERVER:
            return refusal
        other = next((domain for domain in users if domain.sponsor != host.sponsor), None)
        if other is None:
            return None
        return Result(
            Code.ASSOCIATION_PROHIBITS,
            message(
                "{domain}, of another registrar, uses the host {name}",
                domain=other.name,
                name=host.name,
            ),
        )

    def delete(self, actor: str, name: str, in_use: bool) -> Result:
        """Remove a host that no domain uses (2305 otherwise)."""
        host = self._hosts.get(name)
        if host is None:
            return absent(name)
        if (refusal := not_sponsored(name, host.sponsor, actor)) is not None:
            return refusal
        lock = first_of(host.statuses, DELETE_LOCKS)
        if actor != SERVER and lock is not None:
            return prohibits(name, lock)
        if in_use:
            return Result(
                Code.ASSOCIATION_PROHIBITS, message("a domain uses the host {name}", name=name)
            )
        self._take(name)
        return Result(Code.DONE, message("the host {name} is deleted", name=name), True, host=host)

    def under(self, domain: str) -> tuple[str, ...]:
        """Return the names of the hosts that lie under a registered name."""
        return tuple(self._under.get(domain, ()))

    def hand_over(self, domain: str, loser: str, gainer: str, now: Instant) -> None:
        """Subordinate hosts go with their domain when it is transferred (RFC 5732 section 3.2).

        Those that the registry keeps for itself under the name stay its own.
        """
        for name in self.under(domain):
            host = self._hosts[name]
            if host.sponsor == loser:
                self._hosts[name] = replace(host, sponsor=gainer, transferred=now)

    def purge_under(self, domain: str) -> None:
        """Subordinate hosts end with their domain; the registry's own do not."""
        for name in self.under(domain):
            if self._hosts[name].sponsor != SERVER:
                self._take(name)

    def _put(self, host: HostObject) -> None:
        self._hosts[host.name] = host
        parent = superordinate(self._tld, host.name)
        if parent is not None:
            self._under.setdefault(parent, {})[host.name] = None

    def _take(self, name: str) -> None:
        del self._hosts[name]
        parent = superordinate(self._tld, name)
        if parent is not None:
            del self._under[parent][name]


def _locked(host: HostObject, actor: str, change: HostChange) -> Result | None:
    lock = first_of(host.statuses, UPDATE_LOCKS)
    if actor == SERVER or lock is None:
        return None
    opens = lock == Status.CLIENT_UPDATE_PROHIBITED and lock in change.remove_statuses
    alone = change == HostChange(remove_statuses=change.remove_statuses)
    return None if opens and alone else prohibits(host.name, lock)


def _is_canonical(address: Address) -> bool:
    try:
        return str(ipaddress.ip_address(address)) == address
    except ValueError:
        return False
