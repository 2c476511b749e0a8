"""Probe and test helper side by side: are the lookups consistent, are the pages the same?

Rows c1 and c2 of OONI's decision table (ts-017, web_connectivity v0.5).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from simulator.ooni.format import Binary, Body, Control, ControlHttp, HttpResponse, Query
from simulator.ooni.sightings import Scene, is_address

CONSISTENT, INCONSISTENT = "consistent", "inconsistent"
NO_ANSWER = "dns_no_answer"
SAME_LENGTH = 0.7
"""Bodies match in length above this proportion."""
LONG_WORD = 5
"""Octets: shorter words of a title say little."""

_COMMON_HEADERS = frozenset(
    (
        "accept-ranges",
        "age",
        "cache-control",
        "cf-ray",
        "content-encoding",
        "content-language",
        "content-type",
        "date",
        "etag",
        "expires",
        "last-modified",
        "link",
        "location",
        "p3p",
        "pragma",
        "server",
        "set-cookie",
        "strict-transport-security",
        "vary",
        "via",
        "x-content-type-options",
        "x-frame-options",
        "x-powered-by",
        "x-varnish",
        "x-xss-protection",
    )
)
"""The 25 that nearly every server sends, and that therefore identify none."""
_TITLE = re.compile(r"<title[^>]*>([^<]{1,128})</title>", re.IGNORECASE)


class HttpDiff(NamedTuple):
    """How alike two pages are; None where it cannot be told."""

    body_proportion: float = 0.0
    """0 where it cannot be told, as OONI's program writes it."""
    body_length_match: bool | None = None
    headers_match: bool | None = None
    status_code_match: bool | None = None
    title_match: bool | None = None

    @property
    def differs(self) -> bool:
        """Whether this is an http-diff: another status, or nothing else that matches."""
        alike = self.body_length_match or self.headers_match or self.title_match
        return not (self.status_code_match and alike)


# --- c1: the lookups ------------------------------------------------------------------------


def experiment_failure(scene: Scene) -> str | None:
    """Return why the first failed lookup of the name by the system's resolver failed."""
    failed = (query.failure for query in scene.lookups if _counts(scene, query))
    return next((failure for failure in failed if failure is not None), None)


def consistency(scene: Scene) -> str | None:
    """Return whether the lookups agree with the test helper's, None without a word of it."""
    if is_address(scene.host):
        return CONSISTENT  # nothing was looked up; ts-017 counts it so
    dns = None if scene.control is None else scene.control.dns
    if dns is None:
        return None
    lookups = [query for query in scene.lookups if _counts(scene, query)]
    failed = [query for query in lookups if query.failure is not None]
    expected = [query for query in failed if is_expected(query, scene.control)]
    found = [query for query in lookups if query.failure is None and query.addresses]
    valid = [query for query in found if dns.addrs and _is_valid(scene, query, dns.addrs)]
    invalid = [query for query in found if dns.addrs and not _is_valid(scene, query, dns.addrs)]
    unexpected = len(failed) > len(expected)
    if not unexpected and not invalid and (valid or expected):
        return CONSISTENT
    ghost = bool(found) and not dns.addrs
    return INCONSISTENT if unexpected or invalid or ghost else None


def is_expected(query: Query, control: Control | None) -> bool:
    """Tell whether the test helper failed as well to look the name up.

    It has no word for a name without addresses: it says neither a failure nor an address.
    """
    if control is None or control.dns is None:
        return False
    silent = query.failure == NO_ANSWER and not control.dns.addrs
    return control.dns.failure is not None or silent


def lacks_ipv6(query: Query) -> bool:
    """Tell whether a lookup merely says that a name has no IPv6 address: that is no failure."""
    return query.query_type == "AAAA" and query.failure == NO_ANSWER


def _counts(scene: Scene, query: Query) -> bool:
    """Tell whether a lookup is of the name that was asked for, before any redirect."""
    hostname = (query.hostname or "").lower()
    return hostname == scene.host and not query.depth and not lacks_ipv6(query)


def _is_valid(scene: Scene, query: Query, truth: tuple[str, ...]) -> bool:
    """Tell whether a lookup found an address of the test helper's, or one beside it."""
    if any(address in truth for address in query.addresses):
        return True
    ours = scene.autonomous_systems(query.addresses)
    return bool(ours & scene.autonomous_systems(truth))


# --- c2: the pages --------------------------------------------------------------------------


def http_diff(scene: Scene) -> HttpDiff:
    """Compare the final response with the test helper's; all None if either is missing."""
    final = scene.final
    control = None if scene.control is None else scene.control.http_request
    response = None if final is None or final.exchange is None else final.exchange.response
    if response is None or control is None or control.failure is not None:
        return HttpDiff()
    if (control.status_code or 0) <= 0:
        return HttpDiff()
    proportion = _proportion(response, control)
    return HttpDiff(
        body_proportion=proportion or 0.0,
        body_length_match=None if proportion is None else proportion > SAME_LENGTH,
        headers_match=_headers_match(response, control),
        status_code_match=_status_match(response.code or 0, control.status_code or 0),
        title_match=_title_match(title_of(response), control.title or ""),
    )


def octets(body: Body) -> bytes:
    """Return a body as octets; what is no base64 is none."""
    if isinstance(body, Binary):
        try:
            return base64.b64decode(body.data or "", validate=True)
        except (ValueError, binascii.Error):
            return b""
    return (body or "").encode("utf-8", "replace")


def title_of(response: HttpResponse) -> str:
    """Return the title of a page, or an empty text."""
    found = _TITLE.search(octets(response.body).decode("utf-8", "replace"))
    return "" if found is None else " ".join(found[1].split())


def _proportion(response: HttpResponse, control: ControlHttp) -> float | None:
    length, other = len(octets(response.body)), control.body_length or 0
    if response.body_is_truncated or length <= 0 or other <= 0:
        return None
    return min(length, other) / max(length, other)


def _headers_match(response: HttpResponse, control: ControlHttp) -> bool:
    theirs = {name.lower() for name in control.headers or {}} - _COMMON_HEADERS
    return any(name in theirs for name in response.header_names)


def _status_match(ours: int, theirs: int) -> bool | None:
    """Equal is a match, whatever the status; a test helper that failed proves no mismatch.

    OONI's program since ooni/probe#2287; ts-017 leaves every status but 2xx undecided.
    """
    if ours == theirs:
        return True
    return False if theirs // 100 == 2 else None


def _title_match(ours: str, theirs: str) -> bool | None:
    """Tell whether all long words of either title are in the other (v0.5).

    ts-017 asks for one shared long word. A page without a title cannot be compared.
    """
    if not ours or not theirs:
        return None
    return _long_words(ours) == _long_words(theirs)


def _long_words(title: str) -> frozenset[str]:
    words = title.lower().split(" ")
    return frozenset(word for word in words if len(word.encode("utf-8", "replace")) >= LONG_WORD)
