"""Host objects: nameservers as the registry knows them (RFC 5732)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from simulator.roles.registry.objects import SERVER, Code, Domain, HostObject, Result
from simulator.values import Address, message

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


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
        self._created = 0

    def __getitem__(self, name: str) -> HostObject:
        return self._hosts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    def create(
        self, actor: str, name: str, addresses: tuple[Address, ...], domains: Mapping[str, Domain]
    ) -> Result:
        """Add a host. Inside the TLD it lies under the actor's own domain and has addresses."""
        if not is_name(name):
            return Result(Code.VALUE_SYNTAX, message("'{name}' is not a host name", name=name))
        if name in self._hosts:
            return Result(Code.EXISTS, message("the host {name} exists", name=name))
        refusal = self._wrong_place(actor, name, domains) or self._wrong_addresses(name, addresses)
        if refusal is not None:
            return refusal
        self._created += 1
        host = HostObject(name, f"H{self._created}-{self._tld.upper()}", actor, addresses)
        self._hosts[name] = host
        return Result(Code.DONE, message("the host {name} is created", name=name), True, host=host)

    def wrong_foreign(self, names: Iterable[str]) -> Result | None:
        """Refuse names that `create` could not add without addresses."""
        for name in names:
            if not is_name(name):
                return Result(Code.VALUE_SYNTAX, message("'{name}' is not a host name", name=name))
            if superordinate(self._tld, name) is not None:
                return _absent(name)
        return None

    def _wrong_place(self, actor: str, name: str, domains: Mapping[str, Domain]) -> Result | None:
        parent = superordinate(self._tld, name)
        if parent is None or actor == SERVER:
            return None
        if parent not in domains:
            return _absent(parent)
        if domains[parent].sponsor != actor:
            return Result(
                Code.NOT_AUTHORISED,
                message("{actor} does not sponsor {name}", actor=actor, name=parent),
            )
        return None

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

    def update(self, actor: str, name: str, addresses: tuple[Address, ...]) -> Result:
        """Replace a host's addresses."""
        host = self._hosts.get(name)
        if host is None:
            return _absent(name)
        refusal = _not_sponsored(host, actor) or self._wrong_addresses(name, addresses)
        if refusal is not None:
            return refusal
        changed = replace(host, addresses=addresses)
        self._hosts[name] = changed
        return Result(
            Code.DONE,
            message("the host {name} is updated", name=name),
            changed != host,
            host=changed,
        )

    def delete(self, actor: str, name: str, in_use: Container[str]) -> Result:
        """Remove a host that no domain uses (2305 otherwise)."""
        host = self._hosts.get(name)
        if host is None:
            return _absent(name)
        if (refusal := _not_sponsored(host, actor)) is not None:
            return refusal
        if name in in_use:
            return Result(
                Code.ASSOCIATION_PROHIBITS, message("a domain uses the host {name}", name=name)
            )
        del self._hosts[name]
        return Result(Code.DONE, message("the host {name} is deleted", name=name), True, host=host)

    def under(self, domain: str) -> tuple[str, ...]:
        """Return the names of the hosts that lie under a registered name."""
        return tuple(name for name in self._hosts if superordinate(self._tld, name) == domain)

    def hand_over(self, domain: str, sponsor: str) -> None:
        """Subordinate hosts go with their domain when it is transferred (RFC 5732 section 3.2)."""
        for name in self.under(domain):
            self._hosts[name] = replace(self._hosts[name], sponsor=sponsor)


def _absent(name: str) -> Result:
    return Result(Code.DOES_NOT_EXIST, message("{name} does not exist", name=name))


def _not_sponsored(host: HostObject, actor: str) -> Result | None:
    if actor in (SERVER, host.sponsor):
        return None
    return Result(
        Code.NOT_AUTHORISED,
        message("{actor} does not sponsor {name}", actor=actor, name=host.name),
    )


def _is_canonical(address: Address) -> bool:
    try:
        return str(ipaddress.ip_address(address)) == address
    except ValueError:
        return False
