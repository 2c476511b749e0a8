"""A WireGuard interface: one private key, its peers, and what its UDP socket receives."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from simulator.values import SECOND, Instant
from simulator.wire.wireguard.cookie import (
    NONCE_LENGTH,
    CookieKitchen,
    cookie_key,
    seal_cookie,
)
from simulator.wire.wireguard.handshake import NO_PRESHARED_KEY, HandshakeFailed, open_initiation
from simulator.wire.wireguard.keys import public_key
from simulator.wire.wireguard.messages import (
    COOKIE_REPLY,
    INITIATION,
    RESPONSE,
    TRANSPORT,
    CookieReply,
    has_valid_mac1,
    has_valid_mac2,
    kind_of,
    mac1_key,
    mac1_of,
    pack_cookie_reply,
    unpack_cookie_reply,
    unpack_initiation,
    unpack_response,
    unpack_transport_header,
)
from simulator.wire.wireguard.peer import Peer


class Received(NamedTuple):
    """What a datagram brought.

    ``peer`` is who sent it, proven by its key, or None for a stranger who gets a cookie;
    ``packet`` is an inner packet, with padding after it, or empty; ``datagrams`` go back
    where this one came from; ``established`` says that the peer has a session as of now.
    """

    peer: Peer | None
    packet: bytes
    datagrams: list[bytes]
    established: bool


class Interface:
    """One end of tunnels. ``calendar_start`` is lab time 0 in microseconds since 1970 UTC.

    With ``handshakes_per_second``, callers beyond that many in a second must first prove
    their address with a cookie; without it nobody must.
    """

    def __init__(
        self,
        private_key: bytes,
        random: Random,
        *,
        calendar_start: Instant = 0,
        handshakes_per_second: int | None = None,
    ) -> None:
        self.public_key = public_key(private_key)
        self._private_key = private_key
        self._random = random
        self._calendar_start = calendar_start
        self._limit = handshakes_per_second
        self._second = 0
        self._calls = 0
        self._mac1_key = mac1_key(self.public_key)
        self._kitchen = CookieKitchen(random.randbytes(32))
        self._peers: dict[bytes, Peer] = {}
        self._indices: dict[int, Peer] = {}

    def add_peer(self, public_key: bytes, preshared_key: bytes = NO_PRESHARED_KEY) -> Peer:
        """Let the owner of a public key talk to us. ValueError if it is no usable key."""
        if public_key in self._peers:
            raise ValueError("this public key is a peer's already")
        peer = Peer(
            self._private_key,
            public_key,
            preshared_key,
            self._indices,
            self._random,
            self._calendar_start,
        )
        self._peers[public_key] = peer
        return peer

    def receive(self, data: bytes, now: Instant, source: bytes = b"") -> Received | None:
        """Take a datagram. None means: say nothing, whoever sent it, whatever it was.

        ``source`` is any text of the sender's address and port; cookies are bound to it.
        """
        kind = kind_of(data)
        if kind == TRANSPORT:
            index, counter = unpack_transport_header(data)
            peer = self._indices.get(index)
            taken = None if peer is None else peer.take_transport(index, counter, data, now)
            return None if taken is None else Received(peer, *taken)
        if kind == INITIATION:
            return self._receive_initiation(data, now, source)
        if kind == RESPONSE and has_valid_mac1(data, self._mac1_key):
            response = unpack_response(data)
            peer = self._indices.get(response.receiver)
            taken = None if peer is None else peer.take_response(response, now)
            return None if taken is None else Received(peer, *taken)
        if kind == COOKIE_REPLY:
            reply = unpack_cookie_reply(data)
            peer = self._indices.get(reply.receiver)
            if peer is not None:
                peer.take_cookie(reply, now)
        return None

    def _receive_initiation(self, data: bytes, now: Instant, source: bytes) -> Received | None:
        if not has_valid_mac1(data, self._mac1_key):
            return None
        message = unpack_initiation(data)
        if self._busy(now):
            cookie = self._kitchen.cookie(source, now)
            if not has_valid_mac2(data, cookie):
                return Received(None, b"", [self._hand_out(cookie, message.sender, data)], False)
        try:
            opened = open_initiation(self._private_key, self.public_key, message)
        except HandshakeFailed:
            return None
        peer = self._peers.get(opened.static)
        datagrams = None if peer is None else peer.take_initiation(opened, now)
        return None if datagrams is None else Received(peer, b"", datagrams, False)

    def _busy(self, now: Instant) -> bool:
        """Count a call; whether there were too many in this second."""
        if self._limit is None:
            return False
        if now // SECOND != self._second:
            self._second, self._calls = now // SECOND, 0
        self._calls += 1
        return self._calls > self._limit

    def _hand_out(self, cookie: bytes, receiver: int, data: bytes) -> bytes:
        nonce = self._random.randbytes(NONCE_LENGTH)
        sealed = seal_cookie(cookie_key(self.public_key), nonce, cookie, mac1_of(data))
        return pack_cookie_reply(CookieReply(receiver, nonce, sealed))
