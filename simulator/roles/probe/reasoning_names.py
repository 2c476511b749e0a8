"""Names: a resolver that lies, a registry that withholds, servers and hosts in other hands."""

from __future__ import annotations

from simulator.roles.probe import causes, failures, signs
from simulator.roles.probe.bogus import is_bogus, left_behind, why_bogus, why_stale
from simulator.roles.probe.causes import CERTAIN, LIKELY, Diagnosis, cannot_tell
from simulator.roles.probe.diagnosis import diagnose
from simulator.roles.probe.evidence import Evidence
from simulator.roles.probe.reasoning_path import provider
from simulator.roles.probe.reasoning_registry import (
    locks_and_transfer,
    not_delegated,
    old_address,
    who_redelegated,
)
from simulator.values import Address, Message, Observation, message
from simulator.wire.pages import BLOCK_PAGE, SEIZURE_BANNER

_DENIED = {
    "dns_nxdomain_error": message("Here the resolver says that the name does not exist."),
    "dns_refused_error": message("Here the resolver refuses to answer for this name."),
    "dns_servfail_error": message("Here the resolver says that it failed to find an answer."),
    failures.NO_ANSWER: message("Here the resolver gives the name no address."),
    failures.TIMEOUT: message("Here the resolver does not answer for this name."),
}
_RESOLVES_ELSEWHERE = message("At the same time the name resolves elsewhere.")
_RESOLVES_FOR_OTHERS = message("Whoever does not validate reaches the site at the same time.")


# --- a resolver that lies -----------------------------------------------------------------


def dns_block(evidence: Evidence) -> Diagnosis:
    """The subject's answer is another than the control's."""
    said: list[Message] = []
    word = signs.said_policy(evidence)
    if word is not None:
        said.append(word)
    said.append(_what_was_answered(evidence))
    bogus = is_bogus(evidence.subject)
    if bogus and word is None and not _stands_elsewhere(evidence):
        return _signatures_fail(evidence, said)
    if bogus and word is None:
        said.append(
            message("A validator elsewhere accepts the name, so its signatures are in order.")
        )
    if signs.true_addresses(evidence):
        said.append(_RESOLVES_ELSEWHERE)
    if signs.reached(evidence.at_true_address):
        said.append(message("By its true address the site can be reached from here."))
    answering = _other_resolvers(evidence)
    if answering:
        said.append(message("Asked from here, {resolver} tells the truth.", resolver=answering[0]))
    forged = _proof_of_forgery(evidence)
    said += forged
    if word is None and not forged and signs.denied_as_by_a_zone(evidence.own_answer):
        # A name that has come back is denied by every cache that asked while it was away.
        said.append(
            message(
                "The denial comes with its zone's SOA record, as a cache remembers it: ask again "
                "once it has run out."
            )
        )
        return cannot_tell(*said)
    if word is None and not forged and _nobody_answered(evidence):
        said.append(
            message(
                "A resolver that keeps silent and a network that is cut off look the same: ask "
                "other resolvers, and for other names."
            )
        )
        return cannot_tell(*said)
    sure = CERTAIN if word is not None or forged else LIKELY
    if sure == LIKELY:
        said.append(
            message(
                "A fault of the resolver, or an old answer that it remembers, could look the same."
            )
        )
    ways: tuple[str, ...] = causes.PAST_DNS
    if answering:
        ways = (causes.OTHER_RESOLVER, *ways)
    beyond = evidence.at_true_address
    if beyond is not None and beyond.failure is not None and not signs.reached(beyond):
        said.append(
            message(
                "By its true address the site is not reached either ({failure}): something else "
                "stops it as well.",
                failure=beyond.failure,
            )
        )
        ways = causes.PAST_ADDRESS if beyond.stage == "tcp" else causes.PAST_CONTENT
    return Diagnosis(causes.BLOCKED_DNS, sure, tuple(said), _liar(evidence), ways)


def _stands_elsewhere(evidence: Evidence) -> bool:
    """Tell whether the name stands up to validation where nothing is in the way."""
    validated = evidence.validated_answer
    return validated is not None and bool(validated.addresses)


def _signatures_fail(evidence: Evidence, said: list[Message]) -> Diagnosis:
    """Whoever validates is refused the name here, and perhaps everywhere."""
    said.append(_RESOLVES_FOR_OTHERS)
    if is_bogus(evidence.validated_answer):
        # Whose fault it is, the zone's operator's or whoever changed the delegation, nobody says.
        said.append(
            message(
                "A validator elsewhere refuses it as well, so nothing here shows a block: the "
                "signatures of the name, or what vouches for them, are at fault."
            )
        )
    else:
        said.append(
            message(
                "An answer that was changed on the way and a name whose own signatures are at "
                "fault look the same: ask a validator elsewhere."
            )
        )
    return cannot_tell(*said)


