"""Visits over the virtual Internet: every ending of every stage, at its exact lab time."""

import asyncio
import datetime
import errno
import socket
import ssl
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from simulator.errors import LabError
from simulator.net import Host, LabLoop, Network
from simulator.roles.certification.logic import Authority, check_request
from simulator.roles.hosting import logic as hosting
from simulator.roles.hosting.service import WebHost
from simulator.roles.probe.certificates import browser_context
from simulator.roles.probe.connection import Timeouts
from simulator.roles.probe.service import Identity, Probe
from simulator.roles.resolver import stub
from simulator.values import (
    CertificateSeen,
    ConnectSeen,
    ExchangeSeen,
    ExtendedError,
    HandshakeSeen,
    Observation,
    QuerySeen,
    StageTiming,
)
from simulator.wire.banners import BlockPage
from simulator.wire.dns_values import Question, Record
from simulator.wire.route import RouteError

TODAY = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - OpenSSL compares with it
AUTHORITY = Authority("Lab Root", Random(1), TODAY)
SITE, SITE_6 = "198.51.100.7", "2001:db8:3::7"
SILENT, SILENT_6 = "198.51.100.66", "2001:db8:3::66"
RAW = "198.51.100.9"
ROUND_TRIP = 24_000
"""Microseconds there and back: 1 ms at each end and 10 ms between."""


@dataclass(frozen=True)
class Answer:
    addresses: tuple[str, ...] = ()
    failure: str | None = None
    rcode: str | None = "NOERROR"
    extended_error: ExtendedError | None = None
    resolver: str | None = "192.0.2.53"
    answers: tuple[stub.Answer, ...] = ()


@dataclass
class Names:
    table: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def addresses(self, name: str) -> Answer:
        self.asked.append(name)
        await asyncio.sleep(0.005)
        return self.table.get(name, Answer(failure="dns_nxdomain_error", rcode="NXDOMAIN"))


class Speaker(asyncio.Protocol):
    """Says its piece once something was said to it; ``end``: close, reset or stay."""

    def __init__(self, answer: bytes, end: str) -> None:
        self._answer = answer
        self._end = end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._answer)
        if self._end == "close":
            self._transport.close()
        elif self._end == "reset":
            self._transport.abort()


