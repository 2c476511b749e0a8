"""What a packet says, in a sentence: for those who do not read hexadecimal yet."""

from __future__ import annotations

import re

from simulator.values import (
    ACK,
    FIN,
    RST,
    SYN,
    Datagram,
    Icmp,
    IcmpKind,
    Message,
    Packet,
    Segment,
    message,
)
from simulator.wire.dns import DnsFormatError, decode
from simulator.wire.dns_values import DnsMessage
from simulator.wire.tls import ClientHello, read_client_hello

_DNS = 53
_WIREGUARD = {
    (1, 148): message("WireGuard handshake, first message"),
    (2, 92): message("WireGuard handshake, answer"),
    (3, 64): message("WireGuard cookie"),
}
_TLS_RECORDS = {
    20: message("TLS: change of cipher"),
    21: message("TLS alert"),
    22: message("TLS handshake"),
    23: message("TLS, encrypted"),
}
_ICMP = {
    IcmpKind.NETWORK_UNREACHABLE: message("ICMP: network unreachable"),
    IcmpKind.HOST_UNREACHABLE: message("ICMP: host unreachable"),
    IcmpKind.PORT_UNREACHABLE: message("ICMP: nothing listens on that port"),
    IcmpKind.PROHIBITED: message("ICMP: administratively prohibited"),
    IcmpKind.TIME_EXCEEDED: message("ICMP: time to live exceeded"),
    IcmpKind.ECHO_REQUEST: message("ICMP: echo request"),
    IcmpKind.ECHO_REPLY: message("ICMP: echo reply"),
}
_REQUEST = re.compile(rb"(GET|HEAD|POST|CONNECT) (\S+) HTTP/1\.[01]\r\n")
_RESPONSE = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ?([^\r\n]*)\r\n")
_HOST = re.compile(rb"\r\nhost: *([^\r\n]+)", re.IGNORECASE)


def dissect(packet: Packet) -> Message:
    """Return what a packet says; its addresses are not repeated."""
    body = packet.body
    if isinstance(body, Icmp):
        return _ICMP[body.kind]
    if isinstance(body, Datagram):
        return _datagram(body)
    return _segment(body)


def is_bare(packet: Packet) -> bool:
    """Tell whether a packet is a mere acknowledgment."""
    body = packet.body
    return isinstance(body, Segment) and body.flags == ACK and not body.data


def _datagram(datagram: Datagram) -> Message:
    if _DNS in (datagram.source_port, datagram.destination_port):
        try:
            return _dns(decode(datagram.data))
        except DnsFormatError:
            return message("something on port 53 that is no DNS")
    data = datagram.data
    if data[1:4] == b"\0\0\0":
        known = _WIREGUARD.get((data[0], len(data)))
        if known is not None:
            return known
        if data[0] == 4 and len(data) >= 32:
            return message("WireGuard data, encrypted ({octets} octets)", octets=len(data))
    return message("a datagram that looks like nothing known ({octets} octets)", octets=len(data))


def _dns(dns: DnsMessage) -> Message:
    question = dns.question
    if question is None:
        return message("DNS without a question")
    if not dns.response:
        return message("DNS: {name} {type}?", name=question.name or ".", type=question.type)
    errors = dns.edns.extended_errors if dns.edns is not None else ()
    if not dns.answers and dns.rcode == "NOERROR" and not errors:
        return message("DNS: {name} has no {type}", name=question.name or ".", type=question.type)
    said = ", ".join(record.data for record in dns.answers) or dns.rcode
    if errors:
        return message(
            "DNS: {name} {type} is {answer} (extended error {code})",
            name=question.name,
            type=question.type,
            answer=said,
            code=errors[0].code,
        )
    return message(
        "DNS: {name} {type} is {answer}", name=question.name or ".", type=question.type, answer=said
    )


def _segment(segment: Segment) -> Message:
    flags = segment.flags
    if flags & RST:
        return message("TCP reset (RST)")
    if flags & SYN:
        return message("TCP: yes (SYN, ACK)") if flags & ACK else message("TCP: may I? (SYN)")
    if segment.data:
        return _content(segment.data)
    return message("TCP: I have said all (FIN)") if flags & FIN else message("TCP: received (ACK)")


def _content(data: bytes) -> Message:
    request = _REQUEST.match(data)
    if request is not None:
        host = _HOST.search(data)
        return message(
            "HTTP request: {method} {target}, Host {host}",
            method=request[1].decode("ascii"),
            target=request[2].decode("ascii", "replace"),
            host="-" if host is None else host[1].decode("ascii", "replace"),
        )
    response = _RESPONSE.match(data)
    if response is not None:
        return message(
            "HTTP response: {status} {reason}",
            status=response[1].decode("ascii"),
            reason=response[2].decode("ascii", "replace"),
        )
    if data[:1] in (b"\x14", b"\x15", b"\x16", b"\x17") and data[1:2] == b"\x03":
        return _record(data)
    return message("TCP: {octets} octets", octets=len(data))


def _record(data: bytes) -> Message:
    if data[0] == 22 and data[5:6] == b"\x01":
        hello = read_client_hello(data)
        if isinstance(hello, ClientHello) and hello.server_name is not None:
            return message("TLS ClientHello, in clear: {name}", name=hello.server_name)
        return message("TLS ClientHello (its name is elsewhere)")
    if data[0] == 22 and data[5:6] == b"\x02":
        return message("TLS ServerHello")
    return _TLS_RECORDS[data[0]]
