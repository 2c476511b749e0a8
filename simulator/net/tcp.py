"""TCP (RFC 9293), small but true to what a capture shows.

Handshake with MSS, segments up to the peer's window, delayed acknowledgments, FIN and
half-close, RST, retransmission with exponential back-off, fast retransmit, zero-window
probes, TIME-WAIT. Out, and not to be read into a capture: congestion control, window
scaling, SACK, timestamps, urgent data, simultaneous open.

A `Connection` knows its host and a `User` (the asyncio transport); no loop and no
protocol. It runs inside its user's context.
"""

from __future__ import annotations

import contextvars
import enum
import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from simulator.values import (
    ACK,
    FIN,
    MILLISECOND,
    PSH,
    RST,
    SECOND,
    SYN,
    Address,
    Duration,
    IcmpKind,
    Instant,
    Packet,
    Segment,
)

if TYPE_CHECKING:
    from simulator.net.host import Host

WINDOW = 65_535
"""Octets that we buffer for a reader: the most without window scaling (RFC 7323)."""
INITIAL_RTO: Duration = 1 * SECOND  # RFC 6298 section 2.1
MINIMUM_RTO: Duration = 200 * MILLISECOND  # Linux TCP_RTO_MIN; RFC 6298 would say 1 s
MAXIMUM_RTO: Duration = 120 * SECOND  # Linux TCP_RTO_MAX
SYN_RETRIES = 6  # Linux tcp_syn_retries: gives up after 127 s
DATA_RETRIES = 15  # Linux tcp_retries2
DELAYED_ACK: Duration = 40 * MILLISECOND  # Linux TCP_DELACK_MIN
LINGER: Duration = 60 * SECOND  # Linux TCP_TIMEWAIT_LEN, also tcp_fin_timeout
DEFAULT_MSS = 536  # RFC 9293 section 3.7.1, when a SYN names none
MODULUS = 1 << 32

_ERRNO = {
    IcmpKind.NETWORK_UNREACHABLE: errno.ENETUNREACH,
    IcmpKind.HOST_UNREACHABLE: errno.EHOSTUNREACH,
    IcmpKind.PORT_UNREACHABLE: errno.ECONNREFUSED,
    IcmpKind.PROHIBITED: errno.EHOSTUNREACH,
    IcmpKind.TIME_EXCEEDED: errno.EHOSTUNREACH,
}


def os_error(code: int) -> OSError:
    """Return the `OSError` of an errno, as the subclass that Python would raise."""
    return OSError(code, os.strerror(code))


def icmp_error(kind: IcmpKind) -> OSError | None:
    """Return the error that a kernel reports for an ICMP message, or None for an echo."""
    code = _ERRNO.get(kind)
    return None if code is None else os_error(code)


class User(Protocol):
    """Who reads and writes a connection. Called inside the connection's context."""

    def tcp_data(self, data: bytes) -> None:
        """Take octets, in order."""

    def tcp_eof(self) -> None:
        """Learn that the peer has ended its stream."""

    def tcp_sent(self) -> None:
        """Learn that fewer octets wait for the peer's window than before."""

    def tcp_lost(self, error: OSError) -> None:
        """Learn that the connection broke."""


class State(enum.Enum):
    """The states of RFC 9293 section 3.3.2 that matter here; FINs are tracked apart."""

    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    TIME_WAIT = "TIME-WAIT"
    CLOSED = "CLOSED"


