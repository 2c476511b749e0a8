"""What is wrong with an address that somebody is to open, in a sentence."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from simulator.values import Message, message
from simulator.world import reserved

_PRINTABLE = re.compile(r"[\x21-\x7e]+")


def wrong_address(url: str) -> Message | None:
    """Return what is wrong with an address of the web, None if nothing is."""
    if not url.isascii():
        strange = next(character for character in url if not character.isascii())
        return message(
            "'{url}' has '{character}' in it, and an address is ASCII: write a name in"
            " its xn-- form, a path in percent-encoding",
            url=url,
            character=strange,
        )
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if port is not None:
        return message(
            "port {port} in '{url}': sites answer at 80 for http and 443 for https alone;"
            " leave the port out",
            port=port,
            url=url,
        )
    readable = not url.startswith("//") and _PRINTABLE.fullmatch(url) is not None
    if (
        host is None
        or parts.scheme not in ("", "http", "https")
        or parts.username is not None
        or "*" in host
        or not readable
    ):
        return message("'{url}' is not an address such as https://clips.test/", url=url)
    return _not_reserved(host)


def _not_reserved(host: str) -> Message | None:
    numeric = host.strip("0123456789.") == "" or ":" in host
    try:
        (reserved.address if numeric else reserved.domain_name)(host)
    except reserved.NotReserved as reason:
        return reason.message
    return None
