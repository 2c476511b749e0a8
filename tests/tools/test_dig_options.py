"""The words of dig's command line."""

from __future__ import annotations

import contextlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.tools.dig_options import DigOptions, read_dig
from simulator.tools.machine import UsageError

IN_NO_ZONE = "such a record goes with a message and is in no zone"


def asked(line: str) -> tuple[str | None, str, str]:
    options = read_dig(shlex.split(line))
    return options.server, options.name, options.type


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("", (None, "", "NS")),
        ("coco.xg", (None, "coco.xg", "A")),
        ("COCO.xg. mx", (None, "coco.xg", "MX")),
        ("@192.0.2.1 coco.xg AAAA", ("192.0.2.1", "coco.xg", "AAAA")),
        ("coco.xg @192.0.2.1 IN TXT", ("192.0.2.1", "coco.xg", "TXT")),
        ("NS", (None, "", "NS")),
        ("soa coco.xg", (None, "coco.xg", "SOA")),
        ("-t TYPE65 -q a", (None, "a", "TYPE65")),
        ("-tNS coco.xg", (None, "coco.xg", "NS")),
        ("-x 2001:db8::1", (None, f"1.{'0.' * 23}8.b.d.0.1.0.0.2.ip6.arpa", "PTR")),
    ],
)
def test_words_in_any_order(line: str, meant: tuple[str | None, str, str]) -> None:
    assert asked(line) == meant


def test_options_with_plus_have_short_and_negative_forms() -> None:
    options = read_dig(shlex.split("x.test +norec +tc +time=3 +retry=1 +nocomm -p 5353 -4"))
    assert (options.recurse, options.tcp, options.seconds, options.tries) == (False, True, 3.0, 2)
    assert (options.shown["comments"], options.shown["answer"]) == (False, True)
    assert (options.port, options.version) == (5353, 4)
    assert read_dig(["x", "+https"]).https == "/dns-query"
    assert read_dig(["x", "+https=/q", "+nodnssec"]).https == "/q"


def test_options_of_dnssec_are_those_of_dig() -> None:
    """dig sets AD unless told not to, and asks for EDNS where DO is wanted; +trace wants DO."""
    plain, both = read_dig(["x"]), read_dig(["x", "+dnss", "+cd", "+noad"])
    assert (plain.dnssec, plain.adflag, plain.cdflag) == (False, True, False)
    assert (both.dnssec, both.adflag, both.cdflag) == (True, False, True)
    assert read_dig(["x", "+do"]).dnssec
    assert read_dig(["x", "+noedns", "+dnssec"]).edns
    assert not read_dig(["x", "+dnssec", "+noedns"]).edns
    assert read_dig(["x", "+trace"]).dnssec
    assert not read_dig(["x", "+trace", "+nodnssec"]).dnssec


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("+multiline x.test", "+multiline is not simulated in the lab"),
        ("+subnet=192.0.2.0/24 x", "+subnet is not simulated in the lab"),
        ("-k key x.test", "-k is not simulated in the lab"),
        ("+foo x.test", "option +foo is unknown"),
        ("-z x.test", "option -z is unknown"),
        ("a..b", "'a..b' is not a legal name"),
        ("a.test b.test", "one name at a time: 'b.test' is a second one"),
        ("-x nonsense", "'nonsense' is no address"),
        ("-p", "option -p requires a value"),
        ("-p 70000 x", "-p takes a number, not '70000'"),
        ("+time=nan x", "+time takes a number, not 'nan'"),
        ("-t NOPE x", "'NOPE' is no type of record"),
        ("-t TYPE65536 x", "'TYPE65536' is no type of record"),
        (f"-t TYPE{'9' * 5000} x", f"'TYPE{'9' * 5000}' is no type of record"),
        ("x OPT", f"nobody can be asked for OPT: {IN_NO_ZONE}"),
        ("-t type250 x", f"nobody can be asked for TYPE250: {IN_NO_ZONE}"),
    ],
)
def test_what_is_not_taken_is_told(line: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_dig(shlex.split(line))
    assert str(raised.value) == sentence


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    with contextlib.suppress(UsageError):
        assert isinstance(read_dig(words), DigOptions)
