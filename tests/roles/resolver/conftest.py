"""A subscriber, a provider that may meddle, and a resolver abroad with all its doors open."""

import asyncio
import datetime
import ssl
from collections.abc import Callable, Coroutine, Iterator
from random import Random
from typing import Any

import pytest

from simulator.net import Host, LabLoop, Network, Tap
from simulator.roles.certification.logic import Authority, check_request
from simulator.roles.resolver.channel import resolver_context
from simulator.roles.resolver.dot import DotChannel
from simulator.roles.resolver.encrypted_service import EncryptedDns
from simulator.roles.resolver.stub import Addresses, StubResolver
from simulator.serving.certificates import TlsContexts
from simulator.serving.dns import DnsPorts, Send
from simulator.values import MILLISECOND, RST, Direction, Packet, Segment, Verdict
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import DnsMessage, Record, reply_to

CLIENT, HOME_RESOLVER, PUBLIC = "192.0.2.7", "192.0.2.53", "198.51.100.53"
PUBLIC_NAME = "dns.public.example"
TRUE, FORGED = "203.0.113.80", "192.0.2.99"
HOP = 1 * MILLISECOND
TODAY = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - OpenSSL compares with it
AUTHORITY = Authority("Lab Root", Random(1), TODAY)
STRANGER = Authority("Somebody Else", Random(1), TODAY)

Answering = Callable[[DnsMessage], DnsMessage | None]


def server_context(name: str, authority: Authority) -> ssl.SSLContext:
    """What a machine with a certificate for that name listens with."""
    contexts = TlsContexts()
    key = check_request(contexts.keys.signing_request([name]), (name,))
    contexts.install([name], authority.issue((name,), key, TODAY))
    return contexts.listening


def truthful(address: str) -> Answering:
    """Answer every A with one address, every AAAA with nothing."""

    def answer(query: DnsMessage) -> DnsMessage:
        assert query.question is not None
        record = Record(query.question.name, "A", 300, address)
        soa = Record("test", "SOA", 900, "a.test b.test 1 2 3 4 60")
        if query.question.type == "A":
            return reply_to(query, answers=(record,))
        return reply_to(query, authority=(soa,))

    return answer


class Server:
    """Answers as it is told, and remembers what it was asked and when."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.answer: Answering = truthful(TRUE)
        self.asked: list[DnsMessage] = []

    def take(self, data: bytes, source: str, send: Send, *, stream: bool) -> bool:
        query = decode(data)
        self.asked.append(query)
        reply = self.answer(query)
        if reply is not None:
            send(encode(reply))
        return True


class PortRule:
    """Gives one verdict on all that goes to a port."""

    def __init__(self, port: int, verdict: Verdict) -> None:
        self.name = f"port {port}"
        self.port = port
        self.verdict = verdict

    def concerns(self, packet: Packet) -> bool:
        return packet.body.destination_port == self.port  # type: ignore[union-attr]

    def judge(self, packet: Packet, direction: Direction, flow: Any, now: int) -> Verdict:
        return self.verdict


class Setting:
    """Home and abroad are 8 ms apart, and each machine 1 ms from its router."""

    def __init__(self) -> None:
        self.loop = LabLoop()
        self.fabric = self.loop.fabric
        self.home = self.fabric.add_network(Network("home", prefixes=("192.0.2.0/24",)))
        self.abroad = self.fabric.add_network(Network("abroad", prefixes=("198.51.100.0/24",)))
        self.fabric.topology.link(self.home, self.abroad, 8 * MILLISECOND)
        self.client = Host(self.fabric, "client", self.home, (CLIENT,), HOP)
        self.machine = Host(self.fabric, "resolver", self.abroad, (PUBLIC,), HOP)
        self.public = Server(self.fabric.now)
        self.tap = Tap("client")
        self.client.taps = [self.tap]
        self.plain = DnsPorts(self.public.take)
        self.on(self.machine, self.plain.open([(PUBLIC, 53)]))
        self.stub = StubResolver([PUBLIC], now=self.fabric.now, random=Random(2), families=(4, 6))
        self.root_pem = AUTHORITY.root_pem
        self.trust = resolver_context(self.root_pem, "dot")

    def on(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def server_context(self, name: str) -> ssl.SSLContext:
        """What a machine listens with that has a certificate from the lab's authority."""
        return server_context(name, AUTHORITY)

    def open_doors(self) -> EncryptedDns:
        """Start DoT and DoH on the public resolver."""
        context = server_context(PUBLIC_NAME, AUTHORITY)
        doors = EncryptedDns(self.public.take, context, [PUBLIC], now=self.fabric.now)
        self.on(self.machine, doors.start())
        return doors

    def impostor(self, name: str, authority: Authority = AUTHORITY) -> Server:
        """Start a lying resolver at home that opens the same doors with its own certificate."""
        server = Server(self.fabric.now)
        server.answer = truthful(FORGED)
        machine = Host(self.fabric, "impostor", self.home, (HOME_RESOLVER,), HOP)
        doors = EncryptedDns(
            server.take, server_context(name, authority), [HOME_RESOLVER], now=self.fabric.now
        )
        self.on(machine, doors.start())
        self.on(machine, DnsPorts(server.take).open([(HOME_RESOLVER, 53)]))
        return server

    def meddle(self, port: int, verdict: Verdict) -> None:
        """Have the provider give a verdict on all that goes to a port."""
        self.fabric.middlebox(self.home).put(f"port {port}", PortRule(port, verdict))

    def dot(self, strict: bool = True) -> DotChannel:
        return DotChannel(PUBLIC, 853, PUBLIC_NAME, self.trust, strict)

    def look_up(self, name: str = "clips.test") -> Addresses:
        found: Addresses = self.on(self.client, self.stub.addresses(name))
        return found

    def ports(self) -> list[int]:
        """The ports that the client has sent to, each once, in order."""
        sent = [packet for _, packet in self.tap.packets if packet.source == CLIENT]
        return list(dict.fromkeys(packet.body.destination_port for packet in sent))  # type: ignore[union-attr]

    def resets(self) -> int:
        """How many segments with RST the client has sent or seen."""
        bodies = [packet.body for _, packet in self.tap.packets]
        return sum(1 for body in bodies if isinstance(body, Segment) and body.flags & RST)

    def settle(self) -> None:
        """Let farewells be said."""
        self.on(self.client, asyncio.sleep(200))


@pytest.fixture
def setting() -> Iterator[Setting]:
    setting = Setting()
    yield setting
    setting.loop.shut_down()


@pytest.fixture
def stranger() -> Authority:
    """An authority that nobody in the lab trusts."""
    return STRANGER
