"""Small questions about packets that the fabric, the hosts and the rules all ask."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from simulator.values import (
    ACK,
    FIN,
    RST,
    SYN,
    Address,
    Datagram,
    Icmp,
    IcmpKind,
    Packet,
    Segment,
)

FlowKey = tuple[str, Address, int, Address, int]


def is_ipv6(address: Address) -> bool:
    """Tell the version by the text, which is canonical everywhere in the lab."""
    return ":" in address


@lru_cache(maxsize=4096)
def literal_address(host: str) -> Address | None:
    """Return the canonical text of an address, or None for a name."""
    if not host or (host[-1].isalpha() and ":" not in host):
        return None
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def checked_port(port: int) -> int:
    """Return a port; one that no packet can carry is an `OverflowError`, as of `socket`."""
    if not 0 <= port <= 0xFFFF:
        raise OverflowError("port must be 0-65535.")
    return port


def is_loopback(address: Address) -> bool:
    """Whether an address means the machine itself (RFC 1122 section 3.2.1.3, RFC 4291)."""
    return address.startswith("127.") or address == "::1"


def flow_key(packet: Packet) -> FlowKey:
    """Return the same key for both directions of a flow (protocol and both ends)."""
    body = packet.body
    if type(body) is Icmp:
        here, there = (packet.source, body.identifier), (packet.destination, body.identifier)
        protocol = "icmp"
    else:
        here = (packet.source, body.source_port)  # type: ignore[union-attr]
        there = (packet.destination, body.destination_port)  # type: ignore[union-attr]
        protocol = "tcp" if type(body) is Segment else "udp"
    return (protocol, *here, *there) if here <= there else (protocol, *there, *here)


def segment_length(segment: Segment) -> int:
    """Return how much sequence space a segment takes: data, SYN and FIN (RFC 9293 3.4)."""
    flags = segment.flags
    return len(segment.data) + bool(flags & SYN) + bool(flags & FIN)


def reset_for(packet: Packet, segment: Segment) -> Packet:
    """Return the RST that answers a segment, in the name of its destination (RFC 9293 3.5.2)."""
    if segment.flags & ACK:
        sequence, acknowledgment, flags = segment.acknowledgment, 0, RST
    else:
        sequence, flags = 0, RST | ACK
        acknowledgment = (segment.sequence + segment_length(segment)) & 0xFFFFFFFF
    body = Segment(
        segment.destination_port, segment.source_port, sequence, acknowledgment, flags, 0
    )
    return Packet(packet.destination, packet.source, body)


def reset_onward(packet: Packet, segment: Segment) -> Packet:
    """Return a RST to the destination in the name of the source."""
    body = Segment(segment.source_port, segment.destination_port, segment.sequence, 0, RST, 0)
    return Packet(packet.source, packet.destination, body)


def may_cause_icmp_error(packet: Packet) -> bool:
    """An error never answers an error (RFC 1122 section 3.2.2)."""
    body = packet.body
    return type(body) is not Icmp or body.kind in (IcmpKind.ECHO_REQUEST, IcmpKind.ECHO_REPLY)


def describe(packet: Packet) -> dict[str, object]:
    """Return a packet's facts for the journal."""
    body = packet.body
    if type(body) is Segment:
        protocol, ports = "tcp", (body.source_port, body.destination_port)
    elif type(body) is Datagram:
        protocol, ports = "udp", (body.source_port, body.destination_port)
    else:
        assert type(body) is Icmp
        return {
            "source": packet.source,
            "destination": packet.destination,
            "protocol": "icmp",
            "kind": body.kind.value,
        }
    return {
        "source": packet.source,
        "destination": packet.destination,
        "protocol": protocol,
        "source_port": ports[0],
        "destination_port": ports[1],
    }
