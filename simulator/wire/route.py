"""How a way out (a proxy, a chain of relays) says that it did not reach the destination.

Whoever offers the way raises it, whoever visits by it reads it, and neither knows the other.
"""

from __future__ import annotations

from simulator.values import Address


class RouteError(OSError):
    """The destination was not reached, as far as this end was told.

    ``stage`` (``dns``, ``tcp``, ``http``) and ``failure``, an OONI failure string, are those
    of whatever failed at the far end. ``hop`` is the (address, port) that this end dialled,
    ``hop_failure`` why that very connection failed, None if it was up.
    """

    def __init__(
        self,
        stage: str,
        failure: str,
        hop: tuple[Address, int] | None = None,
        hop_failure: str | None = None,
    ) -> None:
        super().__init__(f"{stage}: {failure}")
        self.stage = stage
        self.failure = failure
        self.hop = hop
        self.hop_failure = hop_failure
