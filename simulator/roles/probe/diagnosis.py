"""What one visit alone lets us say: a diagnosis, and the evidence for it in sentences.

Built from packets and answers, never from orders. Most failures have several possible
causes, and one visit cannot choose between them: then the diagnosis is ``cannot_tell`` and
the evidence says why. Comparing with another place, another resolver, or a tunnel is what
decides (facts/blocking.md, section 1).
"""

from __future__ import annotations

from simulator.roles.probe import failures
from simulator.roles.probe.bogus import why_bogus, why_stale
from simulator.values import SECOND, Message, Observation, message
from simulator.wire.pages import BLOCK_PAGE, SEIZURE_BANNER, SITE

ACCESSIBLE = "accessible"
BLOCKED_DNS = "blocked.dns"
BLOCKED_HTTP = "blocked.http"
SEIZED = "seized"
CANNOT_TELL = "cannot_tell"

LONG = SECOND
"""Microseconds that a stage of an ordinary visit stays below, from wherever one looks."""

Diagnosis = tuple[str, tuple[Message, ...]]

_NAMED = message("The page names the site that was asked for.")
_BANNER = message("The page is the banner of a seizure.")
_BLOCK_PAGE = message("The page says that access is blocked.")
_STATUS_451 = message("The server answers 451, unavailable for legal reasons (RFC 7725).")
_OTHER_PAGE = message("A page came, but it does not name the site that was asked for.")
_FORGED_OR_INJECTED = message(
    "One visit does not show whether the resolver's answer was forged or the page was put in "
    "on the way; the address of the page is the one that the resolver gave."
)

_EXTENDED = {
    4: message("The resolver says that it forged this answer (extended error 4)."),
    15: message(
        "The resolver says that its operator's policy blocks this name (extended error 15)."
    ),
    16: message(
        "The resolver says that an outside body, such as a court, had it block this name "
        "(extended error 16)."
    ),
    17: message(
        "The resolver says that it filters this name because its user asked for it "
        "(extended error 17)."
    ),
}

_FAILURES = {
    "dns_nxdomain_error": message(
        "The resolver says that the name does not exist. A resolver that lies, a name on hold at "
        "its registry and a name that nobody holds look the same from here: ask another resolver."
    ),
    "dns_refused_error": message(
        "The resolver refuses to answer for this name and does not say why: ask another resolver."
    ),
    "dns_servfail_error": message(
        "The resolver could not find an answer: the name's own servers may be down or cut off."
    ),
    failures.NO_ANSWER: message("The name exists, but the resolver gave no address for it."),
    failures.TIMEOUT: message(
        "Nothing answered. A host without power and a network that drops packets look the same "
        "from here: try from another network."
    ),
    "connection_refused": message(
        "The address refuses the connection: a machine is there, and nothing listens on the port."
    ),
    failures.RESET: message(
        "The connection was reset. A packet on the way can forge that as well as the server."
    ),
    "host_unreachable": message(
        "A router says that the host cannot be reached, or that it may not be."
    ),
    failures.NETWORK_UNREACHABLE: message("There is no route to the address from here."),
    failures.EOF: message("The server closed the connection before it had answered."),
    failures.INVALID_HOSTNAME: message(
        "The server's certificate is for another name. Whoever answers here could not get one for "
        "the name that was asked for."
    ),
    failures.UNKNOWN_AUTHORITY: message(
        "The server's certificate is signed by an authority that browsers do not trust."
    ),
    failures.HANDSHAKE: message("The TLS handshake failed: the server has nothing to show."),
}


def diagnose(observation: Observation) -> Diagnosis:
    """Return a diagnosis and its evidence from this one observation.

    The resolver's own word (RFC 8914) comes before what the page looks like: a page of
    status 451 that a forged answer led to was blocked in the DNS.
    """
    if observation.page == SITE:
        return ACCESSIBLE, (_NAMED,)
    if observation.page == SEIZURE_BANNER:
        return SEIZED, (_BANNER,)
    extended = observation.extended_error
    policy = None if extended is None else _EXTENDED.get(extended.code)
    if policy is not None:
        return BLOCKED_DNS, (policy, *_page_evidence(observation), *_failure_evidence(observation))
    if observation.status == 451:
        return BLOCKED_HTTP, (_STATUS_451,)
    if observation.page == BLOCK_PAGE:
        return BLOCKED_DNS, (_BLOCK_PAGE, _FORGED_OR_INJECTED)
    stale = why_stale(extended)
    said = () if stale is None else (stale,)
    return CANNOT_TELL, (*said, *_page_evidence(observation), *_failure_evidence(observation))


def _page_evidence(observation: Observation) -> tuple[Message, ...]:
    if observation.page is None:
        return ()
    if observation.page == BLOCK_PAGE:
        return (_BLOCK_PAGE,)
    status = message("The server answered with status {status}.", status=observation.status)
    return (_OTHER_PAGE, status)


def _failure_evidence(observation: Observation) -> tuple[Message, ...]:
    if observation.failure is None:
        return ()
    known = why_bogus(observation.extended_error) or _FAILURES.get(observation.failure)
    if known is None:
        known = message(
            "The visit failed at the stage {stage}: {failure}.",
            stage=observation.stage,
            failure=observation.failure,
        )
    certificate = observation.certificate
    if observation.failure not in failures.CERTIFICATE_FAILURES or certificate is None:
        return (known,)
    shown = message(
        "The certificate that was shown is for {names}, signed by {issuer}.",
        names=", ".join(certificate.names) or certificate.subject,
        issuer=certificate.issuer,
    )
    return (known, shown)


def needs_comparison(seen: Observation) -> bool:
    """Tell whether a visit by itself leaves a question open."""
    if seen.url.startswith("dns:") or never_set_out(seen):
        return False
    return seen.page != SITE or _took_long(seen)


def _took_long(seen: Observation) -> bool:
    """Tell whether a page came so slowly that one would ask whether it does so elsewhere."""
    return any(
        timing.stage in ("tls", "http") and timing.ended - timing.began > LONG
        for timing in seen.timings
    )


def never_set_out(seen: Observation) -> bool:
    """Tell whether no packet of the visit was sent: the way round itself did not come up."""
    return seen.via is not None and seen.stage == "tcp" and not (seen.connects or seen.queries)
