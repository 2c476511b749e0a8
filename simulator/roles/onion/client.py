"""The subscriber's program: a circuit through three relays, and streams through it.

From outside it is one TLS connection to the first relay, the guard. Names of destinations go
to the last relay as they are: the subscriber's resolver hears nothing of them.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from simulator.roles.onion import logic
from simulator.roles.onion.link import Attachment, LinkBroken, LinkConnection, call_relay
from simulator.roles.onion.transport import StreamTransport
from simulator.values import Address
from simulator.wire import failures
from simulator.wire.onion import cells, messages
from simulator.wire.onion.cells import OnionError
from simulator.wire.onion.circuit import (
    CircuitBuilt,
    CircuitClosed,
    Event,
    OriginCircuit,
    StreamData,
    StreamDrained,
    StreamEnded,
    StreamOpened,
)
from simulator.wire.onion.descriptor import RelayDescriptor
from simulator.wire.route import RouteError

__all__ = ["OnionRoute", "RelayDescriptor"]

BUILD_SECONDS = 20.0
"""How long a circuit may take. Tor begins with 60 and learns; a visit does not wait so long."""
STREAM_SECONDS = 10.0
"""How long an exit may take to connect before its circuit is given up, as in Tor."""


class OnionRoute:
    """A way out through relays that the world lists; the first is the guard, the last the exit.

    The circuit is built when it is first needed, and again when it broke or was given up.
    The directory is not simulated: nobody chooses the path, and the keys are known.
    """

    def __init__(
        self,
        relays: Sequence[RelayDescriptor],
        random: Random,
        *,
        build_timeout: float = BUILD_SECONDS,
        stream_timeout: float = STREAM_SECONDS,
    ) -> None:
        if len({relay.identity for relay in relays}) != 3 or len(relays) != 3:
            raise ValueError("a circuit goes through three different relays")
        self.relays = tuple(relays)
        self._random = random
        self._build_timeout = build_timeout
        self._stream_timeout = stream_timeout
        self._building: asyncio.Task[ClientCircuit] | None = None

    async def connect(
        self, protocol_factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> asyncio.Transport:
        """Connect a protocol to a host, by name or address, and a port.

        Raises `RouteError`: with ``hop`` the guard's address and port, and with
        ``hop_failure`` if the guard itself could not be reached by TCP.
        """
        circuit = await self._circuit()
        try:
            async with asyncio.timeout(self._stream_timeout):
                return await circuit.connect(protocol_factory, host, port)
        except (TimeoutError, asyncio.CancelledError) as error:
            # Whether the exit or the circuit is at fault cannot be told from here.
            self._building = None
            circuit.retire()
            if isinstance(error, TimeoutError):
                raise RouteError("tcp", failures.TIMEOUT, circuit.guard) from error
            raise

    async def close(self) -> None:
        """Tear the circuit down and hang up on the guard."""
        building, self._building = self._building, None
        if building is None:
            return
        if not building.done():
            building.cancel()
        elif not building.cancelled() and building.exception() is None:
            building.result().close()

    async def _circuit(self) -> ClientCircuit:
        building = self._building
        if building is not None and building.done():
            failed = building.cancelled() or building.exception() is not None
            if failed or building.result().is_closed:
                building = None
        if building is None:
            building = asyncio.get_running_loop().create_task(self._build())
            building.add_done_callback(_hear)
            self._building = building
        # A visit that gives up leaves the circuit to the next one.
        try:
            return await asyncio.shield(building)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not building.cancelled() or (task is not None and task.cancelling()):
                raise
            guard = self.relays[0]  # the route was closed under the visit: nobody cancelled that
            raise RouteError(*logic.ABORTED, (guard.address, guard.port)) from None

    async def _build(self) -> ClientCircuit:
        guard = self.relays[0]
        hop = guard.address, guard.port
        try:
            link = await call_relay(*hop, guard.identity, self._random)
        except LinkBroken as error:
            raise RouteError("tcp", error.failure, hop) from error
        except OSError as error:
            failure = failures.of_connection(error)
            raise RouteError("tcp", failure, hop, failure) from error
        except OnionError as error:
            raise RouteError(*logic.ABORTED, hop) from error
        circuit = ClientCircuit(link, self.relays, self._random)
        try:
            async with asyncio.timeout(self._build_timeout):
                await circuit.built
        except TimeoutError as error:
            raise RouteError("tcp", failures.TIMEOUT, hop) from error
        finally:
            if not circuit.is_built:
                circuit.close()
        return circuit


def _hear(building: asyncio.Task[ClientCircuit]) -> None:
    """Take note of a failure that nobody waits for any more, so that asyncio does not warn."""
    if not building.cancelled():
        building.exception()


class _Opening(NamedTuple):
    """A stream that the exit has not answered for yet."""

    transport: asyncio.Future[StreamTransport]
    protocol_factory: Callable[[], asyncio.Protocol]
    port: int


class ClientCircuit:
    """Drives an `OriginCircuit` over a link of its own, and holds the streams' transports."""

    def __init__(
        self, link: LinkConnection, relays: Sequence[RelayDescriptor], random: Random
    ) -> None:
        self.guard: tuple[Address, int] = relays[0].address, relays[0].port
        self.built: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_closed = False
        self._link = link
        self._origin = OriginCircuit(relays, random)
        self._opening: dict[int, _Opening] = {}
        self._transports: dict[int, StreamTransport] = {}
        self._retired = False
        self._number = link.attach(Attachment(self._cell, self._link_lost), random)
        self._send()

    def __repr__(self) -> str:
        return f"<ClientCircuit {self._origin!r} {len(self._transports)} streams>"

    @property
    def is_built(self) -> bool:
        """Whether all relays have answered."""
        return self._origin.built

    async def connect(
        self, protocol_factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> asyncio.Transport:
        """Open a stream. Raises `RouteError`; the caller sees to the time."""
        number = self._origin.open(host, port)
        transport: asyncio.Future[StreamTransport] = asyncio.get_running_loop().create_future()
        self._opening[number] = _Opening(transport, protocol_factory, port)
        self._send()
        try:
            return await transport
        except asyncio.CancelledError:
            if self._opening.pop(number, None) is not None:
                self._origin.cut(number)
                self._send()
            raise

    def retire(self) -> None:
        """Open no more streams here; close once those that are have ended."""
        self._retired = True
        self._close_if_idle()

    def close(self) -> None:
        """Tear the circuit down, with all its streams, and hang up."""
        if not self.is_closed:
            self._link.circuits.pop(self._number, None)
            self._link.send(self._number, cells.DESTROY, bytes([cells.NO_REASON]))
            self._ended(None)
            self._link.close()

    # --- what the transports want -------------------------------------------------------

    def write(self, stream: int, data: bytes) -> None:
        """Send octets."""
        self._origin.write(stream, data)
        self._send()

    def end(self, stream: int) -> None:
        """End a stream once all is sent."""
        self._origin.end(stream)
        self._left(stream)

    def cut(self, stream: int) -> None:
        """End a stream at once."""
        self._origin.cut(stream)
        self._left(stream)

    def waiting(self, stream: int) -> int:
        """Return how many octets wait for the windows."""
        return self._origin.waiting(stream)

    def pause(self, stream: int) -> None:
        """Hold the exit back."""
        self._origin.pause(stream)

    def resume(self, stream: int) -> None:
        """Let the exit go on."""
        self._origin.resume(stream)
        self._send()

    def _left(self, stream: int) -> None:
        self._transports.pop(stream, None)
        self._send()
        self._close_if_idle()

    # --- what the link tells ------------------------------------------------------------

    def _cell(self, command: int, payload: bytes) -> None:
        try:
            events = self._origin.receive(command, payload)
        except OnionError:
            self.close()
            return
        for event in events:
            self._happened(event)
        self._send()

    def _happened(self, event: Event) -> None:
        if isinstance(event, StreamData):
            transport = self._transports.get(event.stream)
            if transport is not None:
                transport.received(event.data)
        elif isinstance(event, StreamOpened):
            self._opened(event)
        elif isinstance(event, StreamEnded):
            self._stream_ended(event)
        elif isinstance(event, StreamDrained):
            transport = self._transports.get(event.stream)
            if transport is not None:
                transport.drained()
        elif isinstance(event, CircuitBuilt):
            self.built.set_result(None)
        elif isinstance(event, CircuitClosed):
            self._link.circuits.pop(self._number, None)
            self._ended(logic.broken_by(messages.CIRCUIT_DESTROYED))
            self._link.close()

    def _opened(self, event: StreamOpened) -> None:
        opening = self._opening.pop(event.stream, None)
        if opening is None:
            return
        try:
            protocol = opening.protocol_factory()
        except Exception as error:
            opening.transport.set_exception(error)
            self.cut(event.stream)
            return
        destination = (event.address or "", opening.port)
        transport = StreamTransport(self, event.stream, protocol, self.guard, destination)
        self._transports[event.stream] = transport
        protocol.connection_made(transport)
        opening.transport.set_result(transport)

    def _stream_ended(self, event: StreamEnded) -> None:
        opening = self._opening.pop(event.stream, None)
        if opening is not None:
            not_opened = RouteError(*logic.not_opened(event.reason), self.guard)
            opening.transport.set_exception(not_opened)
        transport = self._transports.pop(event.stream, None)
        if transport is not None:
            transport.ended(logic.broken_by(event.reason))
        self._close_if_idle()

    def _link_lost(self) -> None:
        self._ended(ConnectionResetError(errno.ECONNRESET, "The guard hung up"))

    # --- inside -------------------------------------------------------------------------

    def _send(self) -> None:
        outgoing = self._origin.outgoing
        for command, payload in outgoing:
            self._link.send(self._number, command, payload)
        outgoing.clear()

    def _close_if_idle(self) -> None:
        if self._retired and not self._transports and not self._opening:
            self.close()

    def _ended(self, error: OSError | None) -> None:
        """Nothing comes or goes any more."""
        self.is_closed = True
        broken = RouteError(*logic.ABORTED, self.guard)
        if not self.built.done():
            self.built.set_exception(broken)
            self.built.exception()  # whether or not somebody still waits
        openings, self._opening = self._opening, {}
        for opening in openings.values():
            if not opening.transport.done():
                opening.transport.set_exception(broken)
        transports, self._transports = self._transports, {}
        for transport in transports.values():
            transport.ended(error)
