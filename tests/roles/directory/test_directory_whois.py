"""WHOIS answers: the same records, in lines."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.roles.directory.whois import respond, too_many

COCO = """\
Domain Name: coco.xg
Registry Domain ID: D1-XG
Registrar WHOIS Server:
Registrar URL:
Updated Date: 2024-06-25T05:00:00Z
Creation Date: 2024-06-22T05:00:00Z
Registry Expiry Date: 2025-06-22T05:00:00Z
Registrar: Candie Names
Registrar IANA ID: 9001
Registrar Abuse Contact Email: abuse@candie-names.example
Registrar Abuse Contact Phone:
Domain Status: serverHold
Domain Status: serverTransferProhibited
Registry Registrant ID: C1-XG
Registrant Name: REDACTED FOR PRIVACY
Registrant Organization: Prism Example Ltd
Registrant Street: REDACTED FOR PRIVACY
Registrant City: REDACTED FOR PRIVACY
Registrant State/Province: South
Registrant Postal Code: REDACTED FOR PRIVACY
Registrant Country: NL
Registrant Phone: REDACTED FOR PRIVACY
Registrant Fax:
Registrant Email: REDACTED FOR PRIVACY
"""
END = """\
Name Server: ns1.coco.xg
Name Server: ns1.polder.test
DNSSEC: signedDelegation
DNSSEC DS Data: 12345 13 2 ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB
>>> Last update of WHOIS database: 2024-06-25T05:00:00Z <<<

The registry of .xg publishes this for those who ask about single names. \
Everybody in it is invented.
"""


def lines(directory: Any, question: bytes) -> str:
    text = respond(directory, question, 0).decode()
    assert text.endswith("\r\n")
    return "".join(f"{line.rstrip()}\n" for line in text.split("\r\n")[:-1])


def test_a_domain_is_told_line_by_line(directory: Any) -> None:
    said = lines(directory, b"coco.xg\r\n")
    assert said.startswith(COCO)
    assert said.endswith(END)
    assert "Admin Name: REDACTED FOR PRIVACY" in said


def test_a_kind_may_be_asked_for(directory: Any) -> None:
    said = lines(directory, b"nameserver NS1.coco.xg.\r\n")
    assert said.startswith(
        "Server Name: ns1.coco.xg\nIP Address: 198.18.20.53\nIP Address: 2001:db8:20::53\n"
        "Registrar: Candie Names\n"
    )
    assert lines(directory, b"registrar candie names").startswith("Registrar: Candie Names\n")
    assert lines(directory, b"domain ns1.coco.xg").startswith('No match for "NS1.COCO.XG".\n')


def test_what_is_not_there_has_no_match(directory: Any, bootstrap: Any) -> None:
    assert lines(directory, b"nobody.xg\r\n").startswith('No match for "NOBODY.XG".\n>>> Last')
    assert lines(bootstrap, b"coco.xg\r\n").startswith('No match for "COCO.XG".\n')


def test_a_person_is_no_registrar(directory: Any) -> None:
    assert lines(directory, b"registrar C1-XG").startswith("No match")


def test_nonsense_is_an_error() -> None:
    assert lines(None, b"\r\n") == "Error: there is no question.\n"
    assert lines(None, b"caf\xc3\xa9.xg\r\n") == "Error: the question is not in ASCII.\n"
    assert lines(None, b"a" * 600) == "Error: the question is too long.\n"


def test_asking_too_often_is_answered_with_a_time() -> None:
    assert too_many(12) == b"Query rate exceeded. Ask again in 12 seconds.\r\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_question_gets_an_answer(directory: Any, question: bytes) -> None:
    assert respond(directory, question, 0).endswith(b"\r\n")
