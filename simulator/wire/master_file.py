"""Zones as text: master files (RFC 1035 section 5, ``$TTL`` by RFC 2308 section 4).

Reading yields records with absolute names and canonical data. What is not simulated
(``$INCLUDE``, ``$GENERATE``, classes other than IN) is refused with the line it stands on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from simulator.errors import LabError
from simulator.values import Message, message
from simulator.wire.dns import DnsFormatError, decode, encode
from simulator.wire.dns_names import canonical, labels_to_text, text_to_labels
from simulator.wire.dns_values import DnsMessage, Record

USUAL_TTL = 300
"""Seconds, for a record without a TTL in a file without ``$TTL`` and without an SOA."""
LONGEST_TTL = 0x7FFFFFFF

_TOKEN = re.compile(
    r"(?P<space>[ \t\r]+)|(?P<comment>;.*)|(?P<bracket>[()])"
    r'|(?P<token>"(?:[^"\\]|\\.)*"|(?:[^ \t\r;()"\\]|\\.)+)'
)
_TIME = re.compile(r"(?:[0-9]{1,10}[wdhms]?)+", re.IGNORECASE)
_TIME_PART = re.compile(r"([0-9]+)([wdhms]?)", re.IGNORECASE)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NAME_PART = re.compile(r"\\([0-9]{3})|\\(.)|(\.)|([^\\.])")
NAMES_IN_DATA = {
    **dict.fromkeys(("NS", "CNAME", "PTR", "NSEC"), (0,)),
    "MX": (1,),
    "SRV": (3,),
    "SOA": (0, 1),
    "RRSIG": (7,),
}
_SPECIAL = re.compile(r'["();@$]')


class ZoneTextError(LabError):
    """A line of a zone that cannot be taken: its number, and in ``fault`` what to mend."""

    def __init__(self, line: int, fault: Message) -> None:
        super().__init__(message("line {line} of the zone: {fault}", line=line, fault=fault))
        self.line = line
        self.fault = fault


class Placed(NamedTuple):
    """A record and the line on which it begins."""

    line: int
    record: Record


class _Statement(NamedTuple):
    line: int
    indented: bool
    """It begins with white space: the owner is that of the record before."""
    tokens: list[str]


def read_records(text: str, origin: str) -> Iterator[Placed]:
    """Yield the records of a master file in order; raise `ZoneTextError` for what is none."""
    reader = _Reader(canonical(origin))
    for statement in _statements(text):
        yield from reader.take(statement)


def written_name(name: str) -> str:
    """Return an absolute name as a master file has it, with the final dot."""
    return _SPECIAL.sub(lambda found: f"\\{ord(found[0]):03d}", name) + "."


# --- lines --------------------------------------------------------------------------


def _statements(text: str) -> Iterator[_Statement]:
    """Yield one statement a line, or more lines where parentheses hold them together."""
    statement: _Statement | None = None
    depth = 0
    number = 0
    for number, line in enumerate(text.split("\n"), 1):
        if statement is None:
            statement = _Statement(number, line[:1] in (" ", "\t"), [])
        depth = _split(line, number, depth, statement.tokens)
        if not depth:
            if statement.tokens:
                yield statement
            statement = None
    if depth:
        raise ZoneTextError(number, message("a parenthesis is opened and never closed"))


def _split(line: str, number: int, depth: int, tokens: list[str]) -> int:
    """Append a line's tokens; return how many parentheses are open at its end."""
    at = 0
    while at < len(line):
        found = _TOKEN.match(line, at)
        if found is None:
            raise ZoneTextError(
                number,
                message(
                    "a quotation mark without its partner, or a backslash at the end: {text}",
                    text=line[at : at + 40],
                ),
            )
        at = found.end()
        if found.lastgroup == "token":
            tokens.append(found[0])
        elif found.lastgroup == "bracket":
            depth += 1 if found[0] == "(" else -1
            if depth < 0:
                raise ZoneTextError(number, message("a parenthesis is closed but none is open"))
    return depth


# --- records ------------------------------------------------------------------------


