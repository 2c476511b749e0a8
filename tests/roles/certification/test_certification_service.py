"""The authority on loopback: every way in which an order ends, spoken as raw HTTP."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from random import Random

import pytest

from simulator.journal import Journal
from simulator.roles.certification import service
from simulator.roles.certification.service import CertificationAuthority
from simulator.serving.certificates import Keys
from simulator.wire import acme
from simulator.wire.web import Exchange, Response, request

LOOPBACK = "127.0.0.1"
OLD, NEW, SIXTH = "198.51.100.7", "198.51.100.8", "2001:db8::7"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class Applicant:
    """Orders at an authority that sees the addresses and the machines of the test."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.machines: dict[str, bytes | None] = {}
        self.asked: list[str] = []
        self.journal = Journal(lambda: 0)
        self.port = free_port()
        self.challenge_port = free_port()
        self.keys = Keys()
        self.authority = CertificationAuthority(
            self.lookup,
            Random(1),
            lambda: 0,
            journal=self.journal,
            challenge_port=self.challenge_port,
            dial=self.dial,
        )

    async def lookup(self, name: str) -> list[str]:
        return self.names.get(name, [])

    def dial(self, address: str, port: int) -> tuple[str, int]:
        assert port == self.challenge_port
        self.asked.append(address)
        return LOOPBACK, port if self.machines.get(address) is not None else 1

    async def show(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer as the machine that was dialled last does."""
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        token = path.removeprefix(acme.CHALLENGE_PREFIX)
        shown = self.machines[self.asked[-1]] or b""
        body = shown.replace(b"RIGHT", acme.key_authorization(token, self.keys.account).encode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    async def post(self, path: str, body: bytes, method: str = "POST") -> Response:
        head = request("ca.xg", path, "Test/1", method, ("application/json", len(body)))
        exchange = Exchange(head, body)
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        writer.write(exchange.outgoing)
        while not exchange.received(await reader.read(65536)):
            pass
        writer.close()
        await writer.wait_closed()
        assert exchange.response is not None
        return exchange.response

    async def order(self, *names: str) -> acme.Order:
        body = acme.order_request(names, self.keys.account)
        return acme.read_order_reply((await self.post(acme.NEW_ORDER_PATH, body)).body)

    async def obtain(self, *names: str) -> Response:
        order = await self.order(*names)
        csr = self.keys.signing_request(names)
        return await self.post(order.finalize, acme.finalize_request(csr))


@pytest.fixture
async def applicant() -> AsyncIterator[Applicant]:
    applicant = Applicant()
    machines = await asyncio.start_server(applicant.show, LOOPBACK, applicant.challenge_port)
    await applicant.authority.start([LOOPBACK], applicant.port)
    yield applicant
    await applicant.authority.stop()
    machines.close()
    await machines.wait_closed()


def problem(response: Response) -> str:
    assert response.header(b"content-type") == "application/problem+json"
    found = acme.read_problem(response.body)
    assert found.status == response.status
    return found.kind


async def test_who_shows_the_token_gets_the_certificate(applicant: Applicant) -> None:
    applicant.names = {"coco.xg": [OLD], "www.coco.xg": [OLD]}
    applicant.machines = {OLD: b"RIGHT"}
    reply = await applicant.obtain("coco.xg", "www.coco.xg")
    applicant.keys.check(acme.read_certificate_reply(reply.body))
    assert reply.status == 200
    assert reply.header(b"date") == "Thu, 01 Jan 1970 00:00:00 GMT"
    assert applicant.asked == [OLD, OLD]
    assert [(entry.what, entry.details["names"]) for entry in applicant.journal] == [
        ("certificate issued", ["coco.xg", "www.coco.xg"])
    ]


async def test_one_name_that_leads_elsewhere_spoils_the_order(applicant: Applicant) -> None:
    applicant.names = {"coco.xg": [OLD], "garden.xg": [NEW]}
    applicant.machines = {OLD: b"RIGHT", NEW: b"something else"}
    assert problem(await applicant.obtain("coco.xg", "garden.xg")) == "unauthorized"
    assert [entry.what for entry in applicant.journal] == ["certificate refused"]


async def test_a_name_that_does_not_resolve_is_a_dns_problem(applicant: Applicant) -> None:
    assert problem(await applicant.obtain("coco.xg")) == "dns"


async def test_ipv6_is_asked_first_and_silence_leads_to_the_next_address(
    applicant: Applicant,
) -> None:
    applicant.names = {"coco.xg": [OLD, SIXTH]}
    applicant.machines = {OLD: b"RIGHT", SIXTH: None}
    assert (await applicant.obtain("coco.xg")).status == 200
    assert applicant.asked == [SIXTH, OLD]


async def test_no_machine_at_all_is_a_connection_problem(applicant: Applicant) -> None:
    applicant.names = {"coco.xg": [OLD, NEW]}
    assert problem(await applicant.obtain("coco.xg")) == "connection"


async def test_an_order_is_finalized_once(applicant: Applicant) -> None:
    order = await applicant.order("coco.xg")
    body = acme.finalize_request(applicant.keys.signing_request(["coco.xg"]))
    assert problem(await applicant.post(order.finalize, body)) == "dns"
    again = await applicant.post(order.finalize, body)
    assert (problem(again), again.status) == ("malformed", 404)


async def test_a_request_for_other_names_is_bad(applicant: Applicant) -> None:
    order = await applicant.order("coco.xg")
    body = acme.finalize_request(applicant.keys.signing_request(["garden.xg"]))
    assert problem(await applicant.post(order.finalize, body)) == "badCSR"
    assert applicant.asked == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff", b'{"identifiers": []}'])
async def test_garbage_is_malformed(applicant: Applicant, body: bytes) -> None:
    assert problem(await applicant.post(acme.NEW_ORDER_PATH, body)) == "malformed"


async def test_an_order_is_never_inflated(applicant: Applicant) -> None:
    """What says that it is compressed is malformed, not a failure of the server (500)."""
    reader, writer = await asyncio.open_connection(LOOPBACK, applicant.port)
    head = b"POST /new-order HTTP/1.1\r\nHost: ca.xg\r\n"
    writer.write(head + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'"urn:ietf:params:acme:error:malformed"' in answer


async def test_a_huge_order_is_refused_unread(applicant: Applicant) -> None:
    reply = await applicant.post(acme.NEW_ORDER_PATH, b" " * (1 << 20) + b"  ")
    assert (problem(reply), reply.status) == ("malformed", 413)


async def test_only_post_is_served(applicant: Applicant) -> None:
    reply = await applicant.post("/new-order", b"x", method="PUT")
    assert (problem(reply), reply.status) == ("malformed", 405)


async def test_the_oldest_of_too_many_orders_is_forgotten(
    applicant: Applicant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PENDING_LIMIT", 2)
    first, *_ = [await applicant.order("coco.xg") for _ in range(3)]
    reply = await applicant.post(first.finalize, json.dumps({"csr": ""}).encode())
    assert reply.status == 404
