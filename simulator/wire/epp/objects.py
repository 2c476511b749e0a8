"""Commands that look alike for every kind of object (RFC 5731 to 5733).

An object is named by ``name`` (domains and hosts, lower case) or by ``id`` (contacts).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from simulator.values import message
from simulator.wire.epp.errors import EppError, missing, wrong_value
from simulator.wire.epp.results import Code
from simulator.wire.epp.xml import (
    CONTACT,
    DOMAIN,
    HOST,
    attribute_of,
    child,
    content,
    declared,
    make,
    namespace,
    needed,
    number_of,
    only,
    optional_text,
    texts_of,
)

MAXIMUM_CHECKED: Final = 100
"""Objects that one check may ask for: a policy of the lab's."""
MAXIMUM_YEARS: Final = 99
"""What a period can say (RFC 5731 section 4); how long is too long is the registry's to say."""


class Kind(enum.StrEnum):
    """A kind of object; the value is the prefix of its namespace."""

    DOMAIN = "domain"
    HOST = "host"
    CONTACT = "contact"

    @property
    def uri(self) -> str:
        """The namespace."""
        return _URIS[self]

    @property
    def key(self) -> str:
        """The element that names the object."""
        return "id" if self is Kind.CONTACT else "name"


_URIS: Final = {Kind.DOMAIN: DOMAIN, Kind.HOST: HOST, Kind.CONTACT: CONTACT}
_KINDS: Final = {uri: kind for kind, uri in _URIS.items()}


class TransferOperation(enum.StrEnum):
    """What a transfer command asks for (RFC 5730 section 2.9.3.4)."""

    REQUEST = "request"
    QUERY = "query"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Check:
    """Ask which objects could be created."""

    kind: Kind
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Info:
    """Ask for an object. ``hosts`` is ``all``, ``del``, ``sub`` or ``none``, of a domain."""

    kind: Kind
    name: str
    authorization: str | None = field(default=None, repr=False)
    hosts: str = "all"


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an object."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Ask for an object of another registrar, or answer who asked; ``years`` is a domain's."""

    kind: Kind
    operation: TransferOperation
    name: str
    authorization: str | None = field(default=None, repr=False)
    years: int | None = None


# --- reading --------------------------------------------------------------------------


def kind_of(element: Element) -> Kind:
    """Return the kind of object that a command concerns (2307 for any other)."""
    kind = _KINDS.get(namespace(element))
    if kind is None:
        raise EppError(
            Code.UNIMPLEMENTED_SERVICE,
            message("there are no objects of {uri} here", uri=namespace(element)),
        )
    return kind


def name_of(kind: Kind, element: Element) -> str:
    """Return the name of the object that a command concerns."""
    return folded(kind, content(needed(element, kind.key)))


def folded(kind: Kind, name: str) -> str:
    """Return a name as it is kept: domains and hosts know no case (RFC 5731 section 2.1)."""
    if not name:
        raise missing(kind.key)
    return name if kind is Kind.CONTACT else lowered(name)


def lowered(name: str) -> str:
    """Return a name in lower case. Only ASCII has another case in the DNS (RFC 4343): a Kelvin
    sign is no ``k``, and the registry refuses the name as it came."""
    return name.lower() if name.isascii() else name


def read_check(element: Element) -> Check:
    """Read the object's part of a ``check``."""
    kind = kind_of(element)
    only(element, kind.key)
    names = tuple(folded(kind, name) for name in texts_of(element, kind.key))
    if not names:
        raise missing(kind.key)
    if len(names) > MAXIMUM_CHECKED:
        raise EppError(
            Code.POLICY, message("one check asks for {count} at most", count=MAXIMUM_CHECKED)
        )
    return Check(kind, names)


def read_info(element: Element) -> Info:
    """Read the object's part of an ``info``."""
    kind = kind_of(element)
    only(element, kind.key, "authInfo")
    hosts = needed(element, kind.key).get("hosts", "all")
    if hosts not in ("all", "del", "sub", "none"):
        raise wrong_value("hosts", hosts)
    return Info(kind, name_of(kind, element), read_authorization(element), hosts)


def read_delete(element: Element) -> Delete:
    """Read the object's part of a ``delete``."""
    kind = kind_of(element)
    only(element, kind.key)
    return Delete(kind, name_of(kind, element))


def read_transfer(command: Element, element: Element) -> Transfer:
    """Read a ``transfer`` and the object's part of it."""
    kind = kind_of(element)
    if kind is Kind.HOST:
        raise EppError(
            Code.UNIMPLEMENTED_COMMAND, message("a host goes with its domain, never alone")
        )
    only(element, kind.key, "authInfo", *(("period",) if kind is Kind.DOMAIN else ()))
    operation = attribute_of(command, "op")
    if operation not in tuple(TransferOperation):
        raise wrong_value("op", operation)
    return Transfer(
        kind,
        TransferOperation(operation),
        name_of(kind, element),
        read_authorization(element),
        read_period(element),
    )


def read_authorization(element: Element) -> str | None:
    """Return the password in ``authInfo``, or None if the command gives none."""
    found = child(element, "authInfo")
    if found is None:
        return None
    if child(found, "ext") is not None:
        raise EppError(
            Code.UNIMPLEMENTED_OPTION, message("authorization information is a password here")
        )
    return optional_text(found, "pw")


def read_period(element: Element) -> int | None:
    """Return the years of a ``period``; months are refused, as no registry here sells any."""
    found = child(element, "period")
    if found is None:
        return None
    if found.get("unit", "y") != "y":
        raise EppError(Code.UNIMPLEMENTED_OPTION, message("a registration runs for whole years"))
    return number_of(content(found), "period", MAXIMUM_YEARS)


# --- writing --------------------------------------------------------------------------


def write_check(check: Check) -> Element:
    """Return the ``check`` element."""
    kind = check.kind
    names = [make(f"{kind}:{kind.key}", text=name) for name in check.names]
    return make("check", declared("check", kind.uri, *names))


def write_info(info: Info) -> Element:
    """Return the ``info`` element."""
    kind = info.kind
    name = make(f"{kind}:{kind.key}", text=info.name)
    if kind is Kind.DOMAIN and info.hosts != "all":
        name.set("hosts", info.hosts)
    authorization = write_authorization(kind, info.authorization)
    return make("info", declared("info", kind.uri, name, *authorization))


def write_delete(delete: Delete) -> Element:
    """Return the ``delete`` element."""
    kind = delete.kind
    name = make(f"{kind}:{kind.key}", text=delete.name)
    return make("delete", declared("delete", kind.uri, name))


def write_transfer(transfer: Transfer) -> Element:
    """Return the ``transfer`` element."""
    kind = transfer.kind
    assert kind is Kind.DOMAIN or transfer.years is None, "only a domain has a period"
    part = declared(
        "transfer",
        kind.uri,
        make(f"{kind}:{kind.key}", text=transfer.name),
        *write_period(transfer.years),
        *write_authorization(kind, transfer.authorization),
    )
    return make("transfer", part, op=str(transfer.operation))


def write_authorization(kind: Kind, password: str | None) -> list[Element]:
    """Return ``authInfo``, or nothing for None."""
    if password is None:
        return []
    return [make(f"{kind}:authInfo", make(f"{kind}:pw", text=password))]


def write_period(years: int | None) -> list[Element]:
    """Return a domain's ``period``, or nothing for None."""
    return [] if years is None else [make("domain:period", text=str(years), unit="y")]
