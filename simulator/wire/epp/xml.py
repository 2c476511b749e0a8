"""Documents: octets to elements and back, and the small steps between elements and values.

Reading goes by namespace; no document type and no entity is let in, so that nobody can name
a file of ours or make a small document large. Writing spells the customary prefixes out
(``domain:name``), because some clients look for them instead of reading namespaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, tostring

from defusedxml import ElementTree as Defused

from simulator.values import message
from simulator.wire.epp.errors import EppError, misplaced, missing, syntax_error, wrong_value
from simulator.wire.epp.results import Code

EPP: Final = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN: Final = "urn:ietf:params:xml:ns:domain-1.0"
HOST: Final = "urn:ietf:params:xml:ns:host-1.0"
CONTACT: Final = "urn:ietf:params:xml:ns:contact-1.0"
SECDNS: Final = "urn:ietf:params:xml:ns:secDNS-1.1"
RGP: Final = "urn:ietf:params:xml:ns:rgp-1.0"
CHANGE_POLL: Final = "urn:ietf:params:xml:ns:changePoll-1.0"

OBJECTS: Final = (DOMAIN, HOST, CONTACT)
EXTENSIONS: Final = (SECDNS, RGP, CHANGE_POLL)
PREFIXES: Final = {
    DOMAIN: "domain",
    HOST: "host",
    CONTACT: "contact",
    SECDNS: "secDNS",
    RGP: "rgp",
    CHANGE_POLL: "changePoll",
}
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
WHITE_SPACE: Final = " \t\r\n"
"""What XML calls white space (XML 1.0 section 2.3): no-break spaces are text."""
# What XML 1.0 section 2.2 has no character for, written or escaped.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


# --- reading --------------------------------------------------------------------------


def parse(document: bytes) -> Element:
    """Return the root of a document; `EppError` 2001 for what is none or brings a DTD."""
    try:
        root = Defused.fromstring(document, forbid_dtd=True)
    except (SyntaxError, ValueError, LookupError) as error:
        raise syntax_error(message("this is no XML that EPP may carry")) from error
    assert isinstance(root, Element)
    return root


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """Return an element's namespace, which may be empty."""
    return element.tag[1:].rpartition("}")[0] if element.tag[:1] == "{" else ""


def child(element: Element, name: str) -> Element | None:
    """Return the first child of that name in the element's own namespace, or None."""
    return element.find(f"{{{namespace(element)}}}{name}")


def children(element: Element, name: str) -> list[Element]:
    """Return the children of that name in the element's own namespace."""
    return element.findall(f"{{{namespace(element)}}}{name}")


def needed(element: Element, name: str) -> Element:
    """Return a child that must be there (2003 otherwise)."""
    found = child(element, name)
    if found is None:
        raise missing(name)
    return found


def only(element: Element, *names: str) -> None:
    """Refuse children of other names: what a command asks for must not be passed over (2001)."""
    own = namespace(element)
    for found in element:
        if namespace(found) != own or local(found) not in names:
            raise misplaced(local(found), local(element))


def content(element: Element) -> str:
    """Return an element's text without the white space around it."""
    return (element.text or "").strip(WHITE_SPACE)


def text_of(element: Element, name: str) -> str:
    """Return the text of a child that must be there and say something."""
    found = content(needed(element, name))
    if not found:
        raise missing(name)
    return found


def optional_text(element: Element, name: str) -> str | None:
    """Return the text of a child, or None if there is none."""
    found = child(element, name)
    return None if found is None else content(found)


def texts_of(element: Element, name: str) -> tuple[str, ...]:
    """Return the texts of all children of that name."""
    return tuple(content(found) for found in children(element, name))


def number_of(text: str, what: str, largest: int) -> int:
    """Read a whole number from 0 to ``largest``."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) > largest:
        raise wrong_value(what, text)
    return int(text)


def attribute_of(element: Element, name: str) -> str:
    """Return an attribute that must be there."""
    found = element.get(name)
    if found is None:
        raise missing(name)
    return found.strip(WHITE_SPACE)


# --- writing --------------------------------------------------------------------------


def make(tag: str, *children: Element, text: str | None = None, **attributes: str) -> Element:
    """Return an element; ``tag`` is its name with the prefix it is written with."""
    element = Element(tag, attributes)
    element.text = text
    element.extend(children)
    return element


def make_all(tag: str, texts: Iterable[str]) -> list[Element]:
    """Return an element for each text."""
    return [make(tag, text=text) for text in texts]


def make_some(tag: str, text: str | None) -> list[Element]:
    """Return one element with that text, or none for None."""
    return [] if text is None else [make(tag, text=text)]


def declared(tag: str, uri: str, *children: Element, **attributes: str) -> Element:
    """Return an element that declares the namespace of its prefix."""
    prefix = PREFIXES[uri]
    element = make(f"{prefix}:{tag}", *children, **attributes)
    element.set(f"xmlns:{prefix}", uri)
    return element


def document(*children: Element) -> bytes:
    """Return an ``epp`` document in UTF-8; `EppError` 2005 for text that XML cannot carry."""
    root = make("epp", *children, xmlns=EPP)
    written = tostring(root, encoding="unicode")
    if _UNWRITABLE.search(written) is not None:
        raise EppError(
            Code.VALUE_SYNTAX, message("a value has characters that no document can carry")
        )
    return _DECLARATION + written.encode()
