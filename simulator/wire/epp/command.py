"""The command document: a verb, its object, its extensions, the client's transaction.

RFC 5730 section 2.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element

from simulator.values import message
from simulator.wire.epp import contact_commands, domain_commands, host_commands, objects, session
from simulator.wire.epp.contact_commands import ContactCreate, ContactUpdate
from simulator.wire.epp.domain_commands import DomainCreate, DomainRenew, DomainUpdate
from simulator.wire.epp.errors import EppError, misplaced, missing, syntax_error
from simulator.wire.epp.host_commands import HostCreate, HostUpdate
from simulator.wire.epp.objects import Check, Delete, Info, Kind, Transfer
from simulator.wire.epp.restore import Restore, read_restore, write_restore
from simulator.wire.epp.results import Code
from simulator.wire.epp.secdns import (
    DnssecChange,
    DnssecData,
    read_dnssec,
    write_dnssec_change,
    write_dnssec_data,
)
from simulator.wire.epp.session import Hello, Login, Logout, PollAck, PollRequest
from simulator.wire.epp.xml import (
    EPP,
    RGP,
    SECDNS,
    child,
    content,
    document,
    local,
    make,
    make_some,
    namespace,
    parse,
)

Create: TypeAlias = DomainCreate | HostCreate | ContactCreate
Update: TypeAlias = DomainUpdate | HostUpdate | ContactUpdate
Transform: TypeAlias = Create | Update | Delete | DomainRenew | Transfer
Body: TypeAlias = Hello | Login | Logout | PollRequest | PollAck | Check | Info | Transform

LONGEST_TRANSACTION: Final = 64
"""Characters of a clTRID (RFC 5730 section 4, trIDStringType: 3 to 64)."""
LONGEST_NAME: Final = 255
"""Characters of a name that are kept of a command which cannot be read (eppcom labelType)."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a client asks for; ``transaction`` is its clTRID, if it gave one."""

    body: Body
    transaction: str | None = None


@dataclass(frozen=True, slots=True)
class _Extensions:
    dnssec: DnssecData | DnssecChange | None = None
    restore: Restore | None = None


# --- reading --------------------------------------------------------------------------


def read_command(octets: bytes) -> Command:
    """Read what a client sent. `EppError` with the code that answers it, never another."""
    root = parse(octets)
    if namespace(root) != EPP or local(root) != "epp" or len(root) != 1:
        raise syntax_error(message("an EPP document holds one hello or one command"))
    if local(root[0]) == "hello":
        return Command(Hello())
    if local(root[0]) != "command":
        raise syntax_error(message("an EPP document holds one hello or one command"))
    return _read(root[0])


def _read(element: Element) -> Command:
    transaction = child(element, "clTRID")
    named = None if transaction is None else content(transaction)[:LONGEST_TRANSACTION] or None
    verbs = [part for part in element if local(part) not in ("extension", "clTRID")]
    try:
        if len(verbs) != 1 or namespace(verbs[0]) != EPP:
            raise syntax_error(message("a command holds one verb"))
        return Command(_body(verbs[0], _read_extensions(child(element, "extension"))), named)
    except EppError as error:
        error.transaction = named
        error.transform = _transform(verbs[0]) if len(verbs) == 1 else None
        raise


def _transform(verb: Element) -> tuple[str, str] | None:
    """Return the command and the object of a transform that cannot be read any further."""
    name = local(verb)
    if name not in _TRANSFORMS or len(verb) != 1 or verb.get("op") == "query":
        return None
    try:
        kind = objects.kind_of(verb[0])
    except EppError:
        return None
    key = child(verb[0], kind.key)
    about = "" if key is None else content(key)[:LONGEST_NAME]
    return f"{kind}:{name}", objects.folded(kind, about) if about else ""


def _body(verb: Element, extensions: _Extensions) -> Body:
    name = local(verb)
    if name == "logout":
        return Logout()
    if name == "login":
        return session.read_login(verb)
    if name == "poll":
        return session.read_poll(verb)
    if name not in _VERBS:
        raise EppError(Code.UNKNOWN_COMMAND, message("there is no command {name}", name=name[:100]))
    if len(verb) != 1:
        raise missing("object")
    part = verb[0]
    kind = objects.kind_of(part)
    if local(part) != name:
        raise misplaced(local(part), name)
    if kind is Kind.DOMAIN and name in ("create", "update"):
        return _domain(name, part, extensions)
    if extensions != _Extensions():
        raise _wrong_extension(name)
    if name == "transfer":
        return objects.read_transfer(verb, part)
    reader = _READERS.get((name, kind))
    if reader is None:
        raise EppError(
            Code.UNIMPLEMENTED_COMMAND, message("a {kind} cannot be renewed", kind=str(kind))
        )
    return reader(part)


