"""DNSSEC as programs see it that nobody here wrote: dig, delv, and Unbound as a validator."""

from __future__ import annotations

import asyncio
import datetime
import re
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import cast

import pytest

from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.signing import Signer
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.service import Resolver
from simulator.roles.resolver.validation_trust import TrustAnchor
from simulator.tools.dig_asking import Endpoint, Heard
from simulator.tools.dig_options import read_dig
from simulator.tools.dig_text import greeting, reply_lines, short_lines, statistics
from simulator.values import DAY
from simulator.wire.dns import decode
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import Record
from simulator.wire.dnssec import make_key

pytestmark = pytest.mark.client

ROOT, TLD, CLIPS, PLAIN, AGENCY = (f"198.51.100.{number}" for number in range(1, 6))
LOOPBACK = "127.0.0.1"
START = int(datetime.datetime.now(datetime.UTC).timestamp())  # noqa: TID251 - delv compares with it
LATER = 30 * DAY
"""How much later the zone expired.test last signed anything: so much earlier than now."""


def zone(origin: str, server: str, address: str, *records: tuple[str, str, str]) -> Zone:
    soa = f"{server} hostmaster.{server} 1 7200 900 1209600 300"
    apex = [(origin, "SOA", soa), (origin, "NS", server)]
    own = [(server, "A", address)] if is_within(server, origin) else []
    everything = [*apex, *own, *records]
    return Zone(origin, [Record(name, kind, 300, data) for name, kind, data in everything])


def signers() -> dict[str, Signer]:
    random = Random(3)
    names = ("", "test", "clips.test", "seized.test", "expired.test")
    made = {name: Signer(name, make_key(random), calendar_start=START) for name in names}
    made["expired.test"].stop(-LATER)
    return made


def states(by: dict[str, Signer]) -> dict[str, NameserverState]:
    """A signed root and ``test``; below it a signed zone, an unsigned one, one whose DS was left
    behind by a seizure, and one that nobody signs any more."""
    delegations = [("clips", CLIPS), ("plain", PLAIN), ("seized", AGENCY), ("expired", CLIPS)]
    below = [
        record
        for name, address in delegations
        for record in (
            (f"{name}.test", "NS", f"ns.{name}.test"),
            (f"ns.{name}.test", "A", address),
        )
    ]
    ds = [(name, "DS", by[name].ds) for name in ("clips.test", "seized.test", "expired.test")]
    clips = [
        ("clips.test", "A", "192.0.2.80"),
        ("www.clips.test", "CNAME", "clips.test"),
        ("away.clips.test", "CNAME", "plain.test"),
        ("*.wild.clips.test", "A", "192.0.2.82"),
        ("a.b.empty.clips.test", "TXT", '"deep"'),
        *[("big.clips.test", "TXT", f'"{number:03d} {"x" * 200}"') for number in range(9)],
    ]
    root = [("test", "NS", "a.nic.test"), ("a.nic.test", "A", TLD), ("test", "DS", by["test"].ds)]
    served = {
        ROOT: [zone("", "a.root.example", ROOT, *root)],
        TLD: [zone("test", "a.nic.test", TLD, *below, *ds)],
        CLIPS: [
            zone("clips.test", "ns.clips.test", CLIPS, *clips),
            zone("expired.test", "ns.expired.test", CLIPS, ("expired.test", "A", "192.0.2.83")),
        ],
        PLAIN: [zone("plain.test", "ns.plain.test", PLAIN, ("plain.test", "A", "192.0.2.90"))],
        AGENCY: [
            zone("seized.test", "ns.seized.test", AGENCY, ("seized.test", "A", "203.0.113.9"))
        ],
    }
    result = {}
    for address, zones in served.items():
        state = result[address] = NameserverState()
        for one in zones:
            state.replace(one, None if address == AGENCY else by.get(one.origin))
    return result


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Names:
    """Ports of the nameservers by address, of our validating resolver, and of one that does not."""

    ports: dict[str, int]
    validating: int
    oblivious: int
    anchor: str


