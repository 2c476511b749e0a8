"""The nouns that every room shares: packets, verdicts, orders, observations.

Plain and frozen, with no behaviour beyond what follows from the fields. Nothing
here imports anything else of the lab, reads a clock or opens a socket.

Conventions that hold everywhere:

* An **instant** and a **duration** are integer microseconds of lab time; instants
  count from the start of the lab.
* An **address** is the canonical text of an IPv4 or IPv6 address
  (``"192.0.2.7"``, ``"2001:db8::7"``): text hashes once and compares fast.
* A **domain name** is lower-case ASCII text without the trailing dot; the root is ``""``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

Instant: TypeAlias = int
"""Microseconds of lab time since the lab started."""
Duration: TypeAlias = int
"""Microseconds."""
Address: TypeAlias = str
Now: TypeAlias = Callable[[], Instant]
"""How a role asks for the lab time without knowing a clock."""

MILLISECOND: Duration = 1_000
SECOND: Duration = 1_000_000
MINUTE: Duration = 60 * SECOND
HOUR: Duration = 60 * MINUTE
DAY: Duration = 24 * HOUR


# --- text ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for a person, kept apart from its language.

    ``text`` is the English sentence, a ``str.format`` template that is also the key of
    the translation; ``arguments`` fill it. Use ``str(message)`` for English and
    ``simulator.text.say(message, language)`` for a reader.
    """

    text: str
    arguments: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        return self.text.format(**dict(self.arguments))


def message(text: str, /, **arguments: Any) -> Message:
    """Return the `Message` for an English template and what fills it."""
    return Message(text, tuple(sorted(arguments.items())))


# --- packets ------------------------------------------------------------------------

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
"""TCP flags, with the bits of RFC 9293 section 3.1."""


class Datagram(NamedTuple):
    """A UDP datagram (RFC 768)."""

    source_port: int
    destination_port: int
    data: bytes


class Segment(NamedTuple):
    """A TCP segment (RFC 9293). ``mss`` is the option of a SYN, else None."""

    source_port: int
    destination_port: int
    sequence: int
    acknowledgment: int
    flags: int
    window: int
    data: bytes = b""
    mss: int | None = None


class IcmpKind(enum.Enum):
    """What an ICMP message says, whichever version of IP carries it."""

    NETWORK_UNREACHABLE = "network unreachable"
    HOST_UNREACHABLE = "host unreachable"
    PORT_UNREACHABLE = "port unreachable"
    PROHIBITED = "administratively prohibited"
    TIME_EXCEEDED = "time exceeded"
    ECHO_REQUEST = "echo request"
    ECHO_REPLY = "echo reply"


class Icmp(NamedTuple):
    """An ICMP message (RFC 792, RFC 4443).

    An error quotes the packet that caused it; an echo carries ``identifier``,
    ``sequence`` and ``data`` instead.
    """

    kind: IcmpKind
    quoted: Packet | None = None
    identifier: int = 0
    sequence: int = 0
    data: bytes = b""


class Packet(NamedTuple):
    """An IP packet; the version is that of its addresses."""

    source: Address
    destination: Address
    body: Datagram | Segment | Icmp
    ttl: int = 64


# --- what a middlebox may do with a packet ------------------------------------------


