"""TLS between a plain TCP transport and an ordinary asyncio protocol, at either end.

``create_server(ssl=…)`` would do, but asyncio's own TLS closes a failed handshake without
the alert that tells the peer what is wrong (RFC 8446 section 6.2): a host without a
certificate would look like one that hung up, and a client that refuses a certificate resets
the connection, as if somebody had interfered. It also costs about a tenth of a handshake
more for each visit.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from simulator.values import Address

HANDSHAKE_TIMEOUT = 60.0
"""Seconds that a client has for its handshake: nginx's client_header_timeout and ours."""
SHUTDOWN_TIMEOUT = 30.0
"""Seconds that a client has to answer our close_notify before the connection is cut."""
LINGER = 2.0
"""Seconds that a server has for the same: a client has no reason to wait for long."""
_CHUNK = 65536


class _TlsProtocol(asyncio.Protocol):
    """Takes records from the network and hands their content to ``application()``."""

    _shutdown_timeout = SHUTDOWN_TIMEOUT

    def __init__(
        self,
        context: ssl.SSLContext,
        application: Callable[[], asyncio.Protocol],
        *,
        server_side: bool,
        server_name: str | None = None,
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side, server_name)
        self._make_application = application
        self._application: asyncio.Protocol | None = None
        self.transport: asyncio.Transport
        """What the application writes to, once the handshake is done."""
        self._network: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._said_farewell = False

    # --- what the network tells -------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP is up."""
        self._network = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take records: handshake first, then content."""
        self._incoming.write(data)
        if self._application is not None or self._shake_hands():
            self._read_records()

    def eof_received(self) -> None:
        """The peer sent its FIN; the network closes once all is written."""
        if self._application is not None:
            self._application.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Pass the end on."""
        self._stop_timer()
        if self._application is not None:
            self._application.connection_lost(error)
        else:
            self._handshake_failed(error)

    def pause_writing(self) -> None:
        """The network's buffer is full: the application must wait."""
        if self._application is not None:
            self._application.pause_writing()

    def resume_writing(self) -> None:
        """The network's buffer has room again."""
        if self._application is not None:
            self._application.resume_writing()

    # --- what the application wants ---------------------------------------------------

    def send(self, data: bytes) -> None:
        """Encrypt and send."""
        if data and not self.is_closing():
            self._tls.write(data)
            self._flush()

    def close(self) -> None:
        """Send close_notify, and FIN once the peer's has come.

        A socket closed sooner would answer the peer's close_notify with a RST, and in a
        lab a reset must mean that somebody interfered.
        """
        if self.is_closing():
            return
        self._said_farewell = True
        with contextlib.suppress(ssl.SSLError):  # "want read": theirs has not come yet
            self._tls.unwrap()
        self._flush()
        self._start_timer(self._shutdown_timeout)

    def abort(self) -> None:
        """Cut the connection."""
        self._transport().abort()

    def is_closing(self) -> bool:
        """Whether nothing more will be sent."""
        return self._said_farewell or self._network is None or self._network.is_closing()

    # --- inside -----------------------------------------------------------------------

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError as error:
            self._flush()  # the alert
            self._handshake_failed(error)
            self._transport().close()
            return False
        self._stop_timer()
        self._flush()
        application = self._make_application()
        self._application = application
        self.transport = _TlsTransport(self, self._transport(), self._tls)
        application.connection_made(self.transport)
        return True

    def _handshake_failed(self, error: Exception | None) -> None:
        """There will be no application: None where the peer just hung up."""

    def _read_records(self) -> None:
        # Asked before reading: an exception for "no more" would cost as much as the reading.
        while self._incoming.pending or self._tls.pending():
            try:
                data = self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                return
            except ssl.SSLError:
                self._flush()
                self._transport().close()
                return
            if not data:  # close_notify
                self.close()
                self._transport().close()
                return
            if self._application is not None and not self._said_farewell:
                self._application.data_received(data)

    def _flush(self) -> None:
        network = self._transport()
        if self._outgoing.pending and not network.is_closing():
            network.write(self._outgoing.read())

    def _transport(self) -> asyncio.Transport:
        assert self._network is not None
        return self._network

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._transport().abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class TlsServerProtocol(_TlsProtocol):
    """The server's end: ``context`` may choose the certificate by the name that is asked for."""

    def __init__(
        self, context: ssl.SSLContext, application: Callable[[], asyncio.Protocol]
    ) -> None:
        super().__init__(context, application, server_side=True)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a ClientHello."""
        super().connection_made(transport)
        self._start_timer(HANDSHAKE_TIMEOUT)


class TlsPorts:
    """Listens for TLS, and knows its connections, so that closing ends them all.

    Each connection gets an ``application()`` once its handshake is done.
    """

    def __init__(
        self, context: ssl.SSLContext, application: Callable[[], asyncio.Protocol]
    ) -> None:
        self._context = context
        self._application = application
        self._servers: list[asyncio.Server] = []
        self._connections: dict[TlsServerProtocol, None] = {}

    async def open(self, endpoints: Sequence[tuple[Address, int]]) -> None:
        """Listen on each (address, port)."""
        loop = asyncio.get_running_loop()
        for endpoint in endpoints:
            self._servers.append(await loop.create_server(self._accept, *endpoint))

    def close(self) -> None:
        """Stop listening and hang up, in the middle of a handshake too."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        for connection in list(self._connections):
            connection.abort()

    def _accept(self) -> asyncio.Protocol:
        return _Accepted(self._context, self._application, self._connections)