@pytest.fixture
async def names() -> AsyncIterator[Names]:
    loop = asyncio.get_running_loop()
    started = loop.time()

    def now() -> int:
        return int((loop.time() - started) * 1_000_000)

    by = signers()
    ports: dict[str, int] = {}
    services: list[Nameserver | Resolver] = []
    for address, state in states(by).items():
        ports[address] = free_port()
        server = Nameserver(state, now=now)
        await server.start([(LOOPBACK, ports[address])])
        services.append(server)
    listening = []
    for anchors in ([TrustAnchor("", by[""].ds)], []):
        resolver = Resolver(
            root_hints([("a.root.example", [ROOT])]),
            now=now,
            random=Random(1),
            dial=lambda address: (LOOPBACK, ports[address]),
            sources=[LOOPBACK],
            trust_anchors=anchors,
            calendar_start=START,
        )
        listening.append(free_port())
        await resolver.start([(LOOPBACK, listening[-1])])
        services.append(resolver)
    yield Names(ports, *listening, by[""].ds)
    for service in services:
        await service.close()


async def run(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(30):
        out, _ = await process.communicate()
    return out.decode()


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


# --- dig ------------------------------------------------------------------------------


async def dig(port: int, *words: str) -> str:
    return await run("dig", "-r", f"@{LOOPBACK}", "-p", str(port), "+tries=1", "+time=3", *words)


@needs("dig")
async def test_dig_reads_every_record_of_a_signed_zone(names: Names) -> None:
    """Keys, signatures and proofs as dig prints them; dig names what it cannot read ``\\#``."""
    shown = await dig(names.ports[CLIPS], "+dnssec", "+multiline", "clips.test", "DNSKEY")
    assert "257 3 13 (" in shown
    assert "; KSK; alg = ECDSAP256SHA256" in shown
    shown = await dig(names.ports[CLIPS], "+dnssec", "b.empty.clips.test", "A")
    assert "status: NOERROR" in shown
    assert "big.clips.test.\t\t300\tIN\tNSEC\ta.b.empty.clips.test. TXT RRSIG NSEC" in shown
    assert "RRSIG\tNSEC 13 3 300 " in shown
    shown = await dig(names.ports[TLD], "+dnssec", "www.plain.test", "A")
    assert "plain.test.\t\t300\tIN\tNSEC\tseized.test. NS RRSIG NSEC" in shown
    assert "\\#" not in shown


@needs("dig")
async def test_dig_without_dnssec_sees_none_of_it(names: Names) -> None:
    for port in (names.ports[CLIPS], names.validating):
        shown = await dig(port, "nowhere.clips.test", "A")
        assert "status: NXDOMAIN" in shown
        assert "RRSIG" not in shown
        assert "NSEC" not in shown


@needs("dig")
@pytest.mark.parametrize(
    ("words", "status", "flags", "comment"),
    [
        ("clips.test", "NOERROR", "qr rd ra ad", None),
        ("www.clips.test", "NOERROR", "qr rd ra ad", None),
        ("nowhere.clips.test", "NXDOMAIN", "qr rd ra ad", None),
        ("+noadflag clips.test", "NOERROR", "qr rd ra", None),
        ("+noadflag +dnssec clips.test", "NOERROR", "qr rd ra ad", None),
        ("+dnssec big.clips.test TXT", "NOERROR", "qr rd ra ad", None),
        ("plain.test", "NOERROR", "qr rd ra", None),
        ("seized.test", "SERVFAIL", "qr rd ra", "EDE: 9 (DNSKEY Missing)"),
        ("+cdflag seized.test", "NOERROR", "qr rd ra cd", None),
        ("expired.test", "SERVFAIL", "qr rd ra", "EDE: 7 (Signature Expired)"),
    ],
)
async def test_dig_asks_our_validating_resolver(
    names: Names, words: str, status: str, flags: str, comment: str | None
) -> None:
    """AD for what is secure and to those who ask, SERVFAIL with a reason for what is bogus."""
    for _ in range(2):  # the second time from the cache
        shown = await dig(names.validating, *words.split())
        assert f"status: {status}," in shown
        assert f";; flags: {flags};" in shown
        assert ("EDE" in shown) == (comment is not None)
        assert comment is None or comment in shown
    assert "203.0.113.9" in shown or "cd" not in flags


@needs("dig")
async def test_who_does_not_validate_gets_the_banner(names: Names) -> None:
    assert (await dig(names.oblivious, "+short", "seized.test")).split() == ["203.0.113.9"]
    assert (await dig(names.oblivious, "+short", "expired.test")).split() == ["192.0.2.83"]
    assert ";; flags: qr rd ra;" in await dig(names.oblivious, "clips.test")


class _Recorder(asyncio.DatagramProtocol):
    """Passes each question on to a server, and keeps what came back."""

    def __init__(self, server: int) -> None:
        self._server = (LOOPBACK, server)
        self.replies: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._client: object = None

    def datagram_received(self, data: bytes, addr: object) -> None:
        if addr != self._server:
            self._client = addr
            self._transport.sendto(data, self._server)
            return
        self.replies.append(data)
        self._transport.sendto(data, self._client)


def _comparable(text: str) -> list[str]:
    text = re.sub(r"DiG \S+|Query time: \d+|;; WHEN: .*", "", text)
    return text.strip("\n").splitlines()


@needs("dig")
@pytest.mark.parametrize("server", ["clips", "test", "validating", "oblivious"])
@pytest.mark.parametrize(
    "words",
    [
        "clips.test",
        "+dnssec clips.test",
        "+dnssec +short clips.test",
        "+dnssec +norecurse clips.test DNSKEY",
        "+dnssec clips.test DS",
        "+dnssec nowhere.clips.test",
        "+dnssec x.wild.clips.test",
        "+dnssec clips.test NSEC",
        "+dnssec +noall +answer +authority www.clips.test",
        "+dnssec +cd seized.test",
        "seized.test",
        "+dnssec expired.test",
        "+noadflag plain.test",
    ],
)
async def test_the_labs_dig_prints_signed_answers_as_dig_does(
    names: Names, server: str, words: str
) -> None:
    """Of the same reply of a nameserver or a resolver, line by line."""
    port = {
        "clips": names.ports[CLIPS],
        "test": names.ports[TLD],
        "validating": names.validating,
        "oblivious": names.oblivious,
    }[server]
    loop = asyncio.get_running_loop()
    transport, recorder = await loop.create_datagram_endpoint(
        lambda: _Recorder(port), local_addr=(LOOPBACK, 0)
    )
    own = transport.get_extra_info("sockname")[1]
    line = [f"@{LOOPBACK}", "-p", str(own), "+tries=1", *words.split()]
    printed = await run("dig", *line)
    transport.close()
    options, octets = read_dig(line), recorder.replies[-1]
    heard = Heard(decode(octets), octets, "UDP", 0.0, Endpoint(LOOPBACK, LOOPBACK, own))
    if options.short:
        lines = list(short_lines(heard, options))
    else:
        lines = list(greeting(options)) if options.shown["cmd"] else []
        lines += reply_lines(heard, options)
        if options.shown["stats"]:
            lines += statistics(heard, datetime.datetime(2024, 6, 24, tzinfo=datetime.UTC))
    assert _comparable("\n".join(lines)) == _comparable(printed)


# --- delv -----------------------------------------------------------------------------


async def delv(names: Names, folder: Path, *words: str) -> str:
    tag, algorithm, digest_type, digest = names.anchor.split()
    anchors = folder / "anchors"
    anchors.write_text(
        f'trust-anchors {{ . static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n'
    )
    where = (f"@{LOOPBACK}", "-p", str(names.validating), "-a", str(anchors), "+root=.")
    return await run("delv", *where, *words)


@needs("delv")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("clips.test A", "; fully validated\nclips.test.\t\t300\tIN\tA\t192.0.2.80"),
        ("www.clips.test A", "; fully validated\nwww.clips.test.\t\t300\tIN\tCNAME\tclips.test."),
        ("x.wild.clips.test A", "; fully validated\nx.wild.clips.test."),
        ("big.clips.test TXT", "; fully validated\nbig.clips.test."),
        ("clips.test DS", "; fully validated\nclips.test."),
        ("nowhere.clips.test A", "; negative response, fully validated\n; nowhere.clips.test."),
        ("clips.test MX", "; negative response, fully validated\n; clips.test."),
        ("b.empty.clips.test A", "; negative response, fully validated\n"),
        ("x.wild.clips.test TXT", "; negative response, fully validated\n"),
        ("nothing A", "; negative response, fully validated\n"),
        ("plain.test A", "; unsigned answer\nplain.test."),
        ("plain.test DS", "; negative response, fully validated\n"),
        ("seized.test A", ";; resolution failed: "),
        ("expired.test A", ";; resolution failed: "),
    ],
)
async def test_delv_validates_what_our_resolver_passes_on(
    names: Names, tmp_path: Path, words: str, says: str
) -> None:
    """delv asks with CD and trusts nobody: it has the root's DS alone."""
    assert says in await delv(names, tmp_path, *words.split())


