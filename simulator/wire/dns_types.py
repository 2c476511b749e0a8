"""The types of resource records: text <-> number."""

from __future__ import annotations

from dnslib import QTYPE

from simulator.wire.dns_names import DnsFormatError

# dnslib calls 53 HIP (it is SMIMEA) beside 55; keep the right one, so that text and number match.
TYPE_TEXT: dict[int, str] = {
    number: text for number, text in QTYPE.forward.items() if number not in (53, 41)
}
TYPE_NUMBER: dict[str, int] = {text: number for number, text in TYPE_TEXT.items()}


def type_text(number: int) -> str:
    """Return the text of a record type, ``TYPE1234`` where it has no name (RFC 3597 section 5)."""
    return TYPE_TEXT.get(number) or f"TYPE{number}"


def type_number(text: str) -> int:
    """Return the number of a record type; raise `DnsFormatError` for text that names none."""
    number = TYPE_NUMBER.get(text)
    if number is None:
        digits = text.removeprefix("TYPE")
        if digits == text or not digits.isdecimal() or len(digits) > 5 or int(digits) > 0xFFFF:
            raise DnsFormatError(f"unknown record type: {text!r}")
        number = int(digits)
    return number
