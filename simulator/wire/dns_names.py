"""Domain names as text, and their labels as bytes (RFC 1035 section 3.1).

A name is lower-case ASCII text without the trailing dot; the root is ``""``. Inside a
label, whatever is not a printable character, and the dot and the backslash themselves,
is written ``\\DDD`` (decimal, RFC 4343 section 2.1). A dot in the text therefore always
separates two labels, and cutting names apart needs no parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

LONGEST_LABEL = 63
LONGEST_NAME = 255
"""Bytes of a name on the wire, lengths and final zero included (RFC 1035 section 2.3.4)."""

_PLAIN = re.compile(rb"[!-\-/-\[\]-~]+")  # printable, neither "." nor "\"
_ESCAPED = re.compile(rb"\\([0-9]{3})")


class DnsFormatError(ValueError):
    """Bytes that are no DNS message, or a value that no DNS message can carry."""


def canonical(text: str) -> str:
    """Return a name as people write it in the form that the lab compares."""
    return text.lower().removesuffix(".")


def parent(name: str) -> str:
    """Return the name one label up; the root is its own parent."""
    return name.partition(".")[2]


def ancestors(name: str) -> Iterator[str]:
    """Yield the name itself, then each name above it, the root last."""
    while name:
        yield name
        name = name.partition(".")[2]
    yield ""


def is_within(name: str, zone: str) -> bool:
    """Return whether ``name`` is ``zone`` or lies below it."""
    return not zone or name == zone or name.endswith("." + zone)


def labels_to_text(labels: Iterable[bytes]) -> str:
    """Return the canonical text of a name given as labels."""
    return ".".join([_label_to_text(label) for label in labels])


def _label_to_text(label: bytes) -> str:
    if _PLAIN.fullmatch(label) is not None:
        return label.decode("ascii").lower()
    return "".join(
        chr(byte).lower() if _PLAIN.match(bytes((byte,))) is not None else f"\\{byte:03d}"
        for byte in label
    )


@lru_cache(maxsize=4096)
def text_to_labels(name: str) -> tuple[bytes, ...]:
    """Return the labels of a name; raise `DnsFormatError` for one that the DNS cannot carry."""
    name = canonical(name)
    if not name:
        return ()
    labels = tuple([_label_to_bytes(label, name) for label in name.split(".")])
    if sum(map(len, labels)) + len(labels) + 1 > LONGEST_NAME:
        raise DnsFormatError(f"name longer than {LONGEST_NAME} bytes: {name[:40]}…")
    return labels


def _label_to_bytes(label: str, name: str) -> bytes:
    try:
        data = label.encode("ascii")
        if b"\\" in data:
            data = _ESCAPED.sub(lambda match: bytes((int(match[1]),)), data)
    except ValueError:
        raise DnsFormatError(f"name with a character that needs escaping: {name!r}") from None
    if not 1 <= len(data) <= LONGEST_LABEL:
        raise DnsFormatError(f"name with a label of {len(data)} bytes: {name[:80]!r}")
    return data
