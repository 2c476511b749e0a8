"""The name services on real loopback sockets: what holds in the lab holds on a real stack."""

import asyncio
import shutil
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random

import pytest

from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver, OnQuery
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.service import Resolver
from simulator.roles.resolver.stub import StubResolver
from simulator.values import ExtendedError
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import DnsMessage, Question, Record, make_query

ROOT, TLD, HOSTER, EXAMPLE = "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"


def zone(origin: str, server: str, *records: tuple[str, str, str]) -> Zone:
    """A zone with SOA and NS, and records of one hour."""
    soa = f"{server} hostmaster.{server} 1 7200 900 1209600 300"
    full = [("SOA", soa), ("NS", server)]
    return Zone(
        origin,
        [Record(origin, kind, 3600, data) for kind, data in full]
        + [Record(name, kind, 3600, data) for name, kind, data in records],
    )


def zones() -> dict[str, list[Zone]]:
    """Root, test., example. and clips.test, whose only nameserver is below example."""
    return {
        ROOT: [
            zone(
                "",
                "a.root.example",
                ("a.root.example", "A", ROOT),
                ("test", "NS", "a.nic.test"),
                ("a.nic.test", "A", TLD),
                ("example", "NS", "ns.example"),
                ("ns.example", "A", EXAMPLE),
            )
        ],
        TLD: [
            zone(
                "test",
                "a.nic.test",
                ("a.nic.test", "A", TLD),
                ("clips.test", "NS", "ns1.hoster.example"),
            )
        ],
        EXAMPLE: [
            zone(
                "example",
                "ns.example",
                ("ns.example", "A", EXAMPLE),
                ("ns1.hoster.example", "A", HOSTER),
            ),
        ],
        HOSTER: [
            zone(
                "clips.test",
                "ns1.hoster.example",
                ("clips.test", "A", "192.0.2.80"),
                ("clips.test", "AAAA", "2001:db8::80"),
                ("www.clips.test", "CNAME", "clips.test"),
                *[("big.clips.test", "TXT", f'"{number:03d} {"x" * 200}"') for number in range(12)],
            )
        ],
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Names:
    resolver: Resolver
    stub: StubResolver
    port: int
    ports: dict[str, int]
    asked: list[tuple[str, str]]


def note_queries_to(address: str, asked: list[tuple[str, str]]) -> OnQuery:
    def note(source: str, question: Question, reply: DnsMessage) -> None:
        asked.append((address, question.name))

    return note


@pytest.fixture
async def names() -> AsyncIterator[Names]:
    loop = asyncio.get_running_loop()
    ports: dict[str, int] = {"192.0.2.53": free_port()}
    asked: list[tuple[str, str]] = []
    servers = []
    for address, served in zones().items():
        ports[address] = free_port()
        server = Nameserver(NameserverState(served), note_queries_to(address, asked))
        await server.start([("127.0.0.1", ports[address])])
        servers.append(server)

    def dial(address: str) -> tuple[str, int]:
        return "127.0.0.1", ports[address]

    def now() -> int:
        return int(loop.time() * 1_000_000)

    resolver = Resolver(
        root_hints([("a.root.example", [ROOT])]),
        now=now,
        random=Random(1),
        dial=dial,
        sources=["127.0.0.1"],
    )
    await resolver.start([("127.0.0.1", ports["192.0.2.53"])])
    stub = StubResolver(["192.0.2.53"], now=now, random=Random(2), dial=dial)
    yield Names(resolver, stub, ports["192.0.2.53"], ports, asked)
    await resolver.close()
    for server in servers:
        await server.close()


async def test_walk_from_the_root_through_a_nameserver_without_glue(names: Names) -> None:
    """The resolver asks root, test, then finds ns1.hoster.example elsewhere, then asks it."""
    answer = await names.stub.lookup("www.clips.test", "A")
    assert (answer.addresses, answer.failure) == (("192.0.2.80",), None)
    assert names.asked == [
        (ROOT, "www.clips.test"),
        (TLD, "www.clips.test"),
        (ROOT, "ns1.hoster.example"),
        (EXAMPLE, "ns1.hoster.example"),
        (HOSTER, "www.clips.test"),
    ]


async def test_both_families_in_one_search(names: Names) -> None:
    found = await names.stub.addresses("www.clips.test")
    assert found.addresses == ("192.0.2.80", "2001:db8::80")
    assert (found.failure, found.rcode, found.resolver) == (None, "NOERROR", "192.0.2.53")


async def test_second_lookup_comes_from_the_cache(names: Names) -> None:
    await names.stub.lookup("clips.test", "A")
    count = len(names.asked)
    again = await names.stub.lookup("clips.test", "A")
    assert again.addresses == ("192.0.2.80",)
    assert len(names.asked) == count


async def test_a_large_answer_comes_by_tcp_all_the_way(names: Names) -> None:
    """TC from the nameserver and from the resolver: both clients turn to TCP."""
    answer = await names.stub.lookup("big.clips.test", "TXT")
    assert len(answer.records) == 12
    assert answer.failure is None
    assert [one for one in names.asked if one[0] == HOSTER] == [(HOSTER, "big.clips.test")] * 2


async def test_denial_and_refusal_are_told_apart(names: Names) -> None:
    absent = await names.stub.lookup("nothing.clips.test", "A")
    assert (absent.rcode, absent.failure) == ("NXDOMAIN", "dns_nxdomain_error")
    no_mail = await names.stub.lookup("clips.test", "MX")
    assert (no_mail.rcode, no_mail.failure) == ("NOERROR", "dns_no_answer")
    names.resolver.policy.put("order", DnsMeasure("clips.test", DnsLie.REFUSED, extended_error=16))
    refused = await names.stub.lookup("clips.test", "A")
    assert (refused.rcode, refused.failure) == ("REFUSED", "dns_refused_error")
    assert refused.extended_error == ExtendedError(16)


async def test_nobody_listening_is_told_from_silence(names: Names) -> None:
    """A closed UDP port answers with ICMP, which a real stack reports as connection refused."""
    names.ports["192.0.2.99"] = free_port()
    names.stub.servers = ("192.0.2.99",)
    answer = await names.stub.lookup("clips.test", "A")
    assert (answer.rcode, answer.failure) == (None, "connection_refused")


async def test_an_unreachable_nameserver_gives_servfail_with_the_reason(names: Names) -> None:
    names.ports[HOSTER] = free_port()
    answer = await names.stub.lookup("clips.test", "A")
    assert (answer.rcode, answer.failure) == ("SERVFAIL", "dns_servfail_error")
    assert answer.extended_error == ExtendedError(22, "at delegation clips.test")


async def test_pipelined_queries_on_one_tcp_connection(names: Names) -> None:
    """RFC 7766: two messages in one segment get two replies, garbage among them a FORMERR."""
    for port in (names.port, names.ports[HOSTER]):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        good = encode(make_query(7, Question("clips.test", "A"), recursion_desired=True))
        bad = struct.pack("!HHHHHH", 8, 0x0100, 9, 0, 0, 0)
        for data in (good, bad):
            writer.write(len(data).to_bytes(2, "big") + data)
        replies = {}
        for _ in range(2):
            size = int.from_bytes(await reader.readexactly(2), "big")
            reply = decode(await reader.readexactly(size))
            replies[reply.id] = reply
        assert replies[7].answers[0].data == "192.0.2.80"
        assert replies[8].rcode == "FORMERR"
        writer.close()
        await writer.wait_closed()


async def test_garbage_leaves_the_servers_standing(names: Names) -> None:
    """Noise by UDP and TCP, then a question that is answered as if nothing had been."""
    noise = Random(3)
    loop = asyncio.get_running_loop()
    for port in (names.port, names.ports[HOSTER]):
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port)
        )
        for length in range(0, 60, 3):
            transport.sendto(noise.randbytes(length))
        transport.close()
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x00\x03abc\xff\xff" + noise.randbytes(50))
        writer.close()
        await writer.wait_closed()
    answer = await names.stub.lookup("clips.test", "A")
    assert answer.addresses == ("192.0.2.80",)