class Connection:
    """One end of a TCP connection."""

    __slots__ = (
        "_ack_due",
        "_ack_scheduled",
        "_backoff",
        "_connected",
        "_deadline",
        "_duplicate_acks",
        "_early",
        "_error",
        "_fin_acked",
        "_fin_queued",
        "_fin_received",
        "_fin_sent",
        "_fin_told",
        "_host",
        "_in_flight",
        "_mss",
        "_outgoing",
        "_peer_window",
        "_receive_next",
        "_received",
        "_recover",
        "_rto",
        "_send_first",
        "_state",
        "_syn_at",
        "_unacknowledged_segments",
        "_user",
        "_waking_at",
        "context",
        "key",
        "local",
        "peer",
        "reading",
    )

    def __init__(
        self,
        host: Host,
        local: tuple[Address, int],
        peer: tuple[Address, int],
        context: contextvars.Context,
        connected: Callable[[OSError | None], None],
    ) -> None:
        self._host = host
        self.local = local
        self.peer = peer
        self.key = (*local, *peer)
        self.context = context
        self.reading = False
        self._connected: Callable[[OSError | None], None] | None = connected
        self._user: User | None = None
        self._state = State.CLOSED
        self._mss = host.segment_size(peer[0])
        self._send_first = host.random.getrandbits(32)
        """Sequence number of the first octet of ``_outgoing``."""
        self._outgoing = bytearray()
        self._in_flight = 0
        """Octets of ``_outgoing`` that were sent and not yet acknowledged."""
        self._peer_window = 0
        self._fin_queued = self._fin_sent = self._fin_acked = False
        self._recover: int | None = None
        self._duplicate_acks = 0
        self._receive_next = 0
        self._received = bytearray()
        self._early: dict[int, Segment] = {}
        self._fin_received = self._fin_told = False
        self._error: OSError | None = None
        self._unacknowledged_segments = 0
        self._ack_due = self._ack_scheduled = False
        self._rto = INITIAL_RTO
        self._backoff = 0
        self._syn_at: Instant = 0
        self._deadline: Instant | None = None
        self._waking_at: Instant | None = None
        host.connections[self.key] = self

    def __repr__(self) -> str:
        return (
            f"<Connection {self.local[0]}:{self.local[1]} -> {self.peer[0]}:{self.peer[1]}"
            f" {self._state.value}>"
        )

    # --- opening ------------------------------------------------------------------------

    def open(self) -> None:
        """Send the SYN. ``connected`` hears how it went."""
        self._state = State.SYN_SENT
        self._syn_at = self._host.fabric.clock.now
        self._send_syn()

    def open_passively(self, syn: Segment) -> None:
        """Answer a SYN."""
        self._state = State.SYN_RECEIVED
        self._syn_at = self._host.fabric.clock.now
        self._learn_peer(syn)
        self._send_syn()

    def _learn_peer(self, syn: Segment) -> None:
        self._receive_next = (syn.sequence + 1) % MODULUS
        self._peer_window = syn.window
        self._mss = min(self._mss, DEFAULT_MSS if syn.mss is None else syn.mss)

    def _send_syn(self) -> None:
        answers = self._state is State.SYN_RECEIVED
        self._transmit(
            Segment(
                self.local[1],
                self.peer[1],
                self._send_first,
                self._receive_next,
                SYN | ACK if answers else SYN,
                WINDOW,
                b"",
                self._host.segment_size(self.peer[0]),
            )
        )
        self._arm()

    def _establish(self) -> None:
        self._state = State.ESTABLISHED
        self._send_first = (self._send_first + 1) % MODULUS
        if self._backoff == 0:
            # RFC 6298 2.2 with the one sample of the handshake: SRTT + 4 * RTTVAR = 3 R.
            sample = self._host.fabric.clock.now - self._syn_at
            self._rto = max(MINIMUM_RTO, 3 * sample)
        self._backoff = 0
        self._deadline = None
        connected, self._connected = self._connected, None
        if connected is not None:
            connected(None)

    def attach(self, user: User) -> None:
        """Give the connection its user; reading starts with `resume`."""
        self._user = user
        if self._state is State.CLOSED:
            user.tcp_lost(self._error or os_error(errno.ECONNABORTED))

    # --- what the user does ---------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Octets that wait for the peer's window."""
        return len(self._outgoing) - self._in_flight

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send octets, as far as the peer's window reaches, and keep the rest."""
        self._outgoing += data
        self._push()

    def end(self) -> None:
        """End our stream: a FIN behind all that was written."""
        if not self._fin_queued:
            self._fin_queued = True
            self._push()

    def pause(self) -> None:
        """Keep what arrives; the window closes as it fills."""
        self.reading = False

    def resume(self) -> None:
        """Hand over what was kept, and go on."""
        self.reading = True
        if self._received:
            was_closed = len(self._received) > WINDOW - self._mss
            data = bytes(self._received)
            self._received.clear()
            if was_closed:
                self._send_ack()
            if self._user is not None:
                self._user.tcp_data(data)
        self._tell_end()

    def _tell_end(self) -> None:
        """Tell the user once that the peer has ended, after the last octet."""
        ready = self._fin_received and self.reading and not self._received
        if ready and not self._fin_told and self._user is not None:
            self._fin_told = True
            self._user.tcp_eof()

    def close(self) -> None:
        """Let the stack finish alone: FIN, then silence; more data is answered by RST."""
        self._user = None
        if self._received:
            self.abort()  # RFC 2525 section 2.17: closed with octets that nobody read
            return
        self.end()
        self._let_linger()

    def abort(self) -> None:
        """Break off with a RST."""
        if self._state in (State.ESTABLISHED, State.SYN_RECEIVED):
            self._transmit(self._segment(self._sent_up_to(), RST | ACK, b""))
        self._forget()

    def break_off(self) -> None:
        """Lose the connection at this end, as when the program's machine goes down."""
        self._fail(os_error(errno.ECONNABORTED))

    def _let_linger(self) -> None:
        """Forget a closed connection whose peer never ends its own stream."""
        schedule = self._host.fabric.schedule
        if self._user is None and self._fin_acked and self._state is State.ESTABLISHED:
            schedule.at(self._host.fabric.clock.now + LINGER, self._linger_over, None)

    def _linger_over(self, _: None) -> None:
        self._forget()

    def _forget(self) -> None:
        self._state = State.CLOSED
        self._user = None
        self._connected = None
        self._deadline = None
        connections = self._host.connections
        if connections.get(self.key) is self:
            del connections[self.key]

    def _fail(self, error: OSError) -> None:
        user, connected = self._user, self._connected
        self._forget()
        if connected is not None:
            connected(error)
        elif user is not None:
            user.tcp_lost(error)
        else:
            self._error = error

    # --- sending ----------------------------------------------------------------------------

    def _sent_up_to(self) -> int:
        after = self._send_first + self._in_flight + (self._fin_sent and not self._fin_acked)
        return after % MODULUS

    def _segment(self, sequence: int, flags: int, data: bytes) -> Segment:
        window = WINDOW - len(self._received)
        self._ack_due = False
        self._unacknowledged_segments = 0
        return Segment(
            self.local[1], self.peer[1], sequence, self._receive_next, flags, window, data
        )

    def _transmit(self, segment: Segment) -> None:
        self._host.send(Packet(self.local[0], self.peer[0], segment))

    def _send_ack(self) -> None:
        self._transmit(self._segment(self._sent_up_to(), ACK, b""))

    def _push(self) -> None:
        """Send what the peer's window allows, and the FIN behind the last octet."""
        if self._state is not State.ESTABLISHED:
            return
        outgoing = self._outgoing
        sent = False
        while (room := self._peer_window - self._in_flight) > 0 and not self._fin_sent:
            start = self._in_flight
            data = bytes(outgoing[start : start + min(self._mss, room)])
            if not data:
                break
            self._in_flight += len(data)
            last = self._in_flight == len(outgoing)
            flags = ACK | PSH if last else ACK
            if last and self._fin_queued:
                self._fin_sent = True
                flags |= FIN
            self._transmit(self._segment((self._send_first + start) % MODULUS, flags, data))
            sent = True
        if self._fin_queued and not self._fin_sent and self._in_flight == len(outgoing):
            self._fin_sent = True
            end = (self._send_first + self._in_flight) % MODULUS
            self._transmit(self._segment(end, FIN | ACK, b""))
            sent = True
        if (sent or self.waiting) and self._deadline is None:
            self._arm()

    # --- receiving --------------------------------------------------------------------------

    def arrived(self, segment: Segment) -> None:
        """Take a segment from the wire."""
        if self._state is State.SYN_SENT:
            self._answered(segment)
            return
        flags = segment.flags
        if flags & RST:
            self._was_reset(segment)
            return
        if flags & SYN:
            self._greeted_again(segment)
            return
        if flags & ACK:
            self._acknowledged(segment)
            if self._state is State.CLOSED:
                return
        if self._state is State.SYN_RECEIVED:
            return  # its acknowledgment was not of our SYN
        if segment.data or flags & FIN:
            self._took(segment)

    def _answered(self, segment: Segment) -> None:
        expected = (self._send_first + 1) % MODULUS
        acceptable = segment.flags & ACK and segment.acknowledgment == expected
        if segment.flags & RST:
            if acceptable:
                self._fail(os_error(errno.ECONNREFUSED))
        elif segment.flags & SYN and acceptable:
            self._learn_peer(segment)
            self._establish()
            if self._state is State.ESTABLISHED and not self._in_flight:
                self._send_ack()

    def _was_reset(self, segment: Segment) -> None:
        # RFC 9293 3.10.7.4: only a RST inside the window counts, or anyone could send one.
        if (segment.sequence - self._receive_next) % MODULUS <= WINDOW:
            self._fail(os_error(errno.ECONNRESET))

    def _greeted_again(self, segment: Segment) -> None:
        if self._state is State.TIME_WAIT and not segment.flags & ACK:
            self._forget()  # RFC 9293 3.6.1: a new connection may take the place of an old
            self._host.deliver(Packet(self.peer[0], self.local[0], segment))
        elif self._state is State.SYN_RECEIVED:
            self._send_syn()
        else:
            self._send_ack()

    def _acknowledged(self, segment: Segment) -> None:
        if self._state is State.SYN_RECEIVED:
            if segment.acknowledgment != (self._send_first + 1) % MODULUS:
                return
            self._peer_window = segment.window
            self._establish()
            return
        count = (segment.acknowledgment - self._send_first) % MODULUS
        outstanding = self._in_flight + (self._fin_sent and not self._fin_acked)
        if count > outstanding:
            return  # old, or of data that we never sent
        opened = segment.window > self._peer_window
        probed = self._peer_window == 0
        self._peer_window = segment.window
        if count:
            self._advance(count)
        elif probed and not self._fin_sent:
            self._backoff = 0  # an answer to a probe: the peer lives (RFC 9293 3.8.6.1)
            if opened:  # the octet of the probe was turned away: it is sent with the rest
                self._in_flight, self._deadline, self._recover = 0, None, None
        elif outstanding and not segment.data and not opened and not segment.flags & FIN:
            self._duplicate_acks += 1
            if self._duplicate_acks == 3 and self._recover is None:
                self._recover = self._sent_up_to()
                self._resend()
        if self._state is State.ESTABLISHED and (opened or count):
            self._push()
            if self._user is not None:
                self._user.tcp_sent()

    def _advance(self, count: int) -> None:
        """The peer has ``count`` more of what we sent, the FIN counted as one."""
        octets = min(count, self._in_flight)
        if octets:
            del self._outgoing[:octets]
            self._in_flight -= octets
            self._send_first = (self._send_first + octets) % MODULUS
        if count > octets:
            self._fin_acked = True
            self._send_first = (self._send_first + 1) % MODULUS
        self._duplicate_acks = 0
        self._backoff = 0
        self._deadline = None
        if self._in_flight or (self._fin_sent and not self._fin_acked):
            self._arm()
            if self._recover is not None:
                if (self._recover - self._send_first) % MODULUS < MODULUS // 2:
                    self._resend()  # RFC 6582: a partial acknowledgment; the next is lost too
                else:
                    self._recover = None
        else:
            self._recover = None
        if self._fin_acked:
            self._ended_both_ways()
            self._let_linger()

    def _took(self, segment: Segment) -> None:
        if self._fin_received:  # nothing can follow a FIN (RFC 9293 section 3.10.7.4)
            if segment.data or segment.flags & FIN:
                self._send_ack()
            return
        offset = (segment.sequence - self._receive_next) % MODULUS
        if offset >= MODULUS // 2:
            segment = self._without_known(segment, MODULUS - offset)
            offset = 0
            if not segment.data and not segment.flags & FIN:
                self._send_ack()
                return
        if offset:
            if offset < WINDOW:
                self._early[segment.sequence] = segment
            self._send_ack()
            return
        filled_gap = bool(self._early)
        self._accept(segment)
        while self._early and self._state is not State.CLOSED:
            following = self._next_early()
            if following is None:
                break
            self._accept(following)
        if self._state is not State.CLOSED:
            self._acknowledge(at_once=filled_gap or self._fin_received)

    def _next_early(self) -> Segment | None:
        """Return the early segment that is now in order, less what came by another."""
        following = self._early.pop(self._receive_next, None)
        if following is not None:
            return following
        for sequence in list(self._early):  # cut otherwise than it was sent before
            known = (self._receive_next - sequence) % MODULUS
            if known < MODULUS // 2:
                return self._without_known(self._early.pop(sequence), known)
        return None

    @staticmethod
    def _without_known(segment: Segment, known: int) -> Segment:
        if known > len(segment.data):  # a FIN that we have, too
            return segment._replace(data=b"", flags=segment.flags & ~FIN)
        return segment._replace(data=segment.data[known:])

    def _accept(self, segment: Segment) -> None:
        data = segment.data[: WINDOW - len(self._received)]
        if len(data) < len(segment.data):
            # No room. Said at once: whoever probes a closed window must hear that we live.
            self._ack_due = True
            self._unacknowledged_segments = 2
        self._receive_next = (self._receive_next + len(data)) % MODULUS
        ended = bool(segment.flags & FIN) and len(data) == len(segment.data)
        if ended and not self._fin_received:
            self._fin_received = True
            self._receive_next = (self._receive_next + 1) % MODULUS
        else:
            ended = False
        if data:
            self._unacknowledged_segments += 1
            self._ack_due = True
            if self._user is None and self._connected is None and self._fin_queued:
                self.abort()  # RFC 9293 3.6.1: data for a program that has closed
                return
            if self.reading and self._user is not None:
                self._user.tcp_data(data)
            else:
                self._received += data
        if ended:
            self._ack_due = True
            self._tell_end()
            self._ended_both_ways()

    def _acknowledge(self, *, at_once: bool) -> None:
        """Every second segment at once, a single one within 40 ms (RFC 9293 3.8.6.3)."""
        if not self._ack_due:  # what was sent meanwhile has said it
            return
        if at_once or self._unacknowledged_segments >= 2:
            self._send_ack()
        elif not self._ack_scheduled:
            self._ack_scheduled = True
            fabric = self._host.fabric
            fabric.schedule.at(fabric.clock.now + DELAYED_ACK, self._ack_overdue, None)

    def _ack_overdue(self, _: None) -> None:
        self._ack_scheduled = False
        if self._ack_due and self._state is State.ESTABLISHED:
            self._send_ack()

    def _ended_both_ways(self) -> None:
        if self._fin_acked and self._fin_received and self._state is State.ESTABLISHED:
            self._state = State.TIME_WAIT
            fabric = self._host.fabric
            fabric.schedule.at(fabric.clock.now + LINGER, self._linger_over, None)

    def met_error(self, kind: IcmpKind) -> None:
        """Hear of an ICMP error: fatal while connecting, else advice (RFC 5927)."""
        error = icmp_error(kind)
        if error is not None and self._state is State.SYN_SENT:
            self._fail(error)

    # --- the retransmission timer -------------------------------------------------------------

    def _arm(self) -> None:
        """Set the deadline. One event at most waits in the schedule for a connection."""
        timeout = min(self._rto << self._backoff, MAXIMUM_RTO)
        self._deadline = deadline = self._host.fabric.clock.now + timeout
        if self._waking_at is None or self._waking_at > deadline:
            self._waking_at = deadline
            self._host.fabric.schedule.at(deadline, self._woke, deadline)

    def _woke(self, when: Instant) -> None:
        if self._waking_at != when:
            return
        self._waking_at = None
        if self._deadline is None:
            return
        if self._deadline > when:
            self._waking_at = self._deadline
            self._host.fabric.schedule.at(self._deadline, self._woke, self._deadline)
            return
        self.context.run(self._timed_out)

    def _timed_out(self) -> None:
        opening = self._state in (State.SYN_SENT, State.SYN_RECEIVED)
        self._backoff += 1
        if self._backoff > (SYN_RETRIES if opening else DATA_RETRIES):
            self._fail(os_error(errno.ETIMEDOUT))
        elif opening:
            self._send_syn()
        else:
            self._recover = self._sent_up_to()
            self._resend()
            self._arm()

    def _resend(self) -> None:
        """Send the first unacknowledged segment again, or probe a closed window."""
        octets = min(self._in_flight, self._mss)
        if octets == 0 and self.waiting and not self._fin_sent:
            self._in_flight = octets = 1  # RFC 9293 3.8.6.1: one octet into a zero window
        flags = ACK | PSH
        if self._fin_sent and not self._fin_acked and octets == self._in_flight:
            flags |= FIN
        data = bytes(self._outgoing[:octets])
        self._transmit(self._segment(self._send_first, flags, data))
