"""An edge on the virtual Internet: fronting, refusals, and origins that fail."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from simulator.journal import Journal
from simulator.measures import EdgeRefusal
from simulator.net import Host, LabLoop, Network
from simulator.roles.cdn.service import Customer, Edge
from simulator.roles.certification.service import CertificationAuthority
from simulator.roles.hosting import logic as hosting
from simulator.roles.hosting.service import WebHost
from simulator.roles.probe.certificates import browser_context
from simulator.roles.probe.service import Identity, Probe
from simulator.values import Observation

EDGE, SITE, AUTHORITY = "203.0.113.8", "198.51.100.7", "198.51.100.53"
SILENT, CLOSED = "198.51.100.66", "198.51.100.9"
SUBSCRIBER = "192.0.2.7"
SITES = hosting.hosting(
    [
        hosting.Site("coco.xg", "Coco", hsts_seconds=60),
        hosting.Site("plain.xg", "Plain", https=False),
        hosting.Site("other.xg", "Other"),
    ]
)
CUSTOMERS = (
    Customer("coco.xg", (SITE,)),
    Customer("plain.xg", (SITE,), https=False),
    Customer("silent.xg", (SILENT,), https=False),
    Customer("closed.xg", (CLOSED,)),
    Customer("second.xg", (CLOSED, SITE)),
    Customer("loop.xg", (EDGE,), https=False),
)


@dataclass(frozen=True)
class Answer:
    addresses: tuple[str, ...]
    failure: str | None = None
    rcode: str | None = "NOERROR"
    extended_error: None = None
    resolver: str | None = "192.0.2.53"
    answers: tuple[()] = ()


CUT_SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"
NAMES = {"front.xg": EDGE, "coco.xg": SITE, "plain.xg": SITE}


class Names:
    async def addresses(self, name: str) -> Answer:
        return Answer((NAMES[name],))


class Internet:
    """A subscriber, an edge, and the machine where its customers' sites are."""

    def __init__(self) -> None:
        self.loop = LabLoop()
        fabric = self.loop.fabric
        home = fabric.add_network(Network("home", prefixes=["192.0.2.0/24"]))
        middle = fabric.add_network(Network("middle", prefixes=["203.0.113.0/24"]))
        away = fabric.add_network(Network("away", prefixes=["198.51.100.0/24"]))
        fabric.topology.link(home, middle, 10_000)
        fabric.topology.link(middle, away, 10_000)
        self.paris = Host(fabric, "paris", home, (SUBSCRIBER,))
        self.machine = Host(fabric, "edge", middle, (EDGE,))
        self.site = Host(fabric, "site", away, (SITE,))
        self.signer = Host(fabric, "signer", away, (AUTHORITY,))
        Host(fabric, "closed", away, (CLOSED,))
        Host(fabric, "silent", away, (SILENT,)).powered = False
        self.journal = Journal(fabric.now)
        self.errors: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.errors.append(context))
        self.authority = CertificationAuthority(self.lookup, Random(1), fabric.now)
        self.run(self.signer, self.authority.start([AUTHORITY]))
        self.origin = WebHost("site", SITES, [SITE], fabric.now)
        self.run(self.site, self.origin.start())
        self.run(self.site, self.origin.obtain_certificate(["coco.xg"], (AUTHORITY, 80)))
        self.edges: list[Edge] = []

    async def lookup(self, name: str) -> list[str]:
        return [NAMES[name]]

    def edge(self, **settings: Any) -> Edge:
        edge = Edge(
            "edge", ["front.xg"], CUSTOMERS, [EDGE], self.loop.fabric.now, self.authority.root_pem,
            journal=self.journal, calendar_start=1719302400, **settings,
        )  # fmt: skip
        self.edges.append(edge)
        self.run(self.machine, edge.start())
        self.run(self.machine, edge.obtain_certificate((AUTHORITY, 80)))
        return edge

    def run(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def visit(self, url: str, front: str | None = "front.xg") -> Observation:
        context = browser_context(self.authority.root_pem)
        probe = Probe(Names(), context, self.loop.fabric.now, Identity("paris", "FR"))
        probe.front = front
        seen = self.run(self.paris, probe.visit(url))
        assert isinstance(seen, Observation)
        return seen

    def say(self, data: bytes, port: int = 80) -> bytes:
        async def talk() -> bytes:
            reader, writer = await asyncio.open_connection(EDGE, port)
            writer.write(data)
            answer = await reader.read()
            writer.close()
            return answer

        answer = self.run(self.paris, talk())
        assert isinstance(answer, bytes)
        return answer

    def get(self, host: str, *fields: str) -> tuple[bytes, dict[bytes, bytes]]:
        """Ask the edge in clear; return the status line and the header fields."""
        request = [f"GET / HTTP/1.1\r\nHost: {host}", *fields, "Connection: close\r\n\r\n"]
        head = self.say("\r\n".join(request).encode()).partition(b"\r\n\r\n")[0]
        line, *lines = head.split(b"\r\n")
        fields_ = (one.partition(b": ") for one in lines)
        return line, {name.lower(): value for name, _, value in fields_}


@pytest.fixture
def internet() -> Iterator[Internet]:
    made = Internet()
    yield made
    made.run(made.paris, asyncio.sleep(200))
    for edge in made.edges:
        made.run(made.machine, edge.stop())
    made.run(made.site, made.origin.stop())
    made.run(made.signer, made.authority.stop())
    made.run(made.paris, asyncio.sleep(1))
    assert made.errors == []
    assert made.machine.connections == {}
    made.loop.close()


def test_a_site_is_reached_behind_another_name(internet: Internet) -> None:
    """The wire to the edge shows the front alone; the site's own machine sees the edge."""
    internet.edge()
    read: list[bytes] = []

    class Watch:
        def saw(self, _at: int, packet: Any) -> None:
            if SUBSCRIBER in packet[:2]:
                read.append(packet.body.data)

    internet.loop.fabric.taps.append(Watch())  # type: ignore[arg-type]
    seen = internet.visit("https://coco.xg/")
    assert (seen.page, seen.status, seen.address) == ("site", 200, EDGE)
    headers = dict(seen.exchanges[0].headers)
    assert headers["via"] == "1.1 takedown-lab"
    assert headers["strict-transport-security"] == "max-age=60"
    assert headers["date"].startswith("Tue, 25 Jun 2024 08:")
    heard = b"".join(read)
    assert b"front.xg" in heard
    assert b"coco.xg" not in heard


def test_a_site_without_https_is_fetched_in_clear(internet: Internet) -> None:
    internet.edge()
    assert internet.visit("https://plain.xg/").page == "site"


def test_the_edge_is_a_site_of_its_own(internet: Internet) -> None:
    internet.edge()
    seen = internet.visit("https://front.xg/", front=None)
    assert (seen.page, seen.title) == ("site", "Content network")


def test_where_fronting_is_not_allowed_the_answer_is_421(internet: Internet) -> None:
    internet.edge(fronting_allowed=False)
    seen = internet.visit("https://coco.xg/")
    assert (seen.status, seen.page) == (421, "other")
    assert internet.visit("https://front.xg/", front=None).page == "site"


def test_a_refusal_reaches_those_it_names_until_it_is_taken_back(internet: Internet) -> None:
    edge = internet.edge()
    edge.refuse("order", EdgeRefusal("coco.xg", ("192.0.2.0/24",), "https://front.xg/legal"))
    seen = internet.visit("https://coco.xg/")
    assert (seen.status, seen.page) == (451, "block_page")
    assert dict(seen.exchanges[0].headers)["link"] == '<https://front.xg/legal>; rel="blocked-by"'
    assert internet.visit("https://plain.xg/").page == "site"
    edge.serve_again("order")
    assert internet.visit("https://coco.xg/").page == "site"
    assert [entry.what for entry in internet.journal if entry.who == "edge"] == [
        "certificate installed", "refuses a site", "takes a refusal back",
    ]  # fmt: skip


def test_a_customer_may_leave_and_come_back(internet: Internet) -> None:
    edge = internet.edge()
    edge.end_service("coco.xg")
    assert internet.visit("https://coco.xg/").status == 421
    edge.serve(CUSTOMERS[0])
    assert internet.visit("https://coco.xg/").page == "site"


@pytest.mark.parametrize(
    ("host", "line", "trouble"),
    [
        ("silent.xg", b"HTTP/1.1 504 Gateway Timeout", b"connection_timeout"),
        ("closed.xg", b"HTTP/1.1 502 Bad Gateway", b"connection_refused"),
        ("second.xg", b"HTTP/1.1 502 Bad Gateway", b"tls_certificate_error"),
        ("loop.xg", b"HTTP/1.1 502 Bad Gateway", b"proxy_loop_detected"),
    ],
)
def test_an_origin_that_fails_is_told_apart(
    internet: Internet, host: str, line: bytes, trouble: bytes
) -> None:
    """Silence, refusal, a certificate for another name, and an origin that is the edge."""
    internet.edge()
    first, fields = internet.get(host)
    assert first == line
    assert fields[b"proxy-status"] == b"takedown-lab; error=" + trouble


@pytest.mark.parametrize(
    ("answer", "stays", "status", "trouble"),
    [
        (b"220 hello\r\n\r\n", False, 502, b"http_protocol_error"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal",
            False,
            502,
            b"http_response_incomplete",
        ),
        (b"", True, 504, b"http_response_timeout"),
    ],
)
def test_an_origin_that_talks_nonsense_is_told_apart(
    internet: Internet, answer: bytes, stays: bool, status: int, trouble: bytes
) -> None:
    class Program(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(answer)
            if not stays:
                self.transport.close()

    edge = internet.edge()
    internet.run(internet.site, internet.origin.stop())
    internet.run(internet.site, internet.loop.create_server(Program, SITE, 80))
    first, fields = internet.get("plain.xg")
    assert int(first.split()[1]) == status
    assert fields[b"proxy-status"].endswith(trouble)
    assert edge.running


def test_head_has_the_head_alone_and_other_methods_are_refused(internet: Internet) -> None:
    internet.edge()
    ask = b" / HTTP/1.1\r\nHost: plain.xg\r\nConnection: close\r\n\r\n"
    head = internet.say(b"HEAD" + ask)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.endswith(b"\r\n\r\n")
    refused = internet.say(b"POST" + ask)
    assert refused.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
    assert b"\r\nAllow: GET, HEAD\r\n" in refused


@pytest.mark.parametrize("data", [b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"A" * 40_000])
def test_garbage_is_answered_in_the_dress_of_the_lab(internet: Internet, data: bytes) -> None:
    internet.edge()
    answer = internet.say(data + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 400 Bad Request\r\n")
    assert b"Server: takedown-lab" in answer


def test_no_reset_is_seen_when_a_page_is_fetched(internet: Internet) -> None:
    internet.edge()
    flags: list[int] = []

    class Watch:
        def saw(self, _at: int, packet: Any) -> None:
            flags.append(packet.body.flags)

    internet.loop.fabric.taps.append(Watch())  # type: ignore[arg-type]
    internet.visit("https://coco.xg/")
    internet.visit("https://plain.xg/")
    internet.run(internet.paris, asyncio.sleep(60))
    assert not any(flag & 0x04 for flag in flags)


def test_a_visitor_who_leaves_while_the_origin_is_silent_leaves_nothing(
    internet: Internet,
) -> None:
    async def impatient() -> None:
        _, writer = await asyncio.open_connection(EDGE, 80)
        writer.write(b"GET / HTTP/1.1\r\nHost: silent.xg\r\n\r\n")
        await asyncio.sleep(1)
        writer.close()
        await asyncio.sleep(30)

    internet.edge()
    internet.run(internet.paris, impatient())
    states = {repr(one).split()[-1] for one in internet.machine.connections.values()}
    assert states == {"TIME-WAIT>"}


def test_an_edge_without_power_refuses(internet: Internet) -> None:
    edge = internet.edge()
    internet.run(internet.machine, edge.stop())
    assert internet.visit("https://coco.xg/").failure == "connection_refused"
    assert repr(edge) == "<Edge edge off 6 names>"


def test_an_origin_that_never_says_farewell_keeps_nobody_waiting(internet: Internet) -> None:
    class Program(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        def eof_received(self) -> bool:
            return True

    edge = internet.edge()
    internet.run(internet.site, internet.origin.stop())
    internet.run(internet.site, internet.loop.create_server(Program, SITE, 80))
    began = internet.loop.clock.now
    assert internet.get("plain.xg")[0] == b"HTTP/1.1 200 OK"
    assert internet.loop.clock.now - began == 4 * 24_000
    internet.run(internet.machine, edge.stop())
