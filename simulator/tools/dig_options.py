"""What dig is asked: the words of its command line."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulator.tools.machine import UsageError, not_simulated
from simulator.values import message
from simulator.wire.dns_names import DnsFormatError, text_to_labels
from simulator.wire.dns_types import type_number

SECTIONS = ("cmd", "comments", "question", "answer", "authority", "additional", "stats")
"""Parts of the output that +all and +noall mean."""
_ON_AND_OFF = (
    *SECTIONS,
    "all",
    "short",
    "recurse",
    "rdflag",
    "tcp",
    "vc",
    "trace",
    "tls",
    "https",
    "edns",
    "identify",
    "ignore",
    "dnssec",
    "do",
    "adflag",
    "cdflag",
)
_WITH_NUMBER = ("time", "timeout", "tries", "retry")
_REFUSED = (
    "subnet",
    "nsid",
    "cookie",
    "https-get",
    "https-plain",
    "nssearch",
    "multiline",
    "search",
    "keepopen",
    "bufsize",
    "yaml",
    "idnin",
    "idnout",
    "ednsopt",
    "tls-ca",
    "tls-hostname",
)
_SHORT = {"rec": "recurse", "ad": "adflag"}
"""Beginnings that dig takes although they are those of several options."""
_REFUSED_LETTERS = ("-b", "-f", "-k", "-m", "-y", "-r", "-u")
_CLASSES = ("IN", "CH", "HS")
_NEVER_ASKED = {"OPT": 41, "TSIG": 250}
"""Types of records that go with a message and are in no zone (RFC 6891 section 6.1.1, RFC 8945
section 4.2), by name."""


@dataclass(slots=True)
class DigOptions:
    """One question and how it is to be put. ``words`` are those that were typed."""

    words: tuple[str, ...]
    server: str | None = None
    name: str = ""
    type: str = "A"
    network_class: str = "IN"
    port: int | None = None
    version: int | None = None
    short: bool = False
    recurse: bool = True
    tcp: bool = False
    trace: bool = False
    tls: bool = False
    https: str | None = None
    """The path of DNS over HTTPS, or None."""
    edns: bool = True
    dnssec: bool = False
    """Whether signatures and proofs are asked for (the DO bit)."""
    adflag: bool = True
    """Whether the client says that it understands AD (RFC 6840 section 5.7), as dig does."""
    cdflag: bool = False
    """Whether the client wants what is bogus as well, to judge for itself."""
    identify: bool = False
    ignore: bool = False
    seconds: float = 5.0
    tries: int = 3
    shown: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(SECTIONS, True))


def read_dig(arguments: Sequence[str]) -> DigOptions:
    """Return what a command line asks; raise `UsageError` for what the lab's dig does not take.

    Without a name, dig asks for the nameservers of the root.
    """
    reader = _Reader(arguments)
    rest = list(arguments)
    while rest:
        reader.word(rest.pop(0), rest)
    return reader.finished()


class _Reader:
    def __init__(self, arguments: Sequence[str]) -> None:
        self.options = DigOptions(tuple(arguments))
        self._name: str | None = None
        self._type: str | None = None

    def finished(self) -> DigOptions:
        options = self.options
        options.name = self._name or ""
        options.type = self._type or ("A" if self._name is not None else "NS")
        if _number_of(options.type) in _NEVER_ASKED.values():
            raise UsageError(
                message(
                    "nobody can be asked for {type}: such a record goes with a message and is in"
                    " no zone",
                    type=options.type,
                )
            )
        return options

    def word(self, word: str, rest: list[str]) -> None:
        if word.startswith("@") and len(word) > 1:
            self.options.server = word[1:]
        elif word.startswith("+"):
            self._plus(word)
        elif word.startswith("-") and len(word) > 1:
            self._letter(word, rest)
        elif self._name is not None and self._is_type(word):
            self._type = word.upper()
        elif self._name is not None and word.upper() in _CLASSES:
            self.options.network_class = word.upper()
        elif self._name is None and self._is_type(word) and self._type is None:
            self._type = word.upper()  # as in dig: "dig NS" asks about the root
        else:
            self._set_name(word)

    @staticmethod
    def _is_type(word: str) -> bool:
        return _number_of(word.upper()) is not None

    def _set_name(self, name: str) -> None:
        if self._name is not None:
            raise UsageError(message("one name at a time: '{name}' is a second one", name=name))
        try:
            text_to_labels(name if name != "." else "")
        except DnsFormatError:
            raise UsageError(message("'{name}' is not a legal name", name=name)) from None
        self._name = name.lower().removesuffix(".")

    # --- options ----------------------------------------------------------------------------

    def _letter(self, word: str, rest: list[str]) -> None:
        letter, value = word[:2], word[2:]
        if letter in ("-4", "-6") and not value:
            self.options.version = int(letter[1])
            return
        if letter in _REFUSED_LETTERS:
            raise not_simulated(letter)
        if letter not in ("-t", "-q", "-p", "-x", "-c"):
            raise UsageError(message("option {option} is unknown", option=word))
        if not value:
            if not rest:
                raise UsageError(message("option {option} requires a value", option=letter))
            value = rest.pop(0)
        if letter == "-t":
            if not self._is_type(value):
                raise UsageError(message("'{type}' is no type of record", type=value))
            self._type = value.upper()
        elif letter == "-q":
            self._set_name(value)
        elif letter == "-p":
            self.options.port = int(_number(letter, value, 1, 65_535))
        elif letter == "-c":
            self.options.network_class = value.upper()
        else:
            self._reverse(value)

    def _reverse(self, address: str) -> None:
        try:
            self._set_name(ipaddress.ip_address(address).reverse_pointer)
        except ValueError:
            raise UsageError(message("'{address}' is no address", address=address)) from None
        self._type = self._type or "PTR"

    def _plus(self, word: str) -> None:
        name, _, value = word[1:].partition("=")
        on = True
        if name.startswith("no"):
            on, name = False, name[2:]
        found = _meant(name, (*_ON_AND_OFF, *_WITH_NUMBER, *_REFUSED))
        if found is None:
            raise UsageError(message("option {option} is unknown", option=word))
        if found in _REFUSED:
            if on:
                raise not_simulated(f"+{found}")
            return  # what the lab does not have is off already
        if found in _WITH_NUMBER:
            self._number(found, value)
        else:
            self._switch(found, on, value)

    def _number(self, name: str, value: str) -> None:
        if name in ("time", "timeout"):
            self.options.seconds = _number(f"+{name}", value, 0.001, 3600)
        else:
            extra = 1 if name == "retry" else 0
            self.options.tries = int(_number(f"+{name}", value, 1 - extra, 100)) + extra

    def _switch(self, name: str, on: bool, value: str) -> None:
        options = self.options
        if name == "all":
            options.shown = dict.fromkeys(SECTIONS, on)
        elif name in SECTIONS:
            options.shown[name] = on
        elif name in ("recurse", "rdflag"):
            options.recurse = on
        elif name in ("tcp", "vc"):
            options.tcp = on
        elif name in ("dnssec", "do"):
            options.dnssec = on
            options.edns = options.edns or on  # without EDNS there is no such bit
        elif name == "trace":
            options.trace = options.dnssec = on  # as in dig: "implies +dnssec"
        elif name == "https":
            options.https = (value or "/dns-query") if on else None
        else:
            setattr(options, name, on)


def _number_of(kind: str) -> int | None:
    """Return the number of a type of record, or None for a word that is none."""
    try:
        return _NEVER_ASKED.get(kind) or type_number(kind)
    except DnsFormatError:
        return None


def _meant(name: str, known: Sequence[str]) -> str | None:
    """Return the option that a word means: itself, or the one that it begins."""
    if name in known:
        return name
    if name in _SHORT:
        return _SHORT[name]
    begun = [each for each in known if name and each.startswith(name)]
    return begun[0] if len(begun) == 1 else None


def _number(option: str, text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise UsageError(message("{option} takes a number, not '{text}'", option=option, text=text))
    return value