class Internet:
    """A subscriber, a web host with one site, a host without power, and one for raw programs."""

    def __init__(self) -> None:
        self.loop = LabLoop()
        fabric = self.loop.fabric
        home = fabric.add_network(Network("home", prefixes=["192.0.2.0/24", "2001:db8:1::/48"]))
        away = fabric.add_network(Network("away", prefixes=["198.51.100.0/24", "2001:db8:3::/48"]))
        fabric.topology.link(home, away, 10_000)
        self.paris = Host(fabric, "paris", home, ("192.0.2.7", "2001:db8:1::7"))
        self.site = Host(fabric, "site", away, (SITE, SITE_6))
        self.raw = Host(fabric, "raw", away, (RAW,))
        Host(fabric, "silent", away, (SILENT, SILENT_6)).powered = False
        self.names = Names({"coco.xg": Answer((SITE,)), "raw.xg": Answer((RAW,))})
        self.errors: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.errors.append(context))
        self.server: WebHost | None = None

    def now(self) -> int:
        return self.loop.clock.now

    def run(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def host(self, state: hosting.HostState, *certified: str, https: bool | None = None) -> WebHost:
        self.server = WebHost("site", state, [SITE, SITE_6], self.now, https=https)
        for name in certified:
            tls = self.server._tls
            key = check_request(tls.keys.signing_request([name]), (name,))
            tls.install([name], AUTHORITY.issue((name,), key, TODAY))
        self.run(self.site, self.server.start())
        return self.server

    def serve(self, port: int, answer: bytes, end: str = "close", tls: Any = None) -> None:
        """Have a program listen that waits for anything, says ``answer`` and ends in some way."""

        async def start() -> None:
            await self.loop.create_server(lambda: Speaker(answer, end), RAW, port, ssl=tls)

        self.run(self.raw, start())

    def settle(self) -> None:
        """Let minutes pass: what is under way arrives or gives up, TIME-WAIT included."""
        self.run(self.paris, asyncio.sleep(200))

    def probe(self, **settings: Any) -> Probe:
        identity = Identity("paris", "FR", has_ipv6=settings.pop("has_ipv6", False))
        context = browser_context(AUTHORITY.root_pem)
        return Probe(self.names, context, self.now, identity, **settings)

    def visit(self, url: str, **settings: Any) -> Observation:
        """Visit with a new browser; ``front``, ``cleartext`` and ``route`` as it has them."""
        ways = {way: settings.pop(way, None) for way in ("front", "route", "cleartext")}
        probe = self.probe(**settings)
        probe.front, probe.route, probe.cleartext = ways["front"], ways["route"], ways["cleartext"]
        seen = self.run(self.paris, probe.visit(url))
        assert isinstance(seen, Observation)
        return seen


@pytest.fixture
def internet() -> Iterator[Internet]:
    made = Internet()
    yield made
    made.settle()
    if made.server is not None:
        made.run(made.site, made.server.stop())
    assert made.errors == []
    made.loop.close()


COCO = hosting.hosting([hosting.Site("coco.xg", "Coco", aliases=("www.coco.xg",), hsts_seconds=60)])


def test_each_stage_of_a_visit_has_its_time(internet: Internet) -> None:
    internet.host(COCO, "coco.xg")
    seen = internet.visit("coco.xg", user_agent="Test/1")
    dns, tcp, tls, http = 5_000, ROUND_TRIP, ROUND_TRIP, ROUND_TRIP
    assert seen.timings == (
        StageTiming("dns", 0, dns, SITE),
        StageTiming("tcp", dns, dns + tcp, f"{SITE} port 443"),
        StageTiming("tls", dns + tcp, dns + tcp + tls),
        StageTiming("http", dns + tcp + tls, dns + tcp + tls + http, "200"),
    )
    assert seen.ended == 77_000
    assert (seen.page, seen.title, seen.diagnosis) == ("site", "Coco", "accessible")
    assert seen.certificate == CertificateSeen("coco.xg", ("coco.xg",), "Lab Root")
    assert (seen.resolver, seen.addresses, seen.address) == ("192.0.2.53", (SITE,), SITE)
    assert (seen.rcode, seen.final_url, seen.url) == ("NOERROR", "https://coco.xg/", "coco.xg")


def test_a_visit_leaves_nothing_behind(internet: Internet) -> None:
    """No reset on the way, no connection, no task: the farewells are complete."""
    internet.host(COCO, "coco.xg")
    flags: list[int] = []

    class Watch:
        def saw(self, _at: int, packet: Any) -> None:
            flags.append(packet.body.flags)

    internet.loop.fabric.taps.append(Watch())  # type: ignore[arg-type]
    internet.visit("coco.xg")
    internet.settle()
    assert not any(flag & 0x04 for flag in flags)
    assert sum(flag & 0x01 for flag in flags) == 2
    assert internet.paris.connections == {}
    assert internet.site.connections == {}
    assert asyncio.all_tasks(internet.loop) == set()


def test_hsts_is_remembered_between_visits_of_one_profile(internet: Internet) -> None:
    server = internet.host(COCO, "coco.xg")
    probe = internet.probe()
    internet.run(internet.paris, probe.visit("https://coco.xg/"))
    internet.run(internet.site, server.stop())
    again = internet.run(internet.paris, probe.visit("http://coco.xg/"))
    assert (again.failure, again.final_url) == ("connection_refused", "https://coco.xg/")
    assert len(again.timings) == 2


def test_a_redirect_leads_to_another_name_and_the_page_must_still_be_the_one_asked_for(
    internet: Internet,
) -> None:
    sites = [
        hosting.Site("coco.xg", "Coco", https=False),
        hosting.Site("garden.xg", "Garden", https=False),
    ]
    internet.host(hosting.hosting(sites))
    internet.names.table |= {"garden.xg": Answer((RAW,)), "old.xg": Answer((RAW,))}

    moved = b"HTTP/1.1 302 Found\r\nLocation: http://coco.xg/\r\nContent-Length: 0\r\n\r\n"
    internet.serve(80, moved)
    seen = internet.visit("http://old.xg/")
    assert seen.redirects == ("http://coco.xg/",)
    assert (seen.page, seen.status, seen.final_url) == ("other", 200, "http://coco.xg/")
    assert seen.addresses == (RAW,)
    assert seen.address == SITE


def test_a_name_that_does_not_exist_ends_at_the_dns(internet: Internet) -> None:
    seen = internet.visit("http://gone.xg/")
    assert (seen.stage, seen.failure, seen.rcode) == ("dns", "dns_nxdomain_error", "NXDOMAIN")
    assert (seen.ended, seen.address, seen.page) == (5_000, None, None)
    assert internet.names.asked == ["gone.xg"]


def test_an_answer_without_addresses_is_no_answer(internet: Internet) -> None:
    internet.names.table["empty.xg"] = Answer()
    assert internet.visit("empty.xg").failure == "dns_no_answer"


def test_the_resolvers_explanation_is_kept(internet: Internet) -> None:
    said = ExtendedError(16, "court order")
    internet.names.table["coco.xg"] = Answer((), "dns_refused_error", "REFUSED", said)
    seen = internet.visit("coco.xg")
    assert (seen.extended_error, seen.diagnosis) == (said, "blocked.dns")


def test_a_closed_port_refuses_and_http_is_tried(internet: Internet) -> None:
    page = hosting.showing_block_page(BlockPage("Ministry", "Provider One"))
    internet.host(page, https=False)
    seen = internet.visit("coco.xg")
    assert (seen.page, seen.final_url, seen.diagnosis) == (
        "block_page", "http://coco.xg/", "blocked.dns",
    )  # fmt: skip
    assert str(seen.evidence[0]) == (
        "HTTPS failed (connection_refused), so the browser went on over HTTP."
    )
    assert internet.names.asked == ["coco.xg"]


def test_silence_is_a_timeout_after_ten_seconds_for_each_attempt(internet: Internet) -> None:
    internet.names.table["coco.xg"] = Answer((SILENT,))
    seen = internet.visit("coco.xg")
    assert (seen.stage, seen.failure) == ("tcp", "generic_timeout_error")
    assert seen.ended == 5_000 + 2 * 10_000_000
    assert internet.visit("https://coco.xg/", timeouts=Timeouts(tcp=3)).timings[1] == StageTiming(
        "tcp", 20_010_000, 23_010_000, "generic_timeout_error"
    )


def test_an_address_that_answers_wins_the_race_against_one_that_is_silent(
    internet: Internet,
) -> None:
    """RFC 8305: IPv6 goes first, IPv4 follows 250 ms later."""
    internet.host(COCO, "coco.xg")
    internet.names.table["coco.xg"] = Answer((SITE, SILENT_6))
    seen = internet.visit("https://coco.xg/", has_ipv6=True)
    assert (seen.address, seen.page) == (SITE, "site")
    assert seen.timings[1] == StageTiming(
        "tcp", 5_000, 5_000 + 250_000 + ROUND_TRIP, f"{SITE} port 443"
    )
    internet.settle()
    assert internet.paris.connections == {}


def test_ipv6_wins_where_both_answer(internet: Internet) -> None:
    internet.host(COCO, "coco.xg")
    internet.names.table["coco.xg"] = Answer((SITE, SITE_6))
    seen = internet.visit("https://coco.xg/", has_ipv6=True)
    assert (seen.address, seen.timings[1].ended) == (SITE_6, 5_000 + ROUND_TRIP)
    assert internet.visit("https://coco.xg/").address == SITE


def test_a_refusal_brings_the_next_address_at_once(internet: Internet) -> None:
    internet.host(COCO, "coco.xg")
    internet.names.table["coco.xg"] = Answer((RAW, SITE))
    seen = internet.visit("https://coco.xg/")
    assert (seen.address, seen.timings[1].ended) == (SITE, 5_000 + 2 * ROUND_TRIP)


def test_when_every_address_fails_the_last_failure_is_told(internet: Internet) -> None:
    internet.names.table["coco.xg"] = Answer((SILENT, RAW))
    seen = internet.visit("https://coco.xg/")
    assert (seen.failure, seen.address) == ("generic_timeout_error", RAW)


def test_without_ipv6_an_ipv6_address_is_out_of_reach(internet: Internet) -> None:
    internet.names.table["coco.xg"] = Answer((SITE_6,))
    seen = internet.visit("https://coco.xg/")
    assert (seen.stage, seen.failure) == ("tcp", "network_unreachable")


def test_a_literal_address_needs_no_resolver(internet: Internet) -> None:
    internet.host(COCO, "coco.xg")
    seen = internet.visit(f"https://{SITE}/")
    assert (seen.failure, seen.resolver, internet.names.asked) == ("ssl_invalid_hostname", None, [])


def test_a_certificate_for_another_name_stops_the_visit_and_is_kept(internet: Internet) -> None:
    internet.host(COCO, "block.xg")
    seen = internet.visit("https://coco.xg/")
    assert (seen.stage, seen.failure, seen.status) == ("tls", "ssl_invalid_hostname", None)
    assert seen.certificate == CertificateSeen("block.xg", ("block.xg",), "Lab Root")
    assert seen.ended == 5_000 + 2 * ROUND_TRIP


def test_a_host_without_a_certificate_sends_an_alert(internet: Internet) -> None:
    internet.host(COCO)
    seen = internet.visit("https://coco.xg/")
    assert (seen.stage, seen.failure) == ("tls", "ssl_failed_handshake")


def self_signed(folder: Any) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "raw.xg")])
    days = datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 5, TODAY - days, TODAY + days)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("raw.xg")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "self-signed.pem"
    path.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_a_certificate_of_an_unknown_authority_is_looked_at_again(
    internet: Internet, tmp_path: Any
) -> None:
    internet.serve(443, b"", tls=self_signed(tmp_path))
    seen = internet.visit("https://raw.xg/")
    assert (seen.stage, seen.failure) == ("tls", "ssl_unknown_authority")
    assert seen.certificate == CertificateSeen("raw.xg", ("raw.xg",), "raw.xg")
    assert [timing.stage for timing in seen.timings] == ["dns", "tcp", "tls"]


