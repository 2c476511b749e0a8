"""Reading options as the real tools do."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.tools.curl_options import BadUrl, Place, Url, read_curl, read_url
from simulator.tools.machine import UsageError
from simulator.tools.options import Option, read_options

KNOWN = (Option(("-v", "--verbose")), Option(("-m", "--max"), takes=True), Option(("-4",)))


def test_clusters_values_and_operands_in_any_order() -> None:
    options = read_options(["a", "-v4m5", "b", "--max", "6", "--max=7", "--", "-v"], KNOWN)
    assert options.operands == ["a", "b", "-v"]
    assert options.all("-m") == ["5", "6", "7"]
    assert options.last("-m") == "7"
    assert "-v" in options
    assert "-4" in options
    assert "-x" not in options


def test_single_dash_words_without_clusters() -> None:
    known = (Option(("-connect",), takes=True), Option(("-c",)))
    options = read_options(["-connect", "x", "-c"], known, clusters=False)
    assert options.last("-connect") == "x"
    with pytest.raises(UsageError, match="option -cc is unknown"):
        read_options(["-cc"], known, clusters=False)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["-q"], "option -q is unknown"),
        (["-vq"], "option -q is unknown"),
        (["--quiet=1"], "option --quiet is unknown"),
        (["-m"], "option -m requires a value"),
        (["-vr"], "-r is not simulated in the lab"),
        (["--real=2"], "--real is not simulated in the lab"),
    ],
)
def test_what_is_not_known_is_told(words: list[str], sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_options(words, KNOWN, ("-r", "--real"))
    assert str(raised.value) == sentence


def test_numbers() -> None:
    options = read_options(["-m", "1.5"], KNOWN)
    assert options.number("-m", 0) == 1.5
    assert options.number("-x", 3) == 3
    for text in ("x", "nan", "inf", "-1", "1e9"):
        with pytest.raises(UsageError, match="takes a number"):
            read_options(["-m", text], KNOWN).number("-m", 0)
    for text in ("1.5", "²", "", "70000"):
        with pytest.raises(UsageError, match="takes a whole number from 0 to 65535"):
            read_options(["-m", text], KNOWN).whole("-m", 0)


def test_urls_in_parts() -> None:
    assert read_url("coco.xg") == Url("http", Place("coco.xg", 80), "/", "http://coco.xg")
    url = read_url("https://[2001:DB8::1]:8443/a?b")
    assert (url.place, url.target) == (Place("2001:db8::1", 8443), "/a?b")
    assert url.authority == "[2001:db8::1]:8443"
    assert read_url("https://coco.xg:443").authority == "coco.xg"


def test_places_with_ipv6_in_brackets() -> None:
    options = read_curl(
        ["--connect-to", "a:1:[2001:db8::1]:2", "--resolve", "b:3:[2001:db8::2],192.0.2.1", "u"]
    )
    assert options.redirected == (("a", "1", "2001:db8::1", "2"),)
    assert options.resolved == {Place("b", 3): ("2001:db8::2", "192.0.2.1")}


@given(st.lists(st.text(max_size=20), max_size=6))
def test_any_words_of_curl_are_read_or_refused(words: list[str]) -> None:
    with contextlib.suppress(UsageError):
        read_curl(words)


@given(st.text(max_size=60))
def test_any_url_is_read_or_bad(text: str) -> None:
    with contextlib.suppress(BadUrl):
        assert read_url(text).scheme in ("http", "https")
