"""A registrar's HTTPS port. The web site behind it comes into being with its first visitor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from simulator.values import Address

if TYPE_CHECKING:
    from simulator.roles.registrar.front_service import WebFront

PORT: Final = 443


class FrontDoor:
    """Listens on port 443; ``make`` builds the site."""

    def __init__(self, addresses: Sequence[Address], make: Callable[[], WebFront]) -> None:
        self._addresses = tuple(addresses)
        self._make = make
        self._site: WebFront | None = None

    def __repr__(self) -> str:
        return f"<FrontDoor {'idle' if self._site is None else 'serving'}>"

    async def start(self) -> None:
        """Listen on every address."""
        loop = asyncio.get_running_loop()
        for address in self._addresses:
            await loop.create_server(self._accept, address, PORT)

    def _accept(self) -> asyncio.Protocol:
        if self._site is None:
            self._site = self._make()
        return self._site.connection()
