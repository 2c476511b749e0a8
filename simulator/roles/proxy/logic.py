"""The proxy's end of SOCKS version 5 (RFC 1928).

Only CONNECT is simulated, and only without authentication: whoever insists on a password
(RFC 1929) is told that no method is acceptable, other commands get reply 7.
"""

from __future__ import annotations

from simulator.roles.proxy.steps import HEAD_LIMIT, End, Reach, Say, Step
from simulator.values import Address
from simulator.wire import socks
from simulator.wire.socks import Code

_CODES = {
    "network_unreachable": Code.NETWORK_UNREACHABLE,
    "host_unreachable": Code.HOST_UNREACHABLE,
    "connection_refused": Code.CONNECTION_REFUSED,
    # The nearest that there is to "no answer in time".
    "generic_timeout_error": Code.TTL_EXPIRED,
}


def reply_code(stage: str, failure: str) -> Code:
    """Return the reply for a failure.

    A name that is not found has none of its own (section 6): the client learns that the
    host cannot be reached, and not that the DNS was to blame.
    """
    if stage == "dns":
        return Code.HOST_UNREACHABLE
    return _CODES.get(failure, Code.GENERAL_FAILURE)


class SocksDialogue:
    """One client's negotiation; see `simulator.roles.proxy.steps.Dialogue`."""

    def __init__(self) -> None:
        self._data = b""
        self._greeted = False

    def __repr__(self) -> str:
        return f"<SocksDialogue greeted={self._greeted}>"

    def received(self, data: bytes) -> list[Step]:
        """Take octets of a greeting and of a request, in whatever pieces they come."""
        self._data += data
        steps: list[Step] = []
        try:
            if not self._greeted:
                steps += self._greet()
            if self._greeted:
                steps += self._serve()
        except socks.SocksError as error:
            refusal = b"" if error.code is None else _refusal(error.code)
            return [*steps, End(refusal, f"not SOCKS version 5: {error}")]
        if len(self._data) > HEAD_LIMIT and not any(isinstance(one, Reach | End) for one in steps):
            steps.append(End(b"", "too long a request"))
        return steps

    def _greet(self) -> list[Step]:
        read = socks.read_greeting(self._data)
        if read is None:
            return []
        greeting, size = read
        self._data = self._data[size:]
        if socks.NO_AUTHENTICATION not in greeting.methods:
            refusal = socks.write_choice(socks.NO_ACCEPTABLE_METHOD)
            wants_password = socks.USERNAME_PASSWORD in greeting.methods
            return [
                End(
                    refusal,
                    "authentication by password (RFC 1929) is not simulated"
                    if wants_password
                    else "no method of authentication that is simulated",
                )
            ]
        self._greeted = True
        return [Say(socks.write_choice(socks.NO_AUTHENTICATION))]

    def _serve(self) -> list[Step]:
        read = socks.read_request(self._data)
        if read is None:
            return []
        request, size = read
        if request.command != socks.Command.CONNECT:
            refusal = _refusal(Code.COMMAND_NOT_SUPPORTED)
            return [End(refusal, f"command {request.command} is not simulated")]
        if request.port == 0:
            return [End(_refusal(Code.GENERAL_FAILURE), "nothing listens on port 0")]
        return [Reach(request.host, request.port, self._data[size:])]

    def reached(self, address: Address, port: int) -> bytes:
        """Return the reply to a request that was met."""
        return socks.write_reply(socks.Reply(Code.SUCCEEDED, address, port))

    def failed(self, stage: str, failure: str) -> bytes:
        """Return the reply to one that was not."""
        return _refusal(reply_code(stage, failure))

    def timed_out(self) -> bytes:
        """Return nothing: SOCKS has no word for it."""
        return b""


def _refusal(code: Code) -> bytes:
    return socks.write_reply(socks.Reply(code))
