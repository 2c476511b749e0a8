"""Validation as a dialogue with signed zones, without a network: what is proven, what breaks."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.nameserver.logic import NameserverState, answer
from simulator.roles.nameserver.signing import RENEWAL, VALIDITY, Signer
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.cache import Cache, Outcome, root_hints
from simulator.roles.resolver.resolution import Ask, Resolution
from simulator.roles.resolver.security import Security
from simulator.roles.resolver.validation import BOGUS_LIFETIME, Fetch, Validation, Verdict
from simulator.roles.resolver.validation_trust import TrustAnchor, Validator
from simulator.values import DAY, HOUR, MINUTE, SECOND
from simulator.wire.dns import decode, encode
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import DnsMessage, Question, Record, make_query
from simulator.wire.dnssec import make_key

ROOT, TLD, CLIPS, PLAIN, AGENCY = (f"198.51.100.{number}" for number in range(1, 6))
START = 1719302400
"""25 June 2024, 08:00 UTC."""


def zone(origin: str, server: str, address: str, *records: tuple[str, str, str]) -> Zone:
    soa = f"{server} hostmaster.{server} 1 7200 900 1209600 300"
    apex = [(origin, "SOA", soa), (origin, "NS", server)]
    own = [(server, "A", address)] if is_within(server, origin) else []
    return Zone(
        origin, [Record(name, kind, 3600, data) for name, kind, data in [*apex, *own, *records]]
    )


class Internet:
    """A signed root, a signed ``test``, a signed ``clips.test``, an unsigned ``plain.test``."""

    def __init__(self) -> None:
        random = Random(7)
        self.signers = {
            origin: Signer(origin, make_key(random), calendar_start=START)
            for origin in ("", "test", "clips.test")
        }
        self.states = {address: NameserverState() for address in (ROOT, TLD, CLIPS, PLAIN, AGENCY)}
        self.now = 0
        self.cache = Cache()
        self.asked: list[tuple[str, str, str]] = []
        self.tamper: Callable[[str, DnsMessage], DnsMessage] = lambda address, reply: reply
        signers = self.signers
        self.put(
            ROOT,
            zone(
                "",
                "a.root.example",
                ROOT,
                ("test", "NS", "a.nic.test"),
                ("test", "DS", signers["test"].ds),
                ("a.nic.test", "A", TLD),
            ),
        )
        self.delegate(signers["clips.test"].ds)
        self.put(
            CLIPS,
            zone(
                "clips.test",
                "ns1.clips.test",
                CLIPS,
                ("clips.test", "A", "192.0.2.80"),
                ("clips.test", "A", "192.0.2.81"),
                ("www.clips.test", "CNAME", "clips.test"),
                ("away.clips.test", "CNAME", "plain.test"),
                ("gone.clips.test", "CNAME", "nowhere.clips.test"),
                ("*.wild.clips.test", "A", "192.0.2.82"),
                ("a.b.empty.clips.test", "TXT", '"deep"'),
            ),
        )
        self.put(
            PLAIN, zone("plain.test", "ns1.plain.test", PLAIN, ("plain.test", "A", "192.0.2.90"))
        )
        self.put(
            AGENCY,
            zone("clips.test", "ns.agency.test", AGENCY, ("clips.test", "A", "203.0.113.9")),
            signed=False,
        )
        self.validator = Validator([TrustAnchor("", signers[""].ds)], START)

    def put(self, address: str, served: Zone, *, signed: bool = True) -> None:
        signer = self.signers.get(served.origin) if signed else None
        self.states[address].replace(served, signer)

    def delegate(self, *ds: str, server: str = "ns1.clips.test", address: str = CLIPS) -> None:
        """Have ``test`` say who serves clips.test, and which DS it has."""
        self.put(
            TLD,
            zone(
                "test",
                "a.nic.test",
                TLD,
                ("clips.test", "NS", server),
                *[("clips.test", "DS", one) for one in ds],
                (server, "A", address),
                ("plain.test", "NS", "ns1.plain.test"),
                ("ns1.plain.test", "A", PLAIN),
            ),
        )

    def find(self, question: Question) -> Outcome:
        """Walk to the answer as a resolver does."""
        roots = root_hints([("a.root.example", [ROOT])])
        resolution = Resolution(question, self.cache, roots, now=self.now)
        step = resolution.next_step(self.now)
        while isinstance(step, Ask):
            query = make_query(1, step.question, recursion_desired=False, dnssec_ok=True)
            self.asked.append((step.server, step.question.name, step.question.type))
            reply = decode(encode(answer(self.states[step.server], query, self.now)))
            resolution.received(self.tamper(step.server, reply), self.now)
            step = resolution.next_step(self.now)
        return step

    def validate(self, name: str, kind: str = "A") -> Verdict:
        question = Question(name, kind)
        self.outcome = self.find(question)
        validation = Validation(self.validator, question, self.outcome)
        step = validation.next_step(self.now)
        while isinstance(step, Fetch):
            validation.fetched(step.question, self.find(step.question))
            step = validation.next_step(self.now)
        return step

    def status(self, name: str, kind: str = "A") -> tuple[Security, int | None]:
        """Return the security status and the code of the extended error."""
        verdict = self.validate(name, kind)
        return verdict.security, None if verdict.error is None else verdict.error.code


@pytest.fixture
def internet() -> Internet:
    return Internet()


SECURE, INSECURE, BOGUS = Security.SECURE, Security.INSECURE, Security.BOGUS


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("clips.test", "A", "NOERROR"),
        ("www.clips.test", "A", "NOERROR"),
        ("x.wild.clips.test", "A", "NOERROR"),
        ("x.y.wild.clips.test", "A", "NOERROR"),
        ("x.wild.clips.test", "TXT", "NOERROR"),
        ("clips.test", "TXT", "NOERROR"),
        ("b.empty.clips.test", "A", "NOERROR"),
        ("nowhere.clips.test", "A", "NXDOMAIN"),
        ("gone.clips.test", "A", "NXDOMAIN"),
        ("deep.nowhere.clips.test", "A", "NXDOMAIN"),
        ("unregistered.test", "A", "NXDOMAIN"),
        ("nothing", "A", "NXDOMAIN"),
        ("clips.test", "DS", "NOERROR"),
        ("clips.test", "DNSKEY", "NOERROR"),
        ("plain.test", "DS", "NOERROR"),
        ("", "NS", "NOERROR"),
        ("", "DNSKEY", "NOERROR"),
    ],
)
def test_what_a_signed_zone_says_is_secure(
    internet: Internet, name: str, kind: str, rcode: str
) -> None:
    assert internet.status(name, kind) == (SECURE, None)
    assert internet.outcome.rcode == rcode


@pytest.mark.parametrize(
    ("name", "kind"),
    [("plain.test", "A"), ("plain.test", "TXT"), ("x.plain.test", "A"), ("away.clips.test", "A")],
)
def test_below_a_delegation_without_ds_all_is_insecure(
    internet: Internet, name: str, kind: str
) -> None:
    """The alias is secure, what it leads to is not: the answer as a whole is insecure."""
    assert internet.status(name, kind) == (INSECURE, None)


# --- what breaks ----------------------------------------------------------------------


def without(*kinds: str) -> Callable[[str, DnsMessage], DnsMessage]:
    """Strip record types from all replies of the servers of clips.test."""

    def tamper(address: str, reply: DnsMessage) -> DnsMessage:
        if address != CLIPS:
            return reply
        return reply._replace(
            answers=tuple(one for one in reply.answers if one.type not in kinds),
            authority=tuple(one for one in reply.authority if one.type not in kinds),
        )

    return tamper


def test_an_injected_address_has_no_signature(internet: Internet) -> None:
    """EDE 10: somebody on the resolver's own path answers for the zone, and cannot sign."""

    def tamper(address: str, reply: DnsMessage) -> DnsMessage:
        assert reply.question is not None
        if (reply.question.name, reply.question.type) != ("clips.test", "A"):
            return reply
        forged = (Record("clips.test", "A", 300, "192.0.2.99"),)
        return reply._replace(answers=forged, authority=(), additional=(), authoritative=True)

    internet.tamper = tamper
    assert internet.status("clips.test") == (BOGUS, 10)


