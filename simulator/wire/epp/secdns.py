"""DNSSEC data of a domain (RFC 5910, secDNS-1.1).

DS data are text here, as in a zone: key tag, algorithm, digest type, digest in upper case.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from simulator.values import message
from simulator.wire.epp.errors import EppError, missing, syntax_error, wrong_value
from simulator.wire.epp.results import Code
from simulator.wire.epp.xml import (
    SECDNS,
    WHITE_SPACE,
    child,
    children,
    content,
    declared,
    local,
    make,
    number_of,
    only,
    text_of,
)

LONGEST_DIGEST: Final = 128
"""Hexadecimal digits: twice what SHA-384, the longest in use, takes, and some."""


@dataclass(frozen=True, slots=True)
class KeyData:
    """A DNSKEY as a registrar gives it; ``public_key`` is base64 (section 4.2)."""

    flags: int
    protocol: int
    algorithm: int
    public_key: str


@dataclass(frozen=True, slots=True)
class DnssecData:
    """What a domain has, or is created with: one of the two interfaces, never both."""

    ds: tuple[str, ...] = ()
    keys: tuple[KeyData, ...] = ()


@dataclass(frozen=True, slots=True)
class DnssecChange:
    """What an update adds and removes; ``remove_all`` clears what there is, before adding."""

    add: DnssecData = DnssecData()
    remove: DnssecData = DnssecData()
    remove_all: bool = False


# --- reading --------------------------------------------------------------------------


def read_dnssec_data(element: Element) -> DnssecData:
    """Read the children of a ``create``, an ``add``, a ``rem`` or an ``infData``."""
    if child(element, "maxSigLife") is not None:
        raise _no_lifetime()
    only(element, "dsData", "keyData")
    data = DnssecData(
        tuple(_read_ds(found) for found in children(element, "dsData")),
        tuple(_read_key(found) for found in children(element, "keyData")),
    )
    if data.ds and data.keys:
        raise syntax_error(message("DS data and key data do not go together"))
    return data


def read_dnssec_change(element: Element) -> DnssecChange:
    """Read a secDNS ``update``."""
    only(element, "rem", "add", "chg")
    if child(element, "chg") is not None:
        raise _no_lifetime()
    if element.get("urgent") in ("1", "true"):
        raise EppError(Code.UNIMPLEMENTED_OPTION, message("nothing is published out of turn here"))
    added, removed = child(element, "add"), child(element, "rem")
    everything = None if removed is None else child(removed, "all")
    if removed is None or everything is None:
        gone = DnssecData() if removed is None else read_dnssec_data(removed)
    else:
        only(removed, "all")
        gone = DnssecData()
    return DnssecChange(
        DnssecData() if added is None else read_dnssec_data(added),
        gone,
        everything is not None and content(everything) in ("true", "1"),
    )


def _no_lifetime() -> EppError:
    return EppError(
        Code.UNIMPLEMENTED_OPTION, message("signatures live as long as the registry decides")
    )


def _read_ds(element: Element) -> str:
    only(element, "keyTag", "alg", "digestType", "digest", "keyData")
    digest = text_of(element, "digest")
    try:
        size = len(binascii.unhexlify(digest))
    except ValueError:
        size = 0
    if not 0 < size <= LONGEST_DIGEST // 2:
        raise wrong_value("digest", digest)
    numbers = (_number(element, "keyTag", 65_535), _number(element, "alg", 255))
    kind = _number(element, "digestType", 255)
    return f"{numbers[0]} {numbers[1]} {kind} {digest.upper()}"


def _read_key(element: Element) -> KeyData:
    only(element, "flags", "protocol", "alg", "pubKey")
    key = text_of(element, "pubKey").translate(dict.fromkeys(map(ord, WHITE_SPACE)))
    try:
        binascii.a2b_base64(key.encode(), strict_mode=True)
    except ValueError:
        raise wrong_value("pubKey", key) from None
    return KeyData(
        _number(element, "flags", 65_535),
        _number(element, "protocol", 255),
        _number(element, "alg", 255),
        key,
    )


def _number(element: Element, name: str, largest: int) -> int:
    return number_of(text_of(element, name), name, largest)


# --- writing --------------------------------------------------------------------------


def write_dnssec_data(tag: str, data: DnssecData) -> Element:
    """Return a ``create`` or an ``infData``."""
    return declared(tag, SECDNS, *_written(data))


def write_dnssec_change(change: DnssecChange) -> Element:
    """Return an ``update``."""
    removed = [make("secDNS:all", text="true")] if change.remove_all else _written(change.remove)
    added = _written(change.add)
    return declared(
        "update",
        SECDNS,
        *([make("secDNS:rem", *removed)] if removed else []),
        *([make("secDNS:add", *added)] if added else []),
    )


def _written(data: DnssecData) -> list[Element]:
    return [*map(_write_ds, data.ds), *map(_write_key, data.keys)]


def _write_ds(data: str) -> Element:
    names = ("keyTag", "alg", "digestType", "digest")
    fields = zip(names, data.split(), strict=True)
    return make("secDNS:dsData", *(make(f"secDNS:{name}", text=text) for name, text in fields))


def _write_key(key: KeyData) -> Element:
    return make(
        "secDNS:keyData",
        make("secDNS:flags", text=str(key.flags)),
        make("secDNS:protocol", text=str(key.protocol)),
        make("secDNS:alg", text=str(key.algorithm)),
        make("secDNS:pubKey", text=key.public_key),
    )


def read_dnssec(element: Element) -> DnssecData | DnssecChange:
    """Read what a command carries: ``create`` or ``update``."""
    name = local(element)
    if name == "create":
        return read_dnssec_data(element)
    if name == "update":
        return read_dnssec_change(element)
    raise missing("update")
