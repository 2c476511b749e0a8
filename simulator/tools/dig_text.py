"""What dig prints of a reply, in its columns."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from simulator.tools.dig_asking import Heard
from simulator.tools.dig_options import DigOptions
from simulator.values import ExtendedError
from simulator.wire.dns_values import DnsMessage, Record

VERSION = "9.18-lab"
_TAB = 8
_NAME_ENDS, _TTL_ENDS, _CLASS_ENDS, _TYPE_ENDS = 24, 32, 40, 48
"""Columns at which the fields of a record end, if they are short enough."""

# Names of INFO-CODEs, from the registry that RFC 8914 section 5.2 founded.
_EXTENDED_ERRORS = {
    0: "Other",
    1: "Unsupported DNSKEY Algorithm",
    2: "Unsupported DS Digest Type",
    3: "Stale Answer",
    4: "Forged Answer",
    5: "DNSSEC Indeterminate",
    6: "DNSSEC Bogus",
    7: "Signature Expired",
    8: "Signature Not Yet Valid",
    9: "DNSKEY Missing",
    10: "RRSIGs Missing",
    11: "No Zone Key Bit Set",
    12: "NSEC Missing",
    13: "Cached Error",
    14: "Not Ready",
    15: "Blocked",
    16: "Censored",
    17: "Filtered",
    18: "Prohibited",
    19: "Stale NXDOMAIN Answer",
    20: "Not Authoritative",
    21: "Not Supported",
    22: "No Reachable Authority",
    23: "Network Error",
    24: "Invalid Data",
}

_NAME_FIELDS = {
    "CNAME": (0,),
    "NS": (0,),
    "PTR": (0,),
    "DNAME": (0,),
    "MX": (1,),
    "SRV": (3,),
    "SOA": (0, 1),
    "RRSIG": (7,),
    "NSEC": (0,),
}
"""By type: which fields of the data are names."""
_LONG_FIELDS = {"DNSKEY": 3, "RRSIG": 8, "DS": 3}
"""By type: the field of octets in base64 or hexadecimal digits, which dig breaks."""
_CHUNK = 56
"""Characters of such a field between two spaces (dig's ``+split``)."""


def greeting(options: DigOptions, servers: int | None = 1) -> Iterator[str]:
    """Yield what precedes everything, with the words that were typed."""
    yield ""
    yield f"; <<>> DiG {VERSION} <<>> {' '.join(options.words)}".rstrip()
    if options.server is not None and not options.trace and servers is not None:
        yield f"; ({servers} server{'' if servers == 1 else 's'} found)"
    yield ";; global options: +cmd"


def reply_lines(heard: Heard, options: DigOptions) -> Iterator[str]:
    """Yield a reply, as much of it as is wanted."""
    shown, reply = options.shown, heard.reply
    if shown["comments"]:
        yield from _header(reply)
        if options.recurse and not reply.recursion_available:
            yield ";; WARNING: recursion requested but not available"
        yield ""
        if reply.edns is not None:
            yield ";; OPT PSEUDOSECTION:"
            flags = "flags: do;" if reply.edns.dnssec_ok else "flags:;"
            yield f"; EDNS: version: {reply.edns.version}, {flags} udp: {reply.edns.udp_size}"
            yield from map(_extended_error, reply.edns.extended_errors)
    if shown["question"] and reply.question is not None:
        if shown["comments"]:
            yield ";; QUESTION SECTION:"
        name, kind, network_class = reply.question
        yield _columns((f";{_absolute(name)}", _NAME_ENDS + _TAB), (network_class, 40), (kind, 0))
        if shown["comments"]:
            yield ""
    for section, records in (
        ("answer", reply.answers),
        ("authority", reply.authority),
        ("additional", reply.additional),
    ):
        if shown[section] and records:
            if shown["comments"]:
                yield f";; {section.upper()} SECTION:"
            yield from map(record_line, records)
            if shown["comments"]:
                yield ""


def _header(reply: DnsMessage) -> Iterator[str]:
    yield ";; Got answer:"
    yield f";; ->>HEADER<<- opcode: {reply.opcode}, status: {reply.rcode}, id: {reply.id}"
    flags = [
        text
        for text, on in (
            ("qr", reply.response),
            ("aa", reply.authoritative),
            ("tc", reply.truncated),
            ("rd", reply.recursion_desired),
            ("ra", reply.recursion_available),
            ("ad", reply.authentic_data),
            ("cd", reply.checking_disabled),
        )
        if on
    ]
    yield (
        f";; flags: {' '.join(flags)}; QUERY: {int(reply.question is not None)}, "
        f"ANSWER: {len(reply.answers)}, AUTHORITY: {len(reply.authority)}, "
        f"ADDITIONAL: {len(reply.additional) + (reply.edns is not None)}"
    )


def _extended_error(error: ExtendedError) -> str:
    name = _EXTENDED_ERRORS.get(error.code)
    text = f"; EDE: {error.code}" + (f" ({name})" if name is not None else "")
    return text + (f": ({error.text})" if error.text else "")


def statistics(heard: Heard, date: datetime.datetime) -> Iterator[str]:
    """Yield what follows a reply: time, server, date in the lab, size."""
    yield f";; Query time: {round(heard.seconds * 1000)} msec"
    yield f";; SERVER: {heard.endpoint} ({heard.carrier})"
    yield f";; WHEN: {date_text(date)}"
    yield f";; MSG SIZE  rcvd: {len(heard.octets)}"
    yield ""


def short_lines(heard: Heard, options: DigOptions) -> Iterator[str]:
    """Yield the data of the answers alone."""
    for record in heard.reply.answers:
        text = presentation(record)
        if options.identify:
            took = round(heard.seconds * 1000)
            text += f" from server {heard.endpoint.address} in {took} ms."
        yield text


def record_line(record: Record) -> str:
    """Return a record in columns, name to data."""
    return _columns(
        (_absolute(record.name), _NAME_ENDS),
        (str(record.ttl), _TTL_ENDS),
        ("IN", _CLASS_ENDS),
        (record.type, _TYPE_ENDS),
        (presentation(record), 0),
    )


def presentation(record: Record) -> str:
    """Return a record's data as a master file has it: names with the dot at the end, long
    fields in chunks."""
    if record.type not in _NAME_FIELDS and record.type not in _LONG_FIELDS:
        return record.data
    fields = record.data.split(" ")
    for place in _NAME_FIELDS.get(record.type, ()):
        fields[place] = _absolute(fields[place])
    long = _LONG_FIELDS.get(record.type)
    if long is not None:
        digits = fields[long].upper() if record.type == "DS" else fields[long]
        fields[long] = " ".join([digits[at : at + _CHUNK] for at in range(0, len(digits), _CHUNK)])
    return " ".join(fields)


def date_text(date: datetime.datetime) -> str:
    """Return a date as dig writes it; a zone without a name goes by its offset."""
    zone = f"{date:%z}"
    zone = "UTC" if zone == "+0000" else zone.removesuffix("00")
    return f"{date:%a %b %d %H:%M:%S} {zone} {date:%Y}"


def _absolute(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


def _columns(*fields: tuple[str, int]) -> str:
    """Put fields one behind the other, each filled up to its column with tabs.

    Where a field is too long a single space stands in for the tabs, and where the column
    has been passed already the next field follows at once, as in BIND's master file style.
    """
    line, column = "", 0
    for text, ends in fields:
        line += text
        column += len(text)
        if ends == 0:
            break
        if column >= ends:
            line, column = f"{line} ", column + 1
        while column < ends:
            line, column = f"{line}\t", (column // _TAB + 1) * _TAB
    return line
