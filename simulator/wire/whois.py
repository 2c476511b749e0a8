"""WHOIS (RFC 3912): one line of a question, and lines of ``Key: value`` until the end.

The protocol says nothing of what the lines mean; the shape here is the one that registries of
generic TLDs agreed upon, which is what the usual clients read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LONGEST_QUERY = 512
"""Octets of a question."""
LONGEST_ANSWER = 1 << 18
PORT = 43

_KINDS = {
    "domain": "domain",
    "nameserver": "nameserver",
    "host": "nameserver",
    "registrar": "registrar",
}


class WhoisError(Exception):
    """What came is no question."""


class Query(NamedTuple):
    """A question: ``kind`` is ``domain``, ``nameserver`` or ``registrar``; None if unsaid."""

    text: str
    kind: str | None = None


def read_query(line: bytes) -> Query:
    """Read a question with or without its end of line; raise `WhoisError`.

    ``nameserver ns1.polder.test`` says what is looked for, as with many registries.
    """
    if len(line) > LONGEST_QUERY:
        raise WhoisError("the question is too long")
    try:
        text = line.decode("ascii")
    except UnicodeDecodeError:
        raise WhoisError("the question is not in ASCII") from None
    words = text.split()
    if not words or not text.strip().isprintable():
        raise WhoisError("there is no question")
    kind = _KINDS.get(words[0].lower()) if len(words) > 1 else None
    return Query(" ".join(words if kind is None else words[1:]), kind)


class DomainSeen(NamedTuple):
    """What an answer says of a name; ``statuses`` are EPP status values.

    ``holder`` is the registrant's organization, which is published where its person is not.
    """

    name: str
    statuses: tuple[str, ...] = ()
    registrar: str | None = None
    nameservers: tuple[str, ...] = ()
    holder: str | None = None


def read_domain(answer: bytes) -> DomainSeen | None:
    """Read what an answer says of a domain; None where it speaks of none."""
    fields: dict[str, list[str]] = {}
    for line in answer.decode("utf-8", "replace").splitlines():
        key, colon, value = line.partition(":")
        if colon and value.strip():
            fields.setdefault(key.strip(), []).append(value.strip())
    names = fields.get("Domain Name")
    if names is None:
        return None
    registrar, holder = fields.get("Registrar"), fields.get("Registrant Organization")
    return DomainSeen(
        names[0].lower(),
        # Registries put a link behind each status.
        tuple(value.split()[0] for value in fields.get("Domain Status", ())),
        None if registrar is None else registrar[0],
        tuple(value.lower() for value in fields.get("Name Server", ())),
        None if holder is None else holder[0],
    )


def write_answer(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return an answer: a line for each field; one without a key is a line of its own."""
    lines = [f"{key}: {value}" if key else value for key, value in fields]
    return "".join(f"{line}\r\n" for line in lines).encode()
