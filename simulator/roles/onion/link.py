"""A link on the network: cells over TLS between a caller and a relay.

To a bystander it is TLS to the relay's address, with a server name that changes each time and
means nothing; the certificate is inside the encryption (TLS 1.3) and bears no name either.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import ssl
from collections.abc import Callable
from functools import cache
from random import Random
from typing import NamedTuple, Protocol, cast

from simulator.serving.tls import TlsClientProtocol
from simulator.values import Address
from simulator.wire import failures
from simulator.wire.onion.cells import CREATE2, Cell, OnionError, pack
from simulator.wire.onion.link import CallingLink, Link

OPENING_SECONDS = 60.0
"""How long a caller may take after TLS before it is hung up on."""
TCP_SECONDS = 10.0
"""How long a caller tries to reach a relay."""
LINK_SECONDS = 10.0
"""How long a caller then waits for TLS and the link."""
_CALLERS_HALF = 1 << 31
"""Circuit numbers with this bit are the caller's to give (tor-spec section 5.1.1)."""


class LinkBroken(OSError):
    """TCP was up and no link came of it; ``failure`` is an OONI failure string."""

    def __init__(self, failure: str, text: str) -> None:
        super().__init__(errno.ECONNABORTED, text)
        self.failure = failure


class Attachment(NamedTuple):
    """Who takes the cells of a circuit on a link, and hears that the link is gone."""

    cell: Callable[[int, bytes], None]
    lost: Callable[[], None]


class Called(Protocol):
    """Who is called: takes the circuits that callers build."""

    def create(self, connection: LinkConnection, number: int, payload: bytes) -> None:
        """Take a CREATE2."""


class LinkConnection(asyncio.Protocol):
    """Either end. ``make_link`` gets the peer's address and certificate (DER, or empty)."""

    def __init__(
        self, make_link: Callable[[Address, bytes], Link], called: Called | None = None
    ) -> None:
        self.peer: Address = ""
        self.circuits: dict[int, Attachment] = {}
        self.opened: asyncio.Future[None] | None = None
        """For the caller, who waits for it."""
        self.gone: Callable[[], object] = lambda: None
        """Called when the connection is lost."""
        self._make_link = make_link
        self._called = called
        self._transport: asyncio.Transport | None = None
        self._link: Link
        self._waiting: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<LinkConnection {self.peer} {len(self.circuits)} circuits>"

    @property
    def is_closing(self) -> bool:
        """Whether no circuit can be built here any more."""
        return self._transport is None or self._transport.is_closing()

    # --- what the circuits want ---------------------------------------------------------

    def attach(self, attachment: Attachment, random: Random) -> int:
        """Return a number for a new circuit of ours, whose cells the attachment takes."""
        number = _CALLERS_HALF | random.getrandbits(31)
        while number in self.circuits:
            number = _CALLERS_HALF | random.getrandbits(31)
        self.circuits[number] = attachment
        return number

    def send(self, number: int, command: int, payload: bytes) -> None:
        """Send a cell. Those of one pass of the loop share TLS records, as far as they fit."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(pack(Cell(number, command, payload)))

    def close(self) -> None:
        """Send what waits, then hang up."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Break off."""
        if self._transport is not None:
            self._transport.abort()

    # --- what the transport tells -------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TLS is up; the caller begins."""
        self._transport = cast(asyncio.Transport, transport)
        self.peer = transport.get_extra_info("peername")[0]
        tls = transport.get_extra_info("ssl_object")
        self._link = self._make_link(self.peer, tls.getpeercert(True) or b"")
        if self._called is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(OPENING_SECONDS, self._transport.abort)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take octets: cells, whole or not."""
        try:
            received = self._link.receive(data)
        except OnionError as error:
            self._fail(error)
            return
        if self._link.outgoing:
            self._flush()
        if self._link.is_open and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._link.is_open and self.opened is not None and not self.opened.done():
            self.opened.set_result(None)
        for number, command, payload in received:
            attachment = self.circuits.get(number)
            if attachment is not None:
                attachment.cell(command, payload)
            elif command == CREATE2 and self._called is not None and number & _CALLERS_HALF:
                self._called.create(self, number, payload)

    def connection_lost(self, error: Exception | None) -> None:
        """The link is gone, and all circuits on it."""
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        self._fail_opening(error)
        self.gone()
        circuits, self.circuits = self.circuits, {}
        for attachment in circuits.values():
            attachment.lost()

    # --- inside -------------------------------------------------------------------------

    def _flush(self) -> None:
        if self._transport is None:
            self._waiting.clear()
            return
        data = self._link.take() + b"".join(self._waiting)
        self._waiting.clear()
        if data:
            self._transport.write(data)

    def _fail(self, error: OnionError) -> None:
        self._fail_opening(error)
        if self._transport is not None:
            self._transport.close()

    def _fail_opening(self, error: Exception | None) -> None:
        if self.opened is not None and not self.opened.done():
            gone = ConnectionResetError(errno.ECONNRESET, "The relay hung up")
            self.opened.set_exception(gone if error is None else error)


async def call_relay(
    address: Address, port: int, identity: bytes, random: Random
) -> LinkConnection:
    """Open a link to the relay that holds ``identity``, an Ed25519 public key.

    Raises `LinkBroken` if TCP came up and no link, `OnionError` if it is not that relay,
    other `OSError` if it cannot be reached at all.
    """
    loop = asyncio.get_running_loop()
    connection = LinkConnection(lambda peer, shown: CallingLink(identity, shown, peer))
    opened = connection.opened = loop.create_future()
    async with asyncio.timeout(TCP_SECONDS):
        network, tls = await loop.create_connection(
            lambda: TlsClientProtocol(_calling_context(), _server_name(random), lambda: connection),
            address,
            port,
        )
    try:
        async with asyncio.timeout(LINK_SECONDS):
            await tls.secured
            await opened
    except BaseException as error:
        opened.cancel()  # nobody waits any more
        (connection if connection.peer else network).close()
        if isinstance(error, ssl.SSLError):
            raise LinkBroken(failures.of_tls(error), str(error)) from error
        if isinstance(error, OSError):
            raise LinkBroken(failures.of_connection(error), str(error)) from error
        raise
    return connection


@cache
def _calling_context() -> ssl.SSLContext:
    """Trust nobody's certificate: CERTS cells prove who is there (tor-spec section 4.2)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _server_name(random: Random) -> str:
    """Return a name that means nothing. Tor's end in .com; ours must not exist."""
    return f"www.{base64.b32encode(random.randbytes(10)).decode().lower()}.example"
