"""Single signs in the evidence, each with the sentence that tells it.

A sign is one comparison: the subject's answer with the control's, a name with another name
at the same address, an address with its neighbour. The reasoning weighs them.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.roles.probe import failures
from simulator.roles.probe.bogus import is_bogus
from simulator.roles.probe.evidence import DnsSaid, Evidence, HopSeen
from simulator.values import SECOND, Address, Instant, Message, Observation, message
from simulator.wire.pages import BLOCK_PAGE, SITE

Test = Callable[[Observation | None], bool]
"""Whether a visit got as far as is asked."""
POLICY_ERRORS = (4, 15, 16, 17)
"""Extended errors by which a resolver says that it changed or withheld the answer on purpose
(RFC 8914 section 4): forged answer, blocked, censored, filtered."""
_CUT = (failures.RESET, failures.TIMEOUT, failures.EOF)
"""How a session ends that something on the way does not want."""
SLOWER = 1.25
"""How many times the control's a visit's stretch must be to be called slow."""
_LEAST_EXCESS: Instant = SECOND // 10
"""And how much time must be lost: less is noise."""

_BY_ERROR = {
    4: message("The resolver says itself that it forged this answer (extended error 4)."),
    15: message(
        "The resolver says itself that its operator's policy blocks this name (extended error 15)."
    ),
    16: message(
        "The resolver says itself that an outside body, such as a court, had it block this name "
        "(extended error 16)."
    ),
    17: message(
        "The resolver says itself that it filters this name because its user asked for it "
        "(extended error 17)."
    ),
}


def reached(visit: Observation | None) -> bool:
    """Tell whether a visit reached the true site."""
    return visit is not None and visit.page == SITE


def was_cut(visit: Observation | None, *stages: str) -> bool:
    """Tell whether a visit was cut off at one of the stages."""
    return visit is not None and visit.stage in stages and visit.failure in _CUT


def connected(visit: Observation | None) -> bool:
    """Tell whether a TCP connection came up, whatever came after."""
    return visit is not None and visit.stage not in ("dns", "tcp")


def cut_in_tls(visit: Observation | None) -> bool:
    """Tell whether a handshake was cut off, though the visit may have gone on over HTTP."""
    return visit is not None and (
        was_cut(visit, "tls") or any(one.failure in _CUT for one in visit.handshakes)
    )


def got_through_tls(visit: Observation | None) -> bool:
    """Tell whether a server answered in TLS: a handshake, an alert, a wrong certificate."""
    if visit is None or visit.failure in _CUT:
        return False
    return visit.stage in ("http", None) or visit.stage == "tls"


def got_a_response(visit: Observation | None) -> bool:
    """Tell whether a server answered in HTTP, whatever it answered, and not with a block."""
    return visit is not None and visit.status not in (None, 451) and visit.page != BLOCK_PAGE


def said_policy(evidence: Evidence) -> Message | None:
    """Return the resolver's own word that it changed the answer on purpose, if it gave it."""
    errors = [evidence.subject.extended_error]
    if evidence.own_answer is not None:
        errors.append(evidence.own_answer.extended_error)
    for error in errors:
        if error is not None and error.code in POLICY_ERRORS:
            return _BY_ERROR[error.code]
    return None


def true_addresses(evidence: Evidence) -> tuple[Address, ...]:
    """Return the addresses that the control found."""
    if evidence.true_answer is not None and evidence.true_answer.addresses:
        return evidence.true_answer.addresses
    return () if evidence.control is None else evidence.control.addresses


def same_place(evidence: Evidence, address: Address, others: tuple[Address, ...]) -> bool:
    """Tell whether an address is one of the others, or its network is one of theirs."""
    if address in others:
        return True
    mine = evidence.holder(address)
    theirs = [evidence.holder(other) for other in others]
    return mine is not None and any(one is not None and one.asn == mine.asn for one in theirs)


def dns_differs(evidence: Evidence) -> bool:
    """Tell whether the subject's answer is another than the control's.

    As OONI has it: an unexpected failure, or addresses that share neither an address nor a
    network with the control's.
    """
    subject, true = evidence.subject, true_addresses(evidence)
    if subject.stage == "dns":
        return bool(true)
    found = subject.addresses
    return bool(found and true) and not any(same_place(evidence, one, true) for one in found)


def answers_innocent_names(evidence: Evidence) -> bool:
    """Tell whether the subject's own resolver does answer for an innocent name."""
    answer = evidence.reference_answer
    return answer is not None and bool(answer.addresses)


