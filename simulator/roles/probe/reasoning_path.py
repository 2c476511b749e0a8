"""Blocks on the way: the address, the handshake, the request, the speed."""

from __future__ import annotations

from simulator.roles.probe import causes, failures, signs
from simulator.roles.probe.causes import CERTAIN, LIKELY, Diagnosis, cannot_tell
from simulator.roles.probe.diagnosis import diagnose
from simulator.roles.probe.evidence import Evidence, HopSeen
from simulator.values import Address, Message, message
from simulator.wire.pages import BLOCK_PAGE

_OPEN_ELSEWHERE = message("At the same time the site is open elsewhere.")


def provider(evidence: Evidence, hop: HopSeen | None = None) -> Message:
    """Name who most probably stands on the way: who holds the hop, else the access provider.

    A router looks only at what it passes on: the last hop that still answers is the one
    behind which things are stopped.
    """
    holder = evidence.home if hop is None else evidence.holder(hop.address) or evidence.home
    if holder is None:
        return message("the access provider")
    if hop is None:
        return message("the access provider {name}", name=holder.holder)
    if holder == evidence.home:
        return message("the access provider {name}, at hop {hop}", name=holder.holder, hop=hop.ttl)
    return message("{name}, at hop {hop}", name=holder.holder, hop=hop.ttl)


def address_block(evidence: Evidence) -> Diagnosis:
    """The control connects to the address and the subject does not."""
    subject = evidence.subject
    said = [_met(evidence), _OPEN_ELSEWHERE]
    actor = provider(evidence)
    sure = LIKELY
    router = signs.prohibited_by(evidence)
    near = signs.answered_too_near(evidence)
    last = signs.dies_on_the_way(evidence)
    tried_another_name = evidence.other_name is not None and not signs.connected(
        evidence.other_name
    )
    own_network = router is not None and signs.same_place(evidence, router, subject.addresses)
    if own_network:
        said.append(message("The site's own network turns visitors from here away."))
    elif not tried_another_name:
        # What lingers of a filter on names stops every packet to an address, for a while.
        said.append(message("Whether other names get through to that address was not tried."))
    else:
        said.append(message("Under another name the address is as closed as under its own."))
    if router is not None:
        # The router's own word: no fault of the line says "prohibited" (RFC 1812 section 5.2.7.1).
        sure = LIKELY if own_network else CERTAIN
        said.append(
            message(
                "The router {address} says by ICMP that these packets are prohibited.",
                address=router,
            )
        )
        actor = _router_of(evidence, router)
    elif near is not None:
        # The site's own machine is farther away than that: the reset is forged.
        sure = CERTAIN
        said.append(
            message(
                "The reset comes back at hop {hop}, before the site's machine can have been "
                "reached: a machine on the way sent it.",
                hop=near,
            )
        )
    elif last is not None:
        # Not the line and not the site's network: the next machine over is reached the same way.
        sure = CERTAIN
        said.append(
            message(
                "Packets to {address} vanish behind hop {hop}, while those to the router right "
                "before it get through.",
                address=subject.address or subject.url,
                hop=last.ttl,
            )
        )
        actor = provider(evidence, last)
    else:
        said.append(message("A fault on the line between here and there would look the same."))
    if subject.failure == failures.NETWORK_UNREACHABLE:
        return cannot_tell(*said)
    if not tried_another_name:
        sure = LIKELY
    return Diagnosis(causes.BLOCKED_IP, sure, tuple(said), actor, causes.PAST_ADDRESS)


def _met(evidence: Evidence) -> Message:
    subject = evidence.subject
    address = subject.address or subject.url  # a measurement from elsewhere may not say
    if subject.failure == failures.TIMEOUT:
        return message("The address {address} does not answer from here.", address=address)
    if subject.failure == failures.RESET or subject.failure == "connection_refused":
        return message("Connections to {address} are reset from here.", address=address)
    return message("From here {address} is said to be unreachable.", address=address)


def _router_of(evidence: Evidence, router: Address) -> Message:
    holder = evidence.holder(router)
    if holder is None:
        return message("whoever runs the router {address}", address=router)
    return message("{name}, who runs the router {address}", name=holder.holder, address=router)


def tls_block(evidence: Evidence) -> Diagnosis:
    """The connection comes up and the handshake does not."""
    subject = evidence.subject
    if subject.failure in failures.CERTIFICATE_FAILURES:
        # Somebody else answers at the true address: neither filter nor seizure that we know.
        return cannot_tell(
            *diagnose(subject)[1],
            message("Elsewhere the same address shows the right certificate."),
        )
    said = [_cut("tls", evidence), _OPEN_ELSEWHERE]
    return _by_name(evidence, causes.BLOCKED_TLS, said, signs.got_through_tls, "tls")


