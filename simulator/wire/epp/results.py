"""EPP result codes and the words that go with them (RFC 5730 section 3).

The words are part of the protocol, and English; what happened in this case is told apart
from them, as the reason.
"""

from __future__ import annotations

import enum
from typing import Final


class Code(enum.IntEnum):
    """All result codes. 1xxx is success; x5xx ends the session."""

    DONE = 1000
    PENDING = 1001
    NO_MESSAGES = 1300
    ACK_TO_DEQUEUE = 1301
    ENDING_SESSION = 1500
    UNKNOWN_COMMAND = 2000
    SYNTAX = 2001
    COMMAND_USE = 2002
    PARAMETER_MISSING = 2003
    VALUE_RANGE = 2004
    VALUE_SYNTAX = 2005
    UNIMPLEMENTED_VERSION = 2100
    UNIMPLEMENTED_COMMAND = 2101
    UNIMPLEMENTED_OPTION = 2102
    UNIMPLEMENTED_EXTENSION = 2103
    BILLING = 2104
    NOT_RENEWABLE = 2105
    NOT_TRANSFERABLE = 2106
    AUTHENTICATION = 2200
    NOT_AUTHORISED = 2201
    WRONG_AUTHORIZATION = 2202
    PENDING_TRANSFER = 2300
    NOT_PENDING_TRANSFER = 2301
    EXISTS = 2302
    DOES_NOT_EXIST = 2303
    STATUS_PROHIBITS = 2304
    ASSOCIATION_PROHIBITS = 2305
    POLICY = 2306
    UNIMPLEMENTED_SERVICE = 2307
    DATA_POLICY = 2308
    FAILED = 2400
    FAILED_CLOSING = 2500
    AUTHENTICATION_CLOSING = 2501
    SESSION_LIMIT = 2502

    @property
    def succeeded(self) -> bool:
        """Whether the command succeeded, be it only for now (1001)."""
        return self < 2000

    @property
    def ends_session(self) -> bool:
        """Whether the server closes the connection behind this answer."""
        return self == Code.ENDING_SESSION or self >= Code.FAILED_CLOSING


WORDS: Final[dict[int, str]] = {
    Code.DONE: "Command completed successfully",
    Code.PENDING: "Command completed successfully; action pending",
    Code.NO_MESSAGES: "Command completed successfully; no messages",
    Code.ACK_TO_DEQUEUE: "Command completed successfully; ack to dequeue",
    Code.ENDING_SESSION: "Command completed successfully; ending session",
    Code.UNKNOWN_COMMAND: "Unknown command",
    Code.SYNTAX: "Command syntax error",
    Code.COMMAND_USE: "Command use error",
    Code.PARAMETER_MISSING: "Required parameter missing",
    Code.VALUE_RANGE: "Parameter value range error",
    Code.VALUE_SYNTAX: "Parameter value syntax error",
    Code.UNIMPLEMENTED_VERSION: "Unimplemented protocol version",
    Code.UNIMPLEMENTED_COMMAND: "Unimplemented command",
    Code.UNIMPLEMENTED_OPTION: "Unimplemented option",
    Code.UNIMPLEMENTED_EXTENSION: "Unimplemented extension",
    Code.BILLING: "Billing failure",
    Code.NOT_RENEWABLE: "Object is not eligible for renewal",
    Code.NOT_TRANSFERABLE: "Object is not eligible for transfer",
    Code.AUTHENTICATION: "Authentication error",
    Code.NOT_AUTHORISED: "Authorization error",
    Code.WRONG_AUTHORIZATION: "Invalid authorization information",
    Code.PENDING_TRANSFER: "Object pending transfer",
    Code.NOT_PENDING_TRANSFER: "Object not pending transfer",
    Code.EXISTS: "Object exists",
    Code.DOES_NOT_EXIST: "Object does not exist",
    Code.STATUS_PROHIBITS: "Object status prohibits operation",
    Code.ASSOCIATION_PROHIBITS: "Object association prohibits operation",
    Code.POLICY: "Parameter value policy error",
    Code.UNIMPLEMENTED_SERVICE: "Unimplemented object service",
    Code.DATA_POLICY: "Data management policy violation",
    Code.FAILED: "Command failed",
    Code.FAILED_CLOSING: "Command failed; server closing connection",
    Code.AUTHENTICATION_CLOSING: "Authentication error; server closing connection",
    Code.SESSION_LIMIT: "Session limit exceeded; server closing connection",
}