@pytest.mark.parametrize(
    ("answer", "end", "failure"),
    [
        (b"", "close", "eof_error"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", "close", "eof_error"),
        (b"", "reset", "connection_reset"),
        (b"220 mail.example ESMTP\r\n\r\n", "close", "http_request_failed"),
        (b"", "stay", "generic_timeout_error"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", "stay", "generic_timeout_error"),
    ],
)
def test_http_fails_in_these_ways(
    internet: Internet, answer: bytes, end: str, failure: str
) -> None:
    internet.serve(8080, answer, end)
    seen = internet.visit("http://raw.xg:8080/")
    assert (seen.stage, seen.failure) == ("http", failure)
    assert seen.timings[-1].detail == failure
    if end == "stay":
        assert seen.timings[-1].ended - seen.timings[-1].began == 10_000_000


@pytest.mark.parametrize(
    ("answer", "end", "failure"),
    [
        (b"", "close", "eof_error"),
        (b"", "reset", "connection_reset"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "close", "ssl_failed_handshake"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "close", "ssl_failed_handshake"),
        (b"", "stay", "generic_timeout_error"),
    ],
)
def test_tls_fails_in_these_ways(internet: Internet, answer: bytes, end: str, failure: str) -> None:
    internet.serve(443, answer, end)
    seen = internet.visit("https://raw.xg/")
    assert (seen.stage, seen.failure) == ("tls", failure)
    assert seen.timings[-1].stage == "tls"


def test_a_response_that_lasts_until_the_end_of_the_connection(internet: Internet) -> None:
    internet.serve(8080, b"HTTP/1.0 200 OK\r\n\r\n<title>Old</title>")
    seen = internet.visit("http://raw.xg:8080/")
    assert (seen.status, seen.page, seen.title) == (200, "other", "Old")


def test_an_endless_page_is_cut_at_one_mebibyte(internet: Internet) -> None:
    internet.serve(8080, b"HTTP/1.1 200 OK\r\n\r\n" + bytes(2 << 20), "stay")
    seen = internet.visit("http://raw.xg:8080/")
    assert (seen.status, seen.page) == (200, "other")
    internet.settle()
    assert internet.paris.connections == {}


def test_a_server_that_stays_after_its_answer_is_left(internet: Internet) -> None:
    internet.serve(8080, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "stay")
    seen = internet.visit("http://raw.xg:8080/")
    assert (seen.status, seen.ended) == (200, 5_000 + 2 * ROUND_TRIP)
    assert internet.now() == seen.ended + 2_000_000
    internet.settle()
    assert internet.paris.connections == {}


def test_what_is_no_url_is_an_error_of_the_one_who_asked(internet: Internet) -> None:
    with pytest.raises(LabError):
        internet.visit("not a url")


def test_a_cancelled_visit_drops_its_connection(internet: Internet) -> None:
    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await internet.probe().visit("http://raw.xg:8080/")

    internet.serve(8080, b"", "stay")
    internet.run(internet.paris, impatient())
    internet.settle()
    assert internet.paris.connections == {}


def test_via_is_noted_down(internet: Internet) -> None:
    internet.host(COCO, "coco.xg")
    seen = internet.run(internet.paris, internet.probe().visit("coco.xg", via="vpn-sydney"))
    assert (seen.via, seen.vantage, seen.country) == ("vpn-sydney", "paris", "FR")


# --- details --------------------------------------------------------------------------


def test_each_question_of_the_resolver_is_written_down(internet: Internet) -> None:
    said = ExtendedError(17, "asked for")
    record = Record("coco.xg", "A", 60, SITE)
    internet.host(COCO, "coco.xg")
    internet.names.table["coco.xg"] = Answer(
        (SITE,),
        answers=(
            stub.Answer(
                Question("coco.xg", "A"), "NOERROR", (record,), (SITE,), said, "192.0.2.53", 1, 5,
                engine="dot", raw=b"reply",
            ),
            stub.Answer(Question("coco.xg", "AAAA"), began=1, ended=6, failure="dns_no_answer"),
        ),
    )  # fmt: skip
    assert internet.visit("https://coco.xg/").queries == (
        QuerySeen(
            "coco.xg", "A", "dot", "192.0.2.53", 1, 5, "NOERROR", (("A", SITE, 60),), said, None,
            b"reply",
        ),
        QuerySeen("coco.xg", "AAAA", "udp", None, 1, 6, failure="dns_no_answer"),
    )  # fmt: skip


def test_the_same_connection_has_the_same_transaction_at_every_stage(internet: Internet) -> None:
    internet.host(COCO, "coco.xg")
    seen = internet.visit("https://coco.xg/", user_agent="Test/1")
    up, secure, done = 29_000, 53_000, 77_000
    assert seen.connects == (ConnectSeen(1, SITE, 443, 5_000, up),)
    [handshake] = seen.handshakes
    assert handshake[:6] == (1, SITE, 443, "coco.xg", up, secure)
    assert (handshake.version, handshake.cipher[:4]) == ("TLSv1.3", "TLS_")
    assert x509.load_der_x509_certificate(handshake.certificates[0]).issuer.rfc4514_string() == (
        "CN=Lab Root,O=Takedown Lab"
    )
    [exchange] = seen.exchanges
    assert exchange[:6] == (1, "https://coco.xg/", SITE, 443, secure, done)
    assert exchange.request_headers == (
        ("Host", "coco.xg"), ("User-Agent", "Test/1"), ("Accept", "*/*"), ("Connection", "close"),
    )  # fmt: skip
    assert exchange.status == 200
    assert ("strict-transport-security", "max-age=60") in exchange.headers
    assert b"<title>Coco</title>" in exchange.body
    assert (exchange.truncated, exchange.failure) == (False, None)


def test_every_attempt_of_a_race_is_listed_with_how_it_ended(internet: Internet) -> None:
    """The silent address was overtaken, the one that refused refused, the third came up."""
    internet.host(COCO, "coco.xg")
    internet.names.table["coco.xg"] = Answer((RAW, SITE, SILENT_6))
    seen = internet.visit("https://coco.xg/", has_ipv6=True)
    second = 5_000 + 250_000
    third = second + ROUND_TRIP
    assert seen.connects == (
        ConnectSeen(1, SILENT_6, 443, 5_000, third + ROUND_TRIP, "interrupted"),
        ConnectSeen(2, RAW, 443, second, third, "connection_refused"),
        ConnectSeen(3, SITE, 443, third, third + ROUND_TRIP),
    )
    assert [handshake.transaction for handshake in seen.handshakes] == [3]


def test_a_failed_connect_and_its_fallback_are_both_listed(internet: Internet) -> None:
    internet.host(hosting.showing_block_page(BlockPage("Ministry", "One")), https=False)
    seen = internet.visit("coco.xg")
    assert [(one.port, one.failure) for one in seen.connects] == [
        (443, "connection_refused"), (80, None),
    ]  # fmt: skip
    assert (seen.handshakes, [one.transaction for one in seen.exchanges]) == ((), [2])


def test_a_refused_certificate_is_in_the_handshake_that_refused_it(
    internet: Internet, tmp_path: Any
) -> None:
    """What was fetched by a second look belongs to the one handshake that a browser makes."""
    internet.serve(443, b"", tls=self_signed(tmp_path))
    seen = internet.visit("https://raw.xg/")
    [handshake] = seen.handshakes
    assert handshake.failure == "ssl_unknown_authority"
    assert b"raw.xg" in handshake.certificates[0]
    assert len(seen.connects) == 1


def test_an_exchange_without_a_response_says_how_it_failed(internet: Internet) -> None:
    internet.serve(8080, b"", "reset")
    [exchange] = internet.visit("http://raw.xg:8080/").exchanges
    assert exchange[:6] == (1, "http://raw.xg:8080/", RAW, 8080, 29_000, 29_000 + ROUND_TRIP)
    assert (exchange.status, exchange.failure) == (None, "connection_reset")
    assert exchange == ExchangeSeen(*exchange[:7], failure="connection_reset")


def test_a_handshake_that_failed_says_how(internet: Internet) -> None:
    internet.serve(443, b"", "reset")
    seen = internet.visit("https://raw.xg/")
    assert seen.handshakes == (
        HandshakeSeen(
            1, RAW, 443, "raw.xg", 29_000, 29_000 + ROUND_TRIP, failure="connection_reset"
        ),
    )
    assert seen.exchanges == ()


# --- other ways out -------------------------------------------------------------------


def test_fronting_names_the_front_to_the_network_and_the_site_to_the_server(
    internet: Internet,
) -> None:
    internet.host(COCO, "front.xg")
    internet.names.table = {"front.xg": Answer((SITE,))}
    seen = internet.visit("http://coco.xg/", front="front.xg")
    assert internet.names.asked == ["front.xg"]
    assert (seen.page, seen.final_url) == ("site", "https://coco.xg/")
    assert seen.handshakes[0].server_name == "front.xg"
    assert dict(seen.exchanges[0].request_headers)["Host"] == "coco.xg"
    assert seen.certificate == CertificateSeen("front.xg", ("front.xg",), "Lab Root")


def test_fronting_checks_the_certificate_for_the_front(internet: Internet) -> None:
    internet.host(COCO, "coco.xg")
    internet.names.table["front.xg"] = Answer((SITE,))
    seen = internet.visit("https://coco.xg/", front="front.xg")
    assert (seen.stage, seen.failure) == ("tls", "ssl_invalid_hostname")


def test_cleartext_goes_by_http_alone_and_follows_a_redirect_to_https(internet: Internet) -> None:
    internet.host(COCO, "coco.xg")
    seen = internet.visit("http://coco.xg/", cleartext=True)
    assert [one.url for one in seen.exchanges] == ["http://coco.xg/", "https://coco.xg/"]
    assert (seen.page, seen.redirects) == ("site", ("https://coco.xg/",))
    assert [one.transaction for one in seen.exchanges] == [1, 2]


class Fails:
    """A route that goes nowhere."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    async def connect(self, protocol_factory: Any, host: str, port: int) -> asyncio.Transport:
        await asyncio.sleep(0.001)
        raise self._error


HOP = ("203.0.113.8", 1080)


@pytest.mark.parametrize(
    ("error", "stage", "failure", "connects"),
    [
        (OSError(errno.ECONNREFUSED, "no"), "tcp", "connection_refused", ()),
        (socket.gaierror(socket.EAI_NONAME, "no"), "dns", "dns_nxdomain_error", ()),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "dns", "dns_temporary_failure", ()),
        (
            RouteError("dns", "dns_servfail_error", HOP),
            "dns", "dns_servfail_error", (ConnectSeen(1, *HOP, 0, 0),),
        ),
        (
            RouteError("tcp", "connection_reset", HOP, "connection_reset"),
            "tcp", "connection_reset", (ConnectSeen(1, *HOP, 0, 1_000, "connection_reset"),),
        ),
    ],
)  # fmt: skip
def test_a_route_that_fails_tells_what_failed(
    internet: Internet, error: OSError, stage: str, failure: str, connects: Any
) -> None:
    seen = internet.visit("https://coco.xg/", route=Fails(error))
    assert (seen.stage, seen.failure, seen.connects) == (stage, failure, connects)
    assert seen.timings == (StageTiming(stage, 0, 1_000, failure),)
    assert (seen.queries, internet.names.asked) == ((), [])


def test_a_route_that_never_comes_up_is_given_up_after_thirty_seconds(internet: Internet) -> None:
    class Never:
        async def connect(self, *_: Any) -> asyncio.Transport:
            await asyncio.sleep(1_000)
            raise AssertionError

    seen = internet.visit("https://coco.xg/", route=Never())
    assert (seen.stage, seen.failure, seen.ended) == ("tcp", "generic_timeout_error", 30_000_000)


def test_a_route_carries_the_whole_visit_a_second_look_too(
    internet: Internet, tmp_path: Any
) -> None:
    internet.serve(443, b"", tls=self_signed(tmp_path))
    hosts: list[tuple[str, int]] = []

    class Straight:
        async def connect(self, factory: Any, host: str, port: int) -> asyncio.Transport:
            hosts.append((host, port))
            transport, _ = await internet.loop.create_connection(factory, RAW, port)
            return transport

    seen = internet.visit("https://coco.xg/", route=Straight())
    assert hosts == [("coco.xg", 443)] * 2
    assert seen.failure == "ssl_unknown_authority"
    assert seen.certificate is not None
    assert seen.connects == (ConnectSeen(1, RAW, 443, 0, ROUND_TRIP),)
    assert (seen.addresses, seen.address, seen.resolver) == ((), RAW, None)
