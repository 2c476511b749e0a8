"""From evidence to a cause: the order in which the possibilities are ruled out.

Pure: it sees what was measured, and neither orders nor the journal. The rule that outweighs
all others: **certain** is said only where the evidence excludes every other explanation that
we know; each place that says it tells which those are. Where two explanations remain, the
commoner is "likely"; where nothing favours one, the answer is that one cannot tell.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.probe import causes, signs
from simulator.roles.probe.causes import CERTAIN, LIKELY, Diagnosis, cannot_tell
from simulator.roles.probe.diagnosis import diagnose
from simulator.roles.probe.evidence import Evidence
from simulator.roles.probe.reasoning_names import banner, dns_block, registry_or_host
from simulator.roles.probe.reasoning_path import (
    address_block,
    http_block,
    provider,
    throttle,
    tls_block,
)
from simulator.values import Message, message
from simulator.wire.pages import SEIZURE_BANNER, SITE

_SITE_TLS = message("The true site came, and its certificate is for this very name.")
_SITE_PLAIN = message("The page names the site that was asked for.")


def reason(evidence: Evidence) -> Diagnosis:
    """Return the cause that the evidence speaks for."""
    subject, control = evidence.subject, evidence.control
    if subject.page == SITE:
        return _accessible(evidence)
    if subject.failure is None and subject.status is None:
        return cannot_tell(message("What this visit came to was not written down."))
    if is_cut_off(evidence):
        return _shutdown(evidence)
    if control is None:
        return _alone(evidence)
    if control.page == SITE:
        return _blocked(evidence)
    if signs.said_policy(evidence) is not None:  # whatever else is wrong with the site
        return dns_block(evidence)
    return registry_or_host(evidence)


def is_cut_off(evidence: Evidence) -> bool:
    """Tell whether nothing at all is reached from where the subject sits.

    Innocent sites and public resolvers are the unrelated machines that are tried.
    """
    tried = [visit.status is not None for visit in evidence.references]
    tried += [answer.rcode is not None for answer in evidence.other_answers]
    return evidence.subject.failure is not None and len(tried) > 1 and not any(tried)


def _accessible(evidence: Evidence) -> Diagnosis:
    subject, control = evidence.subject, evidence.control
    slow = throttle(evidence)
    if slow is not None:
        return slow
    secured = subject.final_url.startswith("https:")
    said: list[Message] = [_SITE_TLS if secured else _SITE_PLAIN]
    if control is None:
        said.append(message("Whether it is slowed down, only a comparison would show."))
        return Diagnosis(causes.ACCESSIBLE, LIKELY, tuple(said))
    if control.page == SITE and not signs.are_timed(subject, control):
        said.append(message("How fast it comes elsewhere is not known, so it may be slowed down."))
        return Diagnosis(causes.ACCESSIBLE, LIKELY, tuple(said))
    if control.page == SITE:
        said.append(message("It comes about as fast as elsewhere."))
    else:
        said.append(
            message(
                "Elsewhere it no longer does: what is seen here may be what a resolver "
                "remembers of before."
            )
        )
    # Nobody can forge a page over TLS without a certificate for the name; over HTTP a copy
    # put in on the way would have to pass for the site in the control's eyes as well.
    return Diagnosis(causes.ACCESSIBLE, CERTAIN, tuple(said))


def _shutdown(evidence: Evidence) -> Diagnosis:
    said = [
        message(
            "None of {count} unrelated machines can be reached either, not even by addresses that "
            "were found elsewhere.",
            count=len(evidence.references) + len(evidence.other_answers),
        )
    ]
    if evidence.control is not None and signs.reached(evidence.control):
        said.append(message("Elsewhere the site is open."))
    trace = evidence.trace
    if trace is not None and trace.last_router is not None:
        said.append(
            message(
                "Packets come as far as hop {hop}, {address}, and no farther.",
                hop=trace.last_router.ttl,
                address=trace.last_router.address,
            )
        )
    # Never certain: a cut cable leaves the same traces as an order.
    said.append(message("A cut cable would look the same from here."))
    return Diagnosis(causes.SHUTDOWN, LIKELY, tuple(said), provider(evidence))


def _blocked(evidence: Evidence) -> Diagnosis:
    """The control reaches the site and the subject does not: where is it stopped?"""
    subject = evidence.subject
    if subject.page == SEIZURE_BANNER:
        return banner(evidence)
    if signs.resolver_is_cut_off_as_well(evidence):
        return _address_under_the_resolver(evidence)
    if signs.dns_differs(evidence) or signs.said_policy(evidence) is not None:
        return dns_block(evidence)
    if subject.stage == "dns":
        return cannot_tell(*diagnose(subject)[1])
    if subject.stage == "tcp" and signs.cut_in_tls(subject):
        return tls_block(evidence)  # the browser went on over HTTP, and met what lingers
    if subject.stage == "tcp":
        return _no_connection(evidence)
    if subject.stage == "tls":
        return tls_block(evidence)
    return http_block(evidence)


def _no_connection(evidence: Evidence) -> Diagnosis:
    """No connection comes up: for its address, or for what was said before under a name?

    A filter on names may stop all packets between the same ends for a while afterwards
    (RFC 9505 section 4.4). Then another name gets through once that is over.
    """
    again = evidence.after_a_while
    if not signs.connected(evidence.other_name):
        return address_block(evidence)
    lingers = message(
        "The address opens again after a while: what was said to it before had closed it."
    )
    if again is None or not (signs.connected(again) or signs.cut_in_tls(again)):
        return cannot_tell(lingers)
    if signs.reached(again):
        return cannot_tell(lingers, message("A second visit reached the site."))
    found = _blocked(replace(evidence, subject=again, after_a_while=None))
    return replace(found, evidence=(*found.evidence, lingers))


def _address_under_the_resolver(evidence: Evidence) -> Diagnosis:
    """The site's network is closed, and with it the way to the name's own servers."""
    pinned = evidence.at_true_address
    assert pinned is not None
    found = address_block(replace(evidence, subject=pinned))
    failed = message(
        "The resolver here fails, as it would if it could not reach the name's own servers either."
    )
    return replace(found, evidence=(failed, *found.evidence))


def _alone(evidence: Evidence) -> Diagnosis:
    """Say what one visit allows, with nothing to compare it with."""
    subject = evidence.subject
    word, said = diagnose(subject)
    compare = message("Nobody looked from elsewhere at the same time, so much stays open.")
    if subject.page == SEIZURE_BANNER:
        return banner(evidence)
    if signs.said_policy(evidence) is not None:
        return dns_block(evidence)
    if word == causes.BLOCKED_DNS:
        return Diagnosis(word, LIKELY, (*said, compare), provider(evidence), causes.PAST_DNS)
    if word == causes.BLOCKED_HTTP:
        return Diagnosis(word, LIKELY, (*said, compare), provider(evidence), causes.PAST_CONTENT)
    return cannot_tell(*said, compare)
