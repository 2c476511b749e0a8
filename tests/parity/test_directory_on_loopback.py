"""A directory unchanged on real loopback sockets: certificate, RDAP by HTTPS, WHOIS by TCP."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import aiohttp
import pytest

from simulator.lab.directory_records import RegistryRecords
from simulator.roles.certification.service import CertificationAuthority
from simulator.roles.directory.policy import Policy
from simulator.roles.directory.publisher import Directory, Publisher
from simulator.roles.directory.records import EntityRecord
from simulator.roles.directory.service import DirectoryServer
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER
from simulator.values import MINUTE, SECOND

LOOPBACK = "127.0.0.1"
NAME = "rdap.nic.xg"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def registry() -> Registry:
    made = Registry("xg", "xg-registry")
    made.accredit("candie-names")
    made.host_create(SERVER, "ns1.polder.test")
    made.create(
        "candie-names",
        "coco.xg",
        0,
        registrant="Prism",
        authorization="x",
        nameservers=("ns1.polder.test",),
    )
    made.update(SERVER, "coco.xg", 0, add_statuses=("serverHold",))
    return made


class World:
    """One directory behind loopback ports, and the authority that certifies it."""

    def __init__(self) -> None:
        self.https, self.http, self.whois, self.orders = (free_port() for _ in range(4))
        self.authority = CertificationAuthority(self.lookup, Random(1), self.now, dial=self.dial)
        registrar = EntityRecord(handle="candie-names", name="Candie Names", kind="registrar")
        records = RegistryRecords({"xg": registry()}, {"candie-names": registrar})
        policy = Policy(rate=20, period=60 * MINUTE)
        publisher = Publisher("The registry of .xg", f"https://{NAME}/", "whois.nic.xg", policy)
        self.server = DirectoryServer(
            "xg-directory",
            Directory(publisher, records),
            [NAME],
            [LOOPBACK],
            self.now,
            https_port=self.https,
            http_port=self.http,
            whois_port=self.whois,
        )

    def now(self) -> int:
        return int(asyncio.get_running_loop().time() * SECOND)

    async def lookup(self, name: str) -> list[str]:
        return ["198.51.100.7"] if name == NAME else []

    def dial(self, address: str, port: int) -> tuple[str, int]:
        return LOOPBACK, self.http

    async def ask(self, question: bytes) -> str:
        reader, writer = await asyncio.open_connection(LOOPBACK, self.whois)
        writer.write(question)
        answer = await reader.read()
        writer.close()
        return answer.decode()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.authority.start([LOOPBACK], world.orders)
    await world.server.start()
    await world.server.obtain_certificate((LOOPBACK, world.orders))
    yield world
    await world.server.stop()
    await world.authority.stop()


@pytest.fixture
async def session(world: World) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context(cadata=world.authority.root_pem)
    connector = aiohttp.TCPConnector(ssl=context, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def fetch(
    world: World, session: aiohttp.ClientSession, path: str, method: str = "GET"
) -> tuple[int, Any, Any]:
    url = f"https://{LOOPBACK}:{world.https}{path}"
    async with session.request(method, url, server_hostname=NAME) as response:
        body = await response.read()
        return response.status, response.headers, json.loads(body) if body else None


async def test_a_name_is_told_over_https(world: World, session: aiohttp.ClientSession) -> None:
    status, headers, found = await fetch(world, session, "/domain/coco.xg")
    assert status == 200
    assert headers["Content-Type"] == "application/rdap+json"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert found["status"] == ["server hold"]
    status, headers, found = await fetch(world, session, "/domain/coco.xg", "HEAD")
    assert (status, found) == (200, None)
    assert int(headers["Content-Length"]) > 500


async def test_errors_come_as_rdap(world: World, session: aiohttp.ClientSession) -> None:
    for path, method, expected in (
        ("/domain/nobody.xg", "GET", 404),
        ("/domain/coco.xg", "POST", 405),
        ("/nonsense", "GET", 400),
        ("/ip/192.0.2.1", "GET", 501),
    ):
        status, headers, found = await fetch(world, session, path, method)
        assert (status, found["errorCode"]) == (expected, expected)
        assert headers["Content-Type"] == "application/rdap+json"


async def test_who_asks_too_often_has_to_wait(world: World, session: aiohttp.ClientSession) -> None:
    answers = [await fetch(world, session, "/help") for _ in range(21)]
    assert [status for status, _, _ in answers] == [200] * 20 + [429]
    assert 1 <= int(answers[-1][1]["Retry-After"]) <= 180
    told = [await world.ask(b"coco.xg\r\n") for _ in range(21)]
    assert told[19].startswith("Domain Name: coco.xg\r\n")
    assert told[20].startswith("Query rate exceeded. Ask again in ")


async def test_in_clear_one_is_sent_to_https(world: World) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"http://{LOOPBACK}:{world.http}/domain/coco.xg?x=1", allow_redirects=False
        ) as response,
    ):
        assert response.status == 301
        assert response.headers["Location"] == f"https://{NAME}/domain/coco.xg?x=1"


async def test_whois_takes_one_line_and_hangs_up(world: World) -> None:
    said = await world.ask(b"COCO.xg\r\nmore\r\n")
    assert said.startswith("Domain Name: coco.xg\r\n")
    assert "Domain Status: serverHold\r\n" in said
    assert (await world.ask(b"nobody.xg\n")).startswith('No match for "NOBODY.XG".\r\n')
    assert await world.ask(b"a" * 2000 + b"\r\n") == "Error: the question is too long.\r\n"


async def test_a_client_that_hangs_up_first_harms_nobody(world: World) -> None:
    for words in (b"", b"coco"):
        _, writer = await asyncio.open_connection(LOOPBACK, world.whois)
        writer.write(words)
        writer.transport.abort()
    assert (await world.ask(b"coco.xg\r\n")).startswith("Domain Name")
