"""Files of measurements: their shapes, and what is said of those that are none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from simulator.ooni.format import Measurement
from simulator.ooni.read import printable, read, read_file
from simulator.ooni.result import examine, to_dict
from simulator.world.faults import Fault

DATA = Path(__file__).resolve().parent.parent / "data" / "ooni"
CUT_SHORT = "the download may have been cut short"
ONLY = "only those of web_connectivity are read"
MISFIT = "this is not as OONI's data format has it"
JSON_WORD = "property name enclosed in double quotes"


def told(data: bytes, **more: Any) -> list[str]:
    """Return what is in a file: the input of each measurement, or its fault."""
    return [
        str(found) if isinstance(found, Fault) else str(found.input)
        for found in read(data, "f.json", **more)
    ]


@pytest.fixture
def one(build: Any) -> bytes:
    return json.dumps(build.document("https://one.test/")).encode()


@pytest.fixture
def two(build: Any) -> bytes:
    return json.dumps(build.document("https://two.test/")).encode()


def test_one_object_on_one_line_or_on_many(one: bytes) -> None:
    assert told(one) == ["https://one.test/"]
    assert told(json.dumps(json.loads(one), indent=2).encode()) == ["https://one.test/"]
    assert told(b"\xef\xbb\xbf" + one + b"\r\n\r\n") == ["https://one.test/"]


def test_an_object_on_each_line(one: bytes, two: bytes) -> None:
    assert told(one + b"\n\n" + two + b"\n") == ["https://one.test/", "https://two.test/"]


def test_a_list_of_objects(one: bytes, two: bytes) -> None:
    both = b"[" + one + b",\n" + two + b"]"
    assert told(both) == ["https://one.test/", "https://two.test/"]


def test_a_gzip_file_and_several_behind_one_another(one: bytes, two: bytes) -> None:
    packed = gzip.compress(one + b"\n") + gzip.compress(two)
    assert told(packed) == ["https://one.test/", "https://two.test/"]


def test_what_the_measurement_api_wraps_is_unwrapped(one: bytes) -> None:
    wrapped = {"scores": {}, "raw_measurement": one.decode()}
    assert told(json.dumps(wrapped).encode()) == ["https://one.test/"]
    damaged = {"raw_measurement": "{"}
    assert told(json.dumps(damaged).encode())[0].startswith("f.json:1:2: this is not JSON")


def test_a_damaged_line_does_not_hide_the_others(one: bytes, two: bytes) -> None:
    assert told(one + b"\n{cut\n" + two) == [
        "https://one.test/",
        f"f.json:2:2: this is not JSON (Expecting {JSON_WORD}); {CUT_SHORT}",
        "https://two.test/",
    ]
    assert told(b"{cut\n" + two)[1:] == ["https://two.test/"]


def test_a_document_that_was_cut_short_is_told_once_with_its_place(one: bytes) -> None:
    pretty = json.dumps(json.loads(one), indent=2).encode()
    cut = pretty[: pretty.index(b'"test_keys"') + 14]
    faults = told(cut)
    assert len(faults) == 1
    assert faults[0].startswith(f"f.json:{cut.count(10) + 1}:")
    assert "the download may have been cut short" in faults[0]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "f.json:1:1: the file is empty; an OONI measurement is a JSON object"),
        (b" \n\n", "f.json:1:1: the file is empty; an OONI measurement is a JSON object"),
        (b"7", "f.json:1:1: this is not an OONI measurement: a JSON object was expected"),
        (b"[7]", "f.json:1:1: this is not an OONI measurement: a JSON object was expected"),
        (b"{}", "f.json:1:1: test_keys: this is not an OONI measurement: it has no test_keys"),
        (
            b'{"test_name": "tor", "test_keys": {}}',
            f"f.json:1:1: test_name: this is a measurement of tor; {ONLY}",
        ),
        (
            b'{"test_keys": {"queries": 7}}',
            f"f.json:1:1: test_keys.queries: {MISFIT}: Input should be a valid tuple",
        ),
        (b"ab\n\xff\xfe", "f.json:2:1: this is not UTF-8 text; is it an OONI measurement?"),
        (b"\x1f\x8bnonsense", "f.json:1:1: this is not a whole gzip file; download it again"),
        (b"[" * 100_000, "f.json:1:1: this JSON is too large to be a measurement"),
        (b'{"a": ' + b"9" * 5000 + b"}", "f.json:1:1: this JSON is too large to be a measurement"),
    ],
)
def test_what_is_no_measurement_is_said_to_be_none(data: bytes, sentence: str) -> None:
    assert told(data) == [sentence]


def test_a_gzip_file_cut_short_is_damaged(one: bytes) -> None:
    fault = "f.json:1:1: this is not a whole gzip file; download it again"
    assert told(gzip.compress(one)[:-4]) == [fault]


def test_too_much_is_not_read_not_even_when_it_hides_in_a_gzip_file(one: bytes) -> None:
    fault = "f.json:1:1: the file is larger than 1 MB; split it into smaller ones, line by line"
    limit = 1024 * 1024
    large = b" " * limit + one
    assert told(large, limit=limit) == [fault]
    assert told(gzip.compress(large), limit=limit) == [fault]


def test_what_a_file_says_cannot_move_a_terminals_cursor() -> None:
    assert printable("a\x1b[2Jb\u202e\u202fc d") == "a\ufffd[2Jb\ufffd\u202fc d"
    assert "\x1b" not in told(b'{"test_name": "\\u001b[2J", "test_keys": {}}')[0]


def test_old_files_are_read(build: Any) -> None:
    # Before 2016 a failure that was none was false.
    keys = {"tcp_connect": [{"ip": "192.0.2.1", "port": 80, "status": {"failure": False}}]}
    (found,) = read(json.dumps({"test_keys": keys}).encode(), "f")
    assert isinstance(found, Measurement)
    assert found.test_keys.tcp_connect[0].status.failure is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sni_reset.json", [("https://clips.test/", "http-failure", False, 6)]),
        ("forged_answer.json", [("http://clips.test/", "dns", False, 4)]),
        (
            "before_v0.5.jsonl",
            [
                ("http://gone.test/", False, False, 10),
                ("https://clips.test/", "tcp_ip", False, 8),
            ],
        ),
    ],
)
def test_the_samples_are_judged(name: str, words: list[tuple[Any, ...]]) -> None:
    seen = []
    for found in read_file(DATA / name):
        assert isinstance(found, Measurement)
        result = to_dict(examine(found))
        seen.append(tuple(result[key] for key in ("input", "blocking", "accessible", "row")))
    assert seen == words


# --- anything at all ------------------------------------------------------------------------

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "answers engine failure hostname query_type tags transaction_id t0 t ip port status success",
    "address server_name network peer_certificates request response url code body headers dns",
    "addrs http_request status_code body_length title ip_info asn answer_type ipv4 ipv6 control",
]
WORDS = some.sampled_from(" ".join(KEYS).split())
VALUES = (
    *("clips.test", "192.0.2.10", "::1", "127.0.0.1", "192.0.2.10:443", "https://clips.test/"),
    *("getaddrinfo", "ANY", "A", "AAAA", "depth=1", "depth=x", "fetch_body=false"),
    *("dns_no_answer", "connection_reset"),
)
SCALARS = (
    some.none()
    | some.booleans()
    | some.integers(-1, 50_000)
    | some.floats()
    | some.sampled_from([*VALUES, "\ud800", "http://["])
)
PARTS = some.recursive(
    SCALARS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(WORDS, inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=200)
@given(some.binary(max_size=200) | JSON.map(lambda one: json.dumps(one).encode()))
def test_any_octets_give_a_measurement_or_a_fault(data: bytes) -> None:
    for found in read(data, "f"):
        assert isinstance(found, Fault | Measurement)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    some.fixed_dictionaries(
        {},
        optional={
            name: PARTS
            if name in ("control", "x_control_request")
            else some.lists(PARTS, max_size=3)
            for name in ("queries", "tcp_connect", "tls_handshakes", "requests", "control")
        },
    ),
    SCALARS,
    some.sampled_from(["0.5.28", "0.4.2", "", "x", "0.²"]),
)
def test_whatever_is_read_is_judged(keys: dict[str, Any], url: object, version: str) -> None:
    document = {"input": url, "test_version": version, "test_keys": keys}
    for found in read(json.dumps(document).encode(), "f"):
        if isinstance(found, Measurement):
            to_dict(examine(found))
