"""What relays decide, and how the ends read each other's reasons.

A stream that fails at the exit ends with a single octet (tor-spec section 6.3): a name that
does not exist and a resolver that does not answer look the same to the client.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import NamedTuple

from simulator.values import Address
from simulator.wire import failures
from simulator.wire.onion import messages

_BY_ERRNO = {
    errno.ECONNREFUSED: messages.CONNECT_REFUSED,
    errno.ECONNRESET: messages.CONNECTION_RESET,
    errno.EPIPE: messages.CONNECTION_RESET,
    errno.ETIMEDOUT: messages.TIMED_OUT,
    errno.EHOSTUNREACH: messages.NO_ROUTE,
    errno.ENETUNREACH: messages.NO_ROUTE,
    errno.EAFNOSUPPORT: messages.NO_ROUTE,
    errno.EADDRNOTAVAIL: messages.NO_ROUTE,
}


class NotOpened(NamedTuple):
    """Why a stream did not open: a stage of the visit and an OONI failure string."""

    stage: str
    failure: str


_NOT_OPENED = {
    messages.RESOLVE_FAILED: NotOpened("dns", "dns_nxdomain_error"),
    messages.CONNECT_REFUSED: NotOpened("tcp", "connection_refused"),
    messages.TIMED_OUT: NotOpened("tcp", failures.TIMEOUT),
    messages.NO_ROUTE: NotOpened("tcp", "host_unreachable"),
    messages.CONNECTION_RESET: NotOpened("tcp", failures.RESET),
}
ABORTED = NotOpened("tcp", "connection_aborted")
"""For reasons that lie with the relays: an exit's policy, a circuit that broke."""

_WORDS = {
    messages.RESOLVE_FAILED: "resolve failed",
    messages.CONNECT_REFUSED: "connection refused",
    messages.EXIT_POLICY: "exit policy",
    messages.TIMED_OUT: "timeout",
    messages.NO_ROUTE: "no route",
    messages.CONNECTION_RESET: "connection reset",
}


def reason_of(error: OSError) -> int:
    """Return the reason that an exit gives for a connection that failed or broke."""
    if isinstance(error, TimeoutError):
        return messages.TIMED_OUT
    return _BY_ERRNO.get(error.errno or 0, messages.MISC)


def word_of(reason: int) -> str:
    """Return a reason in words, for the journal."""
    return _WORDS.get(reason, f"reason {reason}")


def not_opened(reason: int) -> NotOpened:
    """Return what a client makes of the reason why its stream was not opened."""
    return _NOT_OPENED.get(reason, ABORTED)


def broken_by(reason: int) -> OSError | None:
    """Return what an open stream broke by; None if it came to its end."""
    if reason in (messages.DONE, messages.MISC):
        return None
    if reason == messages.CONNECTION_RESET:
        return ConnectionResetError(errno.ECONNRESET, "Connection reset beyond the exit")
    if reason == messages.TIMED_OUT:
        return TimeoutError(errno.ETIMEDOUT, "Connection timed out beyond the exit")
    return ConnectionAbortedError(errno.ECONNABORTED, "The relays broke the stream off")


def address_to_try(addresses: Sequence[Address], ipv6_okay: bool) -> Address | None:
    """Return the one address that an exit tries: IPv4 before IPv6, as Tor's exits do."""
    for address in addresses:
        if ":" not in address:
            return address
    return addresses[0] if addresses and ipv6_okay else None
