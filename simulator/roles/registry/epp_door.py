"""A registry's EPP port. The server behind it comes into being with its first caller: where
nobody speaks EPP it is not even loaded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from simulator.serving.tls import TlsServerProtocol
from simulator.wire.epp import PORT

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

    from simulator.journal import Journal
    from simulator.roles.registry.epp_service import EppServer
    from simulator.roles.registry.logic import Registry
    from simulator.values import Address, Now


class EppDoor:
    """Listens on port 700. ``passwords`` are those of the registrars, by id."""

    def __init__(
        self,
        registry: Registry,
        passwords: Mapping[str, str],
        tls_context: ssl.SSLContext,
        addresses: Sequence[Address],
        now: Now,
        journal: Journal,
        calendar_start: int,
    ) -> None:
        self._registry = registry
        self._passwords = passwords
        self._tls = tls_context
        self._addresses = tuple(addresses)
        self._now = now
        self._journal = journal
        self._calendar_start = calendar_start
        self._server: EppServer | None = None

    def __repr__(self) -> str:
        state = "idle" if self._server is None else "serving"
        return f"<EppDoor of {self._registry!r} {state}>"

    async def start(self) -> None:
        """Listen on every address."""
        loop = asyncio.get_running_loop()
        for address in self._addresses:
            await loop.create_server(self._accept, address, PORT)

    def _accept(self) -> asyncio.Protocol:
        if self._server is None:
            self._server = self._make_server()
        return TlsServerProtocol(self._tls, self._server.connection)

    def _make_server(self) -> EppServer:
        from simulator.roles.registry.epp_service import EppServer
        from simulator.roles.registry.epp_session import EppAccount, EppAccounts

        accounts = EppAccounts(
            EppAccount(registrar, password, registrar)
            for registrar, password in self._passwords.items()
        )
        return EppServer(
            self._registry,
            accounts,
            self._tls,
            (),
            self._now,
            self._journal,
            calendar_start=self._calendar_start,
        )