def test_a_changed_address_breaks_its_signature(internet: Internet) -> None:
    def tamper(address: str, reply: DnsMessage) -> DnsMessage:
        changed = [
            one._replace(data="192.0.2.99") if one.data == "192.0.2.80" else one
            for one in reply.answers
        ]
        return reply._replace(answers=tuple(changed))

    internet.tamper = tamper
    assert internet.status("clips.test") == (BOGUS, 6)
    assert internet.status("x.wild.clips.test") == (SECURE, None), "the zone itself is not given up"


def test_a_forged_denial_proves_nothing(internet: Internet) -> None:
    """EDE 12: an NXDOMAIN without the NSEC records for it, be it with a signed SOA."""
    internet.tamper = without("NSEC")
    assert internet.status("nowhere.clips.test") == (BOGUS, 12)
    assert internet.status("clips.test", "TXT") == (BOGUS, 12)
    assert internet.status("y.wild.clips.test") == (BOGUS, 12), "nor is a wildcard believed"


def test_a_true_denial_of_one_name_is_none_of_another(internet: Internet) -> None:
    """EDE 12: the proof that nowhere.clips.test is absent, replayed for www.clips.test."""
    query = make_query(
        1, Question("nowhere.clips.test", "A"), recursion_desired=False, dnssec_ok=True
    )
    denial = answer(internet.states[CLIPS], query)

    def tamper(address: str, reply: DnsMessage) -> DnsMessage:
        if reply.question != Question("www.clips.test", "A") or address != CLIPS:
            return reply
        return denial._replace(question=reply.question)

    internet.tamper = tamper
    assert internet.status("www.clips.test") == (BOGUS, 12)