class _Accepted(TlsServerProtocol):
    def __init__(
        self,
        context: ssl.SSLContext,
        application: Callable[[], asyncio.Protocol],
        register: dict[TlsServerProtocol, None],
    ) -> None:
        super().__init__(context, application)
        self._register = register

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._register[self] = None

    def connection_lost(self, error: Exception | None) -> None:
        self._register.pop(self, None)
        super().connection_lost(error)


class TlsClientProtocol(_TlsProtocol):
    """The client's end; ``server_name`` goes into the ClientHello unless it is None.

    ``secured`` is there when the handshake is done, or raises why it failed:
    `ssl.SSLError`, or the `OSError` that broke the connection.
    """

    _shutdown_timeout = LINGER

    def __init__(
        self,
        context: ssl.SSLContext,
        server_name: str | None,
        application: Callable[[], asyncio.Protocol],
    ) -> None:
        super().__init__(context, application, server_side=False, server_name=server_name)
        self.secured: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send a ClientHello."""
        super().connection_made(transport)
        self._shake_hands()

    def _shake_hands(self) -> bool:
        done = super()._shake_hands()
        if done and not self.secured.done():
            self.secured.set_result(None)
        return done

    def _handshake_failed(self, error: Exception | None) -> None:
        if not self.secured.done():
            hung_up = ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "the server hung up in the handshake")
            self.secured.set_exception(hung_up if error is None else error)


async def open_tls_connection(
    address: Address, port: int, context: ssl.SSLContext, server_name: str | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Do as `asyncio.open_connection` does, over TLS. The caller sees to the time.

    Raises `OSError`, of which `ssl.SSLError` is one. Whether the certificate is for
    ``server_name`` is checked only if the context does so.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    streams = asyncio.StreamReaderProtocol(reader, loop=loop)
    network, protocol = await loop.create_connection(
        lambda: TlsClientProtocol(context, server_name, lambda: streams), address, port
    )
    try:
        await protocol.secured
    except BaseException:
        network.close()
        raise
    return reader, asyncio.StreamWriter(protocol.transport, streams, reader, loop)


class _TlsTransport(asyncio.Transport):
    """What the application writes to. Buffering and its limits are the network's."""

    def __init__(
        self, protocol: _TlsProtocol, network: asyncio.Transport, tls: ssl.SSLObject
    ) -> None:
        super().__init__({"ssl_object": tls, "sslcontext": tls.context})
        self._protocol = protocol
        self._network = network

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return TLS facts from here, all others from the network's transport."""
        value = super().get_extra_info(name)
        return value if value is not None else self._network.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send octets."""
        self._protocol.send(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send several pieces in one record."""
        self._protocol.send(b"".join(list_of_data))

    def close(self) -> None:
        """Close once all is sent."""
        self._protocol.close()

    def abort(self) -> None:
        """Close at once."""
        self._network.abort()

    def is_closing(self) -> bool:
        """Whether nothing more will be sent."""
        return self._protocol.is_closing()

    def can_write_eof(self) -> bool:
        """TLS has no half-close here."""
        return False

    def pause_reading(self) -> None:
        """Hold the peer back."""
        self._network.pause_reading()

    def resume_reading(self) -> None:
        """Let the peer go on."""
        self._network.resume_reading()

    def is_reading(self) -> bool:
        """Whether the peer is listened to."""
        return self._network.is_reading()