def is_injected(evidence: Evidence) -> bool:
    """Tell whether an answer came from an address where nobody answers."""
    answer = evidence.silent_address
    return answer is not None and answer.rcode is not None


def lies_without_authority(answer: DnsSaid | None) -> bool:
    """Tell whether a denial came without a zone's SOA: from no zone, and from no cache of one."""
    return answer is not None and answer.is_denial and not answer.has_authority


def resolver_is_cut_off_as_well(evidence: Evidence) -> bool:
    """Tell whether the resolver fails, and not by its own word, while the site's true address
    cannot be reached from here either."""
    pinned = evidence.at_true_address
    return (
        evidence.subject.failure in ("dns_servfail_error", failures.TIMEOUT)
        and evidence.subject.stage == "dns"
        and said_policy(evidence) is None
        and not is_bogus(evidence.subject)
        and pinned is not None
        and pinned.stage == "tcp"
    )


def denied_as_by_a_zone(answer: DnsSaid | None) -> bool:
    """Tell whether a denial came as an honest cache passes on what a zone said."""
    return answer is not None and answer.is_denial and answer.has_authority


def dies_on_the_way(evidence: Evidence) -> HopSeen | None:
    """Return the hop behind which packets to the site vanish though its neighbour is reached.

    None if they do not, or if they come as far as the site's own network: there its own
    firewall may drop them.
    """
    trace, neighbour = evidence.trace, evidence.neighbour_trace
    if trace is None or neighbour is None or trace.reached or not neighbour.reached:
        return None
    last, there = trace.last_router, neighbour.last_router
    if last is None or there is None or there.ttl <= last.ttl:
        return None
    return last


def answered_too_near(evidence: Evidence) -> int | None:
    """Return the TTL at which a reset came back from nearer than the site, or None."""
    trace, neighbour = evidence.trace, evidence.neighbour_trace
    if trace is None or neighbour is None or not neighbour.reached:
        return None
    end = neighbour.hops[-1].ttl  # the site's machine is as far as its router's own answer
    for hop in trace.hops:
        if hop.what == "rst" and hop.ttl < end:
            return hop.ttl
    return None


def cut_on_the_way(evidence: Evidence) -> HopSeen | None:
    """Return the last hop that let through what was said, if it was stopped before the end.

    The connection itself reaches the end (``trace``); what is said on it (``flow_trace``) is
    answered nearer than that, or is lost where the connection's packets were not.
    """
    trace, flow = evidence.trace, evidence.flow_trace
    if trace is None or flow is None or not trace.reached:
        return None
    end = trace.hops[-1].ttl
    for place, hop in enumerate(flow.hops):
        if hop.what != "time exceeded":
            if hop.ttl < end and place:
                return flow.hops[place - 1]
            return None
    return None


def prohibited_by(evidence: Evidence) -> Address | None:
    """Return the router that said by ICMP that this is prohibited, or None."""
    if evidence.trace is None:
        return None
    for hop in evidence.trace.hops:
        if hop.what == "administratively prohibited":
            return hop.address
    return None


def is_slow(visit: Observation, measure: Observation | None) -> bool:
    """Tell whether one visit took unduly longer than another, distance allowed for.

    What is compared is the stretch: the time of TLS and HTTP by that of the TCP handshake,
    which is one way there and back.
    """
    if measure is None:
        return False
    (round_trip, transfer), (usual_trip, usual) = _times(visit), _times(measure)
    if not round_trip or not usual_trip or not usual:
        return False
    expected = usual * round_trip // usual_trip
    return transfer > SLOWER * expected and transfer - expected > _LEAST_EXCESS


def are_timed(visit: Observation, measure: Observation) -> bool:
    """Tell whether both visits say how long they took, so that `is_slow` has a meaning."""
    return all((*_times(visit), *_times(measure)))


def rate(visit: Observation) -> int:
    """Return the octets a second at which the body of a visit came, 0 if there was none."""
    for exchange in reversed(visit.exchanges):
        if exchange.body and exchange.ended > exchange.began:
            return len(exchange.body) * SECOND // (exchange.ended - exchange.began)
    return 0


def _times(visit: Observation) -> tuple[Instant, Instant]:
    """Return (round trip, TLS and HTTP together) of the last connection, in microseconds."""
    trip = transfer = 0
    for timing in visit.timings:
        if timing.stage == "tcp":
            trip, transfer = timing.ended - timing.began, 0
        elif timing.stage in ("tls", "http"):
            transfer += timing.ended - timing.began
    return trip, transfer
