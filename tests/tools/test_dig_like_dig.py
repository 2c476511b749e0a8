"""Of the same reply, the lab's dig and a real one print the same lines."""

from __future__ import annotations

import asyncio
import datetime
import re
import shutil
from typing import cast

import pytest

from simulator.tools.dig_asking import Endpoint, Heard
from simulator.tools.dig_options import read_dig
from simulator.tools.dig_text import greeting, reply_lines, short_lines, statistics
from simulator.values import ExtendedError
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import DnsMessage, Record, reply_to

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed"),
]

SOA = "ns1.nic.test hostmaster.nic.test 1 7200 3600 1209600 900"
KEY = "Ab3/" * 21 + "Zz8="
SIGNATURE = f"13 2 300 20240715000000 20240623230000 4711 test {'Qq7+' * 21}Zz8="
LONG = "a-name-that-is-longer-than-the-column.example.test"
REPLIES = {
    "alias.test": {
        "answers": (
            Record("alias.test", "CNAME", 3600, LONG),
            Record(LONG, "A", 60, "192.0.2.1"),
            Record("a.b", "AAAA", 123456789, "2001:db8::1"),
        ),
        "authority": (Record("test", "NS", 100, "ns1.test"),),
        "additional": (Record("ns1.test", "A", 100, "192.0.2.3"),),
        "authoritative": True,
        "recursion_available": True,
    },
    "nothing.test": {
        "rcode": "NXDOMAIN",
        "authority": (Record("test", "SOA", 900, SOA),),
        "recursion_available": True,
    },
    "censored.test": {
        "rcode": "NXDOMAIN",
        "recursion_available": True,
        "extended_errors": (
            ExtendedError(15),
            ExtendedError(16, "order 12"),
            ExtendedError(17, "a filter"),
            ExtendedError(18),
        ),
    },
    "refused.test": {"rcode": "REFUSED"},
    "bogus.test": {
        "rcode": "SERVFAIL",
        "recursion_available": True,
        "extended_errors": (
            ExtendedError(6, "no signature over bogus.test A fits"),
            ExtendedError(9, "no DNSKEY of bogus.test matches its DS record"),
            ExtendedError(12),
            ExtendedError(3, "expired 61 s ago"),
        ),
    },
    "signed.test": {
        "answers": (
            Record("signed.test", "A", 300, "192.0.2.1"),
            Record("signed.test", "RRSIG", 300, f"A {SIGNATURE}"),
            Record("signed.test", "DNSKEY", 300, f"257 3 13 {KEY}"),
            Record("signed.test", "RRSIG", 300, f"DNSKEY {SIGNATURE}"),
            Record("signed.test", "DS", 300, f"12345 13 2 {'0a1b' * 16}"),
            Record("signed.test", "DS", 300, f"12345 13 4 {'0a1b' * 24}"),
        ),
        "authority": (
            Record("test", "SOA", 900, SOA),
            Record("test", "RRSIG", 900, f"SOA {SIGNATURE}"),
            Record("shop.test", "NSEC", 900, "www.test A AAAA RRSIG NSEC"),
            Record("shop.test", "RRSIG", 900, f"NSEC {SIGNATURE}"),
            Record("test", "NSEC", 900, ". NS SOA RRSIG NSEC DNSKEY"),
            Record("test", "RRSIG", 900, f"NSEC {SIGNATURE}"),
        ),
        "recursion_available": True,
    },
    "many.test": {
        "answers": (
            Record("many.test", "TXT", 60, '"one" "two; \\" x"'),
            Record("many.test", "MX", 60, "10 mail.clips.test"),
            Record("many.test", "SOA", 60, SOA),
            Record("exactly-twenty-two-ab.x", "A", 1, "192.0.2.9"),
            Record("exactly-twenty-three-ab.x", "A", 1, "192.0.2.9"),
        ),
    },
}


class _Server(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.replies: list[DnsMessage] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        query = decode(data)
        assert query.question is not None
        reply = reply_to(query, **REPLIES[query.question.name])  # type: ignore[arg-type]
        reply = reply._replace(authentic_data=query.authentic_data and reply.rcode == "NOERROR")
        self.replies.append(reply)
        self._transport.sendto(encode(reply), addr)


@pytest.mark.parametrize("name", REPLIES)
@pytest.mark.parametrize(
    "options",
    [
        "",
        "+norecurse",
        "+noall +answer",
        "+nocomments",
        "+nocmd +nostats",
        "+short",
        "+dnssec",
        "+dnssec +cd",
        "+cdflag +noadflag",
        "+dnssec +short",
        "+noedns +dnssec",
        "+dnssec +noedns",
    ],
)
async def test_the_lines_are_those_of_a_real_dig(name: str, options: str) -> None:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(_Server, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    words = ["@127.0.0.1", "-p", str(port), name, "+time=5", "+tries=1", *options.split()]
    try:
        process = await asyncio.create_subprocess_exec(
            "dig", *words, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await process.communicate()
    finally:
        transport.close()
    ours = _ours(words, server.replies[-1], port)
    assert _comparable(ours) == _comparable(printed.decode())


def _ours(words: list[str], reply: DnsMessage, port: int) -> str:
    options = read_dig(words)
    octets = encode(reply)
    heard = Heard(decode(octets), octets, "UDP", 0.0, Endpoint("127.0.0.1", "127.0.0.1", port))
    if options.short:
        lines = list(short_lines(heard, options))
    else:
        lines = list(greeting(options)) if options.shown["cmd"] else []
        lines += reply_lines(heard, options)
        if options.shown["stats"]:
            lines += statistics(heard, datetime.datetime(2024, 6, 24, tzinfo=datetime.UTC))
    return "".join(f"{line}\n" for line in lines)


def _comparable(text: str) -> list[str]:
    text = re.sub(r"DiG \S+", "DiG", text)
    text = re.sub(r"Query time: \d+", "Query time: 0", text)
    text = re.sub(r";; WHEN: .*", ";; WHEN:", text)
    return text.strip("\n").splitlines()