# --- Unbound --------------------------------------------------------------------------


def configuration(names: Names, port: int, folder: Path) -> str:
    """Return an unbound.conf. Unbound sends to port 53, so each zone is a stub zone with a port."""
    zones = [("", ROOT), ("test", TLD), ("clips.test", CLIPS), ("plain.test", PLAIN)]
    zones += [("seized.test", AGENCY), ("expired.test", CLIPS)]
    stubs = "".join(
        f'stub-zone:\n name: "{zone}."\n stub-addr: {LOOPBACK}@{names.ports[address]}\n'
        for zone, address in zones
    )
    return (
        f'server:\n interface: {LOOPBACK}\n port: {port}\n directory: "{folder}"\n'
        ' username: ""\n chroot: ""\n pidfile: ""\n logfile: ""\n use-syslog: no\n'
        " do-daemonize: no\n do-ip6: no\n do-not-query-localhost: no\n ede: yes\n"
        ' num-threads: 1\n val-log-level: 2\n local-zone: "test." nodefault\n'
        f' trust-anchor: ". DS {names.anchor}"\n'
        f"remote-control:\n control-enable: no\n{stubs}"
    )


@pytest.fixture
async def unbound(names: Names, tmp_path: Path) -> AsyncIterator[int]:
    port = free_port()
    (tmp_path / "unbound.conf").write_text(configuration(names, port, tmp_path))
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "unbound", "-d", "-c", str(tmp_path / "unbound.conf"), stdout=log, stderr=log
        )
    for _ in range(100):
        if "status: NOERROR" in await dig(port, "+time=1", ".", "NS"):
            break
        assert process.returncode is None, (tmp_path / "log").read_text()
    yield port
    process.terminate()
    await process.wait()


