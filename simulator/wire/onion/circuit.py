"""A circuit at its two kinds of end: the client that built it, a relay on the way.

Neither knows of links, sockets or clocks. What they want sent they leave in ``outgoing`` as
(command, payload); whoever drives them takes it from there after each call.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple, TypeAlias

from simulator.values import Address
from simulator.wire.onion import messages, ntor
from simulator.wire.onion.cells import (
    CREATE2,
    CREATED2,
    DESTROY,
    RELAY,
    RELAY_EARLY,
    OnionError,
)
from simulator.wire.onion.descriptor import KEY_LENGTH, RelayDescriptor, RelayKeys
from simulator.wire.onion.edge import Edge
from simulator.wire.onion.layers import Layer
from simulator.wire.onion.messages import RelayMessage, pack_message, unpack_message

MOST_EARLY = 8
"""How many RELAY_EARLY cells a circuit may carry: it bounds its length (section 5.6)."""
_LAST_STREAM = 0xFFFF


class CircuitBuilt(NamedTuple):
    """All relays have answered: streams may be opened."""


class CircuitClosed(NamedTuple):
    """The circuit was torn down, by a reason of tor-spec section 5.4."""

    reason: int


class StreamOpened(NamedTuple):
    """The exit is connected; ``address`` is where to, as far as it tells."""

    stream: int
    address: Address | None


class StreamData(NamedTuple):
    """Octets from the destination."""

    stream: int
    data: bytes


class StreamEnded(NamedTuple):
    """The exit ended the stream, or could not open it; section 6.3 has the reasons."""

    stream: int
    reason: int


class StreamDrained(NamedTuple):
    """All that was written to the stream has gone out."""

    stream: int


Event: TypeAlias = (
    CircuitBuilt | CircuitClosed | StreamOpened | StreamData | StreamEnded | StreamDrained
)


class OriginCircuit:
    """The client's end: builds the circuit relay by relay, then opens streams at the last."""

    def __init__(self, path: Sequence[RelayDescriptor], random: Random) -> None:
        assert path, "a circuit has at least one relay"
        self.outgoing: list[tuple[int, bytes]] = []
        self._path = tuple(path)
        self._random = random
        self._layers: list[Layer] = []
        self._early = MOST_EARLY
        self._handshake = self._handshake_with(self._path[0])
        self._next_stream = 1 + random.randrange(_LAST_STREAM)
        self._events: list[Event] = []
        self._edge = Edge(self._to_exit, lambda number: self._events.append(StreamDrained(number)))
        self.outgoing.append(
            (CREATE2, messages.pack_create(ntor.HANDSHAKE_TYPE, self._handshake.skin))
        )

    def __repr__(self) -> str:
        return f"<OriginCircuit {len(self._layers)} of {len(self._path)} relays>"

    @property
    def built(self) -> bool:
        """Whether all relays have answered."""
        return len(self._layers) == len(self._path)

    def receive(self, command: int, payload: bytes) -> list[Event]:
        """Take a cell of this circuit; `OnionError` means that it must be torn down."""
        self._events = []
        if command == RELAY:
            self._receive_relay(payload)
        elif command == CREATED2 and not self._layers:
            self._hop_answered(messages.unpack_handshake(payload))
        elif command == DESTROY:
            self._events.append(CircuitClosed(payload[0]))
        else:
            raise OnionError(f"a cell that no client awaits: command {command}")
        return self._events

    # --- building -----------------------------------------------------------------------

    def _handshake_with(self, relay: RelayDescriptor) -> ntor.ClientHandshake:
        ephemeral = self._random.randbytes(KEY_LENGTH)
        return ntor.ClientHandshake(relay.fingerprint, relay.onion_key, ephemeral)

    def _hop_answered(self, reply: bytes) -> None:
        self._layers.append(Layer(self._handshake.finish(reply)))
        if self.built:
            self._events.append(CircuitBuilt())
            return
        relay = self._path[len(self._layers)]
        self._handshake = self._handshake_with(relay)
        skin = self._handshake.skin
        self._send(messages.EXTEND2, 0, messages.pack_extend(relay, ntor.HANDSHAKE_TYPE, skin))

    # --- streams ------------------------------------------------------------------------

    def open(self, host: str, port: int) -> int:
        """Ask the exit to connect, and return the stream's number. ValueError if it cannot be."""
        data = messages.pack_begin(host, port)
        stream = self._next_stream
        while stream in self._edge:
            stream = stream % _LAST_STREAM + 1
        self._next_stream = stream % _LAST_STREAM + 1
        self._edge.open(stream)
        self._to_exit(messages.BEGIN, stream, data)
        return stream

    def write(self, stream: int, data: bytes) -> None:
        """Send octets to the destination; those beyond the windows wait."""
        if stream in self._edge:
            self._edge.write(stream, data)

    def end(self, stream: int) -> None:
        """End a stream once all is sent; the reason given is MISC, as clients do."""
        if stream in self._edge:
            self._edge.end(stream, messages.MISC)

    def cut(self, stream: int) -> None:
        """End a stream at once."""
        if stream in self._edge:
            self._edge.cut(stream, messages.MISC)

    def waiting(self, stream: int) -> int:
        """Return how many octets of a stream wait for the windows."""
        return self._edge.waiting(stream)

    def pause(self, stream: int) -> None:
        """Let the exit send no more than the stream's window."""
        self._edge.pause(stream)

    def resume(self, stream: int) -> None:
        """Let the exit go on."""
        self._edge.resume(stream)

    # --- layers -------------------------------------------------------------------------

    def _to_exit(self, command: int, stream: int, data: bytes) -> bytes:
        return self._send(command, stream, data)

    def _send(self, command: int, stream: int, data: bytes) -> bytes:
        """Seal a message for the last relay so far, and add the layers of all before it."""
        digest = self._layers[-1].forward_digest
        body = digest.seal(pack_message(command, stream, data, self._random))
        for layer in reversed(self._layers):
            body = layer.forward(body)
        # The first relay cells go as early ones, so that an EXTEND2 does not stand out.
        self._early -= 1
        self.outgoing.append((RELAY_EARLY if self._early >= 0 else RELAY, body))
        return digest.latest

    def _receive_relay(self, body: bytes) -> None:
        for place, layer in enumerate(self._layers, 1):
            body = layer.backward(body)
            if layer.backward_digest.recognises(body):
                if place < len(self._layers):
                    return  # a relay on the way has nothing to say to us, and may not end streams
                self._receive_message(unpack_message(body), layer.backward_digest.latest)
                return
        raise OnionError("a cell that no relay of the circuit sealed")

    def _receive_message(self, message: RelayMessage, digest: bytes) -> None:
        command, stream, data = message
        if command == messages.EXTENDED2 and not self.built:
            self._hop_answered(messages.unpack_handshake(data))
        elif command == messages.DATA:
            if self._edge.received(stream, digest):
                self._events.append(StreamData(stream, data))
        elif command == messages.SENDME:
            self._edge.allowed(stream, data)
        elif command == messages.CONNECTED and stream in self._edge:
            self._events.append(StreamOpened(stream, messages.unpack_connected(data)))
        elif command == messages.END and stream in self._edge:
            self._edge.close(stream)
            self._events.append(StreamEnded(stream, messages.end_reason(data)))


