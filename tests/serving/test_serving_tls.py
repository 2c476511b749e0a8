"""The server's end of TLS, driven through memory: alerts, records, farewells, back-pressure."""

import asyncio
import datetime
import ssl
from random import Random
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from simulator.roles.certification.logic import Authority, check_request
from simulator.serving import tls as serving_tls
from simulator.serving.certificates import TlsContexts
from simulator.serving.tls import TlsServerProtocol

TODAY = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - OpenSSL compares with it
AUTHORITY = Authority("Lab Root", Random(1), TODAY)


def contexts_for(*names: str) -> TlsContexts:
    contexts = TlsContexts()
    for name in names:
        key = check_request(contexts.keys.signing_request([name]), (name,))
        contexts.install([name], AUTHORITY.issue((name,), key, TODAY))
    return contexts


class Wire(asyncio.Transport):
    """A network transport that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 5)})
        self.written = b""
        self.closed = False
        self.aborted = False
        self.reading = True

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_reading(self) -> bool:
        return self.reading


class Application(asyncio.Protocol):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard.append(data)

    def eof_received(self) -> None:
        self.heard.append("eof")

    def connection_lost(self, error: Exception | None) -> None:
        self.heard.append("lost")

    def pause_writing(self) -> None:
        self.heard.append("pause")

    def resume_writing(self) -> None:
        self.heard.append("resume")


class Dialogue:
    """A client on memory buffers, facing the protocol under test."""

    def __init__(self, contexts: TlsContexts, name: str | None = "coco.xg") -> None:
        self.application = Application()
        self.server = TlsServerProtocol(contexts.listening, lambda: self.application)
        self.wire = Wire()
        self.server.connection_made(self.wire)
        context = ssl.create_default_context(cadata=AUTHORITY.root_pem)
        context.check_hostname = False
        self._to_client, self._to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = context.wrap_bio(self._to_client, self._to_server, server_hostname=name)

    def exchange(self) -> None:
        """Carry what either side has written."""
        if self._to_server.pending:
            self.server.data_received(self._to_server.read())
        if self.wire.written:
            self._to_client.write(self.wire.written)
            self.wire.written = b""

    def shake_hands(self) -> None:
        for _ in range(3):
            try:
                self.client.do_handshake()
            except ssl.SSLWantReadError:
                self.exchange()
        self.exchange()

    def names(self) -> list[str]:
        certificate = x509.load_der_x509_certificate(self.client.getpeercert(True) or b"")
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return extension.value.get_values_for_type(x509.DNSName)


async def test_each_name_gets_its_own_certificate_and_others_the_first() -> None:
    contexts = contexts_for("coco.xg", "garden.xg")
    for asked, shown in (
        ("garden.xg", "garden.xg"),
        ("COCO.xg", "coco.xg"),
        (None, "coco.xg"),
        ("stranger.xg", "coco.xg"),
    ):
        dialogue = Dialogue(contexts, asked)
        dialogue.shake_hands()
        assert dialogue.names() == [shown]
    assert "garden.xg" in contexts
    assert "stranger.xg" not in contexts


async def test_without_a_certificate_the_client_gets_an_alert() -> None:
    """asyncio's own TLS would close without it: the client could not tell why."""
    dialogue = Dialogue(TlsContexts())
    with pytest.raises(ssl.SSLError, match="ALERT_HANDSHAKE_FAILURE"):
        dialogue.shake_hands()
    assert dialogue.wire.closed


async def test_what_speaks_no_tls_is_shown_the_door() -> None:
    dialogue = Dialogue(contexts_for("coco.xg"))
    dialogue.server.data_received(b"GET / HTTP/1.1\r\n\r\n")
    assert dialogue.wire.closed
    assert dialogue.application.transport is None


async def test_content_goes_both_ways() -> None:
    dialogue = Dialogue(contexts_for("coco.xg"))
    dialogue.shake_hands()
    dialogue.client.write(b"question")
    dialogue.exchange()
    assert dialogue.application.heard == [b"question"]
    dialogue.application.transport.writelines([b"an", b"swer"])
    dialogue.exchange()
    assert dialogue.client.read() == b"answer"
    assert dialogue.application.transport.get_extra_info("peername") == ("192.0.2.7", 5)
    assert dialogue.application.transport.get_extra_info("sslcontext") is not None


async def test_a_close_waits_for_the_clients_farewell() -> None:
    """Proves that no RST can come of it: the FIN follows the client's close_notify."""
    dialogue = Dialogue(contexts_for("coco.xg"))
    dialogue.shake_hands()
    dialogue.application.transport.close()
    assert dialogue.application.transport.is_closing()
    assert not dialogue.wire.closed
    dialogue.application.transport.write(b"too late")
    dialogue.exchange()
    assert dialogue.client.read() == b""
    dialogue.client.unwrap()
    dialogue.exchange()
    assert dialogue.wire.closed


async def test_a_clients_close_notify_is_answered_and_ends_the_connection() -> None:
    dialogue = Dialogue(contexts_for("coco.xg"))
    dialogue.shake_hands()
    with pytest.raises(ssl.SSLWantReadError):
        dialogue.client.unwrap()
    dialogue.exchange()
    dialogue.client.unwrap()
    assert dialogue.wire.closed


async def test_a_garbled_record_ends_the_connection() -> None:
    dialogue = Dialogue(contexts_for("coco.xg"))
    dialogue.shake_hands()
    dialogue.server.data_received(b"\x17\x03\x03\x00\x20" + bytes(32))
    assert dialogue.wire.closed
    assert dialogue.application.heard == []


async def test_ends_and_pressure_are_passed_on() -> None:
    dialogue = Dialogue(contexts_for("coco.xg"))
    dialogue.shake_hands()
    transport = dialogue.application.transport
    dialogue.server.pause_writing()
    dialogue.server.resume_writing()
    transport.pause_reading()
    assert not transport.is_reading()
    transport.resume_reading()
    assert dialogue.wire.reading
    dialogue.server.eof_received()
    dialogue.server.connection_lost(None)
    assert dialogue.application.heard == ["pause", "resume", "eof", "lost"]
    assert not transport.can_write_eof()
    transport.abort()
    assert dialogue.wire.aborted


async def test_before_the_handshake_there_is_nobody_to_tell() -> None:
    dialogue = Dialogue(contexts_for("coco.xg"))
    dialogue.server.pause_writing()
    dialogue.server.resume_writing()
    dialogue.server.eof_received()
    dialogue.server.connection_lost(None)
    assert dialogue.application.heard == []


async def test_a_silent_client_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_tls, "HANDSHAKE_TIMEOUT", 0)
    dialogue = Dialogue(contexts_for("coco.xg"))
    await asyncio.sleep(0.001)
    assert dialogue.wire.aborted


async def test_a_certificate_for_another_key_is_not_installed() -> None:
    stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
    contexts = TlsContexts()
    with pytest.raises(ValueError, match="another key"):
        contexts.install(["coco.xg"], AUTHORITY.issue(("coco.xg",), stranger, TODAY))
    with pytest.raises(ValueError, match="PEM"):
        contexts.install(["coco.xg"], "no certificate")
    assert "coco.xg" not in contexts
