"""Proxies on the virtual Internet, asked by the probe and by octets of our own."""

import asyncio
import datetime
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from simulator.journal import Journal
from simulator.net import Host, LabLoop, Network
from simulator.roles.certification.logic import Authority, check_request
from simulator.roles.hosting import logic as hosting
from simulator.roles.hosting.service import WebHost
from simulator.roles.probe.certificates import browser_context
from simulator.roles.probe.service import Identity, Probe
from simulator.roles.proxy.client import ConnectRoute, SocksRoute
from simulator.roles.proxy.service import ConnectProxy, SocksProxy
from simulator.values import Observation

TODAY = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - OpenSSL compares with it
AUTHORITY = Authority("Lab Root", Random(1), TODAY)
SITE, RAW, SILENT = "198.51.100.7", "198.51.100.9", "198.51.100.66"
PROXY, SUBSCRIBER = "203.0.113.8", "192.0.2.7"
ROUND_TRIP = 24_000
"""Microseconds there and back: 1 ms at each end and 10 ms between, on each of two legs."""
COCO = hosting.hosting(
    [hosting.Site("coco.xg", "Coco"), hosting.Site("plain.xg", "P", https=False)]
)
GREETING, RAW_BY_NAME = b"\x05\x01\x00", b"\x05\x01\x00\x03\x06raw.xg\x00\x19"
ROUTES = {"socks": SocksRoute(PROXY, 1080), "connect": ConnectRoute(PROXY, 8080)}


@dataclass(frozen=True)
class Found:
    addresses: tuple[str, ...] = ()
    failure: str | None = None


class Program(asyncio.Protocol):
    """A server's end of a connection: writes down what comes; ``run`` is its first word."""

    def __init__(self, greet: Callable[[asyncio.Transport], None] = lambda _: None) -> None:
        self.said = b""
        self.ended = False
        self.lost: list[Exception | None] = []
        self._greet = greet

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._greet(transport)

    def data_received(self, data: bytes) -> None:
        self.said += data

    def eof_received(self) -> bool:
        self.ended = True
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.append(error)


