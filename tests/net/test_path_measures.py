"""An access provider's measures as programs meet them: real packets, exact lab times.

home (2 ms) -- transit -- (8 ms) abroad, each host 1 ms behind its router: 12 ms one way,
and 2 ms to the router of home and back.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import h11
import pytest

from simulator.measures import (
    AddressAction,
    AddressMeasure,
    DnsInjection,
    DnsInterception,
    DnsLie,
    EncryptedDnsMeasure,
    FingerprintMeasure,
    HttpAction,
    HttpMeasure,
    Measure,
    Residue,
    Shutdown,
    SniAction,
    SniMeasure,
)
from simulator.roles.isp.logic import AccessProvider
from simulator.values import RST, SECOND, Instant, Packet, Segment
from simulator.wire.banners import BlockPage
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import Question, Record, make_query, reply_to

BOB, BOB_6 = "198.51.100.20", "2001:db8:3::20"
REQUEST = b"GET / HTTP/1.1\r\nHost: clips.test\r\n\r\n"


def provider(internet: Any, *measures: Measure, key: str = "order") -> AccessProvider:
    alpha = AccessProvider(
        "alpha",
        paths=[internet.fabric.middlebox(internet.home)],
        block_page=("203.0.113.50", "2001:db8:2::50"),
        page=BlockPage("The court", "Alpha"),
        resolver_addresses=("192.0.2.53", "2001:db8:1::53"),
    )
    alpha.put(key, measures)
    return alpha


def hello(name: str) -> bytes:
    outgoing = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


class Recorder:
    """A capture: every packet once, where it sets out."""

    def __init__(self) -> None:
        self.packets: list[tuple[Instant, Packet]] = []

    def saw(self, at: Instant, packet: Packet) -> None:
        self.packets.append((at, packet))


def serve(
    internet: Any, port: int, *, expects: int = 1, answer: bytes = b"true answer"
) -> list[Any]:
    """A server that hears so many octets, answers and ends; returns how its connections ended."""
    ended: list[Any] = []

    class Server(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            self.heard = 0

        def data_received(self, data: bytes) -> None:
            self.heard += len(data)
            if self.heard >= expects:
                self.transport.write(answer)
                self.transport.close()

        def connection_lost(self, exc: BaseException | None) -> None:
            ended.append(None if exc is None else type(exc).__name__)

    async def start() -> None:
        for address in (BOB, BOB_6):
            await internet.loop.create_server(Server, address, port)

    internet.on(internet.bob, start())
    return ended


async def ask(port: int, *pieces: bytes, host: str = BOB, gap: float = 0.0) -> tuple[Any, float]:
    """Connect and say something; return what came, or the error, and after how long."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                for piece in pieces:
                    writer.write(piece)
                    if gap:
                        await asyncio.sleep(gap)
                met: Any = await reader.read()
            finally:
                writer.close()
    except OSError as error:
        met = type(error).__name__
    return met, round(loop.time() - began, 6)


def talk(internet: Any, *programs: Coroutine[Any, Any, Any]) -> list[Any]:
    return internet.run(*((internet.alice, program) for program in programs))


def journalled(internet: Any) -> list[tuple[str, str, Any]]:
    return [
        (entry.what, entry.details["rule"], entry.details.get("seen")) for entry in internet.journal
    ]


# --- by address ---------------------------------------------------------------------


def test_a_reset_by_address_is_a_refusal_from_the_first_router(internet: Any) -> None:
    serve(internet, 443)
    alpha = provider(internet, AddressMeasure((BOB,), AddressAction.RESET))
    assert talk(internet, ask(443, b"x")) == [("ConnectionRefusedError", 0.002)]
    assert talk(internet, ask(443, b"x", host=BOB_6)) == [(b"true answer", 0.048)]
    assert journalled(internet) == [("packet reset", "order/0", None)]
    alpha.lift("order")
    assert talk(internet, ask(443, b"x")) == [(b"true answer", 0.048)]


