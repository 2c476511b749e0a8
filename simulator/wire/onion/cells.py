"""Cells, the units in which links carry everything (tor-spec section 3).

Link protocol 4: a circuit number of 4 octets, a command, then a payload of 509 octets, or
for some commands a length and a payload. The first VERSIONS cell has a circuit number of 2.
"""

from __future__ import annotations

from typing import NamedTuple

LINK_VERSION = 4
CELL_LENGTH = 514
PAYLOAD_LENGTH = 509

PADDING, RELAY, DESTROY, VERSIONS = 0, 3, 4, 7
NETINFO, RELAY_EARLY, CREATE2, CREATED2 = 8, 9, 10, 11
VPADDING, CERTS, AUTH_CHALLENGE = 128, 129, 130

# Why a circuit was torn down (section 5.4).
NO_REASON, PROTOCOL, INTERNAL, CONNECT_FAILED = 0, 1, 2, 6
WRONG_IDENTITY, LINK_CLOSED, DESTROYED = 7, 8, 11

_FIRST_VARIABLE = 128


class OnionError(Exception):
    """The other end broke the protocol; say so to nobody and hang up."""


class Cell(NamedTuple):
    """One cell; a payload shorter than the cell is followed by zeros on the wire."""

    circuit: int
    command: int
    payload: bytes


def is_variable(command: int) -> bool:
    """Whether cells of this command have a length of their own."""
    return command == VERSIONS or command >= _FIRST_VARIABLE


def pack(cell: Cell) -> bytes:
    """Return a cell as it goes over a link whose version is settled."""
    circuit, command, payload = cell
    if is_variable(command):
        return b"%b%c%b%b" % (
            circuit.to_bytes(4, "big"),
            command,
            len(payload).to_bytes(2, "big"),
            payload,
        )
    assert len(payload) <= PAYLOAD_LENGTH, "a fixed cell carries at most 509 octets"
    return b"%b%c%b" % (circuit.to_bytes(4, "big"), command, payload.ljust(PAYLOAD_LENGTH, b"\0"))


def pack_versions() -> bytes:
    """Return the first cell of a link: the link protocols that we speak."""
    versions = LINK_VERSION.to_bytes(2, "big")
    return b"\0\0%c%b%b" % (VERSIONS, len(versions).to_bytes(2, "big"), versions)


class CellReader:
    """Cuts what a link brings into cells; `OnionError` if it does not begin with VERSIONS."""

    def __init__(self) -> None:
        self._data = b""
        self._began = False

    def feed(self, data: bytes) -> list[Cell]:
        """Take octets and return the cells that are complete with them."""
        data = self._data + data if self._data else data
        cells: list[Cell] = []
        at = 0
        while True:
            width = 4 if self._began else 2
            start = at + width + 1
            if len(data) < start:
                break
            command = data[start - 1]
            if not self._began and command != VERSIONS:
                raise OnionError("a link begins with VERSIONS")
            end = start + PAYLOAD_LENGTH
            if is_variable(command):
                if len(data) < start + 2:
                    break
                start, end = start + 2, start + 2 + int.from_bytes(data[start : start + 2], "big")
            if len(data) < end:
                break
            circuit = int.from_bytes(data[at : at + width], "big")
            cells.append(Cell(circuit, command, data[start:end]))
            self._began = True
            at = end
        self._data = data[at:]
        return cells