class Nobody:
    """A resolver that nobody should ask."""

    async def addresses(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for at home")


class Internet:
    """A subscriber, two proxies on one machine abroad, a web host, and one for raw programs."""

    def __init__(self) -> None:
        self.loop = LabLoop()
        fabric = self.loop.fabric
        home = fabric.add_network(Network("home", prefixes=["192.0.2.0/24"]))
        middle = fabric.add_network(Network("middle", prefixes=["203.0.113.0/24"]))
        away = fabric.add_network(Network("away", prefixes=["198.51.100.0/24"]))
        fabric.topology.link(home, middle, 10_000)
        fabric.topology.link(middle, away, 10_000)
        self.paris = Host(fabric, "paris", home, (SUBSCRIBER,))
        self.machine = Host(fabric, "proxy", middle, (PROXY,))
        self.site = Host(fabric, "site", away, (SITE,))
        self.raw = Host(fabric, "raw", away, (RAW,))
        Host(fabric, "silent", away, (SILENT,)).powered = False
        self.journal = Journal(fabric.now)
        self.errors: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.errors.append(context))
        self.names = {
            "coco.xg": Found((SITE,)),
            "plain.xg": Found((SITE,)),
            "raw.xg": Found((RAW,)),
            "silent.xg": Found((SILENT,)),
            "held.xg": Found((), "dns_nxdomain_error"),
        }
        self.socks = SocksProxy("socks", [PROXY], self.lookup, journal=self.journal)
        self.connect = ConnectProxy(
            "connect", [PROXY], self.lookup, self.now, journal=self.journal,
            calendar_start=1719302400,
        )  # fmt: skip
        self.run(self.machine, self.socks.start())
        self.run(self.machine, self.connect.start())
        self.server = WebHost("site", COCO, [SITE], self.now)
        tls = self.server._tls
        key = check_request(tls.keys.signing_request(["coco.xg"]), ("coco.xg",))
        tls.install(["coco.xg"], AUTHORITY.issue(("coco.xg",), key, TODAY))
        self.run(self.site, self.server.start())

    async def lookup(self, name: str) -> Found:
        await asyncio.sleep(0.005)
        return self.names.get(name, Found((), "dns_nxdomain_error"))

    def now(self) -> int:
        return self.loop.clock.now

    def run(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def serve(self, program: Program, port: int = 25) -> Program:
        """Have one connection to a port of the raw machine run a program."""
        self.run(self.raw, self.loop.create_server(lambda: program, RAW, port))
        return program

    def talk(self, said: bytes, port: int, pause: float = 1.0) -> Program:
        """Say something to a proxy, and return our end after a while."""

        async def start() -> Program:
            program = Program(lambda transport: transport.write(said))
            await self.loop.create_connection(lambda: program, PROXY, port)
            await asyncio.sleep(pause)
            return program

        program = self.run(self.paris, start())
        assert isinstance(program, Program)
        return program

    def settle(self) -> None:
        self.run(self.paris, asyncio.sleep(200))

    def visit(self, url: str, route: Any) -> Observation:
        context = browser_context(AUTHORITY.root_pem)
        probe = Probe(Nobody(), context, self.now, Identity("paris", "FR"))
        probe.route = route
        seen = self.run(self.paris, probe.visit(url))
        assert isinstance(seen, Observation)
        return seen

    def facts(self, who: str) -> list[tuple[str, dict[str, Any]]]:
        return [(entry.what, entry.details) for entry in self.journal if entry.who == who]


@pytest.fixture
def internet() -> Iterator[Internet]:
    made = Internet()
    yield made
    made.settle()
    assert made.paris.connections == {}
    assert made.machine.connections == {}
    for host, service in (
        (made.site, made.server), (made.machine, made.socks), (made.machine, made.connect),
    ):  # fmt: skip
        made.run(host, service.stop())
    assert made.errors == []
    assert asyncio.all_tasks(made.loop) == set()
    made.loop.close()


@pytest.mark.parametrize("kind", ["socks", "connect"])
def test_a_site_is_reached_by_name_and_nobody_asks_the_dns_at_home(
    internet: Internet, kind: str
) -> None:
    seen = internet.visit("https://coco.xg/", ROUTES[kind])
    assert (seen.page, seen.failure, seen.queries) == ("site", None, ())
    assert (seen.address, seen.addresses, seen.resolver) == (PROXY, (), None)
    port = 1080 if kind == "socks" else 8080
    assert [(one.address, one.port, one.failure) for one in seen.connects] == [(PROXY, port, None)]
    assert seen.handshakes[0].server_name == "coco.xg"
    assert internet.facts(kind) == [
        ("relays", {"client": SUBSCRIBER, "host": "coco.xg", "port": 443})
    ]


def test_the_legs_of_a_visit_take_the_time_that_they_take(internet: Internet) -> None:
    """Greeting, request and the proxy's own SYN; then TLS and HTTP over both legs."""
    leg, between = 24_000, 5_000
    seen = internet.visit("https://coco.xg/", ROUTES["socks"])
    up = 3 * leg + between + leg
    both = 2 * 22_000 + 2 * 2_000
    assert [(one.stage, one.ended) for one in seen.timings] == [
        ("tcp", up), ("tls", up + both), ("http", up + 2 * both),
    ]  # fmt: skip
    assert seen.timings[0].detail == "coco.xg port 443"


@pytest.mark.parametrize(
    ("kind", "url", "stage", "failure"),
    [
        ("socks", "https://held.xg/", "tcp", "host_unreachable"),
        ("connect", "https://held.xg/", "dns", "dns_nxdomain_error"),
        ("socks", "https://raw.xg/", "tcp", "connection_refused"),
        ("connect", "https://raw.xg/", "tcp", "connection_refused"),
        ("socks", "https://silent.xg/", "tcp", "generic_timeout_error"),
        ("connect", "https://silent.xg/", "tcp", "generic_timeout_error"),
        ("socks", "https://[2001:db8::9]/", "tcp", "network_unreachable"),
        ("connect", "https://[2001:db8::9]/", "tcp", "host_unreachable"),
    ],
)
def test_what_fails_beyond_the_proxy_is_told_as_far_as_the_protocol_can(
    internet: Internet, kind: str, url: str, stage: str, failure: str
) -> None:
    seen = internet.visit(url, ROUTES[kind])
    assert (seen.stage, seen.failure) == (stage, failure)
    assert [(one.address, one.failure) for one in seen.connects] == [(PROXY, None)]
    [(what, details)] = internet.facts(kind)
    assert (what, details["client"]) == ("not reached", SUBSCRIBER)


def test_a_silent_site_is_given_up_by_the_proxy_after_ten_seconds(internet: Internet) -> None:
    seen = internet.visit("https://silent.xg/", ROUTES["connect"])
    leg = 24_000
    assert seen.ended == 2 * leg + 5_000 + 10_000_000


@pytest.mark.parametrize("kind", ["socks", "connect"])
def test_a_proxy_that_is_not_there_fails_at_its_own_address(internet: Internet, kind: str) -> None:
    route = {"socks": SocksRoute, "connect": ConnectRoute}[kind]
    refused = internet.visit("https://coco.xg/", route(PROXY, 9))
    assert [(one.address, one.port, one.failure) for one in refused.connects] == [
        (PROXY, 9, "connection_refused"),
    ]  # fmt: skip
    silent = internet.visit("https://coco.xg/", route(SILENT, 9))
    assert (silent.failure, silent.ended - silent.at) == ("generic_timeout_error", 10_000_000)
    assert silent.connects[0].address == SILENT


def test_a_proxy_that_hangs_up_at_once_is_an_end_of_file(internet: Internet) -> None:
    internet.serve(Program(lambda transport: transport.close()), 1080)
    seen = internet.visit("https://coco.xg/", SocksRoute(RAW, 1080))
    assert (seen.stage, seen.failure) == ("tcp", "eof_error")
    assert [(one.address, one.failure) for one in seen.connects] == [(RAW, None)]


def test_the_leg_to_the_proxy_is_in_clear(internet: Internet) -> None:
    """Who stands on it reads the name, in the request and again in the ClientHello."""
    read: list[bytes] = []

    class Watch:
        def saw(self, _at: int, packet: Any) -> None:
            if SUBSCRIBER in packet[:2]:
                read.append(packet.body.data)

    internet.loop.fabric.taps.append(Watch())  # type: ignore[arg-type]
    internet.visit("http://plain.xg/", ROUTES["connect"])
    heard = b"".join(read)
    assert b"CONNECT plain.xg:443" in heard
    assert b"GET / HTTP/1.1\r\nHost: plain.xg\r\n" in heard


def test_no_reset_is_seen_in_a_visit_that_nobody_disturbs(internet: Internet) -> None:
    flags: list[int] = []

    class Watch:
        def saw(self, _at: int, packet: Any) -> None:
            flags.append(packet.body.flags)

    internet.loop.fabric.taps.append(Watch())  # type: ignore[arg-type]
    for kind in ROUTES:
        internet.visit("https://coco.xg/", ROUTES[kind])
        internet.visit("https://held.xg/", ROUTES[kind])
    internet.settle()
    assert not any(flag & 0x04 for flag in flags)


# --- the two legs ---------------------------------------------------------------------


def test_either_end_may_finish_first_and_go_on_listening(internet: Internet) -> None:
    """Half-close: our FIN reaches the destination, which still answers."""
    server = internet.serve(Program())
    us = internet.talk(GREETING + RAW_BY_NAME + b"early", 1080)
    assert server.said == b"early"
    us.transport.write_eof()
    internet.run(internet.paris, asyncio.sleep(1))
    assert (server.ended, us.ended) == (True, False)
    server.transport.write(b"late")
    server.transport.close()
    internet.run(internet.paris, asyncio.sleep(1))
    assert (us.said[12:], us.ended) == (b"late", True)
    us.transport.close()


def test_a_destination_that_speaks_first_is_heard_after_the_reply(internet: Internet) -> None:
    internet.serve(Program(lambda transport: transport.write(b"220 hello")))
    us = internet.talk(GREETING + RAW_BY_NAME, 1080)
    assert us.said[:4] == b"\x05\x00\x05\x00"
    assert us.said[12:] == b"220 hello"
    us.transport.close()


def test_a_reset_beyond_the_proxy_comes_through_as_a_reset(internet: Internet) -> None:
    server = internet.serve(Program())
    us = internet.talk(GREETING + RAW_BY_NAME, 1080)
    server.transport.abort()
    internet.run(internet.paris, asyncio.sleep(1))
    assert isinstance(us.lost[0], ConnectionResetError)


def test_a_client_that_vanishes_takes_its_connection_along(internet: Internet) -> None:
    server = internet.serve(Program())
    us = internet.talk(GREETING + RAW_BY_NAME, 1080)
    us.transport.abort()
    internet.run(internet.paris, asyncio.sleep(1))
    assert isinstance(server.lost[0], ConnectionResetError)


def test_a_client_that_leaves_while_its_destination_is_dialled_leaves_nothing(
    internet: Internet,
) -> None:
    us = internet.talk(GREETING + b"\x05\x01\x00\x03\x09silent.xg\x00\x19", 1080)
    us.transport.abort()
    internet.run(internet.paris, asyncio.sleep(1))
    assert internet.socks._clients == {}


def test_a_destination_that_comes_up_as_its_client_leaves_is_let_go(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = internet.socks.outbound.connect

    async def dawdling(*wanted: Any) -> asyncio.Transport:
        transport = await connect(*wanted)
        await asyncio.sleep(10)
        return transport

    monkeypatch.setattr(internet.socks.outbound, "connect", dawdling)
    server = internet.serve(Program())
    us = internet.talk(GREETING + RAW_BY_NAME, 1080)
    us.transport.abort()
    internet.run(internet.paris, asyncio.sleep(1))
    assert isinstance(server.lost[0], ConnectionResetError)


def test_what_either_end_says_before_they_are_joined_is_kept(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A destination may speak, and end, before the proxy has answered its client."""
    connect = internet.socks.outbound.connect

    async def dawdling(*wanted: Any) -> asyncio.Transport:
        transport = await connect(*wanted)
        await asyncio.sleep(1)
        return transport

    monkeypatch.setattr(internet.socks.outbound, "connect", dawdling)

    def greet(transport: asyncio.Transport) -> None:
        transport.write(b"220 hello")
        transport.write_eof()

    server = internet.serve(Program(greet))
    us = internet.talk(GREETING + RAW_BY_NAME, 1080, pause=3)
    assert (us.said[12:], us.ended) == (b"220 hello", True)
    us.transport.write(b"thanks")
    us.transport.write_eof()
    internet.run(internet.paris, asyncio.sleep(1))
    assert (server.said, server.ended) == (b"thanks", True)
    us.transport.close()
    server.transport.close()


def test_megabytes_pass_at_the_pace_of_the_slower_side(internet: Internet) -> None:
    """A reader who does not read holds the writer back, and nothing is lost."""
    server = internet.serve(Program())
    us = internet.talk(GREETING + RAW_BY_NAME, 1080)
    us.transport.pause_reading()
    server.transport.write(bytes(2 << 20))
    internet.run(internet.paris, asyncio.sleep(5))
    held_back = server.transport.get_write_buffer_size()
    assert held_back > 1 << 20
    us.transport.resume_reading()
    internet.run(internet.paris, asyncio.sleep(20))
    assert len(us.said) == 12 + (2 << 20)
    us.transport.close()
    server.transport.close()


def test_two_silent_ends_are_cut_after_two_minutes(internet: Internet) -> None:
    server = internet.serve(Program())
    us = internet.talk(GREETING + RAW_BY_NAME, 1080)
    us.transport.write(b"one word")
    internet.run(internet.paris, asyncio.sleep(119))
    assert us.lost == []
    internet.run(internet.paris, asyncio.sleep(2))
    assert len(us.lost) == len(server.lost) == 1


def test_a_reader_who_never_reads_is_cut_though_the_writer_has_left(internet: Internet) -> None:
    server = internet.serve(Program())
    us = internet.talk(GREETING + RAW_BY_NAME, 1080)
    us.transport.pause_reading()
    server.transport.write(bytes(120_000))  # fits into the proxy, not into our window
    server.transport.close()
    internet.run(internet.paris, asyncio.sleep(200))
    assert internet.socks._clients == {}
    us.transport.abort()


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "said", "answer"),
    [
        (1080, b"\x04\x01\x00\x50\xc6\x33\x64\x07\x00", b""),
        (1080, b"\x05\x01\x02", b"\x05\xff"),
        (1080, GREETING + b"\x05\x02\x00\x01\0\0\0\0\0\0", b"\x05\x00\x05\x07\x00\x01" + bytes(6)),
        (8080, b"\x16\x03\x01\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n"),
        (8080, b"A" * 200_000, b"HTTP/1.1 431 Request Header Fields Too Large\r\n"),
    ],
)
def test_garbage_gets_the_protocols_own_refusal_and_a_fin(
    internet: Internet, port: int, said: bytes, answer: bytes
) -> None:
    us = internet.talk(said, port)
    assert us.said[: max(1, len(answer))] == answer
    assert (us.ended, us.lost) == (True, [])
    us.transport.close()
    internet.run(internet.paris, asyncio.sleep(1))
    assert us.lost == [None]
    [(what, _)] = internet.facts("socks" if port == 1080 else "connect")
    assert what == "refused a client"


def test_what_a_refused_client_goes_on_to_say_is_not_kept(internet: Internet) -> None:
    held = b"\x05\x01\x00\x03\x07held.xg\x00\x19"
    us = internet.talk(GREETING + held, 1080, pause=0.5)
    assert us.said[2:4] == b"\x05\x04"
    us.transport.write(bytes(100_000))
    internet.run(internet.paris, asyncio.sleep(1))
    assert [client.early for client in internet.socks._clients] == [b""]
    us.transport.close()


def test_a_client_that_stays_after_a_refusal_is_left_in_two_seconds(internet: Internet) -> None:
    us = internet.talk(b"\x04", 1080, pause=1.9)
    assert us.lost == []
    internet.run(internet.paris, asyncio.sleep(0.2))
    assert len(us.lost) == 1


@pytest.mark.parametrize(("port", "farewell"), [(1080, b""), (8080, b"HTTP/1.1 408")])
def test_a_client_that_asks_for_nothing_is_given_up_after_half_a_minute(
    internet: Internet, port: int, farewell: bytes
) -> None:
    us = internet.talk(b"\x05" if port == 1080 else b"GET ", port, pause=29)
    assert (us.said, us.ended) == (b"", False)
    internet.run(internet.paris, asyncio.sleep(2))
    assert us.ended
    assert us.said[:12] == farewell
    us.transport.close()


def test_a_page_in_clear_is_fetched_for_a_browser(internet: Internet) -> None:
    asked = b"GET http://plain.xg/ HTTP/1.1\r\nHost: plain.xg\r\n\r\n"
    us = internet.talk(asked + b"GET http://two.xg/ HTTP/1.1\r\n\r\n", 8080)
    assert us.said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert us.said.count(b"HTTP/1.1 ") == 1
    assert us.ended
    us.transport.close()


def test_after_a_page_in_clear_the_destination_hears_no_more_of_the_client(
    internet: Internet,
) -> None:
    server = internet.serve(Program())
    us = internet.talk(b"GET http://raw.xg:25/ HTTP/1.1\r\nHost: raw.xg:25\r\n\r\n", 8080)
    us.transport.write(b"GET http://raw.xg:25/two HTTP/1.1\r\n\r\n")
    us.transport.write_eof()
    internet.run(internet.paris, asyncio.sleep(1))
    assert server.said.startswith(b"GET / HTTP/1.1\r\nHost: raw.xg:25\r\n")
    assert server.said.count(b"GET") == 1
    assert not server.ended
    server.transport.close()


def test_a_refusal_by_http_has_the_date_of_the_lab(internet: Internet) -> None:
    us = internet.talk(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 8080)
    assert b"\r\nDate: Tue, 25 Jun 2024 08:00:00 GMT\r\n" in us.said
    us.transport.close()


def test_a_proxy_that_is_switched_off_breaks_off_and_refuses(internet: Internet) -> None:
    server = internet.serve(Program())
    us = internet.talk(GREETING + RAW_BY_NAME, 1080)
    internet.run(internet.machine, internet.socks.stop())
    internet.run(internet.paris, asyncio.sleep(1))
    assert not internet.socks.running
    assert isinstance(us.lost[0], ConnectionResetError)
    assert len(server.lost) == 1
    assert internet.visit("https://coco.xg/", ROUTES["socks"]).failure == "connection_refused"
    internet.run(internet.machine, internet.socks.start())
    assert internet.visit("https://coco.xg/", ROUTES["socks"]).page == "site"
