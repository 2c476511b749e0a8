"""The registry's EPP server: sessions over TLS (RFC 5734), on port 700 by custom."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from functools import partial
from typing import Final, cast

from simulator.roles.registry.epp_commands import Commands
from simulator.roles.registry.epp_session import EppAccounts, Exchange, Session
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.transform_log import Sent, TransformLog
from simulator.serving.tls import TlsPorts
from simulator.values import Address, Now
from simulator.wire.epp.command import Transform, name_of_command
from simulator.wire.epp.errors import EppError
from simulator.wire.epp.frames import Frames, framed
from simulator.wire.epp.objects import Transfer, TransferOperation
from simulator.wire.epp.response import Response, write_response
from simulator.wire.epp.session import Login

IDLE_TIMEOUT: Final = 600.0
"""Seconds that a session may be silent; registries in the world allow some minutes."""


class EppServer:
    """Serves one registry to its registrars on each of ``endpoints``.

    ``calendar_start`` is the date of lab instant 0 in seconds since 1970. Every transform,
    refused ones too, and every login is in the ``log`` with both transaction ids.
    """

    def __init__(
        self,
        registry: Registry,
        accounts: EppAccounts,
        tls_context: ssl.SSLContext,
        endpoints: Sequence[tuple[Address, int]],
        now: Now,
        log: TransformLog | None = None,
        *,
        calendar_start: int = 0,
        idle_timeout: float = IDLE_TIMEOUT,
    ) -> None:
        self._commands = Commands(registry, calendar_start)
        self._registry = registry
        self._accounts = accounts
        self._endpoints = tuple(endpoints)
        self._now = now
        self._log = log
        self._idle_timeout = idle_timeout
        self._ports = TlsPorts(tls_context, self.connection)

    def __repr__(self) -> str:
        return f"<EppServer of {self._registry!r}>"

    async def start(self) -> None:
        """Listen on every endpoint."""
        await self._ports.open(self._endpoints)

    async def stop(self) -> None:
        """Hang up on everybody and listen no more."""
        self._ports.close()

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        session = Session(self._accounts, self._commands)
        return _Connection(self, session)

    # --- for connections --------------------------------------------------------------

    def greeting(self) -> bytes:
        """Return the frame that opens a connection."""
        return framed(write_response(self._commands.greeting(self._now())))

    def answer(self, session: Session, document: bytes) -> bytes:
        """Return the frame that answers a document."""
        answered = partial(session.received, document, self._now())
        exchange = answered() if self._log is None else self._log.by_epp(answered, _noted)
        return framed(write_response(exchange.answer))

    @property
    def idle_timeout(self) -> float:
        """Seconds."""
        return self._idle_timeout


def _noted(exchange: Exchange) -> Sent | None:
    """Return what the log keeps of an exchange: logins and transforms, no queries."""
    about, answer = _about(exchange), exchange.answer
    if about is None or not isinstance(answer, Response):
        return None
    return Sent(
        *about,
        exchange.actor,
        int(answer.code),
        answer.client_transaction,
        answer.server_transaction,
    )


def _about(exchange: Exchange) -> tuple[str, str] | None:
    """Return the command and the name of its object, as far as they could be read."""
    body = exchange.body
    if body is None:
        return None if exchange.error is None else exchange.error.transform
    if isinstance(body, Login):
        return name_of_command(body), body.client
    if not isinstance(body, Transform) or _only_asks(body):
        return None
    return name_of_command(body), body.id if hasattr(body, "id") else body.name


def _only_asks(body: Transform) -> bool:
    return isinstance(body, Transfer) and body.operation is TransferOperation.QUERY


class _Connection(asyncio.Protocol):
    """One registrar's connection. Commands are answered in the order in which they come."""

    def __init__(self, server: EppServer, session: Session) -> None:
        self._server = server
        self._session = session
        self._frames = Frames()
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._server.greeting())
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Answer each document that is whole."""
        self._wait()
        try:
            documents = self._frames.received(data)
        except EppError as error:
            answer = self._session.refused(error).answer
            self._transport.write(framed(write_response(answer)))
            self._transport.close()
            return
        for document in documents:
            if self._session.ended:
                return
            self._transport.write(self._server.answer(self._session, document))
        if self._session.ended:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Give the session back."""
        self._session.close()
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._server.idle_timeout, self._transport.close)
