"""What a measurement says happened, flat and in the order in which OONI's table reads it.

web_connectivity v0.5 turns a measurement into a list of observations, one for each lookup and
each endpoint, and walks it: the last redirect first, the highest stage reached first, successes
before failures. Only what the classic algorithm would have measured counts: the system's
resolver, the addresses that it found, and connections meant to fetch the page.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import urlsplit

from simulator.ooni.format import Control, HttpExchange, Keys, Measurement, Query
from simulator.values import Address

DNS, TCP, TLS, HTTP = 1, 2, 3, 4
"""The stages, in the order of the table."""

_SYSTEM_RESOLVER = ("getaddrinfo", "golang_net_resolver", "go", "system")
"""``go`` and ``system`` are what programs before 3.16 wrote (df-002)."""


@dataclass(slots=True)
class Sighting:
    """One lookup, or one endpoint as far as it was used; ``failure`` is that of ``stage``.

    ``control_tcp`` and ``control_tls`` are the test helper's failure at the same endpoint,
    ``""`` for its success, None where it has nothing to say.
    """

    stage: int
    depth: int
    failure: str | None
    transaction: int
    query: Query | None = None
    exchange: HttpExchange | None = None
    secured: bool = False
    server_name: str | None = None
    control_tcp: str | None = None
    control_tls: str | None = None

    @property
    def final(self) -> bool:
        """Whether it brought a response that is no redirect (2xx, 4xx, 5xx)."""
        if self.stage != HTTP or self.failure is not None or self.exchange is None:
            return False
        response = self.exchange.response
        return response is not None and (response.code or 0) // 100 in (2, 4, 5)

    @property
    def scheme(self) -> str:
        """``http`` or ``https``, of an exchange."""
        request = None if self.exchange is None else self.exchange.request
        return "" if request is None else scheme_of(request.url)


@dataclass(frozen=True, slots=True)
class Scene:
    """A measurement made ready: the host asked for, lookups, sightings, the test helper."""

    host: str
    lookups: tuple[Query, ...]
    """Those of the system's resolver, as they stand in the file."""
    sightings: tuple[Sighting, ...]
    """In the order of the table."""
    control: Control | None
    older: bool
    """Whether a program before v0.5 wrote it."""
    names: dict[Address, int] = field(default_factory=dict)

    @property
    def final(self) -> Sighting | None:
        """The first final response in the order of the table."""
        return next((sighting for sighting in self.sightings if sighting.final), None)

    def autonomous_systems(self, addresses: tuple[Address, ...]) -> frozenset[int]:
        """Return the numbers of the networks that the measurement names for addresses."""
        return frozenset(self.names[address] for address in addresses if address in self.names)


def scene(measurement: Measurement) -> Scene:
    """Return a measurement made ready for the table."""
    keys = measurement.test_keys
    host = host_of(measurement.input)
    lookups = tuple(query for query in keys.queries if query.engine in _SYSTEM_RESOLVER)
    # v0.4 writes an empty reply where the test helper gave none.
    control = keys.control if keys.control_failure is None else None
    older = is_older(measurement)
    found = [_of_lookup(query) for query in lookups]
    endpoints = _endpoints(keys)
    found += _classic(endpoints, keys, lookups, control)
    found += _of_loose_exchanges(keys, endpoints, older)
    ordered = tuple(sorted(found, key=_place))
    return Scene(host, lookups, ordered, control, older, _numbers(keys, control))


def is_older(measurement: Measurement) -> bool:
    """Tell whether a program before web_connectivity v0.5 wrote a measurement."""
    parts = (measurement.test_version or "").split(".")
    if len(parts) < 2 or not all(part.isdecimal() for part in parts[:2]):
        return False
    return [int(part[:6]) for part in parts[:2]] < [0, 5]


@lru_cache(maxsize=256)
def host_of(url: str | None) -> str:
    """Return the host of a URL in lower case, or an empty text."""
    try:
        return urlsplit(url or "").hostname or ""
    except ValueError:
        return ""


def scheme_of(url: str | None) -> str:
    """Return the scheme of a URL in lower case, or an empty text."""
    return (url or "").partition("://")[0].lower()


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _place(sighting: Sighting) -> tuple[int, int, str, int]:
    """Sort: depth down, stage down, failure up with success first, transaction down."""
    failure = sighting.failure or ""
    return (-sighting.depth, -sighting.stage, failure, -sighting.transaction)


def _of_lookup(query: Query) -> Sighting:
    return Sighting(DNS, query.depth or 0, query.failure, query.transaction_id or 0, query)


# --- endpoints ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Endpoint:
    """What is known of one connection until all stages are in."""

    sighting: Sighting
    where: str
    address: Address
    fetches: bool


