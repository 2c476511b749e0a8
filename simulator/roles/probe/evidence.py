"""What an investigation gathers, as values: visits, answers, traces, who holds which address.

Every part is optional but the subject's own visit: the reasoning says less where there is
less. The **subject** is the person who cannot see the site; the **control** is the test
helper, a machine in another network that looks at the same time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.values import Address, ExtendedError, Observation
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import Record

PUBLIC_BODY = "authority"
"""The kind of a network whose registry entry names a public body."""


class IpInfo(NamedTuple):
    """Who holds an address, as the address registries tell everybody.

    ``holder`` is a text, or what `simulator.text.say` takes for a name in several languages.
    ``kind`` is ``access``, ``hosting``, ``transit``, ``service`` or ``authority``.
    """

    asn: int | None
    holder: object
    country: str
    kind: str


class DnsSaid(NamedTuple):
    """What one server said to one question. ``rcode`` is None if nobody replied.

    ``failure`` is an OONI failure string where the network gave one; ``answers`` and
    ``authority`` are the sections as they came.
    """

    server: Address
    name: str
    type: str
    rcode: str | None = None
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    authoritative: bool = False
    extended_error: ExtendedError | None = None
    failure: str | None = None

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses in the answer, if it was about addresses."""
        return tuple([one.data for one in self.answers if one.type == self.type])

    @property
    def is_denial(self) -> bool:
        """Whether it says that the name, or the type, does not exist."""
        return self.rcode == "NXDOMAIN" or (self.rcode == "NOERROR" and not self.addresses)

    @property
    def has_authority(self) -> bool:
        """Whether the SOA of a zone above the name came along, as a zone's denial brings it
        and every cache passes it on (RFC 2308 sections 3 and 6)."""
        return any(
            record.type == "SOA" and is_within(self.name, record.name) for record in self.authority
        )


class Delegation(NamedTuple):
    """Where the hierarchy leads for a name, found by asking from the root on.

    ``parent`` is the zone that should delegate (``"xg"``), ``rcode`` its answer (None for
    silence). Without a delegation ``nameservers`` is empty. ``children`` are the answers of
    the zone's own servers about the name's address.
    """

    zone: str
    parent: str
    rcode: str | None
    nameservers: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    children: tuple[DnsSaid, ...] = ()

    @property
    def children_answer(self) -> bool:
        """Whether one of the zone's servers speaks for it with authority and has the name."""
        return any(child.authoritative and child.addresses for child in self.children)


class HopSeen(NamedTuple):
    """One TTL of a trace. ``address`` is who answered, None for silence.

    ``what`` is ``time exceeded``, ``syn-ack``, ``rst``, ``administratively prohibited`` …
    """

    ttl: int
    address: Address | None
    what: str = ""


class TraceSeen(NamedTuple):
    """A trace by growing TTL towards an address. ``reached`` is whether the end answered."""

    destination: Address
    port: int
    hops: tuple[HopSeen, ...]
    reached: bool

    @property
    def last_router(self) -> HopSeen | None:
        """The last router that said "time exceeded", or None."""
        routers = [hop for hop in self.hops if hop.what == "time exceeded"]
        return routers[-1] if routers else None


class Registration(NamedTuple):
    """What the public directory of a top-level domain says of a name.

    ``statuses`` are in the words of RFC 8056 (``server hold``); ``events`` are pairs of an
    action and a date. Where ``exists`` is False the directory says that there is no such name.
    """

    name: str
    exists: bool = True
    statuses: tuple[str, ...] = ()
    events: tuple[tuple[str, str], ...] = ()
    nameservers: tuple[str, ...] = ()
    registrar: str | None = None
    holder: str | None = None

    def has(self, *statuses: str) -> tuple[str, ...]:
        """Return which of some statuses the name has, in the order asked for."""
        return tuple([status for status in statuses if status in self.statuses])


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that an investigation gathered."""

    subject: Observation
    control: Observation | None = None
    home: IpInfo | None = None
    """Who holds the subject's own address: the access provider."""
    own_answer: DnsSaid | None = None
    """What the subject's own resolver says of the name when asked again."""
    other_answers: tuple[DnsSaid, ...] = ()
    """What public resolvers tell the subject."""
    true_answer: DnsSaid | None = None
    """What the control's resolver says of the name."""
    validated_answer: DnsSaid | None = None
    """What a validator of the control's says of it, where it was bogus to the subject."""
    silent_address: DnsSaid | None = None
    """What came back from an address where nobody answers DNS. An answer is an injection."""
    reference_answer: DnsSaid | None = None
    """What the subject's own resolver says of an innocent name."""
    references: tuple[Observation, ...] = ()
    """The subject's visits to innocent sites, by addresses that the control found."""
    at_true_address: Observation | None = None
    """The subject's visit with the name pinned to the address that the control found."""
    other_name: Observation | None = None
    """The subject's visit to the same address under an innocent name."""
    elsewhere: Observation | None = None
    """The subject's visit to an innocent machine under the name in question."""
    elsewhere_control: Observation | None = None
    """The control's visit to that machine under that name."""
    after_a_while: Observation | None = None
    """The subject's second visit, once what lingered of the first must be over."""
    plain_banner: Observation | None = None
    """The control's visit over cleartext HTTP, where HTTPS failed."""
    delegation: Delegation | None = None
    former: Delegation | None = None
    """What was delegated before, from resolvers' caches or an earlier look; asked again now."""
    registration: Registration | None = None
    """What the registry's directory says; None where there is none, or it does not answer."""
    trace: TraceSeen | None = None
    """From the subject to the address that it dialled."""
    flow_trace: TraceSeen | None = None
    """To the same address, by a connection on which the site is named."""
    control_trace: TraceSeen | None = None
    neighbour_trace: TraceSeen | None = None
    """From the subject to the last router before the site's machine."""
    holders: Mapping[Address, IpInfo] = field(default_factory=dict)

    def holder(self, address: Address | None) -> IpInfo | None:
        """Return who holds an address, or None."""
        return None if address is None else self.holders.get(address)

    def is_public_body(self, address: Address | None) -> bool:
        """Tell whether an address is held by a public body."""
        found = self.holder(address)
        return found is not None and found.kind == PUBLIC_BODY
