"""Proxies and an edge unchanged on real loopback sockets, asked by our probe and by curl."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from simulator.roles.cdn.service import Customer, Edge
from simulator.roles.certification.service import CertificationAuthority
from simulator.roles.hosting import logic
from simulator.roles.hosting.service import WebHost
from simulator.roles.probe.certificates import browser_context
from simulator.roles.probe.service import Identity, Probe
from simulator.roles.proxy.client import ConnectRoute, SocksRoute
from simulator.roles.proxy.service import ConnectProxy, SocksProxy
from simulator.values import SECOND, Observation

LOOPBACK = "127.0.0.1"
HOST, EDGE, SILENT = "198.51.100.7", "203.0.113.8", "203.0.113.66"
NAMES = {"coco.xg": HOST, "plain.xg": HOST, "front.xg": EDGE, "shut.xg": SILENT}
SITES = (logic.Site("coco.xg", "Coco"), logic.Site("plain.xg", "Plain", https=False))


@dataclass(frozen=True)
class Answer:
    addresses: tuple[str, ...] = ()
    failure: str | None = None
    rcode: str | None = "NOERROR"
    extended_error: None = None
    resolver: str | None = "192.0.2.53"
    answers: tuple[()] = ()


class Nobody:
    """A resolver that nobody should ask."""

    async def addresses(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for at home")


class Names:
    async def addresses(self, name: str) -> Answer:
        address = NAMES.get(name)
        return Answer((), "dns_nxdomain_error") if address is None else Answer((address,))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class World:
    """A web host, an edge before it, and a proxy of each kind, behind one loopback address."""

    def __init__(self) -> None:
        self.ports = {
            (address, port): free_port() for address in (HOST, EDGE) for port in (80, 443)
        }
        self.authority = CertificationAuthority(self.lookup, Random(1), self.now, dial=self.dial)
        self.order_port, self.socks_port, self.connect_port = (free_port() for _ in range(3))
        self.host = WebHost(
            "host", logic.hosting(SITES), [LOOPBACK], self.now,
            http_port=self.ports[HOST, 80], https_port=self.ports[HOST, 443],
        )  # fmt: skip
        self.edge = Edge(
            "edge", ["front.xg"], [Customer("coco.xg", (HOST,))], [LOOPBACK], self.now,
            self.authority.root_pem, dial=self.dial,
            http_port=self.ports[EDGE, 80], https_port=self.ports[EDGE, 443],
        )  # fmt: skip
        names = Names()
        self.socks = SocksProxy(
            "socks", [LOOPBACK], names.addresses, port=self.socks_port, dial=self.dial
        )
        self.connect = ConnectProxy(
            "connect", [LOOPBACK], names.addresses, self.now, port=self.connect_port, dial=self.dial
        )

    async def lookup(self, name: str) -> list[str]:
        return [NAMES[name]]

    def now(self) -> int:
        return int(asyncio.get_running_loop().time() * SECOND)

    def dial(self, address: str, port: int) -> tuple[str, int]:
        if address == LOOPBACK:
            return address, port
        return LOOPBACK, self.ports.get((address, port), 1)

    async def visit(self, url: str, route: Any = None, front: str | None = None) -> Observation:
        context = browser_context(self.authority.root_pem)
        resolver: Any = Names() if route is None else Nobody()
        probe = Probe(resolver, context, self.now, Identity("paris", "FR"), dial=self.dial)
        probe.route, probe.front = route, front
        return await probe.visit(url)

    def route(self, kind: str) -> SocksRoute | ConnectRoute:
        if kind == "socks":
            return SocksRoute(LOOPBACK, self.socks_port)
        return ConnectRoute(LOOPBACK, self.connect_port)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    machines = (world.host, world.edge, world.socks, world.connect)
    await world.authority.start([LOOPBACK], world.order_port)
    for machine in machines:
        await machine.start()
    authority = (LOOPBACK, world.order_port)
    await world.host.obtain_certificate(["coco.xg"], authority)
    await world.edge.obtain_certificate(authority)
    yield world
    for machine in machines:
        await machine.stop()
    await world.authority.stop()
    await asyncio.sleep(0)


@pytest.mark.parametrize("kind", ["socks", "connect"])
async def test_the_probe_goes_by_a_proxy_and_asks_nobody_at_home(world: World, kind: str) -> None:
    seen = await world.visit("https://coco.xg/", world.route(kind))
    assert (seen.page, seen.status, seen.failure, seen.queries) == ("site", 200, None, ())
    assert seen.connects[0].address == LOOPBACK
    assert (await world.visit("http://plain.xg/", world.route(kind))).page == "site"


@pytest.mark.parametrize(
    ("kind", "url", "stage", "failure"),
    [
        ("socks", "https://gone.xg/", "tcp", "host_unreachable"),
        ("connect", "https://gone.xg/", "dns", "dns_nxdomain_error"),
        ("socks", "https://shut.xg/", "tcp", "connection_refused"),
        ("connect", "https://shut.xg/", "tcp", "connection_refused"),
    ],
)
async def test_the_probe_learns_what_failed_beyond_the_proxy(
    world: World, kind: str, url: str, stage: str, failure: str
) -> None:
    seen = await world.visit(url, world.route(kind))
    assert (seen.stage, seen.failure) == (stage, failure)


async def test_a_front_hides_a_site_until_the_edge_lets_it_no_more(world: World) -> None:
    seen = await world.visit("https://coco.xg/", front="front.xg")
    assert (seen.page, seen.handshakes[0].server_name) == ("site", "front.xg")
    world.edge.end_service("coco.xg")
    assert (await world.visit("https://coco.xg/", front="front.xg")).status == 421


# --- a client that we did not write ---------------------------------------------------

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


async def curl(world: World, tmp_path: Any, *options: str) -> tuple[int, str, str]:
    """Run curl and return its exit status, what it printed, and what it complained of."""
    root = tmp_path / "root.pem"
    root.write_text(world.authority.root_pem)
    process = await asyncio.create_subprocess_exec(
        "curl", "-sS", "--cacert", str(root), "--noproxy", "", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.mark.client
@needs_curl
@pytest.mark.parametrize("url", ["https://coco.xg/", "http://plain.xg/"])
async def test_curl_goes_by_each_proxy_in_each_way(world: World, tmp_path: Any, url: str) -> None:
    """SOCKS5 with the name unresolved, CONNECT, and an http:// URL in absolute form."""
    name = url.split("/")[2]
    ways = [
        ("--socks5-hostname", f"{LOOPBACK}:{world.socks_port}"),
        ("--proxy", f"http://{LOOPBACK}:{world.connect_port}"),
        ("--proxytunnel", "--proxy", f"http://{LOOPBACK}:{world.connect_port}"),
    ]
    for way in ways:
        status, page, complaint = await curl(world, tmp_path, *way, url)
        assert (status, complaint) == (0, ""), way
        assert f'content="site {name}"' in page


