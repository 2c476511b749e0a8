"""Captures: exact blocks, round trips, and what Wireshark's own programs make of them."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest
from dnslib import RR, A, DNSRecord
from hypothesis import given
from hypothesis import strategies as st

from simulator.values import ACK, FIN, PSH, SYN, Datagram, Icmp, IcmpKind, Packet, Segment
from simulator.wire import ip, pcapng
from simulator.wire.pcapng import CapturedPacket, CaptureFormatError, CaptureWriter, Interface

JUNE_2024 = 1_719_302_400_000_000  # 25 June 2024, 08:00 UTC
CLIENT, SERVER = "192.0.2.7", "198.51.100.53"
CLIENT6, SERVER6 = "2001:db8::7", "3fff::53"

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
interfaces = st.lists(st.builds(Interface, text, text), min_size=1, max_size=3)


# --- our own reading ----------------------------------------------------------------


def test_an_empty_capture_is_a_section_header_of_the_draft() -> None:
    written = bytearray()
    CaptureWriter(written.extend)
    assert written.hex(" ", -4) == (
        "0a0d0d0a 30000000 4d3c2b1a 01000000 ffffffff ffffffff "
        "04000c00 54616b65 646f776e 204c6162 00000000 30000000"
    )


def test_a_packet_is_stamped_with_the_calendar_time_and_keeps_its_comment() -> None:
    written = bytearray()
    writer = CaptureWriter(written.extend, start=JUNE_2024)
    first = writer.add_interface("opt-nc", "OPT-NC, access link of noumea")
    second = writer.add_interface("paris")
    writer.add_packet(second, 1_500_000, b"\x45abc", "dropped at opt-nc")
    writer.add_packet(first, 1_500_001, b"\x60")
    assert pcapng.read(bytes(written)) == pcapng.Capture(
        (Interface("opt-nc", "OPT-NC, access link of noumea"), Interface("paris")),
        (
            CapturedPacket(1, JUNE_2024 + 1_500_000, b"\x45abc", "dropped at opt-nc"),
            CapturedPacket(0, JUNE_2024 + 1_500_001, b"\x60", ""),
        ),
    )


@given(interfaces, st.lists(st.tuples(st.integers(0, 2**63), st.binary(max_size=20), text)))
def test_what_was_written_is_read_back(
    described: list[Interface], seen: list[tuple[int, bytes, str]]
) -> None:
    written = bytearray()
    writer = CaptureWriter(written.extend)
    numbers = [writer.add_interface(each.name, each.description) for each in described]
    for at, data, comment in seen:
        writer.add_packet(numbers[-1], at, data, comment)
    capture = pcapng.read(bytes(written))
    assert capture.interfaces == tuple(described)
    assert capture.packets == tuple(
        CapturedPacket(numbers[-1], at, data, comment) for at, data, comment in seen
    )
    assert len(written) % 4 == 0


def test_a_comment_too_long_for_its_option_is_cut_between_characters() -> None:
    written = bytearray()
    writer = CaptureWriter(written.extend)
    writer.add_packet(writer.add_interface("x"), 0, b"", "é" * 40_000)
    assert pcapng.read(bytes(written)).packets[0].comment == "é" * 32_767


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_a_capture_or_a_format_error(data: bytes) -> None:
    with contextlib.suppress(CaptureFormatError):
        pcapng.read(pcapng.section_header() + data)
    with contextlib.suppress(CaptureFormatError):
        pcapng.read(data)


@given(st.integers(1, 3), st.binary(min_size=32, max_size=64), st.integers(0, 63))
def test_a_spoilt_block_is_read_or_a_format_error(kind: int, noise: bytes, at: int) -> None:
    block = bytearray(pcapng.enhanced_packet(CapturedPacket(0, 5, b"12345", "why")))
    block[8 + at % (len(block) - 12)] = noise[0]
    whole = pcapng.section_header() + pcapng.interface_description(Interface("i")) * kind
    with contextlib.suppress(CaptureFormatError):
        pcapng.read(whole + bytes(block))


# --- what Wireshark's programs say --------------------------------------------------


def conversation() -> list[Packet]:
    """A DNS lookup, a connection, and one of each ICMP message, over both versions."""
    question = DNSRecord.question("clips.test")
    answer = question.reply()
    answer.add_answer(RR("clips.test", rdata=A("203.0.113.80"), ttl=300))
    packets: list[Packet] = []
    for client, server in ((CLIENT, SERVER), (CLIENT6, SERVER6)):
        ask = Packet(client, server, Datagram(40000, 53, question.pack()))
        packets += [
            ask,
            Packet(server, client, Datagram(53, 40000, answer.pack())),
            Packet(client, server, Segment(40001, 80, 100, 0, SYN, 65535, b"", 1460)),
            Packet(server, client, Segment(80, 40001, 500, 101, SYN | ACK, 65535, b"", 1460)),
            Packet(client, server, Segment(40001, 80, 101, 501, ACK, 65535)),
            Packet(
                client,
                server,
                Segment(40001, 80, 101, 501, PSH | ACK, 65535, b"GET / HTTP/1.0\r\n\r\n"),
            ),
            Packet(server, client, Segment(80, 40001, 501, 119, ACK | FIN, 65535)),
            Packet(client, server, Icmp(IcmpKind.ECHO_REQUEST, None, 1, 2, b"odd")),
            Packet(server, client, Icmp(IcmpKind.ECHO_REPLY, None, 1, 2, b"odd")),
        ]
        packets += [
            Packet(server, client, Icmp(kind, ask))
            for kind in IcmpKind
            if kind not in (IcmpKind.ECHO_REQUEST, IcmpKind.ECHO_REPLY)
        ]
    return packets


@pytest.fixture
def capture_file(tmp_path: Path) -> Path:
    path = tmp_path / "lab.pcapng"
    with path.open("wb") as file:
        writer = CaptureWriter(file.write, start=JUNE_2024)
        number = writer.add_interface("opt-nc", "access link of noumea")
        for at, packet in enumerate(conversation()):
            writer.add_packet(number, at * 1000, ip.encode(packet), "dropped" if at == 3 else "")
    return path


def run(*command: str) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout


def tshark(path: Path, *arguments: str) -> list[str]:
    checks = [f"-o{layer}.check_checksum:TRUE" for layer in ("ip", "tcp", "udp") if layer != "none"]
    return run("tshark", "-n", "-r", str(path), *checks, *arguments).splitlines()


@pytest.mark.client
def test_tshark_finds_no_malformed_packet_and_no_wrong_checksum(capture_file: Path) -> None:
    fields = ("frame.number", "_ws.expert.message")
    complaints = tshark(
        capture_file,
        "-Y",
        "_ws.malformed || _ws.expert.severity >= 6291456",  # warnings and errors
        "-Tfields",
        *(part for field in fields for part in ("-e", field)),
    )
    assert complaints == []


@pytest.mark.client
def test_tshark_verified_every_checksum(capture_file: Path) -> None:
    """Proves that the checks above were switched on: status 1 is "good", 2 "unverified"."""
    packets = conversation()
    good = tshark(
        capture_file,
        "-Y",
        'udp.checksum.status == "Good" || tcp.checksum.status == "Good" '
        '|| icmp.checksum.status == "Good" || icmpv6.checksum.status == "Good"',
    )
    assert len(good) == len(packets)
    headers = tshark(capture_file, "-Y", 'ip.checksum.status == "Good"')
    assert len(headers) == len(packets) // 2


@pytest.mark.client
def test_tshark_dissects_dns_and_reads_time_interface_and_comment(capture_file: Path) -> None:
    answers = tshark(capture_file, "-Y", "dns.a && udp.srcport == 53", "-Tfields", "-e", "dns.a")
    assert answers == ["203.0.113.80", "203.0.113.80"]
    fields = ("frame.time_epoch", "frame.interface_name", "frame.comment", "_ws.col.Protocol")
    seen = tshark(capture_file, "-Tfields", *(part for field in fields for part in ("-e", field)))
    assert seen[0] == "1719302400.000000000\topt-nc\t\tDNS"
    assert seen[3] == "1719302400.003000000\topt-nc\tdropped\tTCP"


@pytest.mark.client
def test_capinfos_accepts_the_file(capture_file: Path) -> None:
    told = run("capinfos", "-M", str(capture_file))
    assert "Capture application: Takedown Lab" in told
    assert f"Number of packets:   {len(conversation())}" in told
    assert "Name = opt-nc" in told
    assert "Description = access link of noumea" in told
