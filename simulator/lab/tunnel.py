"""Tunnel interfaces: where the VPN's programs meet the stacks of their machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.net.packets import is_loopback
from simulator.values import Address, Packet

if TYPE_CHECKING:
    from simulator.net import Host, Tap

_HEADERS = 60
"""IPv6 and TCP headers, the larger case."""


class ClientTunnel:
    """A subscriber's tunnel: takes every packet but those to the exit itself."""

    def __init__(
        self,
        host: Host,
        addresses: tuple[Address, ...],
        exit_address: Address,
        mtu: int,
    ) -> None:
        self.addresses = addresses
        self.segment_size = mtu - _HEADERS
        self.taps: list[Tap] = []
        self._host = host
        self._exit_address = exit_address
        self._on_packet: Callable[[Packet], bool] = lambda packet: False

    def takes(self, destination: Address) -> bool:
        """Everything, whatever the version: what the tunnel cannot carry must not leak past it."""
        return (
            destination != self._exit_address
            and not is_loopback(destination)
            and destination not in self._host.addresses
            and destination not in self.addresses
        )

    def outbound(self, packet: Packet) -> None:
        """Hand a packet of the host to the VPN's program."""
        self._saw(packet)
        self._on_packet(packet)

    def attach(self, on_packet: Callable[[Packet], bool]) -> None:
        """Let the VPN's program take the packets, and put the tunnel up."""
        self._on_packet = on_packet
        self._host.tunnel = self

    def send(self, packet: Packet) -> None:
        """Hand a packet out of the tunnel to the host's programs."""
        self._saw(packet)
        self._host.deliver(packet)

    def _saw(self, packet: Packet) -> None:
        for tap in self.taps:
            tap.saw(self._host.fabric.now(), packet)


class ExitDevice:
    """An exit's end: packets leave with the exit's address, and their answers come back here."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def attach(self, on_packet: Callable[[Packet], bool]) -> None:
        """Let the VPN's program have what no other program on the machine waits for."""
        self._host.forwarder = on_packet

    def send(self, packet: Packet) -> None:
        """Send a packet to the Internet."""
        self._host.send_on_wire(packet)
