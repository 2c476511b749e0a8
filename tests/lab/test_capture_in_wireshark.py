"""A capture of a whole story, read by tshark and capinfos: nothing malformed, all understood."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from simulator import Lab
from simulator.measures import AddressAction, AddressMeasure, DnsLie, DnsMeasure

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed"),
]
CHECKSUMS = [
    argument
    for protocol in ("ip", "tcp", "udp")
    for argument in ("-o", f"{protocol}.check_checksum:TRUE")
]


def tshark(capture: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        ["tshark", "-n", "-r", str(capture), *CHECKSUMS, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def fields(capture: Path, shown: str, *names: str) -> list[list[str]]:
    arguments = [argument for name in names for argument in ("-e", name)]
    return [line.split("\t") for line in tshark(capture, "-Y", shown, "-T", "fields", *arguments)]


@pytest.fixture
def capture(lab: Lab, tmp_path: Path) -> Path:
    async def story() -> None:
        await lab.visit("https://coco.xg/", "paris")
        lie = DnsMeasure("roses.test", DnsLie.FORGED, extended_error=4)
        await lab.order("court-fr", "alpha-telecom", lie, "roses.test")
        await lab.visit("http://roses.test/", "paris")
        await lab.order(
            "court-fr",
            "beta-mobile",
            AddressMeasure(("198.18.20.10",), AddressAction.REJECT),
            "coco.xg",
        )
        await lab.visit("https://coco.xg/", "lyon")
        await lab.visit("https://coco.xg/", "lyon", "heron-nl")

    lab.record()
    lab.run(story())
    path = tmp_path / "story.pcapng"
    assert lab.write_capture(path) > 100
    return path


def test_nothing_is_malformed_and_every_checksum_is_right(capture: Path) -> None:
    wrong = (
        "_ws.malformed || ip.checksum.status==0 || tcp.checksum.status==0 || udp.checksum.status==0"
    )
    assert tshark(capture, "-Y", wrong) == []
    assert tshark(capture, "-Y", "tcp.checksum.status==1") != []


def test_tcp_is_without_a_fault_that_nobody_caused(capture: Path) -> None:
    """No retransmission, no segment out of order, no RST: nobody interfered but the rejecter."""
    assert tshark(capture, "-Y", "tcp.analysis.flags && !icmp") == []
    assert tshark(capture, "-Y", "tcp.flags.reset==1 && !icmp") == []


def test_names_queries_and_pages_are_dissected(capture: Path) -> None:
    queries = fields(capture, "dns.flags.response==0", "dns.qry.name")
    assert ["coco.xg"] in queries
    assert ["roses.test"] in queries
    hellos = fields(capture, "tls.handshake.type==1", "tls.handshake.extensions_server_name")
    assert ["coco.xg"] in hellos
    assert fields(capture, "http.request", "http.host", "ip.dst") == [["roses.test", "192.0.2.50"]]
    assert fields(capture, "http.response", "http.response.code") == [["200"]]
    lies = fields(
        capture, "dns.opt.ext_error.info_code", "dns.opt.ext_error.info_code", "dns.qry.name"
    )
    assert ["4", "roses.test"] in lies


def test_a_rejected_packet_is_answered_by_the_router(capture: Path) -> None:
    rejected = fields(capture, "icmp.type==3", "icmp.code", "ip.src")
    assert {(code, source.split(",")[0]) for code, source in rejected} == {("13", "198.18.2.1")}


def test_the_tunnel_is_wireguard_to_wireshark(capture: Path) -> None:
    kinds = [int(kind, 0) for [kind] in fields(capture, "wg", "wg.type")]
    assert kinds[:2] == [1, 2]
    assert set(kinds[2:]) == {4}


def test_capinfos_reads_it_with_lab_dates(capture: Path) -> None:
    if shutil.which("capinfos") is None:
        pytest.skip("capinfos is not installed")
    out = subprocess.run(
        ["capinfos", "-S", "-a", str(capture)],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
    ).stdout
    assert "1719208800" in out  # 24 June 2024, 08:00 in Paris
