"""An answer on its way through policy zones: step by step, without a network."""

from simulator.roles.resolver.cache import Outcome
from simulator.roles.resolver.rpz import LoadedZone, Nameservers
from simulator.roles.resolver.rpz_rewriting import (
    Follow,
    LookUpNameservers,
    Rewriting,
    Rewritten,
    Step,
)
from simulator.values import ExtendedError
from simulator.wire.dns_values import Question, Record
from simulator.wire.rpz_text import read

WWW = Question("www.clips.test", "A")
ALIAS = Record("www.clips.test", "CNAME", 300, "clips.test")
ADDRESS = Record("clips.test", "A", 300, "192.0.2.80")
TRUTH = Outcome("NOERROR", (ALIAS, ADDRESS))
SOA = Record("rpz", "SOA", 60, "localhost nobody.localhost 1 3600 600 86400 60")


def rewriting(
    text: str,
    question: Question = WWW,
    outcome: Outcome = TRUTH,
    extended_error: int | None = None,
    stream: bool = False,
) -> Rewriting:
    zone = LoadedZone(read(text), extended_error)
    return Rewriting([zone], question, outcome, "192.0.2.7", stream=stream)


def done(step: Step) -> Rewritten:
    assert isinstance(step, Rewritten)
    return step


def test_without_a_match_the_truth_goes_through() -> None:
    assert rewriting("other.test CNAME .").next_step() == Rewritten(TRUTH)


def test_the_target_of_an_alias_counts_and_the_alias_stays_in_the_answer() -> None:
    rewritten = done(rewriting("clips.test CNAME .").next_step())
    assert rewritten.outcome == Outcome("NXDOMAIN", (ALIAS,))
    assert rewritten.additional == (SOA,)
    assert rewritten.met == "clips.test"


def test_the_first_name_of_the_chain_counts_first() -> None:
    rewritten = done(rewriting("clips.test CNAME .\nwww.clips.test CNAME *.").next_step())
    assert rewritten.outcome == Outcome("NOERROR")


def test_a_question_for_an_alias_itself_has_no_chain() -> None:
    question, outcome = WWW._replace(type="CNAME"), Outcome("NOERROR", (ALIAS,))
    assert rewriting("clips.test CNAME .", question, outcome).next_step() == Rewritten(outcome)


def test_passthru_ends_the_search_for_the_whole_chain() -> None:
    text = "www.clips.test CNAME rpz-passthru.\nclips.test CNAME ."
    rewritten = done(rewriting(text).next_step())
    assert rewritten.outcome == TRUTH
    assert rewritten.match is not None


def test_a_name_that_nobody_can_answer_for_fails_before_any_rule() -> None:
    """The trap: what is dead already cannot be blocked by a response policy."""
    failed = Outcome("SERVFAIL", extended_errors=(ExtendedError(22),))
    assert rewriting("* CNAME .\nclips.test CNAME .", outcome=failed).next_step() == Rewritten(
        failed
    )


def test_drop_is_silence_and_tcp_only_spares_tcp() -> None:
    assert done(rewriting("clips.test CNAME rpz-drop.").next_step()).outcome is None
    text = "clips.test CNAME rpz-tcp-only."
    by_datagram = done(rewriting(text).next_step())
    assert (by_datagram.outcome, by_datagram.truncated) == (Outcome("NOERROR"), True)
    by_stream = done(rewriting(text, stream=True).next_step())
    assert (by_stream.outcome, by_stream.truncated) == (TRUTH, False)


def test_local_data_answer_under_the_name_that_met_them_for_five_seconds_at_most() -> None:
    text = "clips.test 3 A 203.0.113.9\nclips.test 60 TXT why"
    rewritten = done(rewriting(text).next_step())
    forged = Record("clips.test", "A", 3, "203.0.113.9")
    assert rewritten.outcome == Outcome("NOERROR", (ALIAS, forged))
    text_question = Question("clips.test", "TXT")
    rewritten = done(rewriting(text, text_question, Outcome("NXDOMAIN")).next_step())
    assert rewritten.outcome == Outcome("NOERROR", (Record("clips.test", "TXT", 5, '"why"'),))
    other = Question("clips.test", "AAAA")
    rewritten = done(rewriting(text, other, Outcome("NXDOMAIN")).next_step())
    assert rewritten.outcome == Outcome("NOERROR")


def test_extended_error_only_where_the_zone_has_one_and_something_was_put_in_place() -> None:
    for text, errors in (
        ("clips.test CNAME .", (ExtendedError(16),)),
        ("clips.test A 203.0.113.9", (ExtendedError(16),)),
        ("clips.test CNAME rpz-passthru.", ()),
        ("other.test CNAME .", ()),
    ):
        outcome = done(rewriting(text, extended_error=16).next_step()).outcome
        assert outcome is not None
        assert outcome.extended_errors == errors


def test_a_walled_garden_is_followed_to_where_it_truly_leads() -> None:
    under_way = rewriting("www.clips.test CNAME *.garden.test.")
    step = under_way.next_step()
    assert step == Follow(Question("www.clips.test.garden.test", "A"))
    assert under_way.next_step() == step  # until somebody reports
    garden = Record("www.clips.test.garden.test", "A", 300, "203.0.113.9")
    under_way.followed(Outcome("NOERROR", (garden,)))
    rewritten = done(under_way.next_step())
    alias = Record("www.clips.test", "CNAME", 5, "www.clips.test.garden.test")
    assert rewritten.outcome == Outcome("NOERROR", (alias, garden))
    assert rewritten.additional == (SOA,)


def test_a_garden_whose_name_would_be_too_long_is_yxdomain() -> None:
    garden = ".".join(["a" * 60] * 4)
    rewritten = done(rewriting(f"www.clips.test CNAME *.{garden}.").next_step())
    assert rewritten.outcome == Outcome("YXDOMAIN")


def test_nameservers_of_every_zone_above_the_name_but_no_top_level_domain() -> None:
    """And again for the name that an alias leads to."""
    under_way = rewriting("32.53.100.51.198.rpz-nsip CNAME .")
    assert under_way.next_step() == LookUpNameservers(("www.clips.test", "clips.test"), True)
    under_way.found([Nameservers("ns.other.test", ("198.51.100.9",))])
    assert under_way.next_step() == LookUpNameservers(("clips.test",), True)
    under_way.found([Nameservers("ns.clips.test", ("198.51.100.53",))])
    rewritten = done(under_way.next_step())
    assert rewritten.outcome == Outcome("NXDOMAIN", (ALIAS,))


def test_addresses_of_nameservers_are_wanted_only_for_nsip() -> None:
    step = rewriting("ns.clips.test.rpz-nsdname CNAME .").next_step()
    assert step == LookUpNameservers(("www.clips.test", "clips.test"), False)
