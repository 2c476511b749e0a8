"""The registry's EPP server and the registrars' clients, unchanged, on real loopback sockets."""

from __future__ import annotations

import asyncio
import base64
import datetime
import socket
import ssl
from collections.abc import AsyncIterator
from random import Random

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from simulator.journal import Journal
from simulator.roles.certification.logic import Authority, check_request
from simulator.roles.registrar.epp_client import EppClient, EppUnavailable, LoginRefused
from simulator.roles.registrar.front import Front
from simulator.roles.registrar.front_service import WebFront
from simulator.roles.registrar.logic import Registrar
from simulator.roles.registrar.service import RegistrarDesk
from simulator.roles.registry.epp_service import EppServer
from simulator.roles.registry.epp_session import EppAccount, EppAccounts
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER
from simulator.roles.registry.poll import Cause
from simulator.roles.registry.transform_log import TransformLog
from simulator.serving.certificates import TlsContexts
from simulator.serving.tls import open_tls_connection
from simulator.values import DAY
from simulator.wire.epp.domain_data import DomainData
from simulator.wire.epp.frames import Frames, framed
from simulator.wire.epp.objects import Info, Kind
from simulator.wire.epp.response import Response, read_response
from simulator.wire.epp.results import Code

LOOPBACK = "127.0.0.1"
NAME = "epp.nic.xg"
CALENDAR_START = 1_719_302_400  # 2024-06-25T08:00:00Z
TODAY = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - OpenSSL compares with it
AUTHORITY = Authority("Lab Root", Random(1), TODAY)
REGISTRARS = ("candie", "loire")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def server_context() -> ssl.SSLContext:
    contexts = TlsContexts()
    key = check_request(contexts.keys.signing_request([NAME]), (NAME,))
    contexts.install([NAME], AUTHORITY.issue((NAME,), key, TODAY))
    return contexts.listening


class World:
    """A registry of .xg with two registrars, and a clock that the test sets."""

    def __init__(self) -> None:
        self.instant = 0
        self.journal = Journal(self.now)
        self.registry = Registry("xg", "islands")
        self.accounts = EppAccounts(
            EppAccount(name, f"secret-{name}", name, sessions=2) for name in REGISTRARS
        )
        self.accounts.add(EppAccount("staff", "secret-staff", SERVER))
        for name in REGISTRARS:
            self.registry.accredit(name)
        self.port = free_port()
        self.client_context = ssl.create_default_context(cadata=AUTHORITY.root_pem)
        self.server = EppServer(
            self.registry,
            self.accounts,
            server_context(),
            [(LOOPBACK, self.port)],
            self.now,
            TransformLog(self.registry, self.journal, self.now),
            calendar_start=CALENDAR_START,
        )
        self.clients = {name: self.client(name) for name in REGISTRARS}
        self.desks = {
            name: RegistrarDesk(
                Registrar(name, [self.registry], Random(2)),
                {"xg": self.clients[name]},
                self.journal,
            )
            for name in REGISTRARS
        }

    def now(self) -> int:
        return self.instant

    def client(self, account: str, password: str | None = None) -> EppClient:
        secret = f"secret-{account}" if password is None else password
        return EppClient(
            LOOPBACK, self.port, self.client_context, NAME, account, secret, timeout=5.0
        )

    def statuses(self, name: str) -> list[str]:
        domain = self.registry.info(SERVER, name, self.instant).domain
        assert domain is not None
        return [str(status) for status in domain.statuses]

    def commands(self) -> list[tuple[str, str, str, int]]:
        return [
            (entry.details["registrar"], entry.details["command"], entry.details["name"],
             entry.details["code"])
            for entry in self.journal
            if entry.what == "epp command"
        ]  # fmt: skip


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.server.start()
    for desk in world.desks.values():
        desk.registrar.open_account("coco-ltd", "Coco Ltd")
    yield world
    for desk in world.desks.values():
        await desk.stop()
    await world.server.stop()
    await asyncio.sleep(0)


