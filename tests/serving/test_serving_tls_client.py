"""The client's end of TLS, facing the server's in memory: what it says when it refuses."""

import asyncio
import datetime
import ssl
from random import Random
from typing import Any

import pytest

from simulator.roles.certification.logic import Authority, check_request
from simulator.serving.certificates import TlsContexts
from simulator.serving.tls import TlsClientProtocol, TlsServerProtocol

TODAY = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - OpenSSL compares with it
AUTHORITY = Authority("Lab Root", Random(1), TODAY)


def listening() -> ssl.SSLContext:
    contexts = TlsContexts()
    key = check_request(contexts.keys.signing_request(["coco.xg"]), ("coco.xg",))
    contexts.install(["coco.xg"], AUTHORITY.issue(("coco.xg",), key, TODAY))
    return contexts.listening


class Wire(asyncio.Transport):
    """Keeps what is written to it until `Pair` carries it over."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = self.aborted = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.closed or self.aborted


class Application(asyncio.Protocol):
    def __init__(self) -> None:
        self.heard = b""
        self.transport: Any = None
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True


class Pair:
    """A client and a server, and the wire between them."""

    def __init__(self, name: str = "coco.xg") -> None:
        context = ssl.create_default_context(cadata=AUTHORITY.root_pem)
        self.above_client, self.above_server = Application(), Application()
        self.client = TlsClientProtocol(context, name, lambda: self.above_client)
        self.server = TlsServerProtocol(listening(), lambda: self.above_server)
        self.client_wire, self.server_wire = Wire(), Wire()
        self.server.connection_made(self.server_wire)
        self.client.connection_made(self.client_wire)

    def carry(self) -> None:
        """Carry all that is written, both ways, until nobody has more to say."""
        while self.client_wire.written or self.server_wire.written:
            for wire, hearer in ((self.client_wire, self.server), (self.server_wire, self.client)):
                data, wire.written = wire.written, b""
                if data:
                    hearer.data_received(data)


async def test_both_ends_agree_and_content_flows() -> None:
    pair = Pair()
    pair.carry()
    assert pair.client.secured.done()
    await pair.client.secured
    pair.client.transport.write(b"question")
    pair.carry()
    pair.above_server.transport.write(b"answer")
    pair.carry()
    assert (pair.above_server.heard, pair.above_client.heard) == (b"question", b"answer")


async def test_a_wrong_name_is_refused_with_an_alert_and_not_with_a_reset() -> None:
    pair = Pair("garden.xg")
    pair.carry()
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        await pair.client.secured
    assert pair.above_client.transport is None
    assert (pair.client_wire.closed, pair.client_wire.aborted) == (True, False)
    assert pair.server_wire.closed, "the server has read the alert"


async def test_a_client_that_closes_waits_for_the_servers_farewell() -> None:
    pair = Pair()
    pair.carry()
    pair.client.transport.close()
    assert not pair.client_wire.closed
    pair.carry()
    assert (pair.client_wire.closed, pair.server_wire.closed) == (True, True)
    assert not pair.client_wire.aborted


async def test_a_server_that_hangs_up_in_the_handshake_is_told_from_one_that_resets() -> None:
    pair = Pair()
    pair.client.connection_lost(None)
    with pytest.raises(ssl.SSLEOFError):
        await pair.client.secured
    pair = Pair()
    pair.client.connection_lost(ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        await pair.client.secured


async def test_a_loss_after_the_handshake_is_the_applications_to_hear() -> None:
    pair = Pair()
    pair.carry()
    await pair.client.secured
    pair.client.connection_lost(ConnectionResetError())
    assert pair.above_client.lost