def test_a_reset_by_address_ends_a_connection_that_is_open(internet: Any) -> None:
    """The RST has the number that the client expects, in mid-flow as well."""
    serve(internet, 443)

    async def interrupted() -> Any:
        reader, writer = await asyncio.open_connection(BOB, 443)
        provider(internet, AddressMeasure((BOB,), AddressAction.RESET))
        writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        return internet.loop.time()

    assert talk(internet, interrupted()) == [0.026]


def test_a_reset_by_address_ends_a_download_under_way(internet: Any) -> None:
    """Its first RSTs come behind data that is in the air and are ignored; the last is not."""
    ended = serve(internet, 443, answer=b"x" * 1_000_000)

    async def interrupted() -> Any:
        reader, writer = await asyncio.open_connection(BOB, 443)
        writer.write(b"x")
        await reader.readexactly(200_000)
        began = internet.loop.time()
        provider(internet, AddressMeasure((BOB,), AddressAction.RESET))
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        return internet.loop.time() - began

    (seconds,) = talk(internet, interrupted())
    assert seconds < 1
    assert ended == []  # nobody has told the server


def test_no_reset_is_answered_by_a_reset(internet: Any) -> None:
    serve(internet, 443)
    capture = Recorder()
    internet.fabric.taps.append(capture)

    async def abort() -> None:
        _, writer = await asyncio.open_connection(BOB, 443)
        provider(internet, AddressMeasure((BOB,), AddressAction.RESET))
        writer.transport.abort()
        await asyncio.sleep(1)

    talk(internet, abort())
    resets = [packet for _, packet in capture.packets if packet.body.flags & RST]
    assert [packet.destination for packet in resets] == [BOB]


def test_ports_of_an_address_are_stopped_alone(internet: Any) -> None:
    serve(internet, 443)
    serve(internet, 80)
    provider(internet, AddressMeasure((BOB,), AddressAction.RESET, ports=(443,)))
    (met, _), (other, _) = talk(internet, ask(443, b"x"), ask(80, b"x"))
    assert (met, other) == ("ConnectionRefusedError", b"true answer")


# --- by the name in a ClientHello ---------------------------------------------------


def test_a_reset_by_sni_strikes_both_ends_with_the_numbers_that_they_expect(
    internet: Any,
) -> None:
    ended = serve(internet, 443, expects=100)
    capture = Recorder()
    internet.fabric.taps.append(capture)
    provider(internet, SniMeasure("clips.test"))
    words = hello("clips.test")
    assert talk(internet, ask(443, words[:40], words[40:], gap=0.1)) == [
        ("ConnectionResetError", 0.224)
    ]
    assert ended == ["ConnectionResetError"]
    syn, syn_ack = capture.packets[0][1].body, capture.packets[1][1].body
    assert isinstance(syn, Segment)
    assert isinstance(syn_ack, Segment)
    assert [
        (at, packet.destination, packet.body.sequence)
        for at, packet in capture.packets
        if isinstance(packet.body, Segment) and packet.body.flags & RST
    ] == [
        (125_000, "192.0.2.10", (syn_ack.sequence + 1) % 2**32),
        (125_000, BOB, (syn.sequence + 1 + 40) % 2**32),
    ]


def test_innocent_names_pass_at_full_speed(internet: Any) -> None:
    serve(internet, 443)
    plain = talk(internet, ask(443, hello("plain.test")))
    provider(internet, SniMeasure("clips.test", residual=60 * SECOND))
    assert talk(internet, ask(443, hello("plain.test"))) == plain == [(b"true answer", 0.048)]
    assert journalled(internet) == []


def test_a_drop_by_sni_is_silence_after_the_handshake(internet: Any) -> None:
    ended = serve(internet, 443)
    provider(internet, SniMeasure("clips.test", SniAction.DROP))
    assert talk(internet, ask(443, hello("clips.test"))) == [("TimeoutError", 20.0)]
    assert ended == []
    assert {entry[2] for entry in journalled(internet)} == {"sni clips.test"}