async def test_a_desk_registers_and_delegates_over_epp_and_all_is_in_the_journal(
    world: World,
) -> None:
    desk = world.desks["candie"]
    done = await desk.register(
        "coco-ltd", "coco.xg", ("ns1.coco.xg", "ns.elsewhere.test"),
        glue=(("ns1.coco.xg", ("192.0.2.53",)),),
    )  # fmt: skip
    assert (done.done, done.code) == (True, 1000)
    assert desk.registrar.portfolio("coco-ltd") == ("coco.xg",)
    assert world.commands() == [
        ("candie", "login", "candie", 1000),
        ("candie", "domain:create", "coco.xg", 1000),
        ("candie", "host:create", "ns1.coco.xg", 1000),
        ("candie", "host:create", "ns.elsewhere.test", 1000),
        ("candie", "domain:update", "coco.xg", 1000),
    ]
    ids = [
        (entry.details["client_transaction"], entry.details["server_transaction"])
        for entry in world.journal
    ]
    assert ids[1] == ("candie-00002", "XG-000002")
    assert len(set(ids)) == len(ids)
    assert [record.name for record in world.registry.zone_records()[1]] != []


async def test_what_an_outsider_may_not_do_is_refused_with_its_code(world: World) -> None:
    await world.desks["candie"].register("coco-ltd", "coco.xg", ("ns.elsewhere.test",))
    thief = world.desks["loire"]
    thief.registrar.books.enter("coco.xg", "coco-ltd")
    done = await thief.hold("coco.xg")
    assert (done.done, done.code) == (False, 2201)
    assert str(done.reason) == "the registry answers: loire does not sponsor coco.xg"
    assert world.statuses("coco.xg") == ["ok"]


async def test_hold_release_and_locks_go_by_epp(world: World) -> None:
    desk = world.desks["candie"]
    await desk.register("coco-ltd", "coco.xg", ("ns.elsewhere.test",))
    assert (await desk.hold("coco.xg")).done
    assert world.statuses("coco.xg") == ["clientHold"]
    assert (await desk.lock("coco-ltd", "coco.xg")).done
    assert (await desk.release("coco.xg")).done
    assert world.statuses("coco.xg") == [
        "clientDeleteProhibited", "clientTransferProhibited", "clientUpdateProhibited",
    ]  # fmt: skip
    refused = await desk.change_nameservers("coco-ltd", "coco.xg", ("ns2.elsewhere.test",))
    assert refused.code == 2304
    assert (await desk.unlock("coco-ltd", "coco.xg")).done
    assert (await desk.change_nameservers("coco-ltd", "coco.xg", ("ns2.elsewhere.test",))).done


async def transfer(world: World) -> tuple[str, ...]:
    """Have candie's customer move coco.xg to loire; return what candie answered its messages."""
    leaving = await world.desks["candie"].transfer_out("coco-ltd", "coco.xg")
    assert leaving.authorization is not None
    asked = await world.desks["loire"].transfer_in("coco-ltd", "coco.xg", leaving.authorization)
    assert asked.code == 1001
    await world.desks["candie"].poll()
    await world.desks["loire"].poll()
    return tuple(
        entry.details["answered"] for entry in world.journal if entry.what == "poll message"
    )


async def test_a_customer_moves_a_name_and_both_registrars_hear_of_it(world: World) -> None:
    await world.desks["candie"].register("coco-ltd", "coco.xg", ("ns.elsewhere.test",))
    assert await transfer(world) == (
        "the registry answers: Command completed successfully",
        "coco.xg has arrived",
    )
    assert world.desks["candie"].registrar.portfolio("coco-ltd") == ()
    assert world.desks["loire"].registrar.portfolio("coco-ltd") == ("coco.xg",)


async def test_a_name_that_an_order_keeps_gets_no_authinfo_and_a_transfer_is_rejected(
    world: World,
) -> None:
    candie = world.desks["candie"]
    await candie.register("coco-ltd", "coco.xg", ("ns.elsewhere.test",))
    leaving = await candie.transfer_out("coco-ltd", "coco.xg")
    assert leaving.authorization is not None
    candie.registrar.keep("coco.xg")
    refused = await candie.transfer_out("coco-ltd", "coco.xg")
    assert str(refused.reason) == "coco.xg is under an order and stays with candie"
    await world.desks["loire"].transfer_in("coco-ltd", "coco.xg", leaving.authorization)
    await candie.poll()
    (told,) = await world.desks["loire"].poll()
    assert (told.text, getattr(told.data, "status", None)) == (
        "coco.xg stays with its sponsor", "clientRejected",
    )  # fmt: skip
    assert candie.registrar.portfolio("coco-ltd") == ("coco.xg",)


