"""DNS messages as values (RFC 1035 section 4, EDNS by RFC 6891), in the words of dig."""

from __future__ import annotations

from typing import NamedTuple

from simulator.values import ExtendedError

UDP_SIZE = 1232
"""Bytes that our side takes and sends by UDP: fits every path unfragmented (DNS flag day 2020)."""
PLAIN_UDP_SIZE = 512
"""Bytes of a message by UDP without EDNS (RFC 1035 section 2.3.4)."""


class Question(NamedTuple):
    """What is asked; ``type`` and ``network_class`` as text (``"A"``, ``"IN"``)."""

    name: str
    type: str
    network_class: str = "IN"


class Record(NamedTuple):
    """A resource record of class IN.

    ``ttl`` is in seconds. ``data`` is presentation text, names without the trailing dot
    (the root beside other fields is ``"."``): ``A`` ``"192.0.2.1"``,
    ``MX`` ``"10 mail.clips.test"``, ``TXT`` ``'"one" "two"'``,
    ``SOA`` ``"mname rname serial refresh retry expire minimum"``.
    A type that the lab does not read is kept as RFC 3597 writes it, ``"\\# 2 abcd"``.
    """

    name: str
    type: str
    ttl: int
    data: str


class Edns(NamedTuple):
    """The OPT pseudo-record (RFC 6891), with the extended errors (RFC 8914) that it carries."""

    udp_size: int = UDP_SIZE
    extended_errors: tuple[ExtendedError, ...] = ()
    dnssec_ok: bool = False
    version: int = 0


class DnsMessage(NamedTuple):
    """A DNS message. ``rcode`` and ``opcode`` are text; ``question`` is None when there is none.

    The OPT record is in ``edns``, not in ``additional``. ``authentic_data`` is AD: in a
    reply, that the resolver has validated all of it; in a query, that the client understands it
    (RFC 6840 section 5.7). ``checking_disabled`` is CD: the client validates for itself. The Z
    bit is not kept.
    """

    id: int = 0
    response: bool = False
    opcode: str = "QUERY"
    authoritative: bool = False
    truncated: bool = False
    recursion_desired: bool = False
    recursion_available: bool = False
    rcode: str = "NOERROR"
    question: Question | None = None
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    edns: Edns | None = None
    authentic_data: bool = False
    checking_disabled: bool = False


_OUR_EDNS = Edns()
_OUR_EDNS_WITH_DO = Edns(dnssec_ok=True)


def make_query(
    identifier: int, question: Question, *, recursion_desired: bool, dnssec_ok: bool = False
) -> DnsMessage:
    """Return a query with EDNS; ``dnssec_ok`` asks for signatures (RFC 3225)."""
    return DnsMessage(
        identifier,
        recursion_desired=recursion_desired,
        question=question,
        edns=_OUR_EDNS_WITH_DO if dnssec_ok else _OUR_EDNS,
    )


def reply_to(
    query: DnsMessage,
    rcode: str = "NOERROR",
    answers: tuple[Record, ...] = (),
    authority: tuple[Record, ...] = (),
    additional: tuple[Record, ...] = (),
    *,
    authoritative: bool = False,
    recursion_available: bool = False,
    extended_errors: tuple[ExtendedError, ...] = (),
) -> DnsMessage:
    """Return the reply to ``query``, with EDNS if and only if the query had it.

    CD comes back as it was sent (RFC 4035 section 3.2.2). Extended errors are left out for
    a client without EDNS, which could not read them.
    """
    edns = query.edns
    if edns is not None:
        if extended_errors or edns.dnssec_ok:
            edns = Edns(UDP_SIZE, extended_errors, edns.dnssec_ok)
        else:
            edns = _OUR_EDNS
    return DnsMessage(
        query.id,
        True,
        query.opcode,
        authoritative,
        False,
        query.recursion_desired,
        recursion_available,
        rcode,
        query.question,
        answers,
        authority,
        additional,
        edns,
        False,
        query.checking_disabled,
    )


def udp_limit(query: DnsMessage) -> int:
    """Return how many bytes the reply to ``query`` may have by UDP."""
    if query.edns is None:
        return PLAIN_UDP_SIZE
    return min(max(query.edns.udp_size, PLAIN_UDP_SIZE), UDP_SIZE)


def refusal(query: DnsMessage) -> DnsMessage | None:
    """Return the error reply to a query that no server of the lab can even consider, or None.

    NOTIMP for another opcode, BADVERS for an EDNS version above 0 (RFC 6891 section
    6.1.3), FORMERR for no question, REFUSED for a class other than IN and for zone transfers.
    """
    if query.opcode != "QUERY":
        return reply_to(query, "NOTIMP")
    if query.edns is not None and query.edns.version != 0:
        return reply_to(query, "BADVERS")
    question = query.question
    if question is None:
        return reply_to(query, "FORMERR")
    if question.network_class != "IN" or question.type in ("AXFR", "IXFR"):
        return reply_to(query, "REFUSED")
    return None