def _nobody_answered(evidence: Evidence) -> bool:
    """Tell whether the lookup met silence or a mere failure, and nothing else was asked."""
    subject = evidence.subject
    asked = (
        evidence.own_answer
        or evidence.reference_answer
        or evidence.other_answers
        or evidence.at_true_address
    )
    silent = subject.failure in (failures.TIMEOUT, "dns_servfail_error")
    return subject.stage == "dns" and silent and not asked


def _what_was_answered(evidence: Evidence) -> Message:
    subject = evidence.subject
    refused = why_bogus(subject.extended_error)
    if refused is not None and is_bogus(subject):
        return refused
    if subject.stage == "dns":
        known = _DENIED.get(subject.failure or "")
        return known or message(
            "Here the name does not resolve: {failure}.", failure=subject.failure
        )
    holder = evidence.holder(subject.addresses[0] if subject.addresses else None)
    given = ", ".join(subject.addresses)
    if holder is None:
        return message("Here the name leads to {addresses}.", addresses=given)
    return message(
        "Here the name leads to {addresses}, held by {holder}.",
        addresses=given,
        holder=holder.holder,
    )


def _proof_of_forgery(evidence: Evidence) -> list[Message]:
    """Return what only a lie explains: each sentence excludes a resolver that merely fails,
    or that remembers what was true before."""
    subject = evidence.subject
    said: list[Message] = []
    if signs.is_injected(evidence):
        said.append(
            message("An answer comes even from an address where nobody answers: it is forged.")
        )
    if subject.stage == "dns":
        return said + _lying_denial(evidence)
    address = subject.addresses[0] if subject.addresses else None
    if subject.page == BLOCK_PAGE:
        said.append(message("The page there says that access is blocked."))
    elif evidence.is_public_body(address):
        # No site of another moves to a public body's address for one country's visitors.
        said.append(message("That address is held by a public body, and the site's is not."))
    elif _is_the_providers(evidence, address) and signs.reached(evidence.at_true_address):
        # An address that a cache remembers of before would be another host's, not this one's.
        said.append(message("That address is the access provider's own, and the site's is not."))
    return said


def _is_the_providers(evidence: Evidence, address: Address | None) -> bool:
    holder = evidence.holder(address)
    return holder is not None and holder == evidence.home


def _lying_denial(evidence: Evidence) -> list[Message]:
    answer = evidence.own_answer
    if answer is None or not signs.answers_innocent_names(evidence):
        return []
    if answer.rcode == "REFUSED":
        # RCODE 5 is "for policy reasons" (RFC 1035 section 4.1.1), and it is this name alone.
        return [message("It answers for other names and refuses this one: that is a choice.")]
    if signs.lies_without_authority(answer):
        # What is cached of a name that did not exist a while ago carries its zone's SOA.
        return [
            message(
                "The denial carries no SOA record of any zone: it comes from no nameserver, and "
                "no cache remembers it."
            )
        ]
    return []


def _other_resolvers(evidence: Evidence) -> tuple[Address, ...]:
    """Return the public resolvers that tell the subject what the control is told."""
    true = signs.true_addresses(evidence)
    return tuple(
        [
            answer.server
            for answer in evidence.other_answers
            if any(address in true for address in answer.addresses)
        ]
    )


def _liar(evidence: Evidence) -> Message:
    if signs.is_injected(evidence):
        return provider(evidence)
    resolver = evidence.subject.resolver
    holder = evidence.holder(resolver)
    if resolver is None or holder is None:
        return message("whoever runs the resolver")
    return message("{name}, who runs the resolver {address}", name=holder.holder, address=resolver)


# --- the name and the machine are in other hands ----------------------------------------------


def banner(evidence: Evidence) -> Diagnosis:
    """Somebody shows the banner of a seizure: whose machine is it on?"""
    seen = _banner_visit(evidence)
    assert seen is not None
    said = [_the_banner(evidence, seen)]
    if seen is evidence.subject and signs.reached(evidence.control):
        # The control asks from the root on: it would meet a seizure that is in force.
        said.append(
            message(
                "Elsewhere the site is open: either the resolver here remembers a seizure "
                "that is over, or somebody shows a banner for here alone."
            )
        )
        return cannot_tell(*said)
    if evidence.delegation is None:
        said.append(
            message(
                "It is a seizure; of the name or of the machine, only the name's servers "
                "would tell."
            )
        )
        return cannot_tell(*said)
    if _servers_are_public_bodys(evidence):
        return _redelegated(evidence, said, seen)
    if evidence.is_public_body(seen.address):
        said.append(message("The name's own servers lead to it."))
        return Diagnosis(
            causes.SEIZED_HOST, LIKELY, tuple(said), _holder_of_servers(evidence), (causes.MIRROR,)
        )
    # Never certain: the owner of a machine can put up a banner of his own and be gone.
    said.append(message("The name still leads to the host, and it is the host's machine."))
    return Diagnosis(
        causes.SEIZED_HOST, LIKELY, tuple(said), _host(evidence, seen.address), (causes.MIRROR,)
    )


