"""One connection of a visit: TLS and HTTP stage by stage over a plain TCP transport.

The event loop's own TLS would hide where a handshake failed and show no times. Here TLS runs
over memory buffers (`ssl.MemoryBIO`), HTTP over h11, so that each stage ends with its own
instant or its own failure.

The life of a connection: TCP is up; `begin`; a handshake if there is a context; the request,
in the same packet as the handshake's end; the response; the server's FIN; ours. `outcome`
is there once the response is complete or a stage has failed, `closed` when nothing lingers.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import NamedTuple, cast

from simulator.roles.probe import failures
from simulator.roles.probe.certificates import is_for, read_certificate
from simulator.roles.probe.logic import Failure
from simulator.values import Address, CertificateSeen, Instant, Now
from simulator.wire.web import ClosedEarly, Exchange, Response, WebError

LINGER = 2.0
"""Seconds that a server has for its FIN once all is said."""
_CHUNK = 65536


class Timeouts(NamedTuple):
    """Seconds of lab time that each stage may take; DNS has the resolver's own."""

    tcp: float = 10.0
    tls: float = 10.0
    http: float = 10.0
    route: float = 30.0
    """For a route to come up, whose far end has timeouts of its own to tell of."""


class Connection(asyncio.Protocol):
    """A TCP connection to one address; ``began`` and the other instants are lab time.

    ``transaction`` numbers the connections of a visit. ``version``, ``cipher`` and ``chain``
    (certificates in DER, the server's own first) are those of the handshake.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        now: Now,
        timeouts: Timeouts,
        transaction: int = 0,
        address: Address = "",
        port: int = 0,
    ) -> None:
        self.transaction = transaction
        self.address = address
        self.port = port
        self._loop = loop
        self._now = now
        self._timeouts = timeouts
        self.began: Instant = now()
        self.connected: Instant = self.began
        self.secured: Instant | None = None
        self.ended: Instant | None = None
        self.stage = "tcp"
        self.server_name = ""
        self.version = ""
        self.cipher = ""
        self.chain: tuple[bytes, ...] = ()
        self.certificate: CertificateSeen | None = None
        self.outcome: asyncio.Future[Response | Failure] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._tls: ssl.SSLObject | None = None
        self._exchange: Exchange | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._said_farewell = False

    def __repr__(self) -> str:
        return f"<Connection {self.stage} done={self.outcome.done()}>"

    # --- what the visit asks for ------------------------------------------------------

    def begin(self, host: str, context: ssl.SSLContext | None, exchange: Exchange | None) -> None:
        """Start what comes after TCP; without an exchange the handshake is all."""
        if self.closed.done():  # reset as soon as it was up: `outcome` says so
            return
        self.server_name = host
        self._exchange = exchange
        if context is None:
            self.stage = "http"
            self._arm(self._timeouts.http)
            self._send_request()
            return
        self.stage = "tls"
        self._arm(self._timeouts.tls)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._shake_hands()

    def abort(self) -> None:
        """Drop the connection without a farewell."""
        if self._transport is not None:
            self._transport.abort()

    # --- what the transport tells -----------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP is up."""
        self._transport = cast(asyncio.Transport, transport)
        self.connected = self._now()

    def data_received(self, data: bytes) -> None:
        """Octets came: TLS records or HTTP, by stage."""
        if self._tls is None:
            self._hand_over(data)
            return
        self._incoming.write(data)
        if self.secured is not None or self._shake_hands():
            self._read_records(self._tls)

    def eof_received(self) -> None:
        """The server sent its FIN: nothing more will come, and we close as well."""
        if self._tls is not None:
            self._incoming.write_eof()
        if not self.outcome.done():
            # Without close_notify a TLS stream may have been cut (RFC 8446 section 6.1).
            self._fail(failures.EOF) if self._tls is not None else self._hand_over(b"")
        self._close()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone, by our doing or another's."""
        if self._timer is not None:
            self._timer.cancel()
        if not self.outcome.done():
            broken = isinstance(error, OSError)
            self._fail(failures.of_connection(cast(OSError, error)) if broken else failures.EOF)
        if not self.closed.done():
            self.closed.set_result(None)

    # --- TLS --------------------------------------------------------------------------

    def _shake_hands(self) -> bool:
        """Take the handshake as far as it goes; True once it is complete and its end sent."""
        tls = self._tls
        assert tls is not None
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError as error:
            self._flush()  # the alert that tells the server what is wrong
            self._fail(failures.of_tls(error))
            self._close()
            return False
        self.secured = self._now()
        self._read_session(tls)
        if self._exchange is None:
            self._close()
        elif self.certificate is None or not is_for(self.certificate, self.server_name):
            self._fail(failures.INVALID_HOSTNAME)
            self._close()
        else:
            self.stage = "http"
            self._deadline = self._loop.time() + self._timeouts.http
            self._send_request()
            return True
        return False

    def _read_session(self, tls: ssl.SSLObject) -> None:
        cipher = tls.cipher()
        self.version, self.cipher = tls.version() or "", "" if cipher is None else cipher[0]
        self.chain = _chain(tls)
        self.certificate = read_certificate(self.chain[0] if self.chain else b"")

    def _read_records(self, tls: ssl.SSLObject) -> None:
        # Asked before reading: an exception for "no more" would cost as much as the reading.
        while self._incoming.pending or tls.pending():
            try:
                data = tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                return
            except ssl.SSLError as error:
                if not self.outcome.done():
                    self._fail(failures.of_tls(error))
                self._close()
                return
            if not self.outcome.done():
                self._hand_over(data)
            if not data:  # close_notify
                self._close()
                return

    def _flush(self) -> None:
        transport = self._transport
        if self._outgoing.pending and transport is not None and not transport.is_closing():
            transport.write(self._outgoing.read())

    # --- HTTP -------------------------------------------------------------------------

    def _send_request(self) -> None:
        assert self._exchange is not None
        if self._tls is not None:
            self._tls.write(self._exchange.outgoing)
            self._flush()
        elif self._transport is not None:
            self._transport.write(self._exchange.outgoing)

    def _hand_over(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None or self.outcome.done():
            return
        try:
            if not exchange.received(data):
                return
        except ClosedEarly:
            self._fail(failures.EOF)
            return
        except WebError:
            self._fail(failures.HTTP_FAILED)
            self._close()
            return
        assert exchange.response is not None
        self._finish(exchange.response)
        self._arm(LINGER)
        if exchange.response.truncated:
            self.abort()

    # --- endings ----------------------------------------------------------------------

    def _fail(self, failure: str) -> None:
        self._finish(Failure(self.stage, failure))

    def _finish(self, outcome: Response | Failure) -> None:
        if not self.outcome.done():
            self.ended = self._now()
            self.outcome.set_result(outcome)

    def _close(self) -> None:
        """Say farewell: close_notify and FIN, then a while for those of the server.

        A socket closed sooner would answer the server's close_notify with a RST, and in a
        lab a reset must mean that somebody interfered.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._tls is not None and self.secured is not None and not self._said_farewell:
            self._said_farewell = True
            try:
                self._tls.unwrap()
                answered = True
            except ssl.SSLError:  # "want read": theirs has not come yet
                answered = False
            self._flush()
            if not answered:
                transport.write_eof()
                self._arm(LINGER)
                return
        transport.close()

    def _arm(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._deadline = self._loop.time() + seconds
        self._timer = self._loop.call_later(seconds, self._tick)

    def _tick(self) -> None:
        """Time is up, unless a later stage has moved the deadline on, which costs no new timer."""
        remaining = self._deadline - self._loop.time()
        if remaining > 0:
            self._timer = self._loop.call_later(remaining, self._tick)
            return
        if not self.outcome.done():
            self._fail(failures.TIMEOUT)
        self.abort()


def _chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """Return the certificates that came; before Python 3.13 the server's own is all one gets."""
    if sys.version_info >= (3, 13):
        return tuple(tls.get_unverified_chain())
    certificate = tls.getpeercert(True)
    return () if certificate is None else (certificate,)
