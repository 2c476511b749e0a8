"""Four statuses take a name out of the zone; every lock leaves it there."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER, Domain, HostObject
from simulator.roles.registry.statuses import OUT_OF_ZONE, Status, is_delegated, settled
from simulator.roles.registry.zone import Ttls, ZoneChange, compare, delegations
from simulator.values import HOUR
from simulator.wire.dns_values import Record

LOCKS = [status for status in Status if status.endswith("Prohibited")]
SIGNERS = "1 13 2 " + "cd" * 32


def held(name: str, *statuses: Status, nameservers: tuple[str, ...] = ("ns.a.example",)) -> Domain:
    return Domain(name, "D1-XG", "r", "R", "x", 0, 0, 1, (), nameservers,
                  settled(statuses, bool(nameservers)))  # fmt: skip


def test_exactly_four_statuses_take_a_name_out() -> None:
    assert {str(status) for status in OUT_OF_ZONE} == {
        "clientHold",
        "serverHold",
        "inactive",
        "pendingDelete",
    }
    assert len(LOCKS) == 8


@given(st.sets(st.sampled_from(LOCKS)))
def test_locks_never_remove_a_name(locks: set[Status]) -> None:
    domain = held("coco.xg", *sorted(locks))
    records = delegations("xg", [domain], {}, Ttls())
    assert records == (Record("coco.xg", "NS", 10_800, "ns.a.example"),)


@given(
    st.sets(st.sampled_from(list(Status))),
    st.sampled_from([Status.CLIENT_HOLD, Status.SERVER_HOLD, Status.PENDING_DELETE]),
)
def test_a_hold_or_a_pending_delete_always_removes_it(others: set[Status], away: Status) -> None:
    domain = held("coco.xg", away, *sorted(others))
    assert not is_delegated(domain.statuses)
    assert delegations("xg", [domain], {}, Ttls()) == ()


@given(st.sets(st.sampled_from(list(Status))))
def test_inactive_and_ok_are_computed(statuses: set[Status]) -> None:
    without = settled(sorted(statuses), has_nameservers=False)
    assert Status.INACTIVE in without
    assert Status.OK not in without
    having = settled(sorted(statuses), has_nameservers=True)
    assert Status.INACTIVE not in having
    assert (Status.OK in having) == (having == (Status.OK,))
    assert not is_delegated(without)


@given(st.permutations(["alpha.xg", "beta.xg", "gamma.xg"]))
def test_the_zone_is_in_order_whatever_the_order_of_registration(names: list[str]) -> None:
    hosts = {"ns.beta.xg": HostObject("ns.beta.xg", "H", "r", ("192.0.2.1", "2001:db8::1"))}
    domains = [held(name, nameservers=("ns.beta.xg",)) for name in names]
    assert delegations("xg", domains, hosts, Ttls(HOUR, HOUR, 2 * HOUR)) == (
        Record("alpha.xg", "NS", 3600, "ns.beta.xg"),
        Record("beta.xg", "NS", 3600, "ns.beta.xg"),
        Record("gamma.xg", "NS", 3600, "ns.beta.xg"),
        Record("ns.beta.xg", "A", 7200, "192.0.2.1"),
        Record("ns.beta.xg", "AAAA", 7200, "2001:db8::1"),
    )


def test_glue_is_published_only_for_hosts_of_the_tld_that_are_used() -> None:
    registry = Registry("xg", "xg-registry")
    registry.accredit("r")
    registry.host_create("r", "ns.far.example")
    for name in ("roses.xg", "lilies.xg"):
        registry.create("r", name, 0, registrant="R", authorization="x")
    registry.host_create("r", "ns.roses.xg", ("192.0.2.1",))
    registry.host_create("r", "unused.roses.xg", ("192.0.2.2",))
    registry.update("r", "lilies.xg", 0, add_nameservers=("ns.roses.xg", "ns.far.example"),
                    add_ds=(SIGNERS,))  # fmt: skip
    registry.update("r", "roses.xg", 0, add_nameservers=("ns.roses.xg",))
    registry.update(SERVER, "roses.xg", 0, add_statuses=("serverHold",))
    # roses.xg is gone, yet the glue under it stays: lilies.xg still leans on it.
    assert registry.zone_records() == (
        1,
        (
            Record("lilies.xg", "NS", 10_800, "ns.roses.xg"),
            Record("lilies.xg", "NS", 10_800, "ns.far.example"),
            Record("lilies.xg", "DS", 3600, SIGNERS),
            Record("ns.roses.xg", "A", 3600, "192.0.2.1"),
        ),
    )


def test_the_serial_rises_only_with_a_zone_that_differs() -> None:
    registry = Registry("xg", "xg-registry", first_serial=7)
    registry.accredit("r")
    registry.host_create("r", "ns.far.example")
    assert registry.zone_records() == (7, ())
    registry.create("r", "coco.xg", 0, registrant="R", authorization="x",
                    nameservers=("ns.far.example",))  # fmt: skip
    assert registry.zone_records()[0] == 8
    registry.update(SERVER, "coco.xg", 0, add_statuses=("serverUpdateProhibited",))
    assert registry.zone_records()[0] == 8  # a lock changes nothing in the zone
    registry.update(SERVER, "coco.xg", 0, add_statuses=("serverHold",))
    assert registry.zone_records() == (9, ())


def test_compare_names_what_came_went_and_changed() -> None:
    before = [Record(name, "NS", 1, "ns.a.example") for name in ("stays.xg", "went.xg", "moved.xg")]
    after = [
        Record("stays.xg", "NS", 1, "ns.a.example"),
        Record("moved.xg", "NS", 1, "ns1.seized.example"),
        Record("came.xg", "NS", 1, "ns.a.example"),
    ]
    assert compare(before, after) == ZoneChange(("came.xg",), ("went.xg",), ("moved.xg",))