@pytest.mark.client
@needs_curl
async def test_curl_understands_what_the_proxies_refuse(world: World, tmp_path: Any) -> None:
    socks = f"{LOOPBACK}:{world.socks_port}"
    status, _, complaint = await curl(
        world, tmp_path, "--socks5-hostname", socks, "https://gone.xg/"
    )
    assert status == 97
    assert "(4)" in complaint  # host unreachable: all that SOCKS can say of a name
    password = ("--proxy", f"socks5h://user:word@{socks}")
    status, _, _ = await curl(world, tmp_path, *password, "https://coco.xg/")
    assert status == 0  # curl offers a password and to do without: it is served without
    proxy = ("--proxy", f"http://{LOOPBACK}:{world.connect_port}")
    status, _, complaint = await curl(world, tmp_path, *proxy, "https://gone.xg/")
    assert status == 56
    assert "502" in complaint
    status, page, _ = await curl(world, tmp_path, *proxy, "-i", "http://gone.xg/")
    assert status == 0
    assert 'Proxy-Status: takedown-lab; error=dns_error; rcode="NXDOMAIN"' in page


@pytest.mark.client
@needs_curl
async def test_curl_fronts_by_its_host_field(world: World, tmp_path: Any) -> None:
    port = world.ports[EDGE, 443]
    status, page, complaint = await curl(
        world, tmp_path, "--resolve", f"front.xg:{port}:{LOOPBACK}",
        "-H", "Host: coco.xg", f"https://front.xg:{port}/",
    )  # fmt: skip
    assert (status, complaint) == (0, "")
    assert 'content="site coco.xg"' in page


async def test_a_huge_request_is_refused_and_the_refusal_arrives(world: World) -> None:
    """What was not read when we hung up must not turn the farewell into a reset."""
    reader, writer = await asyncio.open_connection(LOOPBACK, world.connect_port)
    writer.write(b"A" * 1_000_000)
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 431 ")
    writer.close()


async def test_a_half_closed_stream_still_gets_its_answer(world: World) -> None:
    """As of a client that says all and ends: the answer comes back through both legs."""

    async def answer_at_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()

    world.ports[HOST, 25] = free_port()
    server = await asyncio.start_server(answer_at_the_end, LOOPBACK, world.ports[HOST, 25])
    reader, writer = await asyncio.open_connection(LOOPBACK, world.connect_port)
    writer.write(b"CONNECT plain.xg:25 HTTP/1.1\r\nHost: plain.xg:25\r\n\r\nhello ")
    writer.write(b"x" * 1_000_000)
    writer.write_eof()
    answer = await reader.read()
    established = b"HTTP/1.1 200 Connection established\r\n\r\n"
    assert answer == established + b"HELLO " + b"X" * 1_000_000
    writer.close()
    server.close()
