"""A circuit where it passes through a relay: between two links, or ending at an exit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from random import Random
from typing import Any, Protocol

from simulator.roles.onion.link import Attachment, LinkBroken, LinkConnection
from simulator.roles.onion.stream import ExitStream
from simulator.values import Address
from simulator.wire.onion import cells, messages
from simulator.wire.onion.cells import OnionError
from simulator.wire.onion.circuit import RelayCircuit
from simulator.wire.onion.link import IdentityMismatch
from simulator.wire.onion.messages import Extension, RelayMessage

Lookup = Callable[[str], Awaitable[Sequence[Address]]]
"""Finds the addresses of a name, or none."""


class Relaying(Protocol):
    """What a circuit needs of its relay."""

    @property
    def lookup(self) -> Lookup | None:
        """How names are resolved; None at a relay that is no exit."""

    def record(self, what: str, /, **details: Any) -> None:
        """Write into the journal."""

    async def link_to(self, extension: Extension) -> LinkConnection:
        """Return a link to another relay, or raise `OnionError` or `OSError`."""


class RelayedCircuit:
    """Knows the link that it comes from, the one that it goes on by, and no further."""

    def __init__(
        self,
        relay: Relaying,
        previous: LinkConnection,
        number: int,
        circuit: RelayCircuit,
        random: Random,
    ) -> None:
        self._relay = relay
        self._previous = previous
        self._number = number
        self._circuit = circuit
        self._random = random
        self._next: tuple[LinkConnection, int] | None = None
        self._extending = False
        self._streams: dict[int, ExitStream] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}
        previous.circuits[number] = Attachment(self._from_previous, self._previous_lost)
        self._send()

    # --- cells --------------------------------------------------------------------------

    def _from_previous(self, command: int, payload: bytes) -> None:
        try:
            if command in (cells.RELAY, cells.RELAY_EARLY):
                self._go_on(command, self._circuit.peel(command, payload))
            elif command == cells.DESTROY:
                self._tear_down(None, cells.DESTROYED)
            else:
                raise OnionError(f"command {command} on a circuit that stands")
        except OnionError:
            self._tear_down(cells.PROTOCOL, cells.PROTOCOL)
        else:
            self._send()

    def _go_on(self, command: int, peeled: RelayMessage | bytes) -> None:
        if isinstance(peeled, RelayMessage):
            self._obey(peeled)
        elif self._next is None or self._extending:
            raise OnionError("a cell for beyond the end of the circuit")
        else:
            link, number = self._next
            link.send(number, command, peeled)

    def _from_next(self, command: int, payload: bytes) -> None:
        try:
            if command == cells.RELAY and not self._extending:
                self._circuit.wrap(payload)
            elif command == cells.CREATED2 and self._extending:
                self._extending = False
                reply = messages.unpack_handshake(payload)
                self._circuit.send(messages.EXTENDED2, 0, messages.pack_handshake(reply))
            elif command == cells.DESTROY:
                self._tear_down(cells.DESTROYED, None)
            else:
                raise OnionError(f"command {command} from beyond")
        except OnionError:
            self._tear_down(cells.PROTOCOL, cells.PROTOCOL)
        else:
            self._send()

    def _send(self) -> None:
        outgoing = self._circuit.outgoing
        for command, payload in outgoing:
            self._previous.send(self._number, command, payload)
        outgoing.clear()
        drained = self._circuit.drained
        while drained:
            stream = self._streams.get(drained.pop())
            if stream is not None:
                stream.drained()

    # --- messages for us ----------------------------------------------------------------

    def _obey(self, message: RelayMessage) -> None:
        command, number, data = message
        edge = self._circuit.edge
        if command == messages.DATA:
            if edge.received(number, self._circuit.digest) and number in self._streams:
                self._streams[number].write(data)
        elif command == messages.SENDME:
            edge.allowed(number, data)
        elif command == messages.BEGIN:
            self._begin(number, data)
        elif command == messages.END:
            edge.close(number)
            stream = self._streams.pop(number, None)
            if stream is not None:
                stream.finish()
        elif command == messages.EXTEND2:
            self._extend(messages.unpack_extend(data))

    def _begin(self, number: int, data: bytes) -> None:
        edge = self._circuit.edge
        destination = messages.unpack_begin(data)
        if number == 0 or number in edge:
            raise OnionError("a BEGIN with a stream's number that is taken")
        edge.open(number)
        if self._relay.lookup is None:
            edge.cut(number, messages.EXIT_POLICY)
            return
        stream = ExitStream(edge, number, self._send, self._forget, self._relay.record)
        self._streams[number] = stream
        self._start(stream.open(destination, self._relay.lookup))

    def _forget(self, number: int) -> None:
        self._streams.pop(number, None)

    def _extend(self, extension: Extension) -> None:
        if self._next is not None or self._extending:
            raise OnionError("an EXTEND2 from a circuit that goes on already")
        self._extending = True
        self._start(self._extend_to(extension))

    async def _extend_to(self, extension: Extension) -> None:
        try:
            link = await self._relay.link_to(extension)
        except (OnionError, OSError) as error:
            wrong = isinstance(error, IdentityMismatch)
            self._relay.record(
                "circuit not extended",
                next=extension.address,
                reason="not the relay that was meant" if wrong else _why(error),
            )
            self._tear_down(cells.WRONG_IDENTITY if wrong else cells.CONNECT_FAILED, None)
            return
        number = link.attach(Attachment(self._from_next, self._next_lost), self._random)
        self._next = link, number
        create = messages.pack_create(extension.handshake_type, extension.skin)
        link.send(number, cells.CREATE2, create)
        self._relay.record("circuit extended", previous=self._previous.peer, next=link.peer)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    # --- the end ------------------------------------------------------------------------

    def _previous_lost(self) -> None:
        self._tear_down(None, cells.LINK_CLOSED)

    def _next_lost(self) -> None:
        self._next = None
        self._tear_down(cells.LINK_CLOSED, None)

    def _tear_down(self, back: int | None, onward: int | None) -> None:
        """Tell both sides, or the one that does not know yet, and drop the streams."""
        self._circuit.outgoing.clear()
        if self._previous.circuits.pop(self._number, None) is not None and back is not None:
            self._previous.send(self._number, cells.DESTROY, bytes([back]))
        if self._next is not None:
            link, number = self._next
            self._next = None
            if link.circuits.pop(number, None) is not None and onward is not None:
                link.send(number, cells.DESTROY, bytes([onward]))
        for task in tuple(self._tasks):
            if task is not asyncio.current_task():
                task.cancel()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.finish()


def _why(error: Exception) -> str:
    return error.failure if isinstance(error, LinkBroken) else str(error)
