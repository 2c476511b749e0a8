"""WireGuard: its messages, its handshake and its timers, without a socket or a clock.

Written from "WireGuard: Next Generation Kernel Network Tunnel" (Donenfeld, NDSS 2017) and
the Noise protocol framework, with real cryptography, so that a capture of the lab decrypts
with its keys in Wireshark. `Interface` is one end with its private key; each `Peer` of it
is somebody it may talk to. Bytes go in, bytes come out, and time is an argument:

    datagrams = peer.send(packet_bytes, now)        # bytes for the peer's UDP socket
    received = interface.receive(datagram, now)     # None: not for us, say nothing
    datagrams = peer.on_timer(now)                  # when peer.deadline() has come

The lab draws ephemeral keys from its seeded `Random`, so that the same seed makes the same
capture. That is right for a lab and for nothing else: do not carry anything secret.
"""

from __future__ import annotations

from simulator.wire.wireguard.interface import Interface, Received
from simulator.wire.wireguard.keys import new_private_key, public_key
from simulator.wire.wireguard.peer import Peer

TUNNEL_MTU = 1420
"""Bytes of an inner packet that surely fit: 1500 less outer IPv6, UDP and the tunnel's 32."""

__all__ = ["TUNNEL_MTU", "Interface", "Peer", "Received", "new_private_key", "public_key"]
