"""The lab's openssl s_client: the certificates that a server shows, believed or not."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from simulator.measures import DnsLie, DnsMeasure, SniAction, SniMeasure


def test_a_certificate_is_shown_and_verified(terminal: Any) -> None:
    said = terminal("openssl s_client -connect coco.xg:443")
    lines = said.out.splitlines()
    assert said.status == 0
    assert lines[:6] == [
        "CONNECTED(00000003)",
        "---",
        "Certificate chain",
        " 0 s:CN = coco.xg",
        "   i:O = Takedown Lab, CN = Takedown Lab Root",
        "   a:PKEY: id-ecPublicKey, 256 (bit); sigalg: ecdsa-with-SHA256",
    ]
    assert "-----BEGIN CERTIFICATE-----" in lines
    assert "subject=CN = coco.xg" in lines
    assert "New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384" in lines
    assert lines[-3:] == ["Verify return code: 0 (ok)", "---", "DONE"]
    assert said.err == "depth=0 CN = coco.xg\nverify return:1\n"


def test_the_name_in_the_hello_chooses_the_certificate(terminal: Any) -> None:
    where = "-connect 198.18.20.10:443"
    named = terminal(f"openssl s_client {where} -servername chorale.xf").out
    assert "subject=CN = chorale.xf\n" in named
    assert "subject=CN = roses.test\n" in terminal(f"openssl s_client {where}").out
    unnamed = terminal("openssl s_client -connect coco.xg:443 -noservername").out
    assert "subject=CN = roses.test\n" in unnamed


def test_showcerts_puts_each_certificate_into_the_chain(terminal: Any) -> None:
    said = terminal("openssl s_client -connect coco.xg:443 -showcerts").out
    before, _, after = said.partition("Server certificate\n")
    assert before.count("BEGIN CERTIFICATE") == 1
    assert "BEGIN CERTIFICATE" not in after


def test_a_forged_address_shows_whose_machine_answers(terminal: Any) -> None:
    terminal.order(DnsMeasure("coco.xg", DnsLie.FORGED))
    said = terminal("openssl s_client -connect coco.xg:443 -servername coco.xg")
    assert "subject=CN = stop.etat.xf\n" in said.out


def test_a_reset_and_a_silence_instead_of_a_server_hello(terminal: Any) -> None:
    terminal.order(SniMeasure("coco.xg"))
    reset = terminal("openssl s_client -connect coco.xg:443")
    assert (reset.status, reset.err) == (1, "write:errno=104\n")
    assert "no peer certificate available\n" in reset.out
    assert "SSL handshake has read 0 bytes and written 517 bytes\n" in reset.out
    terminal.order(SniMeasure("clips.test", SniAction.DROP))
    silent = terminal("openssl s_client -connect clips.test:443")
    assert silent.status == 1
    assert silent.seconds == pytest.approx(127, abs=0.5)


def test_no_connection_no_certificate(terminal: Any) -> None:
    refused = terminal("openssl s_client -connect coco.xg:444")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.endswith("connect:errno=111\n")
    nowhere = terminal("openssl s_client -connect nosuch.test:443")
    assert nowhere.err.endswith("connect:errno=0\n")
    cleartext = terminal("openssl s_client -connect coco.xg:80")
    assert (cleartext.status, cleartext.err) == (1, "error:wrong version number\n")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("openssl", "the lab's openssl has one command: s_client"),
        ("openssl ciphers", "openssl ciphers is not simulated in the lab"),
        ("openssl s_client -connect coco.xg", "-connect takes host:port, not 'coco.xg'"),
        ("openssl s_client -connect x:99999", "-connect takes host:port, not 'x:99999'"),
        ("openssl s_client -brief", "-brief is not simulated in the lab"),
        ("openssl s_client -vx", "option -vx is unknown"),
    ],
)
def test_what_is_not_taken_is_told(terminal: Any, line: str, sentence: str) -> None:
    said = terminal(line)
    assert (said.status, said.err.splitlines()[0]) == (2, f"openssl: {sentence}")


@pytest.mark.client
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_real_openssl_reads_what_ours_shows(terminal: Any) -> None:
    shown = terminal("openssl s_client -connect coco.xg:443").out
    read = subprocess.run(
        ["openssl", "x509", "-noout", "-subject", "-ext", "subjectAltName"],
        input=shown.encode(),
        capture_output=True,
        check=True,
    )
    assert "coco.xg" in read.stdout.decode()
    assert "DNS:coco.xg" in read.stdout.decode()
