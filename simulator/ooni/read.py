"""Measurements from files: one JSON object, a list of them, or one on each line; also gzipped.

Whatever is wrong with one of them is said of it, with its place, and the others are read.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from simulator.ooni.format import Measurement
from simulator.values import Message, message
from simulator.world.faults import Fault, describe

LARGEST_FILE = 256 * 1024 * 1024
"""Octets, once unpacked. OONI's own archives hold less in a file."""
TEST_NAME = "web_connectivity"
_GZIP = b"\x1f\x8b"
_MOST_FAULTS = 3
"""Said of one measurement: more would bury the others."""

_SPACES = "\u00a0\u202f"
"""Those of French typography, which `str.isprintable` does not take for printable."""

Found: TypeAlias = Measurement | Fault


def read_file(path: Path, limit: int = LARGEST_FILE) -> Iterator[Found]:
    """Yield what a file holds, in order: measurements, and faults where there should be one.

    Raises `OSError` if the file cannot be read at all.
    """
    with path.open("rb") as file:
        data = file.read(limit + 1)
    return read(data, str(path), limit)


def read(data: bytes, file: str, limit: int = LARGEST_FILE) -> Iterator[Found]:
    """Yield what the octets of a file hold; ``file`` is its name in faults."""
    if data.startswith(_GZIP):
        unpacked = _unpack(data, limit)
        if unpacked is None:
            text = message("this is not a whole gzip file; download it again")
            yield Fault(file, 1, 1, "", text)
            return
        data = unpacked
    if len(data) > limit:
        yield Fault(file, 1, 1, "", _too_large(limit))
        return
    yield from _documents(data, file)


def _unpack(data: bytes, limit: int) -> bytes | None:
    """Return what a gzip file holds, at most one octet over the limit; None if it is damaged."""
    whole = b""
    while data:
        reader = zlib.decompressobj(wbits=31)  # with a gzip header
        try:
            whole += reader.decompress(data, limit + 1 - len(whole))
        except zlib.error:
            return None
        if len(whole) > limit:
            return whole
        if not reader.eof:
            return None
        data = reader.unused_data.lstrip(b"\0")
    return whole


def _too_large(limit: int) -> Message:
    return message(
        "the file is larger than {megabytes} MB; split it into smaller ones, line by line",
        megabytes=limit // (1024 * 1024),
    )


# --- from octets to measurements ------------------------------------------------------------


def _documents(data: bytes, file: str) -> Iterator[Found]:
    """Take the file for lines of JSON if any line is an object by itself, else for one document."""
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    if not lines:
        text = message("the file is empty; an OONI measurement is a JSON object")
        yield Fault(file, 1, 1, "", text)
        return
    loaded = [(number, _load(line, file, number)) for number, line in lines]
    if not any(isinstance(document, dict) for _, document in loaded):
        whole = _load(data, file, 1)
        loaded = [(1, document) for document in (whole if isinstance(whole, list) else [whole])]
    for number, document in loaded:
        yield _measurement(document, file, number)


def _load(data: bytes, file: str, line: int) -> Any:
    """Return a JSON document, or a `Fault` with the place where it is damaged."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - before.rfind(b"\n")
        place = line + before.count(b"\n"), column
        text = message("this is not UTF-8 text; is it an OONI measurement?")
        return Fault(file, *place, "", text)
    except json.JSONDecodeError as error:
        text = message(
            "this is not JSON ({problem}); the download may have been cut short", problem=error.msg
        )
        return Fault(file, line + error.lineno - 1, error.colno, "", text)
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        return Fault(file, line, 1, "", message("this JSON is too large to be a measurement"))


def _measurement(document: object, file: str, line: int) -> Found:
    """Return a measurement from a JSON document, or what is wrong with it."""
    if isinstance(document, dict) and isinstance(document.get("raw_measurement"), str):
        # What OONI's measurement API returns: the measurement is a text inside.
        document = _load(document["raw_measurement"].encode("utf-8", "replace"), file, line)
    if isinstance(document, Fault):
        return document
    if not isinstance(document, dict):
        text = message("this is not an OONI measurement: a JSON object was expected")
        return Fault(file, line, 1, "", text)
    name = document.get("test_name", TEST_NAME)
    if name != TEST_NAME:
        text = message(
            "this is a measurement of {test}; only those of web_connectivity are read",
            test=_shortened(str(name)),
        )
        return Fault(file, line, 1, "test_name", text)
    if not isinstance(document.get("test_keys"), dict):
        text = message("this is not an OONI measurement: it has no test_keys")
        return Fault(file, line, 1, "test_keys", text)
    try:
        return Measurement.model_validate(document)
    except ValidationError as error:
        return _misfit(error, file, line)


def _misfit(error: ValidationError, file: str, line: int) -> Fault:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    told = "; ".join(fault["msg"] for fault in faults[:_MOST_FAULTS])
    where = describe(tuple(faults[0]["loc"]))
    text = message("this is not as OONI's data format has it: {problem}", problem=told)
    return Fault(file, line, 1, _shortened(where), text)


def _shortened(text: str, most: int = 80) -> str:
    """Return what a foreign file says, short and without what would move a terminal's cursor."""
    text = printable(text[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"


def printable(text: str) -> str:
    """Return a text of a foreign file without what a terminal would obey or cannot show."""
    return "".join(one if one.isprintable() or one in _SPACES else "\ufffd" for one in text)