def test_a_zone_stripped_of_its_signatures(internet: Internet) -> None:
    internet.tamper = without("RRSIG")
    assert internet.status("clips.test") == (BOGUS, 10)
    assert internet.status("clips.test", "TXT") == (BOGUS, 10), "not even its keys are signed"


def test_a_ds_left_behind_at_an_unsigned_agency(internet: Internet) -> None:
    """EDE 9, until the DS has run out of the cache; from then on the banner is insecure."""
    internet.delegate(internet.signers["clips.test"].ds, server="ns.agency.test", address=AGENCY)
    assert internet.status("clips.test") == (BOGUS, 9)
    assert [one.data for one in internet.outcome.answers] == ["203.0.113.9"], "CD would show it"
    internet.delegate(server="ns.agency.test", address=AGENCY)
    internet.now = HOUR - BOGUS_LIFETIME
    assert internet.status("clips.test") == (BOGUS, 9)
    internet.now = HOUR
    assert internet.status("clips.test") == (INSECURE, None)


def test_a_redelegation_without_ds_is_believed_when_caches_have_run_out(internet: Internet) -> None:
    assert internet.status("clips.test") == (SECURE, None)
    internet.delegate(server="ns.agency.test", address=AGENCY)
    internet.now = HOUR
    assert internet.status("clips.test") == (INSECURE, None)
    assert [one.data for one in internet.outcome.answers] == ["203.0.113.9"]


def test_a_hold_is_a_denial_that_holds(internet: Internet) -> None:
    """The registry takes the delegation out: NXDOMAIN, signed by the TLD."""
    internet.put(
        TLD,
        zone(
            "test",
            "a.nic.test",
            TLD,
            ("plain.test", "NS", "ns1.plain.test"),
            ("ns1.plain.test", "A", PLAIN),
        ),
    )
    assert internet.status("clips.test") == (SECURE, None)
    assert internet.outcome.rcode == "NXDOMAIN"


def test_an_agency_that_signs_with_its_own_key_needs_its_own_ds(internet: Internet) -> None:
    old, new = (
        internet.signers["clips.test"],
        Signer("clips.test", make_key(Random(9)), calendar_start=START),
    )
    internet.signers["clips.test"] = new
    internet.put(AGENCY, internet.states[AGENCY].zone("clips.test"))
    internet.delegate(old.ds, server="ns.agency.test", address=AGENCY)
    assert internet.status("clips.test") == (BOGUS, 9)
    internet.delegate(old.ds, new.ds, server="ns.agency.test", address=AGENCY)
    internet.now = HOUR
    assert internet.status("clips.test") == (SECURE, None)


def test_signatures_are_renewed_and_run_out_when_they_no_longer_are(internet: Internet) -> None:
    """EDE 7 from the second after the expiration on; the zone's key goes first."""
    internet.now = 60 * DAY
    assert internet.status("clips.test") == (SECURE, None)
    signer = internet.signers["clips.test"]
    signer.stop(internet.now)
    period = signer.period(internet.now)
    assert period.expiration - period.inception == (VALIDITY + HOUR) // SECOND
    end = (period.expiration - START) * SECOND
    assert 14 * DAY <= end - internet.now <= VALIDITY
    internet.now = end
    internet.cache.flush()
    assert internet.status("clips.test") == (SECURE, None)
    internet.now = end + SECOND
    internet.cache.flush()
    assert internet.status("clips.test") == (BOGUS, 7)
    signer.resume()
    internet.now += MINUTE
    assert internet.status("clips.test") == (BOGUS, 7), "the resolver keeps the old answers"
    internet.cache.flush()
    internet.now += MINUTE
    assert internet.status("clips.test") == (SECURE, None)
    assert signer.period(internet.now).inception - period.inception == 3 * RENEWAL // SECOND


