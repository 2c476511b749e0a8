"""A session by itself: who may say what when, and what comes back."""

from __future__ import annotations

import asyncio
import selectors
import ssl
from typing import Any, cast

import pytest

from simulator.roles.registry.epp_commands import Commands
from simulator.roles.registry.epp_service import EppServer
from simulator.roles.registry.epp_session import EppAccount, EppAccounts, Session
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER
from simulator.values import DAY
from simulator.wire.epp.command import Body, Command, write_command
from simulator.wire.epp.domain_commands import DomainCreate, DomainRenew, DomainUpdate
from simulator.wire.epp.domain_data import DomainData
from simulator.wire.epp.frames import Frames
from simulator.wire.epp.greeting import Greeting
from simulator.wire.epp.host_commands import HostCreate
from simulator.wire.epp.objects import Check, Delete, Info, Kind, Transfer, TransferOperation
from simulator.wire.epp.response import Response, read_response
from simulator.wire.epp.restore import Restore
from simulator.wire.epp.results import Code
from simulator.wire.epp.secdns import DnssecChange, DnssecData, KeyData
from simulator.wire.epp.session import Hello, Login, Logout, PollAck, PollRequest
from simulator.wire.epp.xml import OBJECTS

DS = "12345 13 2 " + "AB" * 32
CALENDAR_START = 1_719_302_400  # 2024-06-25T08:00:00Z


class Talk:
    """A registry of .xg, and a session with it at instant ``now``."""

    def __init__(self) -> None:
        self.registry = Registry("xg", "islands")
        self.accounts = EppAccounts([EppAccount("staff", "secret-staff", SERVER)])
        for name in ("candie", "loire"):
            self.registry.accredit(name)
            self.accounts.add(EppAccount(name, f"secret-{name}", name, sessions=1))
        self.commands = Commands(self.registry, CALENDAR_START)
        self.now = 0
        self.session = Session(self.accounts, self.commands)

    def say(self, body: Body, transaction: str | None = "ABC-1") -> Response:
        """Return the answer to a command."""
        return self.send(write_command(Command(body, transaction)))

    def send(self, document: bytes) -> Response:
        answer = self.session.received(document, self.now).answer
        assert isinstance(answer, Response)
        return answer

    def log_in(self, name: str = "candie", **options: Any) -> Response:
        return self.say(Login(name, f"secret-{name}", **options))


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture
def candie(talk: Talk) -> Talk:
    assert talk.log_in().code == Code.DONE
    assert talk.say(HostCreate("ns.far.example")).code == Code.DONE
    create = DomainCreate(
        "coco.xg", "let-me-in", 1, ("ns.far.example",), "R", dnssec=DnssecData((DS,))
    )
    assert talk.say(create).code == Code.DONE
    return talk


# --- the session ------------------------------------------------------------------------


def test_the_greeting_tells_lab_time_and_what_is_spoken(talk: Talk) -> None:
    talk.now = DAY
    exchange = talk.session.received(write_command(Command(Hello())), talk.now)
    assert exchange.answer == Greeting("islands", (CALENDAR_START + 86_400) * 1_000_000)


def test_nothing_but_hello_goes_before_login(talk: Talk) -> None:
    answer = talk.say(Check(Kind.DOMAIN, ("coco.xg",)))
    assert (answer.code, answer.reason) == (Code.COMMAND_USE, "log in first")
    assert (answer.client_transaction, answer.server_transaction) == ("ABC-1", "XG-000001")


def test_three_wrong_passwords_end_the_connection(talk: Talk) -> None:
    codes = [talk.say(Login("candie", "wrong")).code for _ in range(3)]
    assert codes == [2200, 2200, 2501]
    assert talk.session.ended


@pytest.mark.parametrize(
    ("login", "code"),
    [
        (Login("nobody", "secret-candie"), 2200),
        (Login("candie", "secret-candie", version="2.0"), 2100),
        (Login("candie", "secret-candie", language="tlh"), 2102),
        (Login("candie", "secret-candie", new_password="short"), 2004),
    ],
)
def test_a_login_that_is_refused_says_why(talk: Talk, login: Login, code: int) -> None:
    assert talk.say(login).code == code
    assert talk.say(PollRequest()).code == Code.COMMAND_USE