def _endpoints(keys: Keys) -> dict[int | str, _Endpoint]:
    """Return the connections by transaction; by endpoint where a file has no transactions."""
    endpoints: dict[int | str, _Endpoint] = {}
    _add_connects(endpoints, keys)
    _add_handshakes(endpoints, keys)
    _add_exchanges(endpoints, keys)
    return endpoints


def _classic(
    endpoints: Mapping[int | str, _Endpoint],
    keys: Keys,
    lookups: tuple[Query, ...],
    control: Control | None,
) -> Iterator[Sighting]:
    """Yield what the classic algorithm would have measured too."""
    by_system = {address for query in lookups for address in query.addresses}
    elsewhere = {address for query in keys.queries for address in query.addresses}
    elsewhere |= set(() if control is None or control.dns is None else control.dns.addrs)
    for one in endpoints.values():
        # An address that no lookup brought stood in a URL, or was remembered.
        if one.fetches and (one.address in by_system or one.address not in elsewhere):
            yield _beside_control(one, control)


def _add_connects(endpoints: dict[int | str, _Endpoint], keys: Keys) -> None:
    for connect in keys.tcp_connect:
        failure = connect.status.failure
        if failure is None and connect.status.success is False:
            failure = "unknown_failure"
        transaction = connect.transaction_id or 0
        sighting = Sighting(TCP, connect.depth or 0, failure, transaction)
        endpoints[transaction or connect.endpoint] = _Endpoint(
            sighting, connect.endpoint, connect.ip or "", connect.tag("fetch_body") != "false"
        )


def _add_handshakes(endpoints: dict[int | str, _Endpoint], keys: Keys) -> None:
    for handshake in keys.tls_handshakes:
        if handshake.network == "udp":  # QUIC is no part of the classic algorithm
            continue
        where = handshake.address or ""
        key = handshake.transaction_id or where
        if key not in endpoints:
            fresh = Sighting(TCP, handshake.depth or 0, None, handshake.transaction_id or 0)
            address = where.rpartition(":")[0].strip("[]")
            fetches = handshake.tag("fetch_body") != "false"
            endpoints[key] = _Endpoint(fresh, where, address, fetches)
        one = endpoints[key]
        one.sighting = replace(
            one.sighting,
            stage=TLS,
            failure=handshake.failure,
            secured=handshake.failure is None,
            server_name=handshake.server_name,
        )


def _add_exchanges(endpoints: dict[int | str, _Endpoint], keys: Keys) -> None:
    for exchange in keys.requests:
        one = endpoints.get(exchange.transaction_id or exchange.address or "")
        # Some versions also write a request that was never sent, to say why.
        if one is not None and one.sighting.failure is None:
            one.sighting = replace(
                one.sighting, stage=HTTP, failure=exchange.failure, exchange=exchange
            )


def _beside_control(one: _Endpoint, control: Control | None) -> Sighting:
    """Return the sighting with what the test helper met at the same endpoint."""
    if control is None:
        return one.sighting
    tcp = (control.tcp_connect or {}).get(one.where)
    tls = (control.tls_handshake or {}).get(one.where)
    if tls is not None and tls.server_name not in (None, one.sighting.server_name):
        tls = None
    return replace(
        one.sighting,
        control_tcp=None if tcp is None else tcp.failure or "",
        control_tls=None if tls is None else tls.failure or "",
    )


def _of_loose_exchanges(
    keys: Keys, endpoints: Mapping[int | str, _Endpoint], older: bool
) -> Iterator[Sighting]:
    """Yield exchanges that belong to no endpoint: before v0.5 they had no transaction.

    There a request that failed before it was sent repeats the failure of a lower stage. It
    counts only if it comes after a redirect, or if some connection had come about.
    """
    reached = any(one.sighting.failure is None for one in endpoints.values())
    for place, exchange in enumerate(keys.requests):
        if (exchange.transaction_id or exchange.address or "") in endpoints:
            continue
        depth, failure = exchange.depth, exchange.failure
        if depth is None:
            depth = len(keys.requests) - 1 - place
        if failure is not None and older and depth == 0 and not reached:
            continue
        url = None if exchange.request is None else exchange.request.url
        secured = failure is None and scheme_of(url) == "https"
        yield Sighting(_stage_of(failure), depth, failure, 0, None, exchange, secured)


def _stage_of(failure: str | None) -> int:
    """Return the stage that a request met its failure in, as far as the failure tells."""
    prefix = (failure or "").partition("_")[0]
    return {"dns": DNS, "ssl": TLS}.get(prefix, HTTP)


def _numbers(keys: Keys, control: Control | None) -> dict[Address, int]:
    """Return the AS number of each address that the file has one for."""
    numbers: dict[Address, int] = {}
    for query in keys.queries:
        for answer in query.answers:
            if answer.address is not None and answer.asn:
                numbers[answer.address] = answer.asn
    if control is not None:
        for address, info in (control.ip_info or {}).items():
            if info is not None and info.asn:
                numbers.setdefault(address, info.asn)
    return numbers
