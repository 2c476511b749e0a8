"""What a visitor sees, in a shape and a word: never by colour alone."""

from __future__ import annotations

import enum
from typing import NamedTuple

from simulator.values import Message, Observation, message


class Shape(enum.Enum):
    """The families of what one may see."""

    SITE = "site"
    BANNER = "banner"
    BLOCK_PAGE = "block page"
    OTHER = "other"
    FOUND = "found"
    CERTIFICATE = "certificate"
    FAILURE = "failure"


class Sight(NamedTuple):
    """One thing that may be seen: ``short`` for a table, ``word``, and ``meaning`` for the legend.

    ``failure`` is the OONI failure string, or None.
    """

    shape: Shape
    short: Message
    word: Message
    meaning: Message
    failure: str | None = None


SITE = Sight(Shape.SITE, message("site"), message("site"), message("the site itself"))
BANNER = Sight(
    Shape.BANNER,
    message("seized"),
    message("banner"),
    message("the page that the authorities put in its place"),
)
BLOCK_PAGE = Sight(
    Shape.BLOCK_PAGE,
    message("blocked"),
    message("block page"),
    message("a page that says that access is blocked"),
)
OTHER = Sight(
    Shape.OTHER, message("other"), message("other page"), message("a page, but not the site's")
)
FOUND = Sight(
    Shape.FOUND, message("found"), message("name found"), message("the name leads to an address")
)

_FAILURES = {
    "dns_nxdomain_error": (
        message("no name"),
        message("no such name"),
        message("the resolver says that the name does not exist"),
    ),
    "dns_refused_error": (
        message("refused"),
        message("refused"),
        message("the resolver refuses to answer"),
    ),
    "dns_servfail_error": (
        message("failure"),
        message("no answer"),
        message("the resolver found no answer"),
    ),
    "dns_no_answer": (
        message("no addr."),
        message("no address"),
        message("the name exists, without an address"),
    ),
    "connection_refused": (
        message("refused"),
        message("refused"),
        message("the machine refuses the connection"),
    ),
    "connection_reset": (
        message("reset"),
        message("reset"),
        message("the connection was cut"),
    ),
    "generic_timeout_error": (
        message("silence"),
        message("silence"),
        message("nobody answers"),
    ),
    "eof_error": (message("cut off"), message("cut off"), message("the server hung up")),
    "host_unreachable": (
        message("no way"),
        message("unreachable"),
        message("a router says that the machine cannot be reached"),
    ),
    "network_unreachable": (
        message("no way"),
        message("unreachable"),
        message("there is no way there"),
    ),
}
_TOO_SLOW = (
    message("too slow"),
    message("too slow"),
    message("the page does not come whole in time"),
)
_UNKNOWN_FAILURE = (message("failure"), message("failure"), message("the visit failed"))
_CERTIFICATES = {
    "ssl_invalid_hostname": message("the server's certificate is for another name"),
    "ssl_unknown_authority": message("nobody whom browsers trust signed the certificate"),
    "ssl_invalid_certificate": message("the server's certificate is not valid"),
}
_PAGES = {"site": SITE, "seizure_banner": BANNER, "block_page": BLOCK_PAGE, "other": OTHER}


def sight(observation: Observation) -> Sight:
    """Return what an observation comes to."""
    if observation.page is not None:
        return _PAGES[observation.page]
    failure = observation.failure
    if failure is None:
        return FOUND if observation.url.startswith("dns:") else OTHER
    if failure in _CERTIFICATES:
        return Sight(
            Shape.CERTIFICATE,
            message("cert."),
            message("wrong certificate"),
            _CERTIFICATES[failure],
            failure,
        )
    if failure == "generic_timeout_error" and observation.stage == "http":
        return Sight(Shape.FAILURE, *_TOO_SLOW, failure)
    return Sight(Shape.FAILURE, *_FAILURES.get(failure, _UNKNOWN_FAILURE), failure)