def test_services_that_nobody_knows_do_not_lock_a_client_out(talk: Talk) -> None:
    objects = (*OBJECTS, "urn:ietf:params:xml:ns:epp-1.0", "urn:example:weather")
    assert talk.log_in(objects=objects, extensions=("urn:example:fees",)).code == Code.DONE


def test_one_account_has_no_more_sessions_than_it_may_and_logout_frees_one(talk: Talk) -> None:
    first, second = talk.session, Session(talk.accounts, talk.commands)
    assert talk.log_in().code == Code.DONE
    talk.session = second
    refused = talk.log_in()
    assert (refused.code, second.ended) == (Code.SESSION_LIMIT, True)
    talk.session = first
    assert talk.say(Logout()).code == Code.ENDING_SESSION
    talk.session = Session(talk.accounts, talk.commands)
    assert talk.log_in().code == Code.DONE


def test_a_lost_connection_frees_its_session_once(talk: Talk) -> None:
    talk.log_in()
    talk.session.close()
    talk.session.close()
    talk.session = Session(talk.accounts, talk.commands)
    assert talk.log_in().code == Code.DONE


def test_a_second_login_is_refused(talk: Talk) -> None:
    talk.log_in()
    assert talk.log_in().code == Code.COMMAND_USE


def test_what_cannot_be_read_is_answered_with_the_clients_transaction(candie: Talk) -> None:
    document = (
        b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><frobnicate/>'
        b"<clTRID>XYZ</clTRID></command></epp>"
    )
    answer = candie.send(document)
    assert (answer.code, answer.client_transaction) == (Code.UNKNOWN_COMMAND, "XYZ")


# --- domains ----------------------------------------------------------------------------


def test_info_shows_the_sponsor_all_and_others_no_authinfo(candie: Talk) -> None:
    answer = candie.say(Info(Kind.DOMAIN, "COCO.XG"))
    assert answer.data == DomainData(
        name="coco.xg",
        roid="D1-XG",
        sponsor="candie",
        statuses=("ok",),
        registrant="R",
        nameservers=("ns.far.example",),
        creator="candie",
        created=CALENDAR_START * 1_000_000,
        expires=(CALENDAR_START + 365 * 86_400) * 1_000_000,
        authorization="let-me-in",
    )
    assert (answer.dnssec, answer.grace) == (DnssecData((DS,)), ("addPeriod",))
    candie.session = Session(candie.accounts, candie.commands)
    candie.log_in("loire", extensions=())
    answer = candie.say(Info(Kind.DOMAIN, "coco.xg"))
    assert isinstance(answer.data, DomainData)
    assert (answer.data.authorization, answer.dnssec, answer.grace) == (None, None, ())
    answer = candie.say(Info(Kind.DOMAIN, "coco.xg", "let-me-in"))
    assert isinstance(answer.data, DomainData)
    assert answer.data.authorization == "let-me-in"


def test_info_shows_the_hosts_that_are_asked_for(candie: Talk) -> None:
    candie.say(HostCreate("ns.coco.xg", ("192.0.2.53",)))
    shown = {}
    for hosts in ("all", "del", "sub", "none"):
        data = candie.say(Info(Kind.DOMAIN, "coco.xg", hosts=hosts)).data
        assert isinstance(data, DomainData)
        shown[hosts] = (data.nameservers, data.hosts)
    far, own = ("ns.far.example",), ("ns.coco.xg",)
    assert shown == {"all": (far, own), "del": (far, ()), "sub": ((), own), "none": ((), ())}


def test_ds_data_are_removed_whatever_the_case_of_the_digest(candie: Talk) -> None:
    kept = "54321 13 2 " + "cd" * 32
    candie.registry.update("candie", "coco.xg", 0, add_ds=(kept,))
    gone = DnssecChange(remove=DnssecData((kept.upper(), DS)))
    assert candie.say(DomainUpdate("coco.xg", dnssec=gone)).code == Code.DONE
    assert candie.say(Info(Kind.DOMAIN, "coco.xg")).dnssec is None


def test_keys_in_place_of_ds_data_are_refused(candie: Talk) -> None:
    keys = DnssecData((), (KeyData(257, 3, 13, "AwEAAcA="),))
    answer = candie.say(DomainUpdate("coco.xg", dnssec=DnssecChange(add=keys)))
    assert (answer.code, answer.reason) == (
        Code.POLICY, "this registry takes DS data, not keys",
    )  # fmt: skip


