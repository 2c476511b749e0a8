"""`diagnose`: what it writes for programs and for people, and what it ends with."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.ooni.format import Measurement
from simulator.ooni.result import examine
from simulator.report import ooni
from simulator.report.page import Page

DATA = Path(__file__).resolve().parent.parent / "data" / "ooni"
SNI, FORGED, OLD = (
    str(DATA / name) for name in ("sni_reset.json", "forged_answer.json", "before_v0.5.jsonl")
)
FIRST_KEYS = [
    "input",
    "blocking",
    "accessible",
    "dns_consistency",
    "dns_experiment_failure",
    "http_experiment_failure",
    "diagnosis",
]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command: (status, standard output, error stream)."""

    def run(*files: str, json: str | None = None, language: str = "en") -> tuple[int, str, str]:
        status = ooni.run(argparse.Namespace(files=list(files), json=json), language)
        return status, *capsys.readouterr()

    return run


def test_json_is_a_list_of_all_measurements_in_order(run: Run) -> None:
    status, out, err = run(SNI, OLD, FORGED, json="-")
    documents = json.loads(out)
    assert (status, err) == (0, "")
    assert [document["input"] for document in documents] == [
        "https://clips.test/",
        "http://gone.test/",
        "https://clips.test/",
        "http://clips.test/",
    ]
    assert all(list(document)[:7] == FIRST_KEYS for document in documents)
    assert [document["diagnosis"] for document in documents] == [
        "blocked.tls",
        "cannot_tell",
        "blocked.ip",
        "blocked.dns",
    ]


def test_the_whole_of_a_result(run: Run) -> None:
    (document,) = json.loads(run(SNI, json="-")[1])
    assert document == {
        "input": "https://clips.test/",
        "blocking": "http-failure",
        "accessible": False,
        "dns_consistency": "consistent",
        "dns_experiment_failure": None,
        "http_experiment_failure": "connection_reset",
        "diagnosis": "blocked.tls",
        "confidence": "likely",
        "control_failure": None,
        "body_proportion": 0.0,
        "body_length_match": None,
        "headers_match": None,
        "status_code_match": None,
        "title_match": None,
        "table": "0.5",
        "row": 6,
        "overruled": False,
        "virtual": False,
        "told": {"blocking": "http-failure", "accessible": False},
    }


def test_json_goes_to_a_file_and_the_report_to_the_terminal(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    status, out, _ = run(SNI, json=str(file))
    assert status == 0
    assert len(json.loads(file.read_text(encoding="utf-8"))) == 1
    assert "blocked (http-failure)" in out


def test_damaged_and_foreign_files_are_told_and_the_others_still_read(
    run: Run, tmp_path: Path
) -> None:
    damaged = tmp_path / "cut.json"
    damaged.write_text('{"test_keys": ', encoding="utf-8")
    missing = str(tmp_path / "none.json")
    status, out, err = run(str(damaged), SNI, missing, json="-")
    assert status == 2
    assert [document["input"] for document in json.loads(out)] == ["https://clips.test/"]
    first, second = err.splitlines()
    assert first.startswith(f"{damaged}:1:15: this is not JSON")
    assert second == f"'{missing}' cannot be read: there is no such file or folder"


def test_people_read_the_row_the_reason_and_our_own_reading(run: Run) -> None:
    _, out, _ = run(FORGED)
    text = " ".join(out.split())
    assert text.startswith("http://clips.test/ XF · AS64496 · Invented Access")
    assert "OONI's table: blocked (dns)" in text
    assert "Row 4: A page came in the clear, but it is not like the test helper's." in text
    assert "Where lookups do not agree, OONI blames the DNS, whatever failed." in text
    assert "Our reading: blocked by the DNS (likely)" in text
    assert "The file itself says" not in text  # it says the same


def test_several_measurements_end_in_a_table(run: Run) -> None:
    out = run(SNI, FORGED)[1]
    assert out.splitlines()[-3:] == [
        "Measurement          OONI                    Our reading",
        "https://clips.test/  blocked (http-failure)  blocked by the name in TLS",
        "http://clips.test/   blocked (dns)           blocked by the DNS",
    ]


def test_an_older_file_is_judged_by_both_tables(run: Run) -> None:
    text = " ".join(run(OLD)[1].split())
    assert "OONI's table: out of service" in text
    assert "The file itself says: accessible." in text
    assert "Version 0.4, which wrote this file, decides: accessible." in text


def test_a_block_page_that_passes_for_the_site_is_pointed_at(build: Any) -> None:
    page = '<meta name="takedown-lab" content="block_page clips.test"><title>Stop</title>'
    measured = build.measurement(
        "http://clips.test/",
        queries=[build.lookup(build.forged)],
        connects=[build.connect(build.forged, 80)],
        exchanges=[build.exchange("http://clips.test/", body=page)],
        control=build.control(),
    )
    stream = io.StringIO()
    ooni.write_result(examine(measured), Page(stream, width=500), "en")
    assert "OONI's table: accessible" in stream.getvalue()
    assert "Our reading differs: the table does not look at what a page says" in stream.getvalue()


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_line_is_wider_than_the_page(width: int, language: str, build: Any) -> None:
    measured = build.measurement("https://a-rather-long-name.clips.test/" + "x" * 100)
    stream = io.StringIO()
    page = Page(stream, width=width)
    ooni.write_result(examine(measured), page, language)
    if width >= 60:
        ooni.write_table([ooni.line_of(examine(measured), language)] * 2, page, language)
    assert max(map(len, stream.getvalue().splitlines())) <= width


def test_what_a_file_says_is_shown_without_what_a_terminal_obeys(build: Any) -> None:
    failure = "unknown_failure: \x1b[2J\u202e"
    document = build.document(
        "https://clips.test/\x1b]0;x\x07",
        queries=[build.lookup(build.true)],
        connects=[build.connect(failure=failure)],
        control=build.control(),
    )
    stream = io.StringIO()
    ooni.write_result(examine(Measurement.model_validate(document)), Page(stream), "en")
    assert not [one for one in stream.getvalue() if one in "\x1b\x07\u202e"]
    assert "\ufffd[2J" in stream.getvalue()


def test_half_a_surrogate_pair_breaks_no_output(run: Run, tmp_path: Path, build: Any) -> None:
    file = tmp_path / "half.json"
    file.write_text(json.dumps(build.document("https://\ud800.test/")), encoding="utf-8")
    status, out, _ = run(str(file), json="-")
    assert status == 0
    assert json.loads(out)[0]["input"] == "https://?.test/"
    assert run(str(file))[0] == 0
