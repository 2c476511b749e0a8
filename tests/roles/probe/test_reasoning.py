"""From evidence to a cause: what is said, how surely, and when nothing is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.probe.causes import CAUSES, CERTAIN, CONFIDENCES, LIKELY, UNSURE, Diagnosis
from simulator.roles.probe.evidence import (
    Delegation,
    DnsSaid,
    Evidence,
    HopSeen,
    IpInfo,
    Registration,
    TraceSeen,
)
from simulator.roles.probe.reasoning import reason
from simulator.values import ExtendedError, Observation, StageTiming
from simulator.wire.dns_values import Record

SITE, LIAR, BANNER, BOX = "198.18.10.10", "198.18.1.53", "192.0.2.10", "198.18.1.1"
ROUTER = "198.18.10.1"
HOME = IpInfo(64497, "Rivage", "FR", "access")
HOST = IpInfo(64499, "Polder", "NL", "hosting")
STATE = IpInfo(65536, "The State", "FR", "authority")
HOLDERS = {LIAR: HOME, BOX: HOME, SITE: HOST, ROUTER: HOST, BANNER: STATE, "192.0.2.53": STATE}
URL = "https://clips.test/"

OPEN = Observation(
    0,
    "control",
    "CH",
    None,
    URL,
    page="site",
    status=200,
    addresses=(SITE,),
    address=SITE,
    final_url=URL,
)
FAILED = replace(OPEN, vantage="nantes", country="FR", page=None, status=None, resolver=LIAR)
DENIED = replace(
    FAILED, stage="dns", failure="dns_nxdomain_error", addresses=(), address=None, rcode="NXDOMAIN"
)
SILENT = replace(FAILED, stage="tcp", failure="generic_timeout_error")
TRUE = DnsSaid("198.18.40.9", "clips.test", "A", "NOERROR", (Record("clips.test", "A", 60, SITE),))
INNOCENT = TRUE._replace(server=LIAR, name="bakery.test")
SOA = Record("test", "SOA", 60, "ns1.nic.test hostmaster.test 1 2 3 4 5")
DENIAL = DnsSaid(LIAR, "clips.test", "A", "NXDOMAIN")


def evidence(subject: Observation, control: Observation | None = OPEN, **more: Any) -> Evidence:
    base = Evidence(subject=subject, control=control, home=HOME, holders=HOLDERS)
    return replace(base, **more)


def said(diagnosis: Diagnosis) -> tuple[str, str]:
    return diagnosis.cause, diagnosis.confidence


def trace(*hops: tuple[str | None, str], reached: bool = False) -> TraceSeen:
    seen = tuple(HopSeen(ttl, address, what) for ttl, (address, what) in enumerate(hops, 1))
    return TraceSeen(SITE, 443, seen, reached)


PASSES_ON = "time exceeded"
TO_ROUTER = trace(
    (BOX, PASSES_ON),
    ("198.18.0.1", PASSES_ON),
    (ROUTER, PASSES_ON),
    (ROUTER, "echo reply"),
    reached=True,
)
TO_SITE = trace(
    (BOX, PASSES_ON),
    ("198.18.0.1", PASSES_ON),
    (ROUTER, PASSES_ON),
    (SITE, "syn-ack"),
    reached=True,
)


# --- what is open -----------------------------------------------------------------------------


def test_a_site_over_tls_is_certainly_open() -> None:
    open_ = timed(OPEN, 20_000, 40_000)
    assert said(reason(evidence(open_, open_))) == ("accessible", CERTAIN)


def test_a_site_whose_speed_nobody_wrote_down_may_be_slowed_down() -> None:
    assert said(reason(evidence(OPEN, OPEN))) == ("accessible", LIKELY)


def test_without_a_comparison_it_may_be_slowed_down() -> None:
    assert said(reason(evidence(OPEN, None))) == ("accessible", LIKELY)


def timed(visit: Observation, trip: int, transfer: int) -> Observation:
    return replace(
        visit,
        timings=(StageTiming("tcp", 0, trip), StageTiming("http", trip, trip + transfer)),
    )


@pytest.mark.parametrize(
    ("trip", "transfer", "cause"),
    [
        (20_000, 40_000, "accessible"),  # as elsewhere
        (300_000, 600_000, "accessible"),  # far away is not slow
        (20_000, 2_000_000, "throttled"),
        (20_000, 90_000, "accessible"),  # what a person does not notice is noise
    ],
)
def test_slow_is_slower_than_the_distance_explains(trip: int, transfer: int, cause: str) -> None:
    control = timed(OPEN, 20_000, 40_000)
    assert reason(evidence(timed(OPEN, trip, transfer), control)).cause == cause


def test_throttling_is_never_certain() -> None:
    slow, control = timed(OPEN, 20_000, 2_000_000), timed(OPEN, 20_000, 40_000)
    found = reason(evidence(slow, control, references=(control,), at_true_address=slow))
    assert said(found) == ("throttled", LIKELY)


# --- lies about the name ------------------------------------------------------------------------


def test_a_denial_from_no_zone_is_certainly_a_lie() -> None:
    found = reason(evidence(DENIED, true_answer=TRUE, own_answer=DENIAL, reference_answer=INNOCENT))
    assert said(found) == ("blocked.dns", CERTAIN)
    assert str(found.actor) == "Rivage, who runs the resolver 198.18.1.53"


def test_a_denial_with_a_zones_soa_may_be_remembered_honestly() -> None:
    """A name that came back a minute ago is denied by every cache that asked before."""
    honest = DENIAL._replace(authority=(SOA,))
    found = reason(evidence(DENIED, true_answer=TRUE, own_answer=honest, reference_answer=INNOCENT))
    assert said(found) == ("cannot_tell", UNSURE)
    foreign = DENIAL._replace(authority=(SOA._replace(name="rpz"),))
    found = reason(
        evidence(DENIED, true_answer=TRUE, own_answer=foreign, reference_answer=INNOCENT)
    )
    assert said(found) == ("blocked.dns", CERTAIN)


def test_a_resolver_that_refuses_everything_is_not_certainly_lying_about_one_name() -> None:
    refused = DENIAL._replace(rcode="REFUSED")
    subject = replace(DENIED, failure="dns_refused_error", rcode="REFUSED")
    mute = INNOCENT._replace(rcode="REFUSED", answers=())
    found = reason(evidence(subject, true_answer=TRUE, own_answer=refused, reference_answer=mute))
    assert said(found) == ("blocked.dns", LIKELY)
    found = reason(
        evidence(subject, true_answer=TRUE, own_answer=refused, reference_answer=INNOCENT)
    )
    assert said(found) == ("blocked.dns", CERTAIN)


@pytest.mark.parametrize("code", [4, 15, 16, 17])
def test_the_resolvers_own_word_is_enough(code: int) -> None:
    subject = replace(DENIED, extended_error=ExtendedError(code))
    for control in (OPEN, None, replace(OPEN, page=None, stage="tcp", failure="x")):
        assert said(reason(evidence(subject, control))) == ("blocked.dns", CERTAIN)


def test_an_address_of_a_public_body_is_certainly_forged() -> None:
    subject = replace(FAILED, stage="tls", failure="ssl_invalid_hostname", addresses=(BANNER,))
    assert said(reason(evidence(subject, true_answer=TRUE))) == ("blocked.dns", CERTAIN)


def test_another_hosts_address_may_be_what_a_cache_remembers() -> None:
    old = {"198.18.77.7": IpInfo(64999, "Another host", "SE", "hosting")}
    subject = replace(
        FAILED, stage="tls", failure="ssl_invalid_hostname", addresses=("198.18.77.7",)
    )
    found = reason(evidence(subject, true_answer=TRUE, holders=HOLDERS | old, at_true_address=OPEN))
    assert said(found) == ("blocked.dns", LIKELY)


def test_an_answer_from_where_nobody_answers_was_injected_on_the_way() -> None:
    forged = DnsSaid("198.18.40.254", "clips.test", "A", "NXDOMAIN")
    found = reason(evidence(DENIED, true_answer=TRUE, silent_address=forged))
    assert said(found) == ("blocked.dns", CERTAIN)
    assert str(found.actor) == "the access provider Rivage"


def test_addresses_in_the_same_network_are_no_lie() -> None:
    """Load balancing: another address of the same network (OONI compares AS numbers)."""
    other = "198.18.10.99"
    subject = replace(SILENT, addresses=(other,), address=other)
    found = reason(evidence(subject, true_answer=TRUE, holders=HOLDERS | {other: HOST}))
    assert found.cause == "blocked.ip"


def test_a_resolver_that_fails_where_the_site_is_closed_as_well_is_no_liar() -> None:
    """A block of the host's whole network takes the name's own servers along."""
    failed = replace(DENIED, failure="dns_servfail_error", rcode="SERVFAIL")
    closed = replace(SILENT, addresses=(SITE,))
    assert said(reason(evidence(failed, true_answer=TRUE, at_true_address=closed))) == (
        "blocked.ip",
        LIKELY,
    )
    assert reason(evidence(failed, true_answer=TRUE, at_true_address=OPEN)).cause == "blocked.dns"


# --- blocks on the way ------------------------------------------------------------------------


CLOSED = replace(SILENT, url="https://bakery.test/")
TO_NOWHERE = trace((BOX, PASSES_ON), (None, ""), (None, ""))


def test_packets_that_die_behind_the_providers_router_are_certainly_stopped() -> None:
    found = reason(evidence(SILENT, other_name=CLOSED, trace=TO_NOWHERE, neighbour_trace=TO_ROUTER))
    assert said(found) == ("blocked.ip", CERTAIN)
    assert str(found.actor) == "the access provider Rivage, at hop 1"


def test_packets_that_die_in_the_sites_own_network_may_be_turned_away_there() -> None:
    deep = trace((BOX, PASSES_ON), ("198.18.0.1", PASSES_ON), (ROUTER, PASSES_ON), (None, ""))
    found = reason(evidence(SILENT, other_name=CLOSED, trace=deep, neighbour_trace=TO_ROUTER))
    assert said(found) == ("blocked.ip", LIKELY)


def test_a_reset_from_nearer_than_the_site_is_certainly_forged() -> None:
    subject = replace(FAILED, stage="tcp", failure="connection_refused")
    near = trace((BOX, PASSES_ON), (SITE, "rst"), reached=True)
    far = trace(*[(hop.address, hop.what) for hop in TO_ROUTER.hops[:3]], (SITE, "rst"))
    sure, unsure = (
        reason(evidence(subject, other_name=CLOSED, trace=each, neighbour_trace=TO_ROUTER))
        for each in (near, far)
    )
    assert (said(sure), said(unsure)) == (("blocked.ip", CERTAIN), ("blocked.ip", LIKELY))


def test_who_says_prohibited_decides_how_sure_it_is() -> None:
    subject = replace(FAILED, stage="tcp", failure="host_unreachable")
    prohibited = "administratively prohibited"
    by_provider = trace((BOX, PASSES_ON), (BOX, prohibited))
    by_host = trace((BOX, PASSES_ON), (ROUTER, prohibited))
    found = reason(evidence(subject, other_name=CLOSED, trace=by_provider))
    assert said(found) == ("blocked.ip", CERTAIN)
    assert str(found.actor) == "Rivage, who runs the router 198.18.1.1"
    found = reason(evidence(subject, other_name=CLOSED, trace=by_host))
    assert said(found) == ("blocked.ip", LIKELY)
    assert str(found.actor) == "Polder, who runs the router 198.18.10.1"


def test_what_lingers_of_a_filter_on_names_is_no_certain_block_of_the_address() -> None:
    """Residual blocking stops the whole address for a while: another name must be tried."""
    near = trace((BOX, PASSES_ON), (SITE, "rst"), reached=True)
    found = reason(evidence(SILENT, trace=near, neighbour_trace=TO_ROUTER))
    assert said(found) == ("blocked.ip", LIKELY)
    alert = replace(FAILED, stage="tls", failure="ssl_failed_handshake")
    again = replace(FAILED, stage="tls", failure="connection_reset")
    found = reason(evidence(SILENT, other_name=alert, after_a_while=again))
    assert found.cause == "blocked.tls"
    assert said(reason(evidence(SILENT, other_name=alert))) == ("cannot_tell", UNSURE)


CUT = replace(FAILED, stage="tls", failure="connection_reset")
ALERT = replace(FAILED, stage="tls", failure="ssl_failed_handshake")


@pytest.mark.parametrize(
    ("more", "confidence"),
    [
        ({}, LIKELY),
        ({"other_name": ALERT}, LIKELY),  # the server itself may turn the country away
        ({"elsewhere": CUT, "elsewhere_control": ALERT}, LIKELY),
        ({"other_name": ALERT, "elsewhere": CUT, "elsewhere_control": ALERT}, CERTAIN),
        ({"other_name": ALERT, "elsewhere": CUT, "elsewhere_control": CUT}, LIKELY),
        ({"other_name": ALERT, "elsewhere": ALERT, "elsewhere_control": ALERT}, LIKELY),
    ],
)
def test_a_filter_on_names_is_certain_once_name_and_way_are_shown(
    more: dict[str, Observation], confidence: str
) -> None:
    assert said(reason(evidence(CUT, **more))) == ("blocked.tls", confidence)


def test_a_handshake_that_is_answered_before_its_end_shows_the_way_and_the_hop() -> None:
    flow = trace((BOX, PASSES_ON), (SITE, "rst"))
    found = reason(evidence(CUT, other_name=ALERT, trace=TO_SITE, flow_trace=flow))
    assert said(found) == ("blocked.tls", CERTAIN)
    assert str(found.actor) == "the access provider Rivage, at hop 1"
    server = trace(*[(hop.address, hop.what) for hop in TO_SITE.hops[:3]], (SITE, "rst"))
    found = reason(evidence(CUT, other_name=ALERT, trace=TO_SITE, flow_trace=server))
    assert said(found) == ("blocked.tls", LIKELY)


def test_a_wrong_certificate_at_the_true_address_is_nothing_that_we_know() -> None:
    subject = replace(FAILED, stage="tls", failure="ssl_unknown_authority")
    assert said(reason(evidence(subject))) == ("cannot_tell", UNSURE)


def test_a_451_over_http_may_be_the_servers_own() -> None:
    plain = "http://clips.test/"
    subject = replace(FAILED, url=plain, final_url=plain, status=451, page="block_page")
    other = replace(subject, status=404, page="other")
    assert said(reason(evidence(subject))) == ("blocked.http", LIKELY)
    found = reason(evidence(subject, other_name=other, elsewhere=subject, elsewhere_control=other))
    assert said(found) == ("blocked.http", CERTAIN)


def test_a_451_inside_tls_is_certainly_the_servers_own() -> None:
    subject = replace(FAILED, status=451, page="block_page")
    found = reason(evidence(subject))
    assert said(found) == ("blocked.http", CERTAIN)
    assert str(found.actor) == "Polder, at 198.18.10.10"


def test_another_page_inside_tls_is_the_servers_choice() -> None:
    assert reason(evidence(replace(FAILED, status=403, page="other"))).cause == "cannot_tell"


def test_a_shutdown_is_never_certain() -> None:
    found = reason(evidence(DENIED, references=(CLOSED, CLOSED)))
    assert said(found) == ("shutdown", LIKELY)
    assert found.ways == ()
    assert reason(evidence(DENIED, references=(CLOSED, OPEN))).cause == "blocked.dns"


# --- the name, the host -----------------------------------------------------------------------

NOWHERE = replace(DENIED, vantage="control")
GONE = Delegation("clips.test", "test", "NXDOMAIN")
ANSWERS = TRUE._replace(server="198.18.10.53", authoritative=True)
HELD = Registration("clips.test", statuses=("server hold",), registrar="Candie Names")
FORMER = Delegation(
    "clips.test", "test", "NOERROR", ("ns1.polder.test",), ("198.18.10.53",), (ANSWERS,)
)


def test_a_name_denied_by_its_registry_without_a_word_cannot_be_told() -> None:
    assert said(reason(evidence(DENIED, NOWHERE, delegation=GONE))) == ("cannot_tell", UNSURE)


def test_the_registrys_word_makes_a_hold_certain() -> None:
    for status, actor in (
        ("server hold", "the registry of .test"),
        ("client hold", "the registrar Candie Names"),
    ):
        told = HELD._replace(statuses=(status,))
        found = reason(evidence(DENIED, NOWHERE, delegation=GONE, registration=told))
        assert said(found) == ("seized.hold", CERTAIN)
        assert str(found.actor) == actor


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (Registration("clips.test", exists=False), "knows no clips.test"),
        (Registration("clips.test", statuses=("pending delete",)), "ending (pending delete)"),
        (Registration("clips.test", statuses=("inactive",)), "no nameservers"),
        (Registration("clips.test", statuses=("active",)), "disagree"),
    ],
)
def test_the_registrys_word_tells_an_end_from_a_hold(told: Registration, word: str) -> None:
    """The same evidence without that word is likely a hold."""
    found = reason(evidence(DENIED, NOWHERE, delegation=GONE, former=FORMER, registration=told))
    assert said(found) == ("cannot_tell", UNSURE)
    assert word in str(found.evidence[-1])


def test_server_locks_say_that_the_registry_redelegated() -> None:
    lock = ("server delete prohibited", "server transfer prohibited", "server update prohibited")
    told = Registration("clips.test", statuses=lock, registrar="Candie Names")
    taken = FORMER._replace(nameservers=("ns1.seized.test",), addresses=("192.0.2.53",))
    shown = replace(OPEN, page="seizure_banner", address=BANNER, addresses=(BANNER,))
    gathered = evidence(shown, replace(shown, vantage="control"), delegation=taken)
    assert str(reason(gathered).actor) == "the registry of .test, or the name's registrar"
    found = reason(replace(gathered, registration=told))
    assert str(found.actor) == "the registry of .test"
    assert f"locked it against its holder: {', '.join(lock)}." in str(found.evidence[-1])


def test_a_transfer_in_the_directory_is_told_with_its_date() -> None:
    told = Registration(
        "clips.test", events=(("transfer", "2024-06-25T08:00:00Z"),), registrar="Special Projects"
    )
    taken = FORMER._replace(nameservers=("ns1.seized.test",), addresses=("192.0.2.53",))
    shown = replace(OPEN, page="seizure_banner", address=BANNER, addresses=(BANNER,))
    found = reason(evidence(shown, shown, delegation=taken, registration=told))
    assert "the registrar Special Projects on 2024-06-25." in str(found.evidence[-1])


def test_a_name_that_its_old_servers_still_answer_for_is_likely_held() -> None:
    found = reason(evidence(DENIED, NOWHERE, delegation=GONE, former=FORMER, at_true_address=OPEN))
    assert said(found) == ("seized.hold", LIKELY)
    assert found.ways == ("hosts-file", "mirror")


def test_a_registry_that_does_not_answer_says_nothing() -> None:
    silent = GONE._replace(rcode=None)
    assert reason(evidence(DENIED, NOWHERE, delegation=silent, former=FORMER)).cause == (
        "cannot_tell"
    )


AT_BANNER = replace(OPEN, page="seizure_banner", addresses=(BANNER,), address=BANNER)
SEIZED_ANSWER = ANSWERS._replace(answers=(Record("clips.test", "A", 60, BANNER),))
REDELEGATED = Delegation(
    "clips.test", "test", "NOERROR", ("ns1.seized.test",), ("192.0.2.53",), (SEIZED_ANSWER,)
)


def test_a_redelegation_is_certain_by_the_public_bodys_own_servers_and_machine() -> None:
    found = reason(evidence(AT_BANNER, AT_BANNER, delegation=REDELEGATED))
    assert said(found) == ("seized.redelegation", CERTAIN)


def test_a_name_pointed_at_the_public_bodys_servers_by_anybody_is_not_certain() -> None:
    """Fake seizures of 2011: a banner server that answers any name that is pointed at it."""
    refused = SEIZED_ANSWER._replace(rcode="REFUSED", answers=(), authoritative=False)
    pointed = REDELEGATED._replace(children=(refused,))
    found = reason(evidence(AT_BANNER, AT_BANNER, delegation=pointed))
    assert said(found) == ("seized.redelegation", LIKELY)


def test_a_banner_on_the_hosts_own_machine_is_never_certain() -> None:
    seen = replace(OPEN, page="seizure_banner")
    found = reason(evidence(seen, seen, delegation=FORMER))
    assert said(found) == ("seized.host", LIKELY)
    assert str(found.actor) == "the host Polder"


def test_a_banner_for_here_alone_is_left_open() -> None:
    assert reason(evidence(AT_BANNER, OPEN, true_answer=TRUE)).cause == "cannot_tell"


def test_a_silent_machine_is_down_and_may_have_been_seized() -> None:
    control = replace(OPEN, page=None, stage="tcp", failure="generic_timeout_error")
    found = reason(evidence(SILENT, control, delegation=FORMER))
    assert said(found) == ("down", LIKELY)
    assert "seized and switched off" in str(found.evidence[-1])


def test_silent_nameservers_are_down() -> None:
    mute = FORMER._replace(children=(ANSWERS._replace(rcode=None, answers=()),))
    failed = replace(DENIED, failure="dns_servfail_error")
    found = reason(evidence(failed, failed, delegation=mute))
    assert said(found) == ("down", LIKELY)


# --- partial evidence ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject",
    [OPEN, DENIED, SILENT, CUT, AT_BANNER, replace(FAILED, status=451, page="block_page"), FAILED],
)
@pytest.mark.parametrize("control", [None, OPEN, NOWHERE, SILENT, AT_BANNER])
def test_any_two_visits_alone_give_a_diagnosis_with_reasons(
    subject: Observation, control: Observation | None
) -> None:
    found = reason(Evidence(subject=subject, control=control))
    assert found.cause in CAUSES
    assert found.confidence in CONFIDENCES
    assert found.evidence
    assert all(str(sentence).endswith((".", "?")) for sentence in found.evidence)


@pytest.mark.parametrize("subject", [DENIED, SILENT, CUT])
def test_one_visit_that_failed_is_never_certain(subject: Observation) -> None:
    assert said(reason(Evidence(subject=subject))) == ("cannot_tell", UNSURE)


ELSEWISE = (
    replace(FAILED, status=451, page="block_page"),
    replace(FAILED, status=404, page="other"),
)
NO_ADDRESS = replace(SILENT, address=None)
SEEN = (OPEN, DENIED, NOWHERE, SILENT, CUT, ALERT, AT_BANNER, FAILED, NO_ADDRESS, *ELSEWISE)
VISITS = st.sampled_from((None, *SEEN))
TRACES = st.sampled_from([None, TO_SITE, TO_ROUTER, TO_NOWHERE, trace()])
ANSWERS_SEEN = st.sampled_from([None, TRUE, INNOCENT, DENIAL, ANSWERS, SEIZED_ANSWER])
DELEGATIONS = st.sampled_from([None, GONE, FORMER, REDELEGATED, GONE._replace(rcode=None)])


@given(
    st.builds(
        Evidence,
        subject=st.sampled_from(SEEN),
        control=VISITS,
        home=st.sampled_from([None, HOME]),
        own_answer=ANSWERS_SEEN,
        true_answer=ANSWERS_SEEN,
        silent_address=ANSWERS_SEEN,
        reference_answer=ANSWERS_SEEN,
        references=st.lists(st.sampled_from(SEEN), max_size=2).map(tuple),
        at_true_address=VISITS,
        other_name=VISITS,
        elsewhere=VISITS,
        elsewhere_control=VISITS,
        after_a_while=VISITS,
        plain_banner=VISITS,
        delegation=DELEGATIONS,
        former=DELEGATIONS,
        registration=st.sampled_from(
            [None, HELD, HELD._replace(statuses=("pending delete",)), HELD._replace(exists=False)]
        ),
        trace=TRACES,
        flow_trace=TRACES,
        control_trace=TRACES,
        neighbour_trace=TRACES,
        holders=st.sampled_from([{}, HOLDERS]),
    )
)
def test_any_evidence_gives_a_cause_with_its_reasons(gathered: Evidence) -> None:
    """However odd the mixture: one of the causes, a confidence that fits, sentences."""
    found = reason(gathered)
    assert found.cause in CAUSES
    assert (found.cause == "cannot_tell") == (found.confidence == UNSURE)
    assert found.evidence
    for sentence in (*found.evidence, *([] if found.actor is None else [found.actor])):
        assert "None" not in str(sentence) or "None of" in str(sentence)
