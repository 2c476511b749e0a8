"""DNS over TLS and over HTTPS on real loopback sockets, with real clients."""

import asyncio
import datetime
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.certification.logic import Authority, check_request
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.channel import resolver_context
from simulator.roles.resolver.doh import DohChannel
from simulator.roles.resolver.dot import DotChannel
from simulator.roles.resolver.encrypted_service import EncryptedDns
from simulator.roles.resolver.service import Resolver
from simulator.roles.resolver.stub import StubResolver
from simulator.serving.certificates import TlsContexts
from simulator.serving.tls import open_tls_connection
from simulator.values import ExtendedError
from simulator.wire.dns_values import Record

HERE, ROOT, NAME = "127.0.0.1", "198.51.100.1", "dns.public.example"
TODAY = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - OpenSSL compares with it
AUTHORITY = Authority("Lab Root", Random(1), TODAY)


def root_zone() -> Zone:
    """One zone with all: what recursion does is tested elsewhere."""
    soa = "a.root.example hostmaster.root.example 1 7200 900 1209600 300"
    return Zone(
        "",
        [
            Record("", "SOA", 3600, soa),
            Record("", "NS", 3600, "a.root.example"),
            Record("a.root.example", "A", 3600, ROOT),
            Record("clips.test", "A", 600, HERE),
            Record("clips.test", "AAAA", 600, "2001:db8::80"),
            *[
                Record("big.clips.test", "TXT", 600, f'"{number:03d} {"x" * 200}"')
                for number in range(12)
            ],
        ],
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port: int = probe.getsockname()[1]
        return port


def server_context(name: str) -> ssl.SSLContext:
    contexts = TlsContexts()
    key = check_request(contexts.keys.signing_request([name]), (name,))
    contexts.install([name], AUTHORITY.issue((name,), key, TODAY))
    return contexts.listening


@dataclass
class Doors:
    resolver: Resolver
    dot_port: int
    doh_port: int
    root_file: Path
    server: EncryptedDns

    def stub(self) -> StubResolver:
        return StubResolver([HERE], now=lambda: 0, random=Random(2), timeout=1.0)

    def dot(self, name: str = NAME, strict: bool = True) -> DotChannel:
        trust = resolver_context(AUTHORITY.root_pem, "dot")
        return DotChannel(HERE, self.dot_port, name, trust, strict)

    def doh(self, name: str = NAME) -> DohChannel:
        trust = resolver_context(AUTHORITY.root_pem, "http/1.1")
        return DohChannel(HERE, self.doh_port, name, "/dns-query", trust)


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    loop = asyncio.get_running_loop()
    root_port = free_port()
    root = Nameserver(NameserverState([root_zone()]))
    await root.start([(HERE, root_port)])

    def now() -> int:
        return int(loop.time() * 1_000_000)

    resolver = Resolver(
        root_hints([("a.root.example", [ROOT])]),
        now=now,
        random=Random(1),
        dial=lambda address: (HERE, root_port),
        sources=[HERE],
    )
    ports = free_port(), free_port()
    server = EncryptedDns(
        resolver.take,
        server_context(NAME),
        [HERE],
        now=lambda: 0,
        dot_port=ports[0],
        doh_port=ports[1],
        calendar_start=1_719_302_400,
    )
    await server.start()
    root_file = tmp_path / "root.pem"
    root_file.write_text(AUTHORITY.root_pem, encoding="ascii")
    yield Doors(resolver, *ports, root_file, server)
    await server.close()
    await resolver.close()
    await root.close()


@pytest.mark.parametrize("engine", ["dot", "doh"])
async def test_a_lookup_of_both_families(doors: Doors, engine: str) -> None:
    stub = doors.stub()
    stub.channel = doors.dot() if engine == "dot" else doors.doh()
    found = await stub.addresses("clips.test")
    assert (found.addresses, found.failure) == ((HERE, "2001:db8::80"), None)
    assert [answer.engine for answer in found.answers] == [engine] * 2


@pytest.mark.parametrize("engine", ["dot", "doh"])
async def test_what_is_too_big_for_udp_comes_whole(doors: Doors, engine: str) -> None:
    stub = doors.stub()
    stub.channel = doors.dot() if engine == "dot" else doors.doh()
    answer = await stub.lookup("big.clips.test", "TXT")
    assert (len(answer.records), answer.engine) == (12, engine)


@pytest.mark.parametrize("engine", ["dot", "doh"])
async def test_an_ordered_resolver_refuses_behind_tls_too(doors: Doors, engine: str) -> None:
    doors.resolver.policy.put("order", DnsMeasure("clips.test", DnsLie.REFUSED, extended_error=16))
    stub = doors.stub()
    stub.channel = doors.dot() if engine == "dot" else doors.doh()
    answer = await stub.lookup("clips.test", "A")
    assert (answer.failure, answer.extended_error) == ("dns_refused_error", ExtendedError(16))


async def test_a_certificate_for_another_name_is_refused(doors: Doors) -> None:
    stub = doors.stub()
    for channel in (doors.dot("dns.other.example"), doors.doh("dns.other.example")):
        stub.channel = channel
        assert (await stub.lookup("clips.test", "A")).failure == "ssl_invalid_hostname"
    stub.channel = doors.dot("dns.other.example", strict=False)
    assert (await stub.lookup("clips.test", "A")).addresses == (HERE,)


async def test_a_closed_port_is_refused_and_a_stranger_to_tls_is_no_server(doors: Doors) -> None:
    stub = doors.stub()
    closed = free_port()
    stub.channel = DotChannel(HERE, closed, NAME, resolver_context(AUTHORITY.root_pem, "dot"))
    assert (await stub.lookup("clips.test", "A")).failure == "connection_refused"

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.close()

    plain = await asyncio.start_server(hang_up, HERE, closed)
    assert (await stub.lookup("clips.test", "A")).failure == "eof_error"
    plain.close()


async def test_garbage_in_tls_leaves_the_doors_standing(doors: Doors) -> None:
    trust = resolver_context(AUTHORITY.root_pem, "dot")
    noise = Random(3)
    for port in (doors.dot_port, doors.doh_port):
        for length in (1, 2, 3, 40, 5000):
            reader, writer = await open_tls_connection(HERE, port, trust, NAME)
            writer.write(noise.randbytes(length))
            writer.write_eof() if writer.can_write_eof() else writer.close()
            await reader.read()
            writer.close()
    stub = doors.stub()
    for channel in (doors.dot(), doors.doh()):
        stub.channel = channel
        assert (await stub.lookup("clips.test", "A")).addresses == (HERE,)


async def test_closing_with_a_client_in_the_middle_does_not_wait(doors: Doors) -> None:
    trust = resolver_context(AUTHORITY.root_pem, "dot")
    _, silent = await asyncio.open_connection(HERE, doors.dot_port)
    streams = [
        await open_tls_connection(HERE, port, trust, NAME)
        for port in (doors.dot_port, doors.doh_port)
    ]
    async with asyncio.timeout(2):
        await doors.server.close()
        for reader, writer in streams:
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            writer.close()
    silent.close()


# --- real clients -------------------------------------------------------------------


async def run(*command: str) -> tuple[int | None, str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode(errors="replace")


async def kdig(doors: Doors, *arguments: str) -> tuple[int | None, str]:
    port = str(doors.dot_port)
    ca = f"+tls-ca={doors.root_file}"
    return await run("kdig", f"@{HERE}", "-p", port, ca, "+retry=0", "+time=3", *arguments)


@pytest.mark.client
async def test_kdig_reads_an_answer_by_dot(doors: Doors) -> None:
    status, output = await kdig(doors, f"+tls-hostname={NAME}", "clips.test", "A")
    assert status == 0
    assert ";; TLS session (TLS1.3)" in output
    assert "status: NOERROR" in output
    assert f"clips.test.         \t600\tIN\tA\t{HERE}" in output


@pytest.mark.client
async def test_kdig_refuses_the_wrong_name(doors: Doors) -> None:
    status, output = await kdig(doors, "+tls-hostname=dns.other.example", "clips.test", "A")
    assert status != 0
    assert "TLS, handshake failed (Error in the certificate.)" in output


@pytest.mark.client
async def test_kdig_asks_twice_on_one_connection(doors: Doors) -> None:
    """Both a message with its answers and one too big for UDP, by ``+keepopen``."""
    status, output = await kdig(
        doors, f"+tls-hostname={NAME}", "+keepopen", "clips.test", "A", "big.clips.test", "TXT"
    )
    assert status == 0
    assert output.count("status: NOERROR") == 2
    assert "ANSWER: 12" in output


@pytest.mark.client
async def test_openssl_sees_the_certificate(doors: Doors) -> None:
    endpoint = f"{HERE}:{doors.dot_port}"
    verify = ["-CAfile", str(doors.root_file), "-verify_hostname", NAME, "-verify_return_error"]
    status, output = await run(
        "openssl", "s_client", "-connect", endpoint, "-servername", NAME, "-alpn", "dot", *verify
    )
    assert status == 0
    assert "Verification: OK" in output


async def curl(doors: Doors, *arguments: str) -> tuple[int | None, str]:
    return await run(
        "curl", "--silent", "--show-error", "--max-time", "5",
        "--cacert", str(doors.root_file),
        "--resolve", f"{NAME}:{doors.doh_port}:{HERE}",
        *arguments,
    )  # fmt: skip


@pytest.mark.client
async def test_curl_finds_a_site_by_doh(doors: Doors) -> None:
    """Only the resolver knows clips.test, so curl can but have asked it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        writer.close()

    site = await asyncio.start_server(serve, HERE, 0)
    port = site.sockets[0].getsockname()[1]
    template = f"https://{NAME}:{doors.doh_port}/dns-query"
    status, output = await curl(doors, "-4", "--doh-url", template, f"http://clips.test:{port}/")
    site.close()
    assert (status, output) == (0, "hello")


@pytest.mark.client
async def test_curl_reads_the_protocols_own_errors(doors: Doors) -> None:
    url = f"https://{NAME}:{doors.doh_port}"
    head = ["--head", "--include"]
    _, missing = await curl(doors, *head, url + "/")
    assert missing.startswith("HTTP/1.1 404 Not Found")
    assert "Date: Tue, 25 Jun 2024 08:00:00 GMT" in missing
    _, empty = await curl(doors, "--include", url + "/dns-query")
    assert empty.startswith("HTTP/1.1 400 Bad Request")
    _, form = await curl(doors, "--include", "--data", "x", url + "/dns-query")
    assert form.startswith("HTTP/1.1 415 Unsupported Media Type")
