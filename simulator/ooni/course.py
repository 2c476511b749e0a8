"""How a visit went, in OONI's terms: which URL it measured, after how many redirects what was.

A browser that was given ``http://`` tries HTTPS first. If that fails and the page comes over
HTTP, the measurement is of the HTTP URL, and what came before was a check of the address.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple
from urllib.parse import urlsplit

from simulator.values import ExchangeSeen, Instant, Observation

REDIRECTS = (301, 302, 303, 307, 308)


class Step(NamedTuple):
    """After how many redirects a connection was made, and whether to fetch the page."""

    depth: int
    fetches: bool


class Course(NamedTuple):
    """The URL that was measured, each connection's step, and when the redirects came."""

    url: str
    host: str
    port: int
    steps: dict[int, Step]
    turns: tuple[Instant, ...]

    def depth(self, at: Instant) -> int:
        """Return how many redirects there had been by then."""
        return bisect_right(self.turns, at)


def course(observation: Observation) -> Course:
    """Return how a visit went."""
    exchanges = observation.exchanges
    url = exchanges[0].url if exchanges else observation.final_url or observation.url
    parts = urlsplit(url)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    turns = tuple(exchange.ended for exchange in exchanges if exchange.status in REDIRECTS)
    found = Course(url, parts.hostname or "", port, {}, turns)
    for connect in observation.connects:
        depth = found.depth(connect.began)
        found.steps[connect.transaction] = Step(depth, depth > 0 or connect.port == port)
    for handshake in observation.handshakes:
        depth = found.depth(handshake.began)
        fetches = depth > 0 or parts.scheme == "https"
        found.steps[handshake.transaction] = Step(depth, fetches)
    for place, exchange in enumerate(exchanges):
        found.steps[exchange.transaction] = Step(_redirects(exchanges[:place]), fetches=True)
    return found


def _redirects(exchanges: tuple[ExchangeSeen, ...]) -> int:
    return sum(exchange.status in REDIRECTS for exchange in exchanges)
