"""The greeting: what a server says of itself before anything else (RFC 5730 section 2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from simulator.wire.epp.moments import Moment, read_moment, write_moment
from simulator.wire.epp.xml import (
    EXTENSIONS,
    OBJECTS,
    child,
    make,
    make_all,
    needed,
    text_of,
    texts_of,
)


@dataclass(frozen=True, slots=True)
class Greeting:
    """Who answers, its time, and what it offers."""

    server: str
    now: Moment
    languages: tuple[str, ...] = ("en",)
    objects: tuple[str, ...] = OBJECTS
    extensions: tuple[str, ...] = EXTENSIONS
    versions: tuple[str, ...] = ("1.0",)


def read_greeting(element: Element) -> Greeting:
    """Read a ``greeting`` element."""
    menu = needed(element, "svcMenu")
    extension = child(menu, "svcExtension")
    return Greeting(
        text_of(element, "svID"),
        read_moment(text_of(element, "svDate"), "svDate"),
        texts_of(menu, "lang"),
        texts_of(menu, "objURI"),
        () if extension is None else texts_of(extension, "extURI"),
        texts_of(menu, "version"),
    )


def write_greeting(greeting: Greeting) -> Element:
    """Return the ``greeting`` element.

    The data collection policy that must be in it says what a public registry's does: all
    may be seen, to run the registry, by the public, for as long as the policy states.
    """
    extensions = make_all("extURI", greeting.extensions)
    return make(
        "greeting",
        make("svID", text=greeting.server),
        make("svDate", text=write_moment(greeting.now)),
        make(
            "svcMenu",
            *make_all("version", greeting.versions),
            *make_all("lang", greeting.languages),
            *make_all("objURI", greeting.objects),
            *([make("svcExtension", *extensions)] if extensions else []),
        ),
        make("dcp", make("access", make("all")), _statement()),
    )


def _statement() -> Element:
    return make(
        "statement",
        make("purpose", make("admin"), make("prov")),
        make("recipient", make("public")),
        make("retention", make("stated")),
    )
