"""The ways round a provider in a word or two, for headings and for who saw what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.values import Message, message
from simulator.world.choices import choose

if TYPE_CHECKING:
    from simulator.world.models import World

SHORT = {
    "public-resolver": message("other resolver"),
    "dot-opportunistic": message("DoT if possible"),
    "dot-strict": message("strict DoT"),
    "doh": message("DoH"),
    "http-only": message("HTTP only"),
    "socks-proxy": message("SOCKS proxy"),
    "connect-proxy": message("CONNECT proxy"),
    "vpn": message("VPN"),
    "vpn-obfuscated": message("VPN in disguise"),
    "onion": message("three relays"),
    "mirror": message("mirror"),
    "fronting": message("fronting"),
    "hosts-file": message("hosts file"),
}
"""Every kind of way, in the order of columns."""


def way(via: str | None, world: World) -> Message | None:
    """Return which kind of way a word is; None for the provider's own."""
    if via is None:
        return None
    try:
        return SHORT[choose(via, world).kind]
    except LabError:  # a result of another world
        return Message(via)