@needs("unbound")
@needs("dig")
async def test_unbound_validates_the_labs_root(names: Names, unbound: int) -> None:
    """What ours says, Unbound says: the status, AD, and the reason (its codes may be coarser)."""
    questions = [
        ("clips.test", "A", "NOERROR", True),
        ("www.clips.test", "A", "NOERROR", True),
        ("x.wild.clips.test", "A", "NOERROR", True),
        ("x.y.wild.clips.test", "A", "NOERROR", True),
        ("x.wild.clips.test", "TXT", "NOERROR", True),
        ("big.clips.test", "TXT", "NOERROR", True),
        ("clips.test", "MX", "NOERROR", True),
        ("b.empty.clips.test", "A", "NOERROR", True),
        ("nowhere.clips.test", "A", "NXDOMAIN", True),
        ("nothing.test", "A", "NXDOMAIN", True),
        ("nothing", "A", "NXDOMAIN", True),
        ("clips.test", "DS", "NOERROR", True),
        ("clips.test", "DNSKEY", "NOERROR", True),
        ("plain.test", "DS", "NOERROR", True),
        ("plain.test", "A", "NOERROR", False),
        ("away.clips.test", "A", "NOERROR", False),
        ("seized.test", "A", "SERVFAIL", False),
        ("expired.test", "A", "SERVFAIL", False),
    ]
    for name, kind, status, authentic in questions:
        for port in (unbound, names.validating):
            shown = await dig(port, "+dnssec", name, kind)
            where = f"{name} {kind} of {'Unbound' if port == unbound else 'ours'}:\n{shown}"
            assert f"status: {status}," in shown, where
            assert (" ad;" in shown) == authentic, where


@needs("unbound")
@needs("dig")
async def test_unbound_gives_the_reasons_that_ours_gives(names: Names, unbound: int) -> None:
    for name, reason in (("seized.test", "EDE: 9 "), ("expired.test", "EDE: 7 ")):
        for port in (unbound, names.validating):
            assert reason in await dig(port, name, "A"), (name, port == unbound)
