"""Which addresses a body of evidence is about, so that their holders can be looked up."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.roles.probe.evidence import Evidence
from simulator.values import Address


def addresses_in(evidence: Evidence) -> tuple[Address, ...]:
    """Return every address that the evidence names, each once, in a steady order."""
    return tuple(dict.fromkeys(_addresses(evidence)))


def _addresses(evidence: Evidence) -> Iterator[Address]:
    for visit in (evidence.subject, evidence.control, evidence.plain_banner):
        if visit is not None:
            yield from visit.addresses
            yield from (one for one in (visit.address, visit.resolver) if one is not None)
    for answer in (evidence.own_answer, evidence.true_answer, *evidence.other_answers):
        if answer is not None:
            yield answer.server
            yield from answer.addresses
    for trace in (evidence.trace, evidence.flow_trace, evidence.control_trace):
        if trace is not None:
            yield from (hop.address for hop in trace.hops if hop.address is not None)
    for delegation in (evidence.delegation, evidence.former):
        if delegation is not None:
            yield from delegation.addresses
