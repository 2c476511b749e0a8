"""A peer: its sessions, the packets that wait for one, and its timers (paper, section 6).

Sessions are replaced, never renewed: ``current`` sends; ``previous`` still receives what
was on the way; ``next`` is one that we answered and whose first packet has not come, so
that we cannot know yet whether the initiator got our answer.
"""

from __future__ import annotations

from collections import deque
from random import Random
from typing import NamedTuple

from simulator.values import MILLISECOND, SECOND, Instant
from simulator.wire.wireguard.cookie import COOKIE_LIFETIME, cookie_key, open_cookie
from simulator.wire.wireguard.handshake import (
    HandshakeFailed,
    Initiator,
    Opened,
    respond,
    tai64n,
)
from simulator.wire.wireguard.keys import shared_secret
from simulator.wire.wireguard.messages import (
    CookieReply,
    Response,
    mac1_key,
    mac1_of,
    pack_initiation,
    pack_response,
    sign,
)
from simulator.wire.wireguard.session import REJECT_AFTER_MESSAGES, Session

REKEY_AFTER_TIME = 120 * SECOND
REJECT_AFTER_TIME = 180 * SECOND
REKEY_ATTEMPT_TIME = 90 * SECOND
REKEY_TIMEOUT = 5 * SECOND
KEEPALIVE_TIMEOUT = 10 * SECOND
LONGEST_JITTER = 333 * MILLISECOND
REKEY_AFTER_MESSAGES = 2**60

MOST_STAGED = 128
"""Packets that wait for a handshake; one more pushes out the oldest, as in Linux."""


class _Pending(NamedTuple):
    """An initiation that has no answer yet."""

    initiator: Initiator
    local_index: int
    mac1: bytes
    retry_at: Instant


