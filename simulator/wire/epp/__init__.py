"""EPP on the wire: frames, and XML to and from values (RFC 5730 to 5734, 5910, 3915, 8590)."""

from typing import Final

PORT: Final = 700
"""Where registries listen (RFC 5734)."""


def server_name(tld: str) -> str:
    """Return what registries call their EPP server: its certificate is for that name."""
    return f"epp.nic.{tld}"