class Direction(enum.Enum):
    """Which way a packet crosses a network, seen from that network's own hosts."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    TRANSIT = "transit"


class Pass(NamedTuple):
    """Let it through; the next rule may still object."""


class Drop(NamedTuple):
    """Make it vanish without a word."""


class Delay(NamedTuple):
    """Hold it back for a while, then let it through."""

    duration: Duration


class Reset(NamedTuple):
    """Drop it and answer with a TCP RST in the name of the destination.

    ``both_ways`` sends the destination a RST in the name of the source as well.
    """

    both_ways: bool = False


class Reject(NamedTuple):
    """Drop it and answer with an ICMP error from the router."""

    kind: IcmpKind = IcmpKind.PROHIBITED


class Inject(NamedTuple):
    """Send ``packets`` from here, each to where it is addressed; ``forward`` the original too."""

    packets: tuple[Packet, ...]
    forward: bool = False


class Redirect(NamedTuple):
    """Deliver it to another address; the answers come back in the name of the first one."""

    address: Address
    port: int | None = None


Verdict: TypeAlias = Pass | Drop | Delay | Reset | Reject | Inject | Redirect
PASS = Pass()


# --- levers, orders -----------------------------------------------------------------


class Lever(enum.Enum):
    """What a seizure does: to the name, the zone, the machine, what a site leans on, to money
    and people."""

    CLIENT_HOLD = "client-hold"
    SERVER_HOLD = "server-hold"
    REDELEGATION = "redelegation"
    ACCOUNT_FREEZE = "account-freeze"
    TRANSFER_REFUSAL = "transfer-refusal"
    TRANSFER = "transfer"
    REGISTRY_LOCK = "registry-lock"
    CANCELLATION = "cancellation"
    RECORD_CHANGE = "record-change"
    HOST_TAKEOVER = "host-takeover"
    HOST_OFF = "host-off"
    IMAGING = "imaging"
    CONTROLLED_OPERATION = "controlled-operation"
    END_OF_SERVICE = "end-of-service"
    CERTIFICATE_REVOCATION = "certificate-revocation"
    MONEY_FREEZE = "money-freeze"
    HEARING = "hearing"
    ARREST = "arrest"


class OutcomeState(enum.Enum):
    EXECUTED = "executed"
    REFUSED = "refused"
    PENDING = "pending"


# --- what a visit saw ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageTiming:
    """One stage of a visit: ``dns``, ``tcp``, ``tls`` or ``http``; ``detail`` is what it met."""

    stage: str
    began: Instant
    ended: Instant
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """The certificate that a server showed: names it is for, who signed it."""

    subject: str
    names: tuple[str, ...]
    issuer: str


@dataclass(frozen=True, slots=True)
class ExtendedError:
    """An extended DNS error (RFC 8914): INFO-CODE and EXTRA-TEXT."""

    code: int
    text: str = ""


class QuerySeen(NamedTuple):
    """One DNS question of a visit. ``engine`` is ``udp``, ``tcp``, ``dot``, ``doh`` or ``hosts``.

    ``answers`` are (type, data, TTL in seconds); ``raw`` is the reply as it came.
    """

    hostname: str
    type: str
    engine: str
    server: Address | None
    began: Instant
    ended: Instant
    rcode: str | None = None
    answers: tuple[tuple[str, str, int], ...] = ()
    extended_error: ExtendedError | None = None
    failure: str | None = None
    raw: bytes = b""


class ConnectSeen(NamedTuple):
    """One attempt of TCP. What happens on one connection shares its ``transaction``."""

    transaction: int
    address: Address
    port: int
    began: Instant
    ended: Instant
    failure: str | None = None


class HandshakeSeen(NamedTuple):
    """One TLS handshake; ``certificates`` are DER, the server's own first."""

    transaction: int
    address: Address
    port: int
    server_name: str
    began: Instant
    ended: Instant
    version: str = ""
    cipher: str = ""
    certificates: tuple[bytes, ...] = ()
    failure: str | None = None


class ExchangeSeen(NamedTuple):
    """One HTTP request and what came back; ``status`` is None without a response."""

    transaction: int
    url: str
    address: Address
    port: int
    began: Instant
    ended: Instant
    request_headers: tuple[tuple[str, str], ...] = ()
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One visit as the visitor saw it. Built from packets and answers only.

    ``stage`` is the stage that failed, or None; ``failure`` is an OONI failure string;
    ``page`` is ``site``, ``block_page``, ``seizure_banner``, ``other`` or None.
    """

    at: Instant
    vantage: str
    country: str
    via: str | None
    url: str
    stage: str | None = None
    failure: str | None = None
    resolver: Address | None = None
    addresses: tuple[Address, ...] = ()
    address: Address | None = None
    """The address that the last connection went to."""
    rcode: str | None = None
    extended_error: ExtendedError | None = None
    certificate: CertificateSeen | None = None
    status: int | None = None
    page: str | None = None
    title: str = ""
    final_url: str = ""
    redirects: tuple[str, ...] = ()
    timings: tuple[StageTiming, ...] = ()
    diagnosis: str = "cannot_tell"
    confidence: str = "cannot tell"
    """Of the diagnosis: ``certain``, ``likely``, ``cannot tell``."""
    evidence: tuple[Message, ...] = field(default=())
    actor: Message | None = None
    """Who most probably acted."""
    ways: tuple[str, ...] = ()
    """Circumventions that would get round it, by id."""
    ended: Instant = 0
    queries: tuple[QuerySeen, ...] = ()
    connects: tuple[ConnectSeen, ...] = ()
    handshakes: tuple[HandshakeSeen, ...] = ()
    exchanges: tuple[ExchangeSeen, ...] = ()
    """Newest last, as are the three before."""
