"""What can be wrong with what the other side sent."""

from __future__ import annotations

from simulator.values import Message, message
from simulator.wire.epp.results import Code


class EppError(Exception):
    """What came is not what EPP allows; a server answers it with ``code`` and ``reason``.

    ``transaction`` is the client's, where the document got as far as to name it; ``transform``
    the command and the object's name, as far as it names them, where it would have changed one.
    """

    transform: tuple[str, str] | None = None

    def __init__(self, code: Code, reason: Message, transaction: str | None = None) -> None:
        super().__init__(str(reason))
        self.code = code
        self.reason = reason
        self.transaction = transaction


class FrameError(EppError):
    """A length that no frame has; the stream cannot be read on (RFC 5734 section 4)."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            Code.FAILED_CLOSING,
            message(
                "a frame of {size} octets is refused: it has 5 to {limit}", size=size, limit=limit
            ),
        )


def syntax_error(reason: Message) -> EppError:
    """Return the error for what is no EPP at all (2001)."""
    return EppError(Code.SYNTAX, reason)


def misplaced(name: str, parent: str) -> EppError:
    """Return the error for an element that must not stand where it stands (2001)."""
    return syntax_error(
        message("{name} has no place in {parent}", name=name[:100], parent=parent[:100])
    )


def missing(what: str) -> EppError:
    """Return the error for an element or an attribute that must be there (2003)."""
    return EppError(Code.PARAMETER_MISSING, message("{what} is missing", what=what))


def wrong_value(what: str, value: str) -> EppError:
    """Return the error for a value of the wrong form (2005)."""
    return EppError(
        Code.VALUE_SYNTAX,
        message("'{value}' is no value for {what}", value=value[:100], what=what),
    )