def test_a_resolver_whose_date_is_too_early(internet: Internet) -> None:
    """EDE 8: to a clock of 1970 nothing is valid yet."""
    internet.validator = Validator([TrustAnchor("", internet.signers[""].ds)], 0)
    assert internet.status("clips.test") == (BOGUS, 8)


def test_without_an_anchor_above_it_a_zone_is_insecure(internet: Internet) -> None:
    internet.validator = Validator([TrustAnchor("other", internet.signers[""].ds)], START)
    assert internet.status("clips.test") == (INSECURE, None)


def test_an_anchor_may_be_deeper_than_the_root(internet: Internet) -> None:
    internet.validator = Validator([TrustAnchor("Test.", internet.signers["test"].ds)], START)
    assert internet.status("clips.test") == (SECURE, None)
    assert internet.status("a.root.example") == (INSECURE, None)


def test_a_wrong_anchor_breaks_everything(internet: Internet) -> None:
    internet.validator = Validator([TrustAnchor("", internet.signers["test"].ds)], START)
    assert internet.status("clips.test") == (BOGUS, 9)
    assert internet.status("plain.test") == (BOGUS, 9)


def test_a_zone_by_an_algorithm_that_we_do_not_know_counts_as_unsigned(internet: Internet) -> None:
    """RFC 4035 section 5.2; one that we know beside it, and it counts as signed."""
    ds = internet.signers["clips.test"].ds
    unknown = ds.replace(" 13 2 ", " 8 2 ")
    internet.delegate(unknown)
    assert internet.status("clips.test") == (INSECURE, None)
    other = Internet()
    other.delegate(unknown, ds)
    assert other.status("clips.test") == (SECURE, None)


def test_a_name_that_claims_to_be_a_zone_of_its_own(internet: Internet) -> None:
    """A signature in the name of the forged name itself leads nowhere: no DS, no zone."""
    impostor = Signer("www.clips.test", make_key(Random(5)), calendar_start=START)

    def tamper(address: str, reply: DnsMessage) -> DnsMessage:
        if address != CLIPS or reply.question != Question("www.clips.test", "A"):
            return reply
        forged = (Record("www.clips.test", "A", 300, "192.0.2.99"),)
        return reply._replace(answers=(*forged, impostor.signature(forged, 0)), authority=())

    internet.tamper = tamper
    assert internet.status("www.clips.test") == (BOGUS, 10)


def test_a_delegation_cannot_be_made_to_look_unsigned(internet: Internet) -> None:
    """EDE 12: an NSEC record without DS that the TLD has not signed opens no way round."""
    soa = Record("test", "SOA", 300, "a.nic.test hostmaster.a.nic.test 1 7200 900 1209600 300")

    def tamper(address: str, reply: DnsMessage) -> DnsMessage:
        if reply.question == Question("clips.test", "DS"):
            nsec = Record("clips.test", "NSEC", 300, "plain.test NS RRSIG NSEC")
            return reply._replace(answers=(), authority=(soa, nsec))
        return without("RRSIG")(address, reply)

    internet.tamper = tamper
    assert internet.status("clips.test") == (BOGUS, 12)


def test_a_key_that_nobody_vouches_for_vouches_for_nobody(internet: Internet) -> None:
    """EDE 10: the true key is among the keys, but it is the stranger's that has signed them."""
    stranger = Signer("clips.test", make_key(Random(5)), calendar_start=START)

    def tamper(address: str, reply: DnsMessage) -> DnsMessage:
        if address != CLIPS:
            return reply
        records = tuple(one for one in reply.answers if one.type not in ("RRSIG", "A"))
        if reply.question == Question("clips.test", "DNSKEY"):
            records += (stranger.dnskey(3600),)
        else:
            records = (Record("clips.test", "A", 300, "192.0.2.99"),)
        return reply._replace(answers=(*records, stranger.signature(records, 0)))

    internet.tamper = tamper
    security, code = internet.status("clips.test")
    assert (security, code) == (BOGUS, 9)


