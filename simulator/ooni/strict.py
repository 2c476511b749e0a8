"""What the format asks of a measurement that we write: every key, the right types, no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from simulator.ooni.format import (
    Answer,
    HttpRequest,
    Measurement,
    NetworkEvent,
    Part,
    Query,
    TcpConnect,
)

_MAY_LACK: Mapping[type[Part], frozenset[str]] = {
    # Of an answer, what its type has; of a handshake and of an exchange, what there was.
    Answer: frozenset({"ipv4", "ipv6", "hostname", "asn", "as_org_name"}),
    Query: frozenset({"rcode", "raw_response"}),
    TcpConnect: frozenset({"failure"}),
    NetworkEvent: frozenset({"address", "proto", "num_bytes"}),
    HttpRequest: frozenset({"x_transport"}),
}


def shortcomings(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is wrong with a measurement of ours: types, absent keys, unknown keys.

    The empty tuple is the only good answer. Keys that begin with ``x_`` are experimental
    by OONI's own convention, and nobody's business.
    """
    try:
        measurement = Measurement.model_validate(document)
    except ValidationError as error:
        return tuple(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
    return tuple(_lacking(measurement, "measurement"))


def _lacking(part: Part, where: str) -> Iterator[str]:
    kind = type(part)
    known = set(kind.model_fields)
    for name in sorted(known - part.model_fields_set - _MAY_LACK.get(kind, frozenset())):
        yield f"{where}.{name}: absent"
    for name in sorted(part.model_extra or {}):
        if not name.startswith("x_"):
            yield f"{where}.{name}: unknown"
    for name in kind.model_fields:
        for place, value in _parts_of(getattr(part, name)):
            yield from _lacking(value, f"{where}.{name}{place}")


def _parts_of(value: object) -> Iterator[tuple[str, Part]]:
    if isinstance(value, Part):
        yield "", value
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            if isinstance(item, Part):
                yield f"[{number}]", item
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, Part):
                yield f"[{key}]", item
