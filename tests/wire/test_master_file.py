"""Zones as text: what each line means, and what a person is told about one that means nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.dns_values import Record
from simulator.wire.master_file import Placed, ZoneTextError, read_records, written_name


def records(text: str, origin: str = "clips.test") -> list[Record]:
    return [placed.record for placed in read_records(text, origin)]


def test_a_zone_as_people_write_them() -> None:
    """$TTL, units, parentheses, comments, an owner left out, names with and without a final dot."""
    text = """\
$TTL 1h
@        IN SOA ns hostmaster.example. (
             2024051401 ; serial
             2h 15m 14d 5m )
         IN NS  ns
ns    60 IN A   192.0.2.1
www   IN 1d CNAME @
$ORIGIN mail
@        MX  10 mx.mail.example.
_imap._tcp SRV 1 2 143 .
"""
    assert [*read_records(text, "clips.test")][1] == Placed(
        5, Record("clips.test", "NS", 3600, "ns.clips.test")
    )
    assert records(text) == [
        Record(
            "clips.test",
            "SOA",
            3600,
            "ns.clips.test hostmaster.example 2024051401 7200 900 1209600 300",
        ),
        Record("clips.test", "NS", 3600, "ns.clips.test"),
        Record("ns.clips.test", "A", 60, "192.0.2.1"),
        Record("www.clips.test", "CNAME", 86400, "clips.test"),
        Record("mail.clips.test", "MX", 3600, "10 mx.mail.example"),
        Record("_imap._tcp.mail.clips.test", "SRV", 3600, "1 2 143 ."),
    ]


def test_strings_escapes_and_types_without_a_name() -> None:
    text = r"""
a TXT "one; (not a comment)" two "th\"ree\010"
b TYPE65280 \# 3 ab cdef
c A \# 4 c0000207
d\.e\032f CNAME \065.
"""
    assert records(text) == [
        Record("a.clips.test", "TXT", 300, '"one; (not a comment)" "two" "th\\"ree\\010"'),
        Record("b.clips.test", "TYPE65280", 300, "\\# 3 abcdef"),
        Record("c.clips.test", "A", 300, "192.0.2.7"),
        Record("d\\046e\\032f.clips.test", "CNAME", 300, "a"),
    ]


def test_a_name_is_written_so_that_nothing_in_it_means_anything() -> None:
    name = "a;b.(c).$@.\\046.clips.test"
    assert written_name(name) == "a\\059b.\\040c\\041.\\036\\064.\\046.clips.test."
    assert records(f"{written_name(name)} A 192.0.2.1")[0].name == name


def test_without_a_ttl_that_of_the_soa_counts_then_the_usual() -> None:
    soa = "@ SOA a. b. 1 2 3 4 77\n"
    assert [one.ttl for one in records(soa + "x A 192.0.2.1")] == [77, 77]
    assert [one.ttl for one in records("x A 192.0.2.1")] == [300]
    generic = f"@ SOA \\# 22 {'00' * 21}09\nx A 192.0.2.1"
    assert [one.ttl for one in records(generic)] == [9, 9]


def test_addresses_come_out_in_canonical_form() -> None:
    assert records("x AAAA 2001:DB8:0:0::1")[0].data == "2001:db8::1"


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("\n$INCLUDE other", 2, "$INCLUDE is not simulated: write it out"),
        ("$TTL", 1, "$TTL takes exactly one value"),
        ("$TTL soon", 1, "soon is no time: write seconds, or 30m, 12h, 7d"),
        ("x 99999999999 A 192.0.2.1", 1, "99999999999 is no time"),
        ("x 9999999999 A 192.0.2.1", 1, "9999999999 is no time"),
        ("; nothing\n  A 192.0.2.1", 2, "the first record has no name"),
        ("x A", 1, "a record needs a name, a type and data"),
        ("x CH A 192.0.2.1", 1, "only class IN is simulated"),
        ("x A 192.0.2.300", 1, "the A record cannot be: '192.0.2.300' is not A data"),
        ("x A (192.0.2.1\n\n", 3, "a parenthesis is opened and never closed"),
        ("x A 192.0.2.1)", 1, "a parenthesis is closed but none is open"),
        ('x TXT "open', 1, "a quotation mark without its partner"),
        ("x..y A 192.0.2.1", 1, "x..y is no domain name: empty label"),
        ("é A 192.0.2.1", 1, "é is no domain name: it is not ASCII: write its xn-- form"),
        ("\\999 A 192.0.2.1", 1, "\\999 is no domain name"),
        (f"{'a' * 64} A 192.0.2.1", 1, "label of 64 bytes"),
        ("x SOA a b 1 2 3 4", 1, "an SOA record needs two names and five numbers"),
        ("x HTTPS 1 .", 1, "HTTPS data must be written as RFC 3597 has it"),
        ("x SOA \\#", 1, "the SOA record cannot be"),
        ("x NONE 1", 1, "unknown record type: 'NONE'"),
        (f"x TXT {' '.join([chr(34) + 'x' * 255 + chr(34)] * 300)}", 1, "the TXT record"),
    ],
)
def test_a_damaged_line_is_named_and_the_remedy_too(text: str, line: int, fault: str) -> None:
    with pytest.raises(ZoneTextError) as caught:
        records(text)
    assert caught.value.line == line
    assert fault in str(caught.value.fault)
    assert str(caught.value) == f"line {line} of the zone: {caught.value.fault}"


_WORDS = st.one_of(
    st.sampled_from(
        [
            "@",
            "x",
            "$TTL",
            "$ORIGIN",
            "60",
            "1h",
            "IN",
            "A",
            "TXT",
            "SOA",
            "CNAME",
            "MX",
            "DS",
            "SRV",
        ]
    ),
    st.sampled_from(
        ["192.0.2.1", '"s"', "\\#", "4", "c0000201", "(", ")", ";", "\n", "\n ", ".", "\\", "10"]
    ),
)


@given(st.one_of(st.text(), st.lists(_WORDS, max_size=30).map(" ".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = records(text)
    except ZoneTextError as error:
        line = error.line
    else:
        line = 1
        for record in found:
            [again] = records(f"{written_name(record.name)} A 192.0.2.1")
            assert again.name == record.name
    assert 1 <= line <= text.count("\n") + 1
