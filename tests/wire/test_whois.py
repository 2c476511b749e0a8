"""WHOIS: the question and the lines of an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.whois import (
    DomainSeen,
    Query,
    WhoisError,
    read_domain,
    read_query,
    write_answer,
)


@pytest.mark.parametrize(
    ("line", "query"),
    [
        (b"coco.xg\r\n", Query("coco.xg")),
        (b"coco.xg", Query("coco.xg")),
        (b" domain  coco.xg\n", Query("coco.xg", "domain")),
        (b"HOST ns1.coco.xg\r\n", Query("ns1.coco.xg", "nameserver")),
        (b"registrar Candie Names\r\n", Query("Candie Names", "registrar")),
        (b"domain\r\n", Query("domain")),
        (b"Candie Names\r\n", Query("Candie Names")),
    ],
)
def test_a_question_is_read(line: bytes, query: Query) -> None:
    assert read_query(line) == query


@pytest.mark.parametrize("line", [b"", b"\r\n", b" ", b"\xff", b"a\x1b[2J", b"a" * 513])
def test_what_is_no_question_is_refused(line: bytes) -> None:
    with pytest.raises(WhoisError):
        read_query(line)


@given(st.binary(max_size=64))
def test_any_octets_are_a_question_or_a_whois_error(line: bytes) -> None:
    try:
        query = read_query(line)
    except WhoisError:
        return
    assert query.text


def test_an_answer_is_lines() -> None:
    fields = [("Domain Name", "coco.xg"), ("", ""), ("", "the end")]
    assert write_answer(fields) == b"Domain Name: coco.xg\r\n\r\nthe end\r\n"


def test_an_answer_tells_statuses_and_the_organization_that_holds_the_name() -> None:
    fields = [
        ("Domain Name", "COCO.XG"),
        ("Registrar", "Candie Names"),
        ("Domain Status", "serverHold https://icann.example/epp#serverHold"),
        ("Registrant Name", "REDACTED FOR PRIVACY"),
        ("Registrant Organization", "a letter-box company"),
        ("Name Server", "NS1.RILA.TEST"),
    ]
    assert read_domain(write_answer(fields)) == DomainSeen(
        "coco.xg", ("serverHold",), "Candie Names", ("ns1.rila.test",), "a letter-box company"
    )
    assert read_domain(write_answer([("", "No match for coco.xg.")])) is None
