"""A coordinated operation waits for its slowest member, and leaves out whom no path reaches."""

from datetime import date

from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.authority.actors import Authority, AuthorityKind, Operator, OperatorKind
from simulator.roles.authority.operation import Member, plan
from simulator.values import DAY, HOUR, Lever

ON = date(2024, 6, 25)
START = 5 * DAY

PARIS = Authority("prosecutor-fr", "Paris prosecutor", "FR", AuthorityKind.PROSECUTOR)
LILLE = Authority("court-fr", "Lille court", "FR", AuthorityKind.COURT)
SOFIA = Authority("prosecutor-bg", "Sofia prosecutor", "BG", AuthorityKind.PROSECUTOR)
GUERNSEY = Authority("police-gg", "Guernsey Police", "GG", AuthorityKind.POLICE)
EUROJUST = Authority("eurojust", "Eurojust", "NL", AuthorityKind.COORDINATOR)

RILA = Operator("rila-hosting", "Rila Hosting", "BG", OperatorKind.HOST)
XG = Operator("xg-registry", ".xg registry", "GG", OperatorKind.REGISTRY)
LOIRE = Operator("loire", "Loire", "FR", OperatorKind.HOST)
MEUSE = Operator("meuse-net", "Meuse Net", "BE", OperatorKind.ACCESS_PROVIDER)

HOST = Member(SOFIA, RILA, Lever.HOST_TAKEOVER)
NAME = Member(GUERNSEY, XG, Lever.REDELEGATION)


def test_all_act_when_the_slowest_is_ready() -> None:
    planned = plan(PARIS, [HOST, NAME, Member(LILLE, LOIRE, Lever.HOST_OFF)], ON, START)
    assert [each.ready for each in planned.members] == [
        START + 60 * DAY,
        START + DAY + HOUR,
        START + DAY,
    ]
    assert (planned.earliest, planned.joint) == (START + 60 * DAY, START + 60 * DAY)
    assert planned.taking_part == planned.members
    assert [step.instrument for step in planned.members[0].decision.path] == [
        "eio",
        "national-order",
    ]
    assert str(planned.members[1].reason) == (
        "Guernsey Police can act on .xg registry: Guernsey Police acts by its own law,"
        " on a request from police to police: it obliges nobody; the local police may"
        " ask the operator, who may decline"
    )


def test_whom_no_path_reaches_is_left_out_with_the_reason() -> None:
    block = Member(PARIS, MEUSE, DnsMeasure("coco.xg", DnsLie.NXDOMAIN))
    planned = plan(PARIS, [NAME, block], ON, START)
    (refused,) = planned.refused
    assert (refused.member, refused.ready, refused.reason) == (
        block,
        None,
        refused.decision.reason,
    )
    assert "Meuse Net is abroad (BE)" in str(refused.reason)
    assert [each.member for each in planned.taking_part] == [NAME]


def test_who_is_not_ready_by_the_wanted_date_is_late() -> None:
    planned = plan(PARIS, [HOST, NAME], ON, START, wanted=START + 10 * DAY)
    assert planned.joint == START + 10 * DAY
    assert [each.member for each in planned.taking_part] == [NAME]
    assert [each.member for each in planned.late] == [HOST]
    later = plan(PARIS, [HOST, NAME], ON, START, wanted=START + 90 * DAY)
    assert (later.earliest, later.joint, later.late) == (START + 60 * DAY, START + 90 * DAY, ())


def test_what_was_prepared_before_needs_no_more_time() -> None:
    prepared = Member(SOFIA, RILA, Lever.HOST_TAKEOVER, preparation=0)
    planned = plan(PARIS, [prepared], ON, START, wanted=START + 4 * HOUR)
    assert planned.taking_part == planned.members


def test_a_member_may_name_its_instrument() -> None:
    frozen = Member(SOFIA, RILA, Lever.HOST_TAKEOVER, instrument="freezing-order")
    assert plan(PARIS, [frozen], ON, START).joint == START + 4 * DAY


def test_under_a_coordinator_each_acts_by_its_own_law() -> None:
    planned = plan(EUROJUST, [HOST, NAME], ON, START)
    assert [each.ready for each in planned.members] == [START + DAY, START + HOUR]
    alone = plan(EUROJUST, [Member(EUROJUST, RILA, Lever.HOST_OFF)], ON, START)
    assert [each.refused for each in alone.members] == [True]


def test_an_authority_abroad_without_partner_goes_by_itself() -> None:
    planned = plan(PARIS, [Member(PARIS, RILA, Lever.HOST_OFF)], ON, START)
    assert planned.joint == START + 60 * DAY


def test_an_operation_of_nobody_has_no_date() -> None:
    empty = plan(PARIS, [], ON, START, wanted=START)
    assert (empty.earliest, empty.joint, empty.taking_part, empty.late) == (None, None, (), ())