def _banner_visit(evidence: Evidence) -> Observation | None:
    for visit in (evidence.subject, evidence.control, evidence.plain_banner):
        if visit is not None and visit.page == SEIZURE_BANNER:
            return visit
    return None


def _the_banner(evidence: Evidence, seen: Observation) -> Message:
    holder = evidence.holder(seen.address)
    if holder is None:
        return message(
            "The banner of a seizure is shown at {address}.", address=seen.address or seen.url
        )
    return message(
        "The banner of a seizure is shown at {address}, held by {holder}.",
        address=seen.address or seen.url,
        holder=holder.holder,
    )


def _servers_are_public_bodys(evidence: Evidence) -> bool:
    found = evidence.delegation
    if found is None or not found.addresses:
        return False
    return all(evidence.is_public_body(address) for address in found.addresses)


def _redelegated(evidence: Evidence, said: list[Message], seen: Observation | None) -> Diagnosis:
    found, former = evidence.delegation, evidence.former
    assert found is not None
    said.append(
        message(
            "The zone {parent} delegates {zone} to {servers}, held by a public body.",
            parent=found.parent,
            zone=found.zone,
            servers=", ".join(found.nameservers),
        )
    )
    changed = former is not None and former.nameservers != found.nameservers
    if changed and former is not None:
        said.append(
            message("Before, it was delegated to {servers}.", servers=", ".join(former.nameservers))
        )
    said += left_behind(evidence)
    said += locks_and_transfer(evidence.registration)
    # Certain takes the public body's own word (its servers answer for the name, and its own
    # machine shows the banner for it): anybody can point a name at others' servers.
    shown = seen is not None and evidence.is_public_body(seen.address)
    sure = CERTAIN if shown and found.children_answer else LIKELY
    return Diagnosis(
        causes.SEIZED_REDELEGATION,
        sure,
        tuple(said),
        who_redelegated(evidence.registration, found.parent),
        old_address(evidence),
    )


def _holder_of_servers(evidence: Evidence) -> Message:
    found = evidence.delegation
    holder = None if found is None else evidence.holder(next(iter(found.addresses), None))
    if holder is None:
        return message("whoever runs the name's servers")
    return message("{name}, who runs the name's servers", name=holder.holder)


def _host(evidence: Evidence, address: Address | None) -> Message:
    holder = evidence.holder(address)
    if holder is None:
        return message("the host")
    return message("the host {name}", name=holder.holder)


def registry_or_host(evidence: Evidence) -> Diagnosis:
    """Neither the subject nor the control reaches the site: the site itself, or its name."""
    if _banner_visit(evidence) is not None:
        return banner(evidence)
    control = evidence.control
    assert control is not None
    said = [message("Elsewhere the site cannot be reached either, so nothing here shows a block.")]
    stale = why_stale(evidence.subject.extended_error)
    if stale is not None:
        said.append(stale)
    if evidence.former is not None and _servers_are_public_bodys(evidence):
        return _redelegated(evidence, said, None)
    found = evidence.delegation
    if found is not None and not found.nameservers:
        return not_delegated(evidence, said)
    if control.stage == "dns":
        return _servers_fail(evidence, said)
    if control.failure is None or control.failure in failures.CERTIFICATE_FAILURES:
        return cannot_tell(*said, *diagnose(control)[1])
    return _host_fails(evidence, said)


def _servers_fail(evidence: Evidence, said: list[Message]) -> Diagnosis:
    found = evidence.delegation
    if found is None or found.children_answer:
        return cannot_tell(*said, *diagnose(evidence.subject)[1])
    if any(child.rcode is not None for child in found.children):
        said.append(message("The name's own servers answer, and have no address for it."))
        return cannot_tell(*said)
    said.append(message("The name's own servers do not answer."))
    return Diagnosis(causes.DOWN, LIKELY, tuple(said), None, (causes.MIRROR,))


def _host_fails(evidence: Evidence, said: list[Message]) -> Diagnosis:
    control, trace = evidence.control, evidence.control_trace
    assert control is not None
    said.append(
        message(
            "The machine at {address} fails towards everybody: {failure}.",
            address=control.address or control.url,
            failure=control.failure,
        )
    )
    if trace is not None and trace.last_router is not None:
        said.append(
            message(
                "Its network is there: the router {address} right before it answers.",
                address=trace.last_router.address,
            )
        )
    # Never certain: a machine that the police carried off is as silent as one without power.
    said.append(
        message(
            "A machine that was seized and switched off would look the same: no banner says so."
        )
    )
    return Diagnosis(causes.DOWN, LIKELY, tuple(said), None, (causes.MIRROR,))
