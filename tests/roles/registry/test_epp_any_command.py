"""Whatever three clients send in whatever order: an answer that can be read, and no more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.registry.epp_commands import Commands
from simulator.roles.registry.epp_session import EppAccount, EppAccounts, Session
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER
from simulator.values import DAY
from simulator.wire.epp.command import Body, Command, write_command
from simulator.wire.epp.contact_commands import (
    ContactCreate,
    ContactUpdate,
    Postal,
    PostalAddress,
    PostalChange,
)
from simulator.wire.epp.domain_commands import DomainCreate, DomainRenew, DomainUpdate
from simulator.wire.epp.host_commands import HostCreate, HostUpdate
from simulator.wire.epp.objects import Check, Delete, Info, Kind, Transfer, TransferOperation
from simulator.wire.epp.response import Response, read_response, write_response
from simulator.wire.epp.restore import Report, Restore
from simulator.wire.epp.secdns import DnssecChange, DnssecData
from simulator.wire.epp.session import Login, PollAck, PollRequest

CLIENTS = ("candie", "loire", "staff")
names = st.sampled_from(
    ["coco.xg", "a.xg", "ns.coco.xg", "ns.a.xg", "ns.far.test", "far.test", "xg", "C-1", "-"]
)
secrets = st.sampled_from(["one", "two"])
servers = st.lists(names, max_size=2).map(tuple)
statuses = st.lists(
    st.sampled_from(["clientHold", "clientUpdateProhibited", "serverHold", "ok", "linked", "x"]),
    max_size=2,
).map(tuple)
contacts = st.lists(st.tuples(st.sampled_from(["admin", "x"]), names), max_size=1).map(tuple)
addresses = st.lists(st.sampled_from(["192.0.2.1", "2001:db8::1"]), max_size=2).map(tuple)
years = st.none() | st.integers(0, 12)
maybe = st.none() | names
ds = st.lists(st.just("1 13 2 AB"), max_size=1).map(lambda data: DnssecData(tuple(data)))
here = PostalAddress("St Peter Port", "GG")
postal = st.builds(Postal, names, st.just(here), maybe, st.sampled_from(["int", "loc"]))
moved = st.builds(PostalChange, st.sampled_from(["int", "loc"]), maybe, maybe, st.none())
report = Report("before", "after", 0, 0, "a mistake", ("one", "two"))
kinds = st.sampled_from(Kind)
bodies: st.SearchStrategy[Body] = st.one_of(
    st.just(PollRequest()),
    st.builds(PollAck, st.sampled_from(["1", "2", "x"])),
    st.builds(Check, kinds, st.lists(names, min_size=1, max_size=3).map(tuple)),
    st.builds(Info, kinds, names, st.none() | secrets),
    st.builds(Delete, kinds, names),
    st.builds(
        Transfer, st.just(Kind.DOMAIN), st.sampled_from(TransferOperation), names,
        st.none() | secrets, years,
    ),
    st.builds(
        Transfer, st.just(Kind.CONTACT), st.sampled_from(TransferOperation), names,
        st.none() | secrets,
    ),
    st.builds(DomainCreate, names, secrets, years, servers, maybe, contacts, st.none() | ds),
    st.builds(DomainRenew, names, st.sampled_from([0, 365 * DAY, 730 * DAY]), years),
    st.builds(
        DomainUpdate, names, statuses, statuses, servers, servers, contacts, contacts, maybe,
        st.none() | secrets, st.none() | st.builds(DnssecChange, ds, ds),
    ),
    st.builds(DomainUpdate, names, restore=st.sampled_from([Restore(), Restore(report)])),
    st.builds(HostCreate, names, addresses),
    st.builds(HostUpdate, names, addresses, addresses, statuses, statuses, maybe),
    st.builds(ContactCreate, names, st.tuples(postal), names, secrets),
    st.builds(
        ContactUpdate, names, statuses, statuses, st.lists(moved, max_size=1).map(tuple), maybe
    ),
)  # fmt: skip
turns = st.tuples(st.sampled_from(CLIENTS), bodies, st.sampled_from([0, 1, 6 * DAY, 40 * DAY]))


def sessions() -> dict[str, Session]:
    """Return a session of each client, at a registry where candie has coco.xg."""
    registry = Registry("xg", "islands")
    accounts = EppAccounts()
    for name in CLIENTS:
        accounts.add(EppAccount(name, "secret", SERVER if name == "staff" else name))
    for name in CLIENTS[:2]:
        registry.accredit(name)
    commands = Commands(registry)
    opened = {name: Session(accounts, commands) for name in CLIENTS}
    for name, session in opened.items():
        session.received(write_command(Command(Login(name, "secret"))), 0)
    opened["candie"].received(write_command(Command(DomainCreate("coco.xg", "one"))), 0)
    return opened


@given(st.lists(turns, min_size=1, max_size=12))
def test_every_command_has_an_answer_that_its_client_can_read(
    said: list[tuple[str, Body, int]],
) -> None:
    opened, now, signed = sessions(), 0, set()
    for client, body, later in said:
        now += later
        exchange = opened[client].received(write_command(Command(body, "ABC-1")), now)
        assert isinstance(exchange.answer, Response)
        assert read_response(write_response(exchange.answer)) == exchange.answer
        assert exchange.answer.client_transaction == "ABC-1"
        signed.add(exchange.answer.server_transaction)
    assert len(signed) == len(said)