def test_residual_blocking_hits_an_innocent_name_on_the_same_server_until_it_ends(
    internet: Any,
) -> None:
    serve(internet, 443)
    provider(internet, SniMeasure("clips.test", residual=60 * SECOND, residue=Residue.THREE_TUPLE))

    async def in_turn() -> list[Any]:
        met = [await ask(443, hello("clips.test"))]
        await asyncio.sleep(30)
        met.append(await ask(443, hello("plain.test")))
        met.append(await ask(443, hello("plain.test"), host=BOB_6))
        await asyncio.sleep(30)
        met.append(await ask(443, hello("plain.test")))
        return met

    assert talk(internet, in_turn()) == [
        [
            ("ConnectionResetError", 0.026),
            ("ConnectionRefusedError", 0.002),
            (b"true answer", 0.048),
            (b"true answer", 0.048),
        ]
    ]
    assert [entry[2] for entry in journalled(internet)][-1] == "after sni clips.test"


@pytest.mark.parametrize(("size", "least", "most"), [(16_000, 1.0, 1.4), (200_000, 12.5, 20)])
def test_a_throttled_download_takes_what_its_rate_allows(
    internet: Any, size: int, least: float, most: float
) -> None:
    """At 128 kbit/s; no octet is lost for all that waits in the queue."""
    serve(internet, 443, answer=b"x" * size)
    provider(internet, SniMeasure("clips.test", SniAction.THROTTLE, rate=128_000))
    ((body, seconds),) = talk(internet, ask(443, hello("clips.test")))
    assert len(body) == size
    assert least <= seconds <= most
    ((body, seconds),) = talk(internet, ask(443, hello("plain.test")))
    assert len(body) == size
    assert seconds < 0.4


# --- by what is in a request --------------------------------------------------------


@pytest.mark.parametrize("address", [BOB, BOB_6])
def test_a_451_comes_from_the_first_router_and_ends_the_connection_on_both_sides(
    internet: Any, address: str
) -> None:
    ended = serve(internet, 80, expects=len(REQUEST))
    capture = Recorder()
    internet.fabric.taps.append(capture)
    provider(internet, HttpMeasure("clips.test", blocked_by="https://alpha.test/"))
    ((data, seconds),) = talk(internet, ask(80, REQUEST[:10], REQUEST[10:], host=address, gap=0.1))
    assert seconds == 0.224  # it was there before the second pause was over
    browser = h11.Connection(h11.CLIENT)
    browser.send(h11.Request(method="GET", target="/", headers=[("Host", "clips.test")]))
    browser.send(h11.EndOfMessage())
    browser.receive_data(data)
    response = browser.next_event()
    assert isinstance(response, h11.Response)
    assert response.status_code == 451
    assert (b"link", b'<https://alpha.test/>; rel="blocked-by"') in list(response.headers)
    body = browser.next_event()
    assert isinstance(body, h11.Data)
    assert b"The court" in body.data
    assert isinstance(browser.next_event(), h11.EndOfMessage)
    assert ended == ["ConnectionResetError"]
    talk(internet, asyncio.sleep(61))
    assert not internet.alice.connections
    assert [packet.destination for _, packet in capture.packets if packet.body.flags & RST] == [
        address
    ]


def test_requests_are_reset_or_fall_silent(internet: Any) -> None:
    ended = serve(internet, 80)
    alpha = provider(internet, HttpMeasure("clips.test", action=HttpAction.RESET))
    assert talk(internet, ask(80, REQUEST)) == [("ConnectionResetError", 0.026)]
    alpha.lift("order")
    alpha.put("order", [HttpMeasure(keyword="CLIPS", action=HttpAction.DROP)])
    assert talk(internet, ask(80, REQUEST)) == [("TimeoutError", 20.0)]
    assert talk(internet, ask(80, REQUEST.replace(b"clips", b"plain"))) == [(b"true answer", 0.048)]
    alpha.lift("order")
    assert talk(internet, ask(80, REQUEST)) == [(b"true answer", 0.048)]
    assert ended[0] == "ConnectionResetError"


# --- names --------------------------------------------------------------------------