class RelayCircuit:
    """One relay's view of a circuit: a layer to take off and to add, and nothing of the rest."""

    def __init__(self, keys: RelayKeys, fingerprint: bytes, payload: bytes, random: Random) -> None:
        """Answer a CREATE2, whose payload is given; `OnionError` if it is not for this relay."""
        kind, skin = messages.unpack_create(payload)
        if kind != ntor.HANDSHAKE_TYPE:
            raise OnionError(f"a handshake of type {kind}; ntor alone is simulated")
        ephemeral = random.randbytes(KEY_LENGTH)
        reply, agreed = ntor.answer(fingerprint, keys.onion, ephemeral, skin)
        self.outgoing: list[tuple[int, bytes]] = [(CREATED2, messages.pack_handshake(reply))]
        """What goes towards the client."""
        self.drained: list[int] = []
        """Streams whose waiting octets have gone out since this was last emptied."""
        self._layer = Layer(agreed)
        self._random = random
        self._early = MOST_EARLY
        self.edge = Edge(self.send, self.drained.append)

    def peel(self, command: int, body: bytes) -> RelayMessage | bytes:
        """Take our layer off a cell from the client: a message for us, or the next relay's."""
        if command == RELAY_EARLY:
            self._early -= 1
            if self._early < 0:
                raise OnionError("too many RELAY_EARLY cells: a circuit without an end")
        body = self._layer.forward(body)
        if not self._layer.forward_digest.recognises(body):
            return body
        message = unpack_message(body)
        if message.command == messages.EXTEND2 and command != RELAY_EARLY:
            raise OnionError("an EXTEND2 outside a RELAY_EARLY cell")
        return message

    @property
    def digest(self) -> bytes:
        """The running digest with the latest message for us."""
        return self._layer.forward_digest.latest

    def send(self, command: int, stream: int, data: bytes) -> bytes:
        """Send the client a message of our own, and return the digest of its cell."""
        digest = self._layer.backward_digest
        body = digest.seal(pack_message(command, stream, data, self._random))
        self.outgoing.append((RELAY, self._layer.backward(body)))
        return digest.latest

    def wrap(self, body: bytes) -> None:
        """Add our layer to a cell that comes from beyond us."""
        self.outgoing.append((RELAY, self._layer.backward(body)))
