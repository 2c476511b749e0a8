"""The tools by name: light, for the help of the command line needs no more."""

from __future__ import annotations

from simulator.values import Message, message

TOOLS: dict[str, Message] = {
    "dig": message("ask a DNS server a question and see the whole reply"),
    "curl": message("fetch a page and see each stage of it"),
    "traceroute": message("name the routers on the way to an address"),
    "ping": message("ask a machine whether it is there"),
    "whois": message("ask a registry who holds a name, and in which state it is"),
    "openssl": message("see the certificates that a server shows (s_client)"),
}
"""Each tool with what it is for. Their modules are loaded when they are used."""