async def test_a_registrar_hears_by_change_poll_what_the_registry_did(world: World) -> None:
    candie = world.desks["candie"]
    await candie.register("coco-ltd", "coco.xg", ("ns.elsewhere.test",))
    world.instant = DAY
    cause = Cause("Guernsey court", "order 12/2024", "12/2024", "custom", "court order")
    world.registry.update(SERVER, "coco.xg", DAY, add_statuses=("serverHold",), cause=cause)
    before, after = await candie.poll()
    assert isinstance(before.data, DomainData)
    assert isinstance(after.data, DomainData)
    assert (before.data.statuses, after.data.statuses) == (("ok",), ("serverHold",))
    assert after.data.authorization is None
    change = after.change
    assert change is not None
    assert (change.operation, change.who, change.reason, change.state) == (
        "update", "Guernsey court", "order 12/2024", "after",
    )  # fmt: skip
    assert change.case is not None
    assert (change.case.kind, change.case.name, change.case.id) == (
        "custom", "court order", "12/2024",
    )  # fmt: skip
    assert change.date == (CALENDAR_START + 86_400) * 1_000_000
    whole = read_response(after.document)
    assert isinstance(whole, Response)
    assert (whole.data, whole.change) == (after.data, change)
    assert await candie.poll() == ()


async def test_a_registrar_that_lost_a_name_to_the_authorities_strikes_it_off(
    world: World,
) -> None:
    candie = world.desks["candie"]
    await candie.register("coco-ltd", "coco.xg", ("ns.elsewhere.test",))
    assert world.registry.reassign("coco.xg", "loire", 0).succeeded
    _, after = await candie.poll()
    assert isinstance(after.data, DomainData)
    assert (after.data.sponsor, after.data.authorization) == ("loire", None)
    assert candie.registrar.portfolio("coco-ltd") == ()
    assert (await candie.transfer_out("coco-ltd", "coco.xg")).done is False


async def test_a_wrong_password_is_refused_and_journalled(world: World) -> None:
    with pytest.raises(LoginRefused) as refused:
        await world.client("candie", "wrong-one").command(Info(Kind.DOMAIN, "coco.xg"))
    assert refused.value.response.code == Code.AUTHENTICATION
    assert world.commands() == [(None, "login", "candie", 2200)]


async def test_one_session_more_than_allowed_is_refused_and_a_closed_one_counts_no_more(
    world: World,
) -> None:
    clients = [world.client("candie") for _ in range(3)]
    question = Info(Kind.DOMAIN, "coco.xg")
    for client in clients[:2]:
        assert (await client.command(question)).code == Code.DOES_NOT_EXIST
    with pytest.raises(LoginRefused) as refused:
        await clients[2].command(question)
    assert refused.value.response.code == Code.SESSION_LIMIT
    await clients[0].close()
    assert (await clients[2].command(question)).code == Code.DOES_NOT_EXIST
    for client in clients:
        await client.close()


async def test_a_changed_password_is_the_one_that_opens_from_then_on(world: World) -> None:
    client = world.client("candie")
    assert (await client.change_password("new-secret")).succeeded
    await client.close()
    with pytest.raises(LoginRefused):
        await world.client("candie").hello()
    again = world.client("candie", "new-secret")
    assert (await again.hello()).server == "islands"
    await again.close()


async def test_a_session_that_the_server_closed_is_opened_again(world: World) -> None:
    client = world.client("candie")
    await client.hello()
    await world.server.stop()
    await world.server.start()
    assert (await client.hello()).server == "islands"
    assert [command for _, command, _, _ in world.commands()] == ["login", "login"]
    await client.close()


async def test_a_frame_beyond_the_limit_is_answered_and_ends_the_connection(world: World) -> None:
    reader, writer = await open_tls_connection(LOOPBACK, world.port, world.client_context, NAME)
    writer.write(b"\xff\xff\xff\xff<epp")
    came = await reader.read()
    _, answer = Frames().received(came)
    response = read_response(answer)
    assert isinstance(response, Response)
    assert response.code == Code.FAILED_CLOSING
    writer.close()


async def test_a_document_type_is_refused_and_the_session_goes_on(world: World) -> None:
    reader, writer = await open_tls_connection(LOOPBACK, world.port, world.client_context, NAME)
    bomb = b'<!DOCTYPE epp [<!ENTITY a SYSTEM "file:///etc/passwd">]><epp>&a;</epp>'
    writer.write(framed(bomb) + framed(b"<nonsense/>"))
    frames, documents = Frames(), []
    while len(documents) < 3:
        documents += frames.received(await reader.read(65536))
    answers = [read_response(document) for document in documents[1:]]
    assert [getattr(answer, "code", None) for answer in answers] == [Code.SYNTAX, Code.SYNTAX]
    assert b"root:" not in b"".join(documents)
    writer.close()