def http_block(evidence: Evidence) -> Diagnosis:
    """The request is answered by another than the site, or not at all."""
    subject = evidence.subject
    if subject.failure is None and subject.status != 451 and subject.page != BLOCK_PAGE:
        secured = subject.final_url.startswith("https:")
        differs = message(
            "Here another page comes than elsewhere, with status {status}.", status=subject.status
        )
        if secured:
            served = message("The certificate is right, so the site's own server sent that page.")
            return cannot_tell(differs, served)
        said = [differs]
    elif subject.failure is not None:
        said = [_cut("http", evidence)]
    else:
        said = [message("A page in the site's place says that access is blocked.")]
        if subject.status == 451:
            said.append(message("Its status is 451, unavailable for legal reasons (RFC 7725)."))
    if subject.final_url.startswith("https:"):
        return _edge(evidence, said)
    said.append(_OPEN_ELSEWHERE)
    return _by_name(evidence, causes.BLOCKED_HTTP, said, signs.got_a_response, "http")


def _edge(evidence: Evidence, said: list[Message]) -> Diagnosis:
    """Inside TLS with the right certificate nobody on the way can write: the server did."""
    subject = evidence.subject
    if subject.failure is not None:
        said.append(_OPEN_ELSEWHERE)
        # The name passed and the request did not; a path sees only sizes and times.
        return Diagnosis(
            causes.BLOCKED_TLS, LIKELY, tuple(said), provider(evidence), causes.PAST_CONTENT
        )
    holder = evidence.holder(subject.address)
    said.append(message("The certificate is right, so the site's own server sent that page."))
    actor = (
        message("the server at {address}", address=subject.address or subject.url)
        if holder is None
        else message(
            "{name}, at {address}", name=holder.holder, address=subject.address or subject.url
        )
    )
    return Diagnosis(causes.BLOCKED_HTTP, CERTAIN, tuple(said), actor, causes.PAST_CONTENT)


def _by_name(
    evidence: Evidence, cause: str, said: list[Message], passes: signs.Test, stage: str
) -> Diagnosis:
    """Weigh whether it is the name that decides, and whether that is decided on the way.

    Certain takes both: another name at the same address passes (so it is neither address nor
    port), and the name is stopped at another machine too (so it is not the site's own server
    that turns this country away).
    """
    other, elsewhere = evidence.other_name, evidence.elsewhere
    hop = signs.cut_on_the_way(evidence)
    name_decides = passes(other)
    stopped = (
        elsewhere is not None
        and signs.connected(elsewhere)
        and not passes(elsewhere)
        and passes(evidence.elsewhere_control)
    )
    if name_decides:
        said.append(message("At the same address another name gets through."))
    if stopped:
        said.append(
            message(
                "The same name is stopped on the way to an unrelated machine as well: the site's "
                "server has no part in it."
            )
        )
    if hop is not None:
        said.append(
            message(
                "What names the site is stopped behind hop {hop}, {address}, before it can have "
                "reached the site's machine.",
                hop=hop.ttl,
                address=hop.address,
            )
        )
    on_the_way = stopped or hop is not None
    if other is not None and not name_decides and not on_the_way:
        said.append(
            message("Another name at that address fails as well: it may be the port that is cut.")
        )
    sure = CERTAIN if name_decides and on_the_way else LIKELY
    return Diagnosis(cause, sure, tuple(said), provider(evidence, hop), causes.PAST_CONTENT)


def _cut(stage: str, evidence: Evidence) -> Message:
    failure = evidence.subject.failure
    if stage == "tls":
        return message(
            "The connection comes up, and ends as soon as the handshake names the site: {failure}.",
            failure=failure,
        )
    return message(
        "The connection comes up, and ends as soon as the request names the site: {failure}.",
        failure=failure,
    )


def _kilobytes(octets: float) -> int:
    return max(1, round(octets / 1000))


def throttle(evidence: Evidence) -> Diagnosis | None:
    """Return that the site is slowed down, if it is."""
    subject, control, again = evidence.subject, evidence.control, evidence.at_true_address
    if control is None or not signs.is_slow(subject, control):
        return None
    said = [
        message(
            "The page comes at {rate} kB a second here, at {usual} kB a second elsewhere, and "
            "the distance does not explain it.",
            rate=_kilobytes(signs.rate(subject)),
            usual=_kilobytes(signs.rate(control)),
        )
    ]
    quick = [visit for visit in evidence.references if signs.reached(visit)]
    others_are_quick = bool(quick) and not any(signs.is_slow(one, control) for one in quick)
    if others_are_quick:
        said.append(message("Other sites come at their usual speed."))
    again_slow = again is not None and signs.is_slow(again, control)
    if again_slow:
        said.append(message("A second visit is as slow as the first."))
    # Never certain: a server that gives one country little of its line looks the same, and
    # what goes through no other machine under this name is too short to be timed.
    if others_are_quick and again_slow:
        said.append(
            message("A server that is slow towards this country alone would look the same.")
        )
    return Diagnosis(causes.THROTTLED, LIKELY, tuple(said), provider(evidence), causes.PAST_CONTENT)
