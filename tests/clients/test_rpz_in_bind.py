"""Policy zones in BIND and in our resolver: the same text, the same questions, the same answers."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from simulator.measures import DnsLie, DnsMeasure, PolicyZone
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.policy import Policy
from simulator.roles.resolver.rpz_measures import as_policy_zone
from simulator.roles.resolver.service import Resolver
from simulator.wire import rpz_text
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import DnsMessage, Question, Record, make_query

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(shutil.which("named") is None, reason="named is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="needs all of 127.0.0.0/8"),
]

ROOT, TLD, CLIPS, OTHER = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"
CLIENT, LISTED_CLIENT = "127.0.7.1", "127.0.7.99"
SILENCE_SECONDS = 1.0

APEX = "$TTL 60\n@ SOA localhost. nobody.localhost. 1 3600 600 86400 60\n@ NS localhost.\n"

ACTIONS = """
nxdomain.clips.test      CNAME .
nodata.clips.test        CNAME *.
pass.clips.test          CNAME rpz-passthru.
self.clips.test          CNAME self.clips.test.
drop.clips.test          CNAME rpz-drop.
tcp.clips.test           CNAME rpz-tcp-only.
data.clips.test          A     203.0.113.66
data.clips.test          A     203.0.113.67
data.clips.test          TXT   "seized" "not \\"blocked\\""
walled.clips.test        CNAME garden.other.test.
prefixed.clips.test      CNAME *.garden.other.test.
broken.clips.test        CNAME nothing.other.test.
*.wild.clips.test        CNAME .
deep.wild.clips.test     CNAME rpz-passthru.
*.self.wild.clips.test   CNAME *.self.wild.clips.test.
a.b.empty.clips.test     CNAME rpz-passthru.
*.empty.clips.test       CNAME .
site.other.test          CNAME .
lame.test                CNAME .
absent.test              A     203.0.113.68
"""
ACTION_NAMES = ("nxdomain", "nodata", "pass", "self", "drop", "tcp", "data", "walled")
ASKED_OF_ACTIONS = [
    *[(f"{name}.clips.test", kind) for name in ACTION_NAMES for kind in ("A", "TXT")],
    ("data.clips.test", "AAAA"),
    ("data.clips.test", "CNAME"),
    ("walled.clips.test", "CNAME"),
    ("prefixed.clips.test", "A"),
    ("broken.clips.test", "A"),
    ("wild.clips.test", "A"),
    ("x.wild.clips.test", "A"),
    ("x.y.wild.clips.test", "A"),
    ("deep.wild.clips.test", "A"),
    ("x.deep.wild.clips.test", "A"),
    ("x.self.wild.clips.test", "A"),
    ("empty.clips.test", "A"),
    ("b.empty.clips.test", "A"),
    ("c.empty.clips.test", "A"),
    ("x.b.empty.clips.test", "A"),
    ("toother.clips.test", "A"),
    ("toother.clips.test", "CNAME"),
    ("todata.clips.test", "A"),
    ("nothing.clips.test", "A"),
    ("lame.test", "A"),
    ("absent.test", "A"),
]

TRIGGERS = """
32.80.2.0.192.rpz-ip             A     203.0.113.1
24.0.2.0.192.rpz-ip              A     203.0.113.2
25.128.2.0.192.rpz-ip            A     203.0.113.3
128.80.zz.db8.2001.rpz-ip        AAAA  2001:db8::f1
32.zz.db8.2001.rpz-ip            AAAA  2001:db8::f2
ns1.hoster.example.rpz-nsdname   A     203.0.113.4
*.zed.example.rpz-nsdname        A     203.0.113.5
32.4.0.0.127.rpz-nsip            CNAME .
32.3.0.0.127.rpz-nsip            A     203.0.113.6
a.nic.test.rpz-nsdname           A     203.0.113.7
32.99.7.0.127.rpz-client-ip      CNAME *.
pass.clips.test                  CNAME rpz-passthru.
"""
ASKED_OF_TRIGGERS = [
    ("clips.test", "A"),
    ("clips.test", "AAAA"),
    ("clips.test", "TXT"),
    ("v6.clips.test", "AAAA"),
    ("two.clips.test", "A"),
    ("pass.clips.test", "A"),
    ("toother.clips.test", "A"),
    ("www.clips.test", "A"),
    ("lone.test", "A"),
    ("zed.test", "A"),
    ("nothing.clips.test", "A"),
    ("unregistered.test", "A"),
    ("ns.example", "A"),
    ("test", "NS"),
]

FIRST = """
32.80.2.0.192.rpz-ip             CNAME rpz-passthru.
two.clips.test                   CNAME rpz-passthru.
ns1.hoster.example.rpz-nsdname   A     203.0.113.21
site.other.test                  A     203.0.113.22
"""
SECOND = """
clips.test                       CNAME .
*.clips.test                     CNAME .
site.other.test                  CNAME .
garden.other.test                CNAME .
"""

TIES = """
32.200.2.0.192.rpz-ip            A     203.0.113.1
32.3.100.51.198.rpz-ip           A     203.0.113.2
ns1.hoster.example.rpz-nsdname   A     203.0.113.4
ns2.zed.example.rpz-nsdname      A     203.0.113.5
"""


def zone(origin: str, servers: Sequence[str], *records: tuple[str, str, str]) -> Zone:
    soa = f"{servers[0]} hostmaster.{servers[0]} 1 7200 900 1209600 300"
    apex = [(origin, "SOA", soa), *[(origin, "NS", server) for server in servers]]
    return Zone(origin, [Record(name, kind, 3600, data) for name, kind, data in [*apex, *records]])


def served() -> dict[str, list[Zone]]:
    """Root, test. and example., two sites, and one delegation to a server that refuses."""
    clips = [
        (f"{name}.clips.test", "A", f"192.0.2.{number}")
        for number, name in enumerate([*ACTION_NAMES, "*.wild", "*.empty", "*.deep.wild"], 100)
    ]
    return {
        ROOT: [
            zone(
                "",
                ["a.root.example"],
                ("a.root.example", "A", ROOT),
                ("test", "NS", "a.nic.test"),
                ("a.nic.test", "A", TLD),
                ("example", "NS", "ns.example"),
                ("ns.example", "A", TLD),
            )
        ],
        TLD: [
            zone(
                "test",
                ["a.nic.test"],
                ("a.nic.test", "A", TLD),
                ("clips.test", "NS", "ns1.clips.test"),
                ("ns1.clips.test", "A", CLIPS),
                ("lame.test", "NS", "ns1.clips.test"),
                ("other.test", "NS", "ns1.hoster.example"),
                ("other.test", "NS", "ns2.zed.example"),
                ("zed.test", "NS", "ns2.zed.example"),
                ("lone.test", "NS", "ns1.hoster.example"),
            ),
            zone(
                "example",
                ["ns.example"],
                ("ns.example", "A", TLD),
                ("ns1.hoster.example", "A", OTHER),
                ("ns2.zed.example", "A", OTHER),
            ),
        ],
        CLIPS: [
            zone(
                "clips.test",
                ["ns1.clips.test"],
                ("ns1.clips.test", "A", CLIPS),
                ("clips.test", "A", "192.0.2.80"),
                ("clips.test", "AAAA", "2001:db8::80"),
                ("clips.test", "TXT", '"the site"'),
                ("v6.clips.test", "AAAA", "2001:db8::81"),
                ("two.clips.test", "A", "192.0.2.200"),
                ("two.clips.test", "A", "198.51.100.3"),
                ("www.clips.test", "CNAME", "clips.test"),
                ("toother.clips.test", "CNAME", "site.other.test"),
                ("todata.clips.test", "CNAME", "data.clips.test"),
                *clips,
            )
        ],
        OTHER: [
            zone(
                "other.test",
                ["ns1.hoster.example", "ns2.zed.example"],
                ("site.other.test", "A", "203.0.113.7"),
                ("garden.other.test", "A", "203.0.113.9"),
                ("*.garden.other.test", "A", "203.0.113.10"),
            ),
            zone("zed.test", ["ns2.zed.example"], ("zed.test", "A", "203.0.113.11")),
            zone("lone.test", ["ns1.hoster.example"], ("lone.test", "A", "203.0.113.12")),
        ],
    }


@dataclass(frozen=True)
class Seen:
    """What of a reply must be alike. ``silent`` and nothing else: no reply at all."""

    silent: bool = False
    rcode: str = ""
    truncated: bool = False
    answers: tuple[tuple[str, str, str], ...] = ()
    shortest: int = 0
    """The lowest TTL in the answer, up to the 5 s that policy zones cap at."""
    additional: tuple[Record, ...] = ()


def seen(reply: DnsMessage | None) -> Seen:
    if reply is None:
        return Seen(silent=True)
    return Seen(
        False,
        reply.rcode,
        reply.truncated,
        tuple(sorted((name, kind, data) for name, kind, _, data in reply.answers)),
        min([min(record.ttl, 6) for record in reply.answers], default=0),
        tuple([record for record in reply.additional if record.type == "SOA"]),
    )


async def ask(
    port: int, question: tuple[str, str], source: str, *, stream: bool = False, **more: bool
) -> Seen:
    query = make_query(7, Question(*question), recursion_desired=more.get("recursion", True))
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            if stream:
                return seen(await by_stream(port, query, source))
            return seen(await by_datagram(port, query, source))
    except TimeoutError:
        return seen(None)


async def by_datagram(port: int, query: DnsMessage, source: str) -> DnsMessage:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.setblocking(False)
        own.bind((source, 0))
        own.connect(("127.0.0.1", port))
        own.send(encode(query))
        return decode(await asyncio.get_running_loop().sock_recv(own, 4096))


async def by_stream(port: int, query: DnsMessage, source: str) -> DnsMessage:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        data = encode(query)
        writer.write(len(data).to_bytes(2, "big") + data)
        size = int.from_bytes(await reader.readexactly(2), "big")
        return decode(await reader.readexactly(size))
    finally:
        writer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def configuration(folder: Path, port: int, zones: Sequence[str]) -> str:
    """Return a named.conf. named sends to the port that it listens on, so all of this
    Internet's nameservers stand on that port, on addresses of their own."""
    (folder / "hints").write_text(f". 3600 NS a.root.example.\na.root.example. 3600 A {ROOT}\n")
    clauses = ['zone "." { type hint; file "hints"; };']
    for index, text in enumerate(zones):
        (folder / f"rpz{index}").write_text(text)
        clauses.append(f'zone "rpz{index}" {{ type primary; file "rpz{index}"; }};')
    if zones:
        listed = " ".join(f'zone "rpz{index}";' for index in range(len(zones)))
        clauses.append(f"response-policy {{ {listed} }};")
    options = (
        f'directory "{folder}"; port {port}; listen-on port {port} {{ 127.0.0.1; }}; '
        "listen-on-v6 { none; }; pid-file none; session-keyfile none; recursion yes; "
        "allow-query { any; }; allow-recursion { any; }; dnssec-validation no; "
        "qname-minimization off; minimal-responses yes; empty-zones-enable no; notify no; "
    )
    rpz = clauses.pop() if zones else ""
    return "\n".join([f"options {{ {options} {rpz} }};", "controls { };", *clauses, ""])