class Peer:
    """Somebody whose public key we know. Made by `Interface.add_peer`."""

    def __init__(
        self,
        private_key: bytes,
        public_key: bytes,
        preshared_key: bytes,
        indices: dict[int, Peer],
        random: Random,
        calendar_start: Instant,
    ) -> None:
        self.public_key = public_key
        self._private_key = private_key
        self._preshared_key = preshared_key
        self._indices = indices
        self._random = random
        self._calendar_start = calendar_start
        self._static_static = shared_secret(private_key, public_key)
        self._mac1_key = mac1_key(public_key)
        self._staged: deque[bytes] = deque(maxlen=MOST_STAGED)
        self._current: Session | None = None
        self._previous: Session | None = None
        self._next: Session | None = None
        self._pending: _Pending | None = None
        self._attempt_began: Instant = 0
        self._newest_timestamp = b""
        self._cookie: tuple[bytes, Instant] | None = None
        # Since when they owe us an answer to data, and since when we owe them one.
        self._unanswered_since: Instant | None = None
        self._unacknowledged_since: Instant | None = None

    def __repr__(self) -> str:
        session = self._current
        state = "no session" if session is None else f"session of {session.created}"
        return f"<Peer {self.public_key[:4].hex()}… {state}{', handshaking' * self.handshaking}>"

    @property
    def handshaking(self) -> bool:
        """Whether an initiation of ours awaits its answer."""
        return self._pending is not None

    def has_session(self, now: Instant) -> bool:
        """Whether a packet sent now would leave at once."""
        session = self._current
        return (
            session is not None
            and now - session.created < REJECT_AFTER_TIME
            and session.counter < REJECT_AFTER_MESSAGES
        )

    # --- sending --------------------------------------------------------------------

    def send(self, packet: bytes, now: Instant) -> list[bytes]:
        """Return the datagrams to send for a packet; without a session it waits for one."""
        if not self.has_session(now):
            self._staged.append(packet)
            return self.initiate(now)
        session = self._current
        assert session is not None, "has_session said so"
        datagrams = [session.encrypt(packet)]
        self._unacknowledged_since = None
        if self._unanswered_since is None:
            self._unanswered_since = now
        if session.initiator and (
            now - session.created >= REKEY_AFTER_TIME or session.counter >= REKEY_AFTER_MESSAGES
        ):
            datagrams += self.initiate(now)
        return datagrams

    def initiate(self, now: Instant) -> list[bytes]:
        """Return the first message of a handshake, unless one is under way already."""
        if self._pending is not None:
            return []
        self._attempt_began = now
        return [self._initiation(now)]

    def _initiation(self, now: Instant) -> bytes:
        self._forget_pending()
        index = self._new_index()
        ephemeral = self._random.randbytes(32)
        initiator = Initiator(
            self._private_key,
            self.public_key,
            ephemeral,
            self._static_static,
            self._preshared_key,
        )
        message = initiator.initiate(index, tai64n(self._calendar_start + now))
        signed = sign(pack_initiation(message), self._mac1_key, self._fresh_cookie(now))
        # The jitter keeps two ends from calling each other in step for ever.
        retry_at = now + REKEY_TIMEOUT + self._random.randint(0, LONGEST_JITTER)
        self._pending = _Pending(initiator, index, mac1_of(signed), retry_at)
        self._unacknowledged_since = None
        return signed

    def _fresh_cookie(self, now: Instant) -> bytes | None:
        if self._cookie is None or now - self._cookie[1] >= COOKIE_LIFETIME:
            return None
        return self._cookie[0]

    def _send_staged(self, now: Instant) -> list[bytes]:
        staged = list(self._staged)
        self._staged.clear()
        return [datagram for packet in staged for datagram in self.send(packet, now)]

    # --- timers ---------------------------------------------------------------------

    def deadline(self) -> Instant | None:
        """Return when `on_timer` is next wanted; it may move with every call."""
        deadline = None if self._pending is None else self._pending.retry_at
        since = self._unanswered_since
        if since is not None:
            due = since + KEEPALIVE_TIMEOUT + REKEY_TIMEOUT
            deadline = due if deadline is None or due < deadline else deadline
        since = self._unacknowledged_since
        if since is not None:
            due = since + KEEPALIVE_TIMEOUT
            deadline = due if deadline is None or due < deadline else deadline
        return deadline

    def on_timer(self, now: Instant) -> list[bytes]:
        """Return what must be sent because time has passed; harmless when called early.

        A handshake without an answer is tried again, and given up with all that waited
        for it after 90 seconds. Data without an answer for 15 seconds begins a handshake;
        data that we have not answered for 10 is acknowledged with a keepalive.
        """
        datagrams: list[bytes] = []
        if self._pending is not None and now >= self._pending.retry_at:
            if now - self._attempt_began < REKEY_ATTEMPT_TIME:
                datagrams.append(self._initiation(now))
            else:
                self._forget_pending()
                self._staged.clear()
        since = self._unanswered_since
        if since is not None and now >= since + KEEPALIVE_TIMEOUT + REKEY_TIMEOUT:
            self._unanswered_since = None
            datagrams += self.initiate(now)
        since = self._unacknowledged_since
        if since is not None and now >= since + KEEPALIVE_TIMEOUT:
            self._unacknowledged_since = None
            if self.has_session(now) and self._current is not None:
                datagrams.append(self._current.encrypt(b""))
        return datagrams

    # --- what `Interface` hands over ------------------------------------------------

    def take_transport(self, index: int, counter: int, data: bytes, now: Instant) -> Taken | None:
        """Decrypt a transport message of one of our sessions."""
        session = self._find_session(index)
        if session is None or now - session.created >= REJECT_AFTER_TIME:
            return None
        packet = session.decrypt(counter, data)
        if packet is None:
            return None
        self._unanswered_since = None
        if packet and self._unacknowledged_since is None:
            self._unacknowledged_since = now
        if session is self._next:
            established = not self.has_session(now)
            self._replace_previous(self._current)
            self._current, self._next = session, None
            return Taken(packet, self._send_staged(now), established)
        keep_fresh = REJECT_AFTER_TIME - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT
        if session.initiator and now - session.created >= keep_fresh:
            return Taken(packet, self.initiate(now), False)
        return Taken(packet, [], False)

    def take_initiation(self, opened: Opened, now: Instant) -> list[bytes] | None:
        """Answer a caller whose key is ours; a timestamp that is not newer is a replay."""
        if opened.timestamp <= self._newest_timestamp:
            return None
        index = self._new_index()
        try:
            ephemeral = self._random.randbytes(32)
            message, keys = respond(opened, index, ephemeral, self._preshared_key)
        except HandshakeFailed:
            del self._indices[index]
            return None
        self._newest_timestamp = opened.timestamp
        self._forget(self._next)
        self._next = Session(keys, index, opened.message.sender, now, initiator=False)
        self._unanswered_since = None
        self._unacknowledged_since = None
        return [sign(pack_response(message), self._mac1_key, self._fresh_cookie(now))]

    def take_response(self, message: Response, now: Instant) -> Taken | None:
        """Finish our handshake; what waited leaves now, or a keepalive to confirm the keys."""
        pending = self._pending
        if pending is None or pending.local_index != message.receiver:
            return None
        try:
            keys = pending.initiator.finish(message)
        except HandshakeFailed:
            return None
        established = not self.has_session(now)
        self._pending = None  # its index goes on as the session's
        # A session that we answered meanwhile is newer than the current one: keep that.
        self._replace_previous(self._current if self._next is None else self._next)
        if self._next is not None:
            self._forget(self._current)
            self._next = None
        self._current = Session(keys, pending.local_index, message.sender, now, initiator=True)
        self._unanswered_since = None
        datagrams = self._send_staged(now) or [self._current.encrypt(b"")]
        return Taken(b"", datagrams, established)

    def take_cookie(self, message: CookieReply, now: Instant) -> None:
        """Keep a cookie for the next try, which is still left to its time."""
        pending = self._pending
        if pending is None or pending.local_index != message.receiver:
            return
        key = cookie_key(self.public_key)
        cookie = open_cookie(key, message.nonce, message.cookie, pending.mac1)
        if cookie is not None:
            self._cookie = (cookie, now)

    # --- bookkeeping ----------------------------------------------------------------

    def _find_session(self, index: int) -> Session | None:
        for session in (self._current, self._next, self._previous):
            if session is not None and session.local_index == index:
                return session
        return None

    def _new_index(self) -> int:
        index = self._random.getrandbits(32)
        while index in self._indices:
            index = self._random.getrandbits(32)
        self._indices[index] = self
        return index

    def _replace_previous(self, session: Session | None) -> None:
        self._forget(self._previous)
        self._previous = session

    def _forget(self, session: Session | None) -> None:
        if session is not None:
            del self._indices[session.local_index]

    def _forget_pending(self) -> None:
        if self._pending is not None:
            del self._indices[self._pending.local_index]
            self._pending = None


class Taken(NamedTuple):
    """What a message brought: a packet (padded, perhaps empty), and what to send for it.

    ``established`` says that there was no session before, and that now there is.
    """

    packet: bytes
    datagrams: list[bytes]
    established: bool
