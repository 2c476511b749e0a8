"""The start of a link: who is there, and that cells follow (tor-spec section 4).

After TLS the caller sends VERSIONS; the relay answers with VERSIONS, CERTS, AUTH_CHALLENGE
and NETINFO; the caller, once it knows the relay by its identity, sends NETINFO. It does not
say who it is itself: to a relay every caller might be a client.
"""

from __future__ import annotations

import ipaddress
from random import Random

from simulator.values import Address
from simulator.wire.onion.cells import (
    AUTH_CHALLENGE,
    CERTS,
    LINK_VERSION,
    NETINFO,
    PADDING,
    VPADDING,
    Cell,
    CellReader,
    OnionError,
    pack,
    pack_versions,
)
from simulator.wire.onion.certs import proven_identity


class IdentityMismatch(OnionError):
    """Somebody answers at the relay's address, but it is not that relay."""


class Link:
    """Common to both ends: ``outgoing`` is to be sent; ``is_open`` once circuits may be built."""

    def __init__(self, peer: Address) -> None:
        self.outgoing = b""
        self.is_open = False
        self._peer = peer
        self._reader = CellReader()
        self._agreed = False

    def receive(self, data: bytes) -> list[Cell]:
        """Take octets and return the cells of circuits. `OnionError`: hang up."""
        circuit_cells: list[Cell] = []
        for cell in self._reader.feed(data):
            if cell.command in (PADDING, VPADDING):
                continue
            if self.is_open:
                if cell.circuit:
                    circuit_cells.append(cell)
            elif not self._agreed:
                self._agree(cell.payload)
            else:
                self._negotiate(cell)
        return circuit_cells

    def take(self) -> bytes:
        """Return what is to be sent, and forget it."""
        taken, self.outgoing = self.outgoing, b""
        return taken

    def _agree(self, payload: bytes) -> None:
        offered = [payload[at : at + 2] for at in range(0, len(payload), 2)]
        if LINK_VERSION.to_bytes(2, "big") not in offered or len(payload) % 2:
            raise OnionError("no version of the link protocol in common")
        self._agreed = True
        self._versions_agreed()

    def _versions_agreed(self) -> None:
        """Both ends speak the same version."""

    def _negotiate(self, cell: Cell) -> None:
        raise NotImplementedError

    def _send(self, command: int, payload: bytes) -> None:
        self.outgoing += pack(Cell(0, command, payload))


class CallingLink(Link):
    """The caller's end; ``identity`` is the key that the relay must prove to hold.

    ``certificate`` is what it showed in TLS, in DER.
    """

    def __init__(self, identity: bytes, certificate: bytes, peer: Address) -> None:
        super().__init__(peer)
        self._identity = identity
        self._certificate = certificate
        self._proven = False
        self.outgoing = pack_versions()

    def _negotiate(self, cell: Cell) -> None:
        if cell.command == CERTS and not self._proven:
            if proven_identity(cell.payload, self._certificate) != self._identity:
                raise IdentityMismatch("another relay than the one that was called")
            self._proven = True
        elif cell.command == NETINFO and self._proven:
            self._send(NETINFO, pack_netinfo(self._peer, ()))
            self.is_open = True
        elif cell.command != AUTH_CHALLENGE:
            raise OnionError(f"command {cell.command} out of place")


class CalledLink(Link):
    """The relay's end; ``certs`` is the payload of its CERTS, ``addresses`` are its own."""

    def __init__(
        self,
        certs: bytes,
        addresses: tuple[Address, ...],
        peer: Address,
        random: Random,
    ) -> None:
        super().__init__(peer)
        self._certs = certs
        self._addresses = addresses
        self._random = random

    def _versions_agreed(self) -> None:
        self.outgoing += pack_versions()
        self._send(CERTS, self._certs)
        # A challenge, and no method by which a caller could meet it.
        self._send(AUTH_CHALLENGE, self._random.randbytes(32) + b"\0\0")
        self._send(NETINFO, pack_netinfo(self._peer, self._addresses))

    def _negotiate(self, cell: Cell) -> None:
        if cell.command != NETINFO:
            raise OnionError(f"command {cell.command} out of place")
        self.is_open = True


def pack_netinfo(peer: Address, own: tuple[Address, ...]) -> bytes:
    """Return a NETINFO: whom we see, who we are. The time is 0, as clients send it."""
    listed = b"".join(_packed(address) for address in own)
    return bytes(4) + _packed(peer) + bytes([len(own)]) + listed


def _packed(address: Address) -> bytes:
    parsed = ipaddress.ip_address(address)
    return bytes([parsed.version, len(parsed.packed)]) + parsed.packed
