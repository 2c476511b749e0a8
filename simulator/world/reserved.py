"""Names, addresses and AS numbers that can never be anybody's on the live Internet.

A student who mistypes where a name is resolved must not end on a live site, least of all
on a seized name that someone has bought since. So a world may use only

* the top-level domains ``test`` and ``example`` (RFC 2606, RFC 6761) and the two-letter
  codes that ISO 3166-1 leaves to its users (AA, QM to QZ, XA to XZ, ZZ), which no country
  will ever hold;
* the addresses for documentation (RFC 5737, RFC 3849, RFC 9637) and for benchmarks
  (RFC 2544);
* the AS numbers for documentation (RFC 5398) and for private use (RFC 6996).
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from simulator.values import Address, Message, message

NETWORKS: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(prefix)
    for prefix in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "198.18.0.0/15",
        "2001:db8::/32",
        "3fff::/20",
    )
)
_AS_NUMBERS = ((64496, 64511), (65536, 65551), (64512, 65534), (4_200_000_000, 4_294_967_294))
_TOP_LEVEL = re.compile(r"test|example|aa|q[m-z]|x[a-z]|zz")
_LABEL = re.compile(r"_?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?|\*")


class NotReserved(ValueError):
    """A name, address or number that the lab does not use, with the reason."""

    def __init__(self, text: Message) -> None:
        super().__init__(str(text))
        self.message = text


@lru_cache(maxsize=4096)
def domain_name(text: str) -> str:
    """Return a domain name in lower case without trailing dot; raise `NotReserved`."""
    name = text.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise NotReserved(message("'{text}' is not a domain name", text=text))
    if not _TOP_LEVEL.fullmatch(labels[-1]):
        raise NotReserved(
            message(
                "'{text}' could be a live name: use names under .test, .example or a"
                " two-letter code that no country will hold (.aa, .qm to .qz, .xa to .xz, .zz)",
                text=text,
            )
        )
    return name


@lru_cache(maxsize=4096)
def address(text: str) -> Address:
    """Return the canonical text of a reserved address; raise `NotReserved`."""
    try:
        parsed = ip_address(text)
    except ValueError:
        raise NotReserved(message("'{text}' is not an IP address", text=text)) from None
    if not any(parsed in network for network in NETWORKS):
        raise NotReserved(_live(text))
    return str(parsed)


@lru_cache(maxsize=1024)
def prefix(text: str) -> str:
    """Return the canonical text of a prefix of reserved addresses; raise `NotReserved`."""
    try:
        parsed = ip_network(text)
    except ValueError:
        raise NotReserved(
            message("'{text}' is not a prefix such as 198.18.1.0/24", text=text)
        ) from None
    if not any(_within(parsed, network) for network in NETWORKS):
        raise NotReserved(_live(text))
    return str(parsed)


def as_number(number: int) -> int:
    """Return a documentation or private AS number; raise `NotReserved`."""
    if not any(first <= number <= last for first, last in _AS_NUMBERS):
        raise NotReserved(
            message(
                "AS{number} could be a live network: use 64496 to 64511, 65536 to 65551"
                " (RFC 5398) or a private number (RFC 6996)",
                number=number,
            )
        )
    return number


def _within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _live(text: str) -> Message:
    return message(
        "{text} could be a live address: use 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24,"
        " 198.18.0.0/15, 2001:db8::/32 or 3fff::/20",
        text=text,
    )