async def test_without_the_registry_a_desk_says_so_and_changes_nothing(world: World) -> None:
    await world.server.stop()
    done = await world.desks["candie"].register("coco-ltd", "coco.xg", ("ns.elsewhere.test",))
    assert (done.done, done.code) == (False, None)
    assert str(done.reason).startswith("the registry of .xg gives no answer: ")
    assert world.desks["candie"].registrar.portfolio("coco-ltd") == ()
    with pytest.raises(EppUnavailable):
        await world.desks["candie"].poll()


# --- the web front for registrants -------------------------------------------------------


@pytest.fixture
async def front(world: World) -> AsyncIterator[str]:
    port = free_port()
    served = WebFront(
        Front(world.desks["candie"], {"coco-ltd": "sesame"}, Random(3)),
        "Candie", server_context(), [LOOPBACK], world.now,
        port=port, calendar_start=CALENDAR_START,
    )  # fmt: skip
    await served.start()
    yield f"https://{NAME}:{port}"
    await served.stop()


class Here(AbstractResolver):
    """Finds every name on the loopback."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=LOOPBACK, port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


async def test_a_registrant_registers_and_moves_a_name_in_the_web_and_epp_carries_it(
    world: World, front: str
) -> None:
    connector = aiohttp.TCPConnector(resolver=Here(), ssl=world.client_context)
    login = {"Authorization": "Basic " + base64.b64encode(b"coco-ltd:sesame").decode()}
    async with aiohttp.ClientSession(connector=connector, headers=login) as web:
        new = {"name": "coco.xg", "nameserver": "ns1.coco.xg=192.0.2.53 ns.far.test"}
        async with web.post(f"{front}/domains", data=new) as answer:
            shown = await answer.json()
            commands = [(one["command"], one["svTRID"]) for one in shown.pop("commands")]
            assert (answer.status, shown) == (200, {
                "account": "coco-ltd", "done": True, "code": 1000,
                "reason": "the registry answers: Command completed successfully",
                "transaction": "XG-000007", "domains": ["coco.xg"],
            })  # fmt: skip
            assert commands == [
                ("domain create", "XG-000002"), ("host create", "XG-000003"),
                ("host create", "XG-000004"), ("domain info", "XG-000005"),
                ("domain info", "XG-000006"), ("domain update", "XG-000007"),
            ]  # fmt: skip
            assert answer.headers["Date"] == "Tue, 25 Jun 2024 08:00:00 GMT"
        path = f"{front}/domains/coco.xg/nameservers?nameserver=ns.far.test"
        async with web.post(path) as answer:
            assert (await answer.json())["done"] is True
        async with web.post(f"{front}/domains/coco.xg/transfer-out") as answer:
            shown = await answer.json()
        async with web.post(f"{front}/domains", json={"name": "coco.xg"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, 2302)
        async with web.post(f"{front}/domains", data=b"x" * 70_000) as answer:
            assert answer.status == 400
    domain = world.registry.info(SERVER, "coco.xg", 0).domain
    assert domain is not None
    assert (domain.nameservers, domain.authorization) == (("ns.far.test",), shown["authorization"])


async def test_a_browser_gets_the_form_then_a_cookie_then_its_names(
    world: World, front: str
) -> None:
    await world.desks["candie"].register("coco-ltd", "coco.xg", ("ns.far.test",))
    connector = aiohttp.TCPConnector(resolver=Here(), ssl=world.client_context)
    headers = {"Accept": "text/html", "Accept-Language": "fr-FR, en;q=0.5"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as web:
        async with web.get(front) as answer:
            assert 'action="/login"' in await answer.text()
        async with web.get(f"{front}/domains") as answer:
            assert (answer.status, "WWW-Authenticate" in answer.headers) == (401, False)
        form = {"account": "coco-ltd", "password": "sesame"}
        async with web.post(f"{front}/login", data=form) as answer:
            cookie = answer.headers["Set-Cookie"]
            assert cookie.endswith("; HttpOnly; Path=/; SameSite=Strict; Secure")
        async with web.get(f"{front}/domains") as answer:
            page = await answer.text()
    assert '<html lang="fr">' in page
    assert 'action="/domains/coco.xg/unlock"' in page