@dataclass
class Pair:
    """named and ours, over the same nameservers."""

    named: int
    ours: int

    async def answers(
        self, questions: Sequence[tuple[str, str]], source: str = CLIENT, **more: bool
    ) -> tuple[dict[tuple[str, str], Seen], dict[tuple[str, str], Seen]]:
        """Return what each says to each question: (named's, ours)."""
        by_both = await asyncio.gather(
            *[
                ask(port, one, source, **more)
                for port in (self.named, self.ours)
                for one in questions
            ]
        )
        half = len(questions)
        return (
            dict(zip(questions, by_both[:half], strict=True)),
            dict(zip(questions, by_both[half:], strict=True)),
        )


Start = Callable[..., Awaitable[Pair]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start both resolvers with policy zones, given as text, and stop them in the end."""
    loop = asyncio.get_running_loop()
    running: list[asyncio.subprocess.Process] = []
    services: list[Nameserver | Resolver] = []

    async def start_both(*zones: str, measures: Sequence[DnsMeasure] = ()) -> Pair:
        port, own_port = free_port(), free_port()
        for address, zones_there in served().items():
            server = Nameserver(NameserverState(zones_there))
            await server.start([(address, port)])
            services.append(server)
        resolver = Resolver(
            root_hints([("a.root.example", [ROOT])]),
            now=lambda: int(loop.time() * 1_000_000),
            random=Random(1),
            dial=lambda address: (address, port),
            sources=["127.0.0.1"],
        )
        if measures:
            for index, measure in enumerate(measures):
                resolver.policy.put(str(index), measure)
        else:
            for index, text in enumerate(zones):
                resolver.policy.put(str(index), PolicyZone(text, f"rpz{index}"))
        await resolver.start([("127.0.0.1", own_port)])
        services.append(resolver)
        (tmp_path / "named.conf").write_text(configuration(tmp_path, port, zones))
        process = await asyncio.create_subprocess_exec(
            "named",
            "-g",
            "-4",
            "-n",
            "1",
            "-c",
            str(tmp_path / "named.conf"),
            stderr=asyncio.subprocess.PIPE,
        )
        running.append(process)
        await until_ready(process, len(zones))
        return Pair(port, own_port)

    yield start_both
    for process in running:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
    for service in reversed(services):
        await service.close()


async def until_ready(process: asyncio.subprocess.Process, zones: int) -> None:
    """Wait until named answers and has indexed its policy zones, which it does on the side."""
    assert process.stderr is not None
    said = []
    running, indexed = False, 0
    async for line in process.stderr:
        text = line.decode().rstrip()
        said.append(text)
        assert "not the canonical" not in text
        running = running or text.endswith(" running")
        indexed += text.endswith("reload done: success")
        if running and indexed == zones:
            return
    if "permission denied" in "".join(said):
        pytest.skip("named is confined and may not read the test's folder")
    raise AssertionError("\n".join(said))


async def test_every_action_and_what_wildcards_reach(start: Start) -> None:
    """NXDOMAIN, NODATA, PASSTHRU, DROP, TCP-Only, local data, walled gardens; RFC 4592."""
    pair = await start(APEX + ACTIONS)
    named, ours = await pair.answers(ASKED_OF_ACTIONS)
    assert ours == named
    # So that the two cannot agree on nothing:
    assert named["nxdomain.clips.test", "A"].rcode == "NXDOMAIN"
    assert named["drop.clips.test", "A"].silent
    assert named["tcp.clips.test", "A"].truncated
    assert named["lame.test", "A"].rcode == "SERVFAIL"
    assert named["data.clips.test", "A"].shortest == 5


async def test_actions_by_tcp_and_without_recursion(start: Start) -> None:
    """TCP-Only lets TCP through, DROP is silent there too, and RD=0 is never rewritten."""
    pair = await start(APEX + ACTIONS)
    by_tcp = [(f"{name}.clips.test", "A") for name in ("tcp", "drop", "nxdomain", "toother")]
    named, ours = await pair.answers(by_tcp, stream=True)
    assert ours == named
    assert named["tcp.clips.test", "A"].answers == (("tcp.clips.test", "A", "192.0.2.105"),)
    known = [("nxdomain.clips.test", "A")]
    named, ours = await pair.answers(known, recursion=False)
    assert ours == named
    assert named[known[0]].answers == (("nxdomain.clips.test", "A", "192.0.2.100"),)


async def test_every_trigger_and_their_order_in_one_zone(start: Start) -> None:
    """CLIENT-IP before QNAME before IP before NSDNAME before NSIP; the longest prefix."""
    pair = await start(APEX + TRIGGERS)
    for source in (CLIENT, LISTED_CLIENT):
        named, ours = await pair.answers(ASKED_OF_TRIGGERS, source)
        assert ours == named


async def test_the_zone_listed_first_goes_before_any_trigger(start: Start) -> None:
    pair = await start(APEX + FIRST, APEX + SECOND)
    questions = [
        ("clips.test", "A"),
        ("clips.test", "TXT"),
        ("www.clips.test", "A"),
        ("two.clips.test", "A"),
        ("toother.clips.test", "A"),
        ("site.other.test", "A"),
        ("garden.other.test", "A"),
    ]
    named, ours = await pair.answers(questions)
    assert ours == named


async def test_two_ties_in_which_bind_departs_from_its_manual(start: Start) -> None:
    """BIND 9.18 takes the largest NSDNAME, and the smaller owner name of two prefixes.

    Its manual says the smallest name and the smallest address, as we do. Should this fail,
    BIND has come round, and the note in rpz.py can go.
    """
    pair = await start(APEX + TIES)
    named, ours = await pair.answers([("two.clips.test", "A"), ("site.other.test", "A")])
    assert [named[one].answers[0][2] for one in named] == ["203.0.113.2", "203.0.113.5"]
    assert [ours[one].answers[0][2] for one in ours] == ["203.0.113.1", "203.0.113.4"]


async def test_measures_written_as_a_zone_do_in_bind_what_they_do_here(start: Start) -> None:
    """Names with and without subdomains, nested, and all lies that a zone can tell."""
    measures = [
        DnsMeasure("clips.test", DnsLie.NXDOMAIN),
        DnsMeasure("x.y.clips.test", DnsLie.NODATA, subdomains=False),
        DnsMeasure(
            "data.clips.test", DnsLie.FORGED, addresses=("203.0.113.9", "2001:db8::9"), ttl=3
        ),
        DnsMeasure("*.zed.test", DnsLie.SILENCE),
        DnsMeasure("site.other.test", DnsLie.SILENCE, subdomains=False),
        DnsMeasure("*.garden.other.test", DnsLie.FORGED, addresses=("203.0.113.8",), ttl=3),
    ]
    pair = await start(as_policy_zone(measures, "rpz0"), measures=measures)
    below = {
        "clips.test": ("", "www.", "y.", "x.y.", "z.y.", "a.x.y.", "data.", "a.data."),
        "zed.test": ("", "x."),
        "site.other.test": ("", "a."),
        "garden.other.test": ("", "a.", "a.b."),
    }
    names = [f"{first}{name}" for name, firsts in below.items() for first in firsts]
    questions = [(name, kind) for name in names for kind in ("A", "AAAA", "TXT")]
    named, ours = await pair.answers(questions)

    def told(one: Seen) -> tuple[bool, str, tuple[tuple[str, str, str], ...]]:
        return one.silent, one.rcode, one.answers

    assert {one: told(ours[one]) for one in questions} == {
        one: told(named[one]) for one in questions
    }


@pytest.mark.skipif(shutil.which("named-checkzone") is None, reason="no named-checkzone")
async def test_named_checkzone_accepts_what_we_write(tmp_path: Path) -> None:
    policy = Policy()
    policy.put("1", DnsMeasure("clips.test", DnsLie.FORGED, addresses=("203.0.113.9",)))
    policy.put("2", DnsMeasure("*t.co*", DnsLie.NXDOMAIN))
    policy.put("3", DnsMeasure("gone.test", DnsLie.SERVFAIL))
    texts = [policy.written()]
    texts += [rpz_text.write(rpz_text.read(text)) for text in (ACTIONS, TRIGGERS, FIRST, TIES)]
    for text in texts:
        (tmp_path / "zone").write_text(text)
        process = await asyncio.create_subprocess_exec(
            "named-checkzone", "rpz", str(tmp_path / "zone"), stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        assert said.decode().splitlines()[-1] == "OK", said.decode()
        assert process.returncode == 0