def _domain(name: str, part: Element, extensions: _Extensions) -> Body:
    dnssec, restore = extensions.dnssec, extensions.restore
    if name == "update":
        if isinstance(dnssec, DnssecData):
            raise _wrong_extension(name)
        return domain_commands.read_domain_update(part, dnssec, restore)
    if isinstance(dnssec, DnssecChange) or restore is not None:
        raise _wrong_extension(name)
    return domain_commands.read_domain_create(part, dnssec)


def _wrong_extension(verb: str) -> EppError:
    return EppError(Code.COMMAND_USE, message("this extension does not go with {verb}", verb=verb))


def _read_extensions(element: Element | None) -> _Extensions:
    dnssec: DnssecData | DnssecChange | None = None
    restore: Restore | None = None
    for part in () if element is None else element:
        if namespace(part) == SECDNS:
            dnssec = read_dnssec(part)
        elif namespace(part) == RGP:
            restore = read_restore(part)
        else:
            raise EppError(
                Code.UNIMPLEMENTED_EXTENSION,
                message("the extension {uri} is not known here", uri=namespace(part)[:100]),
            )
    return _Extensions(dnssec, restore)


_VERBS: Final = ("check", "info", "create", "delete", "renew", "transfer", "update")
_TRANSFORMS: Final = ("create", "delete", "renew", "transfer", "update")
_READERS: Final[dict[tuple[str, Kind], Callable[[Element], Body]]] = {
    **{("check", kind): objects.read_check for kind in Kind},
    **{("info", kind): objects.read_info for kind in Kind},
    **{("delete", kind): objects.read_delete for kind in Kind},
    ("renew", Kind.DOMAIN): domain_commands.read_domain_renew,
    ("create", Kind.HOST): host_commands.read_host_create,
    ("update", Kind.HOST): host_commands.read_host_update,
    ("create", Kind.CONTACT): contact_commands.read_contact_create,
    ("update", Kind.CONTACT): contact_commands.read_contact_update,
}


# --- writing --------------------------------------------------------------------------


def write_command(command: Command) -> bytes:
    """Return the document of a command."""
    body = command.body
    if isinstance(body, Hello):
        return document(make("hello"))
    extensions = _write_extensions(body)
    return document(
        make(
            "command",
            _write_body(body),
            *([make("extension", *extensions)] if extensions else []),
            *make_some("clTRID", command.transaction),
        )
    )


def _write_body(body: Body) -> Element:
    if isinstance(body, Logout):
        return make("logout")
    writer = _WRITERS.get(type(body))
    assert writer is not None, body
    return writer(body)


def _write_extensions(body: Body) -> list[Element]:
    if isinstance(body, DomainCreate) and body.dnssec is not None:
        return [write_dnssec_data("create", body.dnssec)]
    written = []
    if isinstance(body, DomainUpdate):
        if body.dnssec is not None:
            written.append(write_dnssec_change(body.dnssec))
        if body.restore is not None:
            written.append(write_restore(body.restore))
    return written


_WRITERS: Final[dict[type, Callable[..., Element]]] = {
    Login: session.write_login,
    PollRequest: session.write_poll,
    PollAck: session.write_poll,
    Check: objects.write_check,
    Info: objects.write_info,
    Delete: objects.write_delete,
    Transfer: objects.write_transfer,
    DomainCreate: domain_commands.write_domain_create,
    DomainRenew: domain_commands.write_domain_renew,
    DomainUpdate: domain_commands.write_domain_update,
    HostCreate: host_commands.write_host_create,
    HostUpdate: host_commands.write_host_update,
    ContactCreate: contact_commands.write_contact_create,
    ContactUpdate: contact_commands.write_contact_update,
}


def name_of_command(body: Body) -> str:
    """Return what journals and reports call a command: ``domain:update``, ``login``."""
    if isinstance(body, Check | Info | Delete | Transfer):
        return f"{body.kind}:{type(body).__name__.lower()}"
    return _NAMES[type(body)]


_NAMES: Final[dict[type, str]] = {
    Hello: "hello",
    Login: "login",
    Logout: "logout",
    PollRequest: "poll",
    PollAck: "poll",
    DomainCreate: "domain:create",
    DomainRenew: "domain:renew",
    DomainUpdate: "domain:update",
    HostCreate: "host:create",
    HostUpdate: "host:update",
    ContactCreate: "contact:create",
    ContactUpdate: "contact:update",
}
