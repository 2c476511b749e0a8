"""The answer document: result, queue, data, extensions, transactions (RFC 5730 section 2.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element

from simulator.values import message
from simulator.wire.epp import change_poll, contact_data, domain_data, host_data, object_data
from simulator.wire.epp.change_poll import ChangeData
from simulator.wire.epp.contact_data import ContactData
from simulator.wire.epp.domain_data import DomainData, Renewed
from simulator.wire.epp.errors import misplaced, syntax_error, wrong_value
from simulator.wire.epp.greeting import Greeting, read_greeting, write_greeting
from simulator.wire.epp.host_data import HostData
from simulator.wire.epp.moments import Moment, make_moment, optional_moment
from simulator.wire.epp.object_data import Checked, Created, TransferData
from simulator.wire.epp.objects import Kind, kind_of
from simulator.wire.epp.results import WORDS, Code
from simulator.wire.epp.secdns import DnssecData, read_dnssec_data, write_dnssec_data
from simulator.wire.epp.xml import (
    CHANGE_POLL,
    EPP,
    RGP,
    SECDNS,
    attribute_of,
    child,
    children,
    declared,
    document,
    local,
    make,
    make_some,
    namespace,
    needed,
    number_of,
    optional_text,
    parse,
    text_of,
)

Data: TypeAlias = Checked | DomainData | HostData | ContactData | Created | Renewed | TransferData
LARGEST_COUNT: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Queue:
    """The registrar's messages: how many wait, and the first of them.

    ``queued`` and ``text`` are given when it is read, not when it is taken off.
    """

    count: int
    id: str
    queued: Moment | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answers. ``reason`` says what stood in the way, beyond the code's words."""

    code: Code
    reason: str | None = None
    queue: Queue | None = None
    data: Data | None = None
    dnssec: DnssecData | None = None
    grace: tuple[str, ...] = ()
    """RGP statuses of the domain (RFC 3915 section 3.1)."""
    change: ChangeData | None = None
    client_transaction: str | None = None
    server_transaction: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the command succeeded, be it only for now (1001)."""
        return self.code.succeeded


# --- reading --------------------------------------------------------------------------


def read_response(octets: bytes) -> Response | Greeting:
    """Read what a server sent. `EppError` for what is no EPP, never another error."""
    root = parse(octets)
    if namespace(root) != EPP or local(root) != "epp" or len(root) != 1:
        raise syntax_error(message("this is no answer of an EPP server"))
    if local(root[0]) == "greeting":
        return read_greeting(root[0])
    if local(root[0]) != "response":
        raise syntax_error(message("this is no answer of an EPP server"))
    return _read(root[0])


def _read(element: Element) -> Response:
    result = needed(element, "result")
    queue = child(element, "msgQ")
    transaction = needed(element, "trID")
    found = _Extensions.read(child(element, "extension"))
    return Response(
        _code(attribute_of(result, "code")),
        _reason(result),
        None if queue is None else _read_queue(queue),
        _read_data(child(element, "resData")),
        found.dnssec,
        found.grace,
        found.change,
        optional_text(transaction, "clTRID"),
        text_of(transaction, "svTRID"),
    )


def _code(text: str) -> Code:
    try:
        return Code(number_of(text, "code", 9999))
    except ValueError:
        raise wrong_value("code", text) from None


def _reason(result: Element) -> str | None:
    found = [text_of(value, "reason") for value in children(result, "extValue")]
    return "; ".join(found) or None


def _read_queue(element: Element) -> Queue:
    return Queue(
        number_of(attribute_of(element, "count"), "count", LARGEST_COUNT),
        attribute_of(element, "id"),
        optional_moment(element, "qDate"),
        optional_text(element, "msg"),
    )


def _read_data(element: Element | None) -> Data | None:
    if element is None or len(element) == 0:
        return None
    part = element[0]
    reader = _READERS.get((kind_of(part), local(part)))
    if reader is None:
        raise misplaced(local(part), "resData")
    return reader(part)


@dataclass(slots=True)
class _Extensions:
    dnssec: DnssecData | None = None
    grace: tuple[str, ...] = ()
    change: ChangeData | None = None

    @classmethod
    def read(cls, element: Element | None) -> _Extensions:
        """What a client does not know in an answer, it passes over."""
        found = cls()
        for part in () if element is None else element:
            if namespace(part) == SECDNS:
                found.dnssec = read_dnssec_data(part)
            elif namespace(part) == RGP:
                found.grace = tuple(attribute_of(one, "s") for one in children(part, "rgpStatus"))
            elif namespace(part) == CHANGE_POLL:
                found.change = change_poll.read_change(part)
        return found


_READERS: Final[dict[tuple[Kind, str], Callable[[Element], Data]]] = {
    **{(kind, "chkData"): object_data.read_checked for kind in Kind},
    **{(kind, "creData"): object_data.read_created for kind in Kind},
    (Kind.DOMAIN, "trnData"): object_data.read_transfer_data,
    (Kind.CONTACT, "trnData"): object_data.read_transfer_data,
    (Kind.DOMAIN, "renData"): domain_data.read_renewed,
    (Kind.DOMAIN, "infData"): domain_data.read_domain_data,
    (Kind.HOST, "infData"): host_data.read_host_data,
    (Kind.CONTACT, "infData"): contact_data.read_contact_data,
}


# --- writing --------------------------------------------------------------------------


def write_response(response: Response | Greeting) -> bytes:
    """Return the document of an answer or of a greeting."""
    if isinstance(response, Greeting):
        return document(write_greeting(response))
    data, extensions = response.data, _write_extensions(response)
    return document(
        make(
            "response",
            _write_result(response),
            *([] if response.queue is None else [_write_queue(response.queue)]),
            *([] if data is None else [make("resData", _WRITERS[type(data)](data))]),
            *([make("extension", *extensions)] if extensions else []),
            make(
                "trID",
                *make_some("clTRID", response.client_transaction),
                make("svTRID", text=response.server_transaction),
            ),
        )
    )


def _write_result(response: Response) -> Element:
    result = make(
        "result",
        make("msg", text=WORDS[response.code], lang="en"),
        code=str(int(response.code)),
    )
    if response.reason is not None:
        # A value must go with a reason; ``undef`` says that it is about no element of its own.
        value = make("value", make("undef"))
        result.append(make("extValue", value, make("reason", text=response.reason, lang="en")))
    return result


def _write_queue(queue: Queue) -> Element:
    said = [] if queue.text is None else [make("msg", text=queue.text, lang="en")]
    return make(
        "msgQ",
        *make_moment("qDate", queue.queued),
        *said,
        count=str(queue.count),
        id=queue.id,
    )


def _write_extensions(response: Response) -> list[Element]:
    written = []
    if response.change is not None:
        written.append(change_poll.write_change(response.change))
    if response.dnssec is not None:
        written.append(write_dnssec_data("infData", response.dnssec))
    if response.grace:
        statuses = [make("rgp:rgpStatus", s=status) for status in response.grace]
        tag = "infData" if isinstance(response.data, DomainData) else "upData"
        written.append(declared(tag, RGP, *statuses))
    return written


_WRITERS: Final[dict[type, Callable[..., Element]]] = {
    Checked: object_data.write_checked,
    Created: object_data.write_created,
    TransferData: object_data.write_transfer_data,
    Renewed: domain_data.write_renewed,
    DomainData: domain_data.write_domain_data,
    HostData: host_data.write_host_data,
    ContactData: contact_data.write_contact_data,
}