async def test_strangers_are_refused_with_prohibited(names: Names) -> None:
    names.resolver._allowed = lambda source: False
    answer = await names.stub.lookup("clips.test", "A")
    assert (answer.rcode, answer.extended_error) == ("REFUSED", ExtendedError(18))


async def test_identical_questions_under_way_are_walked_once(names: Names) -> None:
    answers = await asyncio.gather(*[names.stub.lookup("clips.test", "A") for _ in range(20)])
    assert {answer.addresses for answer in answers} == {("192.0.2.80",)}
    assert names.asked.count((HOSTER, "clips.test")) == 1


async def dig(port: int, *arguments: str) -> str:
    if shutil.which("dig") is None:
        pytest.skip("dig is not installed")
    process = await asyncio.create_subprocess_exec(
        "dig",
        "-r",
        "@127.0.0.1",
        "-p",
        str(port),
        "+tries=1",
        "+time=3",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output
    return output.decode()


@pytest.mark.client
async def test_dig_reads_an_answer_by_udp_and_tcp(names: Names) -> None:
    for transport in ("+notcp", "+tcp"):
        output = await dig(names.port, transport, "www.clips.test", "A")
        assert "status: NOERROR" in output
        assert "flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1" in output
        assert "IN\tCNAME\tclips.test." in output
        assert "IN\tA\t192.0.2.80" in output
        assert "WARNING" not in output


@pytest.mark.client
async def test_dig_follows_truncation(names: Names) -> None:
    output = await dig(names.port, "big.clips.test", "TXT")
    assert ";; Truncated, retrying in TCP mode." in output
    assert "ANSWER: 12" in output


@pytest.mark.client
async def test_dig_norecurse_shows_the_cache_and_nothing_more(names: Names) -> None:
    before = await dig(names.port, "+norecurse", "clips.test", "A")
    assert "ANSWER: 0, AUTHORITY: 1" in before
    assert names.asked == []
    await dig(names.port, "clips.test", "A")
    after = await dig(names.port, "+norecurse", "clips.test", "A")
    assert "ANSWER: 1" in after


@pytest.mark.client
async def test_dig_shows_why_a_resolver_lied(names: Names) -> None:
    names.resolver.policy.put(
        "order",
        DnsMeasure(
            "clips.test", DnsLie.NXDOMAIN, extended_error=16, extra_text="blocked by order 7"
        ),
    )
    output = await dig(names.port, "www.clips.test", "A")
    assert "status: NXDOMAIN" in output
    assert "; EDE: 16 (Censored): (blocked by order 7)" in output


@pytest.mark.client
async def test_dig_sees_a_referral_with_glue_and_an_authoritative_answer(names: Names) -> None:
    referral = await dig(names.ports[ROOT], "+norecurse", "clips.test", "A")
    assert "flags: qr; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 2" in referral
    assert f"a.nic.test.\t\t3600\tIN\tA\t{TLD}" in referral
    own = await dig(names.ports[HOSTER], "+norecurse", "clips.test", "A")
    assert "flags: qr aa;" in own
    elsewhere = await dig(names.ports[HOSTER], "+norecurse", "other.test", "A")
    assert "status: REFUSED" in elsewhere


@pytest.mark.client
async def test_dig_gets_the_protocols_own_errors(names: Names) -> None:
    for port in (names.port, names.ports[HOSTER]):
        assert "status: NOTIMP" in await dig(port, "+opcode=3", "+noedns", "clips.test")
        assert "status: BADVERS" in await dig(port, "+edns=1", "+noednsneg", "clips.test")
        assert "status: REFUSED" in await dig(port, "-c", "CH", "version.bind", "TXT")
