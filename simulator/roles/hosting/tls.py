"""The server's end of TLS, between a plain TCP transport and an ordinary asyncio protocol.

``create_server(ssl=…)`` would do, but asyncio's own TLS closes a failed handshake without
the alert that tells the client what is wrong (RFC 8446 section 6.2): a host without a
certificate would look like one that hung up. It also costs about a tenth of a handshake
more for each visit.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterable
from typing import Any, cast

HANDSHAKE_TIMEOUT = 60.0
"""Seconds that a client has for its handshake: nginx's client_header_timeout and ours."""
SHUTDOWN_TIMEOUT = 30.0
"""Seconds that a client has to answer our close_notify before the connection is cut."""
_CHUNK = 65536


class TlsServerProtocol(asyncio.Protocol):
    """Takes records from the network and hands their content to ``application()``."""

    def __init__(
        self, context: ssl.SSLContext, application: Callable[[], asyncio.Protocol]
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._make_application = application
        self._application: asyncio.Protocol | None = None
        self._network: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._said_farewell = False

    # --- what the network tells -------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a ClientHello."""
        self._network = cast(asyncio.Transport, transport)
        self._start_timer(HANDSHAKE_TIMEOUT)

    def data_received(self, data: bytes) -> None:
        """Take records: handshake first, then content."""
        self._incoming.write(data)
        if self._application is not None or self._shake_hands():
            self._read_records()

    def eof_received(self) -> None:
        """The client sent its FIN; the network closes once all is written."""
        if self._application is not None:
            self._application.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Pass the end on."""
        self._stop_timer()
        if self._application is not None:
            self._application.connection_lost(error)

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
        """Send close_notify, and FIN once the client's has come.

        A socket closed sooner would answer the client's close_notify with a RST, and in a
        lab a reset must mean that somebody interfered.
        """
        if self.is_closing():
            return
        self._said_farewell = True
        with contextlib.suppress(ssl.SSLError):  # "want read": theirs has not come yet
            self._tls.unwrap()
        self._flush()
        self._start_timer(SHUTDOWN_TIMEOUT)

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
        except ssl.SSLError:
            self._flush()  # the alert
            self._transport().close()
            return False
        self._stop_timer()
        self._flush()
        application = self._make_application()
        self._application = application
        application.connection_made(_TlsTransport(self, self._transport(), self._tls))
        return True

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


class _TlsTransport(asyncio.Transport):
    """What the application writes to. Buffering and its limits are the network's."""

    def __init__(
        self, protocol: TlsServerProtocol, network: asyncio.Transport, tls: ssl.SSLObject
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
        """Hold the client back."""
        self._network.pause_reading()

    def resume_reading(self) -> None:
        """Let the client go on."""
        self._network.resume_reading()

    def is_reading(self) -> bool:
        """Whether the client is listened to."""
        return self._network.is_reading()
