"""Commands that concern the session and the message queue (RFC 5730 section 2.9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from simulator.wire.epp.errors import missing, wrong_value
from simulator.wire.epp.xml import (
    EXTENSIONS,
    OBJECTS,
    attribute_of,
    child,
    make,
    make_all,
    make_some,
    needed,
    optional_text,
    text_of,
    texts_of,
)


@dataclass(frozen=True, slots=True)
class Hello:
    """Ask for the greeting (section 2.3)."""


@dataclass(frozen=True, slots=True)
class Login:
    """Open a session (section 2.9.1.1)."""

    client: str
    password: str = field(repr=False)
    new_password: str | None = field(default=None, repr=False)
    version: str = "1.0"
    language: str = "en"
    objects: tuple[str, ...] = OBJECTS
    extensions: tuple[str, ...] = EXTENSIONS


@dataclass(frozen=True, slots=True)
class Logout:
    """End the session (section 2.9.1.2)."""


@dataclass(frozen=True, slots=True)
class PollRequest:
    """Ask for the first message of the queue (section 2.9.2.3)."""


@dataclass(frozen=True, slots=True)
class PollAck:
    """Take a message off the queue."""

    id: str


def read_login(element: Element) -> Login:
    """Read a ``login`` element."""
    options = needed(element, "options")
    services = needed(element, "svcs")
    extension = child(services, "svcExtension")
    return Login(
        client=text_of(element, "clID"),
        password=text_of(element, "pw"),
        new_password=optional_text(element, "newPW"),
        version=text_of(options, "version"),
        language=text_of(options, "lang"),
        objects=texts_of(services, "objURI"),
        extensions=() if extension is None else texts_of(extension, "extURI"),
    )


def read_poll(element: Element) -> PollRequest | PollAck:
    """Read a ``poll`` element."""
    operation = attribute_of(element, "op")
    if operation == "req":
        return PollRequest()
    if operation != "ack":
        raise wrong_value("op", operation)
    id = attribute_of(element, "msgID")  # noqa: A001  what the field is called
    if not id:
        raise missing("msgID")
    return PollAck(id)


def write_login(login: Login) -> Element:
    """Return the ``login`` element."""
    extensions = make_all("extURI", login.extensions)
    return make(
        "login",
        make("clID", text=login.client),
        make("pw", text=login.password),
        *make_some("newPW", login.new_password),
        make("options", make("version", text=login.version), make("lang", text=login.language)),
        make(
            "svcs",
            *make_all("objURI", login.objects),
            *([make("svcExtension", *extensions)] if extensions else []),
        ),
    )


def write_poll(poll: PollRequest | PollAck) -> Element:
    """Return the ``poll`` element."""
    if isinstance(poll, PollAck):
        return make("poll", op="ack", msgID=poll.id)
    return make("poll", op="req")