class Name(asyncio.DatagramProtocol):
    """Answers every query with one address; notes who asked."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.asked: list[Any] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.asked.append(addr[:2])
        query = decode(data)
        assert query.question is not None
        record = Record(query.question.name, "A", 60, self._address)
        self.transport.sendto(encode(reply_to(query, answers=(record,))), addr)


def nameserver(internet: Any, host: Any, own: str, address: str) -> Name:
    async def start() -> Any:
        return await internet.loop.create_datagram_endpoint(lambda: Name(address), (own, 53))

    server: Name = internet.on(host, start())[1]
    return server


async def query(server: str, name: str = "clips.test") -> list[tuple[float, str, str, str]]:
    """Ask once and listen for a second: (when, from whom, rcode, address) of all that came."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    came: list[tuple[float, str, str, str]] = []

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            reply = decode(data)
            answers = " ".join(record.data for record in reply.answers)
            came.append((round(loop.time() - began, 6), addr[0], reply.rcode, answers))

    transport, _ = await loop.create_datagram_endpoint(Listener, ("192.0.2.10", 4000))
    question = Question(name, "A")
    transport.sendto(encode(make_query(1, question, recursion_desired=True)), (server, 53))
    await asyncio.sleep(1)
    transport.close()
    return came


def test_an_injected_answer_overtakes_the_true_one(internet: Any) -> None:
    nameserver(internet, internet.bob, BOB, "198.51.100.1")
    provider(internet, DnsInjection("clips.test"))
    assert talk(internet, query(BOB)) == [
        [
            (0.002, BOB, "NOERROR", "203.0.113.50"),
            (0.024, BOB, "NOERROR", "198.51.100.1"),
        ]
    ]
    assert talk(internet, query(BOB, "plain.test")) == [[(0.024, BOB, "NOERROR", "198.51.100.1")]]
    assert journalled(internet) == [
        ("packet answered by injection", "order/0", "query clips.test A")
    ]


def test_an_address_where_nothing_listens_seems_to_answer(internet: Any) -> None:
    provider(internet, DnsInjection("clips.test", DnsLie.NXDOMAIN, drop=True))
    nobody = "198.51.100.99"
    assert talk(internet, query(nobody)) == [[(0.002, nobody, "NXDOMAIN", "")]]
    assert talk(internet, query(nobody, "plain.test")) == [[]]


def test_queries_to_anybody_are_answered_by_the_providers_resolver_in_their_name(
    internet: Any,
) -> None:
    carol = internet.host("carol", internet.home, "192.0.2.53", "2001:db8:1::53")
    own = nameserver(internet, carol, "192.0.2.53", "203.0.113.50")
    true = nameserver(internet, internet.bob, BOB, "198.51.100.1")
    alpha = provider(internet, DnsInterception())
    for server in (BOB, "198.51.100.99", "192.0.2.53"):
        assert talk(internet, query(server)) == [[(0.004, server, "NOERROR", "203.0.113.50")]]
    # All from one port: the resolver saw the second as from another, or could not have told.
    assert [port for _, port in own.asked] == [4000, 4001, 4000]
    assert true.asked == []
    assert [entry[0] for entry in journalled(internet)] == ["packet redirected"] * 2

    async def resolver_asks() -> Any:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Name("unused"), ("192.0.2.53", 4000)
        )
        question = make_query(1, Question("clips.test", "A"), recursion_desired=False)
        transport.sendto(encode(question), (BOB, 53))
        await asyncio.sleep(0.02)
        transport.close()

    internet.on(carol, resolver_asks())
    assert true.asked == [("192.0.2.53", 4000)]
    alpha.lift("order")
    assert talk(internet, query(BOB)) == [[(0.024, BOB, "NOERROR", "198.51.100.1")]]


def test_queries_by_tcp_are_intercepted_too(internet: Any) -> None:
    carol = internet.host("carol", internet.home, "192.0.2.53")

    async def start() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"carol heard " + await reader.readexactly(3))
            writer.close()

        await asyncio.start_server(handle, "192.0.2.53", 53)

    internet.on(carol, start())
    provider(internet, DnsInterception())
    assert talk(internet, ask(53, b"hey")) == [(b"carol heard hey", 0.008)]


# --- the rest -----------------------------------------------------------------------