class _Reader:
    """What earlier lines settle for later ones: origin, owner, TTL."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._owner: str | None = None
        self._ttl: int | None = None

    def take(self, statement: _Statement) -> Iterator[Placed]:
        line, indented, tokens = statement
        if not indented and tokens[0].startswith("$"):
            self._obey(line, tokens)
            return
        if not indented:
            self._owner = self._name(line, tokens.pop(0))
        if self._owner is None:
            raise ZoneTextError(
                line, message("the first record has no name: begin its line without white space")
            )
        ttl = _take_ttl_and_class(line, tokens)
        if len(tokens) < 2:
            raise ZoneTextError(line, message("a record needs a name, a type and data"))
        kind = tokens[0].upper()
        data = self._data(line, kind, tokens[1:])
        record = _checked(line, Record(self._owner, kind, ttl or 0, data))
        if ttl is None:
            record = record._replace(ttl=self._usual_ttl(record))
        yield Placed(line, record)

    def _obey(self, line: int, tokens: list[str]) -> None:
        directive, *arguments = tokens
        if directive.upper() not in ("$ORIGIN", "$TTL"):
            raise ZoneTextError(
                line, message("{directive} is not simulated: write it out", directive=directive)
            )
        if len(arguments) != 1:
            raise ZoneTextError(
                line, message("{directive} takes exactly one value", directive=directive)
            )
        if directive.upper() == "$ORIGIN":
            self._origin = self._name(line, arguments[0])
        else:
            self._ttl = _seconds(line, arguments[0])

    def _usual_ttl(self, record: Record) -> int:
        if self._ttl is None and record.type == "SOA":
            self._ttl = min(int(record.data.split()[6]), LONGEST_TTL)
        return USUAL_TTL if self._ttl is None else self._ttl

    def _data(self, line: int, kind: str, fields: list[str]) -> str:
        if fields[0] == "\\#":
            return f"\\# {fields[1] if len(fields) > 1 else ''} {''.join(fields[2:])}".rstrip()
        if kind == "TXT":
            fields = [one if one.startswith('"') else f'"{one}"' for one in fields]
        for index in NAMES_IN_DATA.get(kind, ()):
            if index < len(fields):
                fields[index] = self._name(line, fields[index]) or "."
        if kind == "SOA":
            if len(fields) != 7:
                raise ZoneTextError(line, message("an SOA record needs two names and five numbers"))
            fields[3:] = [str(_seconds(line, field)) for field in fields[3:]]
        return " ".join(fields)

    def _name(self, line: int, text: str) -> str:
        """Return the absolute name that a word stands for."""
        if text == "@":
            return self._origin
        if text == ".":
            return ""
        try:
            labels = _labels(text)
            relative = labels[-1] != b""
            name = labels_to_text(labels if relative else labels[:-1])
            if relative and self._origin:
                name = f"{name}.{self._origin}"
            text_to_labels(name)
        except DnsFormatError as error:
            raise ZoneTextError(
                line, message("{name} is no domain name: {why}", name=text[:80], why=str(error))
            ) from None
        return name


def _labels(token: str) -> list[bytes]:
    """Return the labels of a name; the last one is empty if the name ends with a dot."""
    labels = [b""]
    at = 0
    for found in _NAME_PART.finditer(token):
        number, escaped, dot, plain = found.groups()
        if dot is not None:
            labels.append(b"")
        elif number is not None:
            if int(number) > 255:
                raise DnsFormatError(f"\\{number} is no byte")
            labels[-1] += bytes((int(number),))
        else:
            try:
                labels[-1] += (escaped or plain).encode("ascii")
            except UnicodeEncodeError:
                raise DnsFormatError("it is not ASCII: write its xn-- form") from None
        at = found.end()
    if at < len(token) or b"" in labels[:-1]:
        raise DnsFormatError("empty label")
    return labels


def _take_ttl_and_class(line: int, tokens: list[str]) -> int | None:
    """Take TTL and class, which may come in either order, off the tokens; return the TTL."""
    ttl = None
    while tokens:
        if tokens[0].upper() in ("CH", "HS", "CS"):
            raise ZoneTextError(line, message("only class IN is simulated"))
        if ttl is None and _TIME.fullmatch(tokens[0]) is not None:
            ttl = _seconds(line, tokens[0])
        elif tokens[0].upper() != "IN":
            break
        del tokens[0]
    return ttl


def _seconds(line: int, token: str) -> int:
    """Return a time as BIND writes it (``3600``, ``1h``, ``1h30m``) in seconds."""
    if _TIME.fullmatch(token) is not None:
        parts = _TIME_PART.findall(token.lower())
        seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
        if seconds <= LONGEST_TTL:
            return seconds
    raise ZoneTextError(
        line, message("{text} is no time: write seconds, or 30m, 12h, 7d", text=token[:40])
    )


def _checked(line: int, record: Record) -> Record:
    """Return the record with its data in canonical form: as they come back off the wire."""
    try:
        answers = decode(encode(DnsMessage(answers=(record,)))).answers
    except DnsFormatError as error:
        raise ZoneTextError(
            line,
            message("the {type} record cannot be: {why}", type=record.type, why=str(error)),
        ) from None
    if not answers:
        raise ZoneTextError(line, message("the {type} record is too long", type=record.type))
    return answers[0]