def test_noise_in_an_unsigned_zone_does_not_make_it_bogus(internet: Internet) -> None:
    """A signature there that names no zone is nothing: what is below stays insecure."""
    internet.put(
        TLD,
        zone(
            "test",
            "a.nic.test",
            TLD,
            ("a.b.test", "NS", "ns.a.b.test"),
            ("ns.a.b.test", "A", PLAIN),
        ),
    )
    site = zone("a.b.test", "ns.a.b.test", PLAIN, ("a.b.test", "A", "192.0.2.91"))
    internet.put(PLAIN, site)
    stray = Signer("b.test", make_key(Random(5)), calendar_start=START)

    def tamper(address: str, reply: DnsMessage) -> DnsMessage:
        if address != PLAIN:
            return reply
        return reply._replace(answers=(*reply.answers, stray.signature(reply.answers, 0)))

    internet.tamper = tamper
    assert internet.status("a.b.test") == (INSECURE, None)


def test_what_is_known_is_not_asked_again(internet: Internet) -> None:
    """Cold: three answers, then key and DS of each zone. Warm: the answer alone."""
    internet.validate("clips.test")
    assert internet.asked == [
        *[(ROOT, "clips.test", "A"), (TLD, "clips.test", "A"), (CLIPS, "clips.test", "A")],
        *[(ROOT, "", "DNSKEY"), (ROOT, "test", "DS"), (TLD, "test", "DNSKEY")],
        *[(TLD, "clips.test", "DS"), (CLIPS, "clips.test", "DNSKEY")],
    ]
    internet.asked.clear()
    internet.validate("www.clips.test")
    assert internet.asked == [(CLIPS, "www.clips.test", "A")]


def test_a_very_long_name_costs_a_bounded_number_of_questions(internet: Internet) -> None:
    """Unsigned answers make the validator look for a cut at each label."""
    name = ".".join(["x"] * 90) + ".clips.test"
    internet.put(CLIPS, zone("clips.test", "ns1.clips.test", CLIPS, (name, "A", "192.0.2.80")))

    def tamper(address: str, reply: DnsMessage) -> DnsMessage:
        assert reply.question is not None
        kept = [one for one in reply.answers if one.type != "RRSIG" or reply.question.type != "A"]
        return reply._replace(answers=tuple(kept))

    internet.tamper = tamper
    assert internet.status(name) == (BOGUS, 5)
    assert len(internet.asked) < 70


NAMES = st.sampled_from(["", "test", "clips.test", "www.clips.test", "*.clips.test", "zz.test"])
DATA = {
    "A": st.sampled_from(["192.0.2.1", "192.0.2.2"]),
    "CNAME": NAMES,
    "NS": NAMES,
    "SOA": st.just("a.test b.test 1 2 3 4 5"),
    "DS": st.sampled_from(["1 13 2 ab", "1 8 2 ab", "65535 13 1 00"]),
    "DNSKEY": st.sampled_from(["257 3 13 AAAA", "0 3 13 " + "A" * 86 + "==", "256 3 8 AAAA"]),
    "NSEC": st.builds("{} {}".format, NAMES.map(lambda n: n or "."), st.just("A NS RRSIG NSEC")),
    "RRSIG": st.builds(
        "{} 13 {} 300 20240709080000 20240620080000 1 {} AAAA".format,
        st.sampled_from(["A", "CNAME", "SOA", "DS", "DNSKEY", "NSEC", "NS"]),
        st.integers(0, 255),
        NAMES.map(lambda name: name or "."),
    ),
}
RECORDS = st.lists(
    st.sampled_from(sorted(DATA)).flatmap(
        lambda kind: st.builds(Record, NAMES, st.just(kind), st.integers(0, 300), DATA[kind])
    ),
    max_size=6,
).map(tuple)
OUTCOMES = st.builds(
    Outcome, st.sampled_from(["NOERROR", "NXDOMAIN", "SERVFAIL"]), RECORDS, RECORDS
)


@given(st.data(), NAMES, st.sampled_from([*sorted(DATA), "TXT"]))
def test_whatever_comes_there_is_a_verdict_and_it_is_never_secure(
    data: st.DataObject, name: str, kind: str
) -> None:
    """Records that nobody signed, in any heap: no exception, no endless asking, no trust."""
    validator = Validator([TrustAnchor("", "1 13 2 ab")], START)
    outcome = data.draw(OUTCOMES.filter(lambda one: one.rcode != "SERVFAIL"))
    validation = Validation(validator, Question(name, kind), outcome)
    step = validation.next_step(0)
    while isinstance(step, Fetch):
        validation.fetched(step.question, data.draw(OUTCOMES))
        step = validation.next_step(0)
    assert step.security is not SECURE