def test_a_recognised_handshake_silences_its_flow(internet: Any) -> None:
    got: list[bytes] = []

    class Sink(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            got.append(data)

    async def start() -> None:
        await internet.loop.create_datagram_endpoint(Sink, (BOB, 51820))

    async def say(port: int, *words: bytes) -> None:
        transport, _ = await internet.loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, ("192.0.2.10", port), (BOB, 51820)
        )
        for word in words:
            transport.sendto(word)
        await asyncio.sleep(1)
        transport.close()

    internet.on(internet.bob, start())
    provider(internet, FingerprintMeasure())
    initiation = b"\1\0\0\0" + bytes(range(144))
    talk(internet, say(4000, b"a", initiation, b"b"), say(4001, b"c", b"\xff" + initiation[1:]))
    assert got == [b"a", b"c", b"\xff" + initiation[1:]]


def test_a_shutdown_leaves_only_the_networks_own_machines(internet: Any) -> None:
    carol = internet.host("carol", internet.home, "192.0.2.80", "2001:db8:1::80")
    serve(internet, 80)

    async def start() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(1)
            writer.write(b"neighbour")
            writer.close()

        await asyncio.start_server(handle, "192.0.2.80", 80)

    internet.on(carol, start())
    alpha = provider(internet, Shutdown())
    assert talk(internet, ask(80, b"x")) == [("TimeoutError", 20.0)]
    assert talk(internet, ask(80, b"x", host=BOB_6)) == [("TimeoutError", 20.0)]
    assert talk(internet, ask(80, b"x", host="192.0.2.80")) == [(b"neighbour", 0.008)]
    assert internet.on(internet.bob, ask(80, b"x", host="192.0.2.80"))[0] == "TimeoutError"
    alpha.lift("order")
    assert talk(internet, ask(80, b"x")) == [(b"true answer", 0.048)]
    alpha.put("order", [Shutdown(versions=(4,))])
    assert talk(internet, ask(80, b"x", host=BOB_6)) == [(b"true answer", 0.048)]


def test_encrypted_dns_is_cut_and_the_rest_of_the_address_is_not(internet: Any) -> None:
    serve(internet, 853)
    serve(internet, 80)
    provider(internet, EncryptedDnsMeasure((BOB,), ("dns.test",), action=AddressAction.RESET))
    assert talk(internet, ask(853, b"x"), ask(80, b"x")) == [
        ("ConnectionRefusedError", 0.002),
        (b"true answer", 0.048),
    ]
    assert talk(internet, ask(80, hello("dns.test"), host=BOB_6)) == [
        ("ConnectionResetError", 0.026)
    ]


MEASURES: dict[str, Callable[[], list[Measure]]] = {
    "ip-drop": lambda: [AddressMeasure(("198.51.100.21",))],
    "ip-reset": lambda: [AddressMeasure(("198.51.100.16/32",), AddressAction.RESET)],
    "dns-injection": lambda: [DnsInjection("clips.test")],
    "http": lambda: [HttpMeasure("clips.test", ports=()), HttpMeasure(keyword="casino")],
    "sni": lambda: [
        SniMeasure("clips.test", residual=60 * SECOND, residue=Residue.TWO_TUPLE),
        SniMeasure("*t.co*", SniAction.DROP, ports=()),
        SniMeasure("clips.test", SniAction.THROTTLE),
    ],
    "encrypted-dns": lambda: [EncryptedDnsMeasure(("198.51.100.21",), ("dns.test",))],
    "fingerprint": lambda: [FingerprintMeasure()],
}


@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_about_one_site_changes_nothing_about_another(
    make_internet: Any, measure: str
) -> None:
    """All at once or each alone: what others see of their own visits, to the microsecond."""

    def look(measures: list[Measure]) -> Any:
        internet = make_internet()
        serve(internet, 443, answer=b"x" * 5000)
        serve(internet, 80)
        nameserver(internet, internet.bob, BOB, "198.51.100.1")
        if measures:
            provider(internet, *measures)
        seen = talk(
            internet,
            ask(443, b"\x16\x03\x01" + bytes(300)),
            ask(443, PLAIN_HELLO[:100], PLAIN_HELLO[100:], gap=0.01),
            ask(80, b"GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n", host=BOB_6),
            query(BOB, "plain.test"),
        )
        return seen, journalled(internet)

    assert look(MEASURES[measure]()) == look([])


PLAIN_HELLO = hello("plain.test")