def test_a_renewal_names_the_day_of_the_expiry(candie: Talk) -> None:
    expires = (CALENDAR_START + 365 * 86_400) * 1_000_000
    wrong = DomainRenew("coco.xg", expires - 86_400_000_000, 1)
    assert candie.say(wrong).code == Code.VALUE_RANGE
    assert candie.say(DomainRenew("coco.xg", expires, 2)).code == Code.DONE
    assert candie.say(DomainRenew("coco.xg", expires, 2)).code == Code.VALUE_RANGE
    assert candie.say(DomainRenew("gone.xg", expires, 2)).code == Code.DOES_NOT_EXIST


def test_the_registrys_own_statuses_are_not_a_registrars_to_set(candie: Talk) -> None:
    answer = candie.say(DomainUpdate("coco.xg", add_statuses=("serverHold",)))
    assert answer.code == Code.VALUE_RANGE


def test_a_deleted_name_is_restored_and_reports_its_phase(candie: Talk) -> None:
    assert candie.say(Delete(Kind.DOMAIN, "coco.xg")).code == Code.PENDING
    restored = candie.say(DomainUpdate("coco.xg", restore=Restore()))
    assert (restored.code, restored.grace) == (Code.DONE, ("pendingRestore",))
    mixed = DomainUpdate("coco.xg", registrant="S", restore=Restore())
    assert candie.say(mixed).code == Code.COMMAND_USE


def test_a_transfer_without_authinfo_lacks_a_parameter(candie: Talk) -> None:
    candie.say(Logout())
    candie.session = Session(candie.accounts, candie.commands)
    candie.log_in("loire")
    asked = Transfer(Kind.DOMAIN, TransferOperation.REQUEST, "coco.xg")
    assert candie.say(asked).code == Code.PARAMETER_MISSING


def test_a_message_is_read_until_it_is_acknowledged(candie: Talk) -> None:
    candie.registry.hold("coco.xg", 0)
    first = candie.say(PollRequest())
    assert first.queue is not None
    assert (first.code, first.queue.count) == (Code.ACK_TO_DEQUEUE, 2)
    assert candie.say(PollRequest()).queue == first.queue
    assert candie.say(PollAck("999")).code == Code.DOES_NOT_EXIST
    acknowledged = candie.say(PollAck(first.queue.id))
    assert acknowledged.queue is not None
    assert (acknowledged.queue.count, acknowledged.queue.id) == (1, first.queue.id)


def test_a_client_that_does_not_know_change_poll_gets_the_message_without_it(
    talk: Talk,
) -> None:
    talk.log_in(extensions=())
    talk.say(HostCreate("ns.far.example"))
    talk.say(DomainCreate("coco.xg", "let-me-in", 1, ("ns.far.example",)))
    talk.registry.hold("coco.xg", 0)
    told = talk.say(PollRequest())
    assert told.queue is not None
    assert (told.queue.text, told.change) == ("coco.xg is on hold", None)


# --- the connection ---------------------------------------------------------------------


class LeapingSelector(selectors.SelectSelector):
    """Instead of waiting, lets time leap."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "nothing left to wake the loop"
        self.now += max(timeout, 0.0)
        return super().select(0)


class Wire(asyncio.Transport):
    """A transport that keeps what is written to it, and says when it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        if not self.closed.done():
            self.closed.set_result(asyncio.get_running_loop().time())


def test_a_silent_connection_is_closed_after_the_idle_timeout() -> None:
    selector = LeapingSelector()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]

    async def scene() -> tuple[float, int]:
        talk = Talk()
        server = EppServer(
            talk.registry, talk.accounts, cast(ssl.SSLContext, None), [], lambda: 0,
            idle_timeout=600.0,
        )  # fmt: skip
        connection, wire = server.connection(), Wire()
        connection.connection_made(wire)
        await asyncio.sleep(100)
        connection.data_received(b"\x00")
        when = await wire.closed
        connection.connection_lost(None)
        (greeting,) = Frames().received(wire.written)
        assert isinstance(read_response(greeting), Greeting)
        return when, len(talk.registry.names())

    try:
        assert loop.run_until_complete(scene()) == (700.0, 0)
    finally:
        loop.close()
