"""A client's side of EPP: one session over TLS, opened when it is first needed (RFC 5734).

Registrars use it, and a registry's own staff, with an account of theirs.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Final

from simulator.serving.tls import open_tls_connection
from simulator.values import Address
from simulator.wire.epp.command import Body, Command, write_command
from simulator.wire.epp.errors import EppError
from simulator.wire.epp.frames import Frames, framed
from simulator.wire.epp.greeting import Greeting
from simulator.wire.epp.response import Response, read_response
from simulator.wire.epp.results import WORDS
from simulator.wire.epp.session import Hello, Login, Logout

TIMEOUT: Final = 30.0
"""Seconds that a connection or an answer may take."""
_CHUNK: Final = 65536


class EppUnavailable(ConnectionError):
    """The server cannot be reached, hung up, or does not speak EPP: try again later."""


class LoginRefused(EppUnavailable):
    """The server answered the login with something else than success."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"{int(response.code)} {response.reason or WORDS[response.code]}")
        self.response = response


class EppClient:
    """One account's session at a server. Commands go one after the other.

    ``server_name`` is what the certificate must be for, as far as the context checks it.
    """

    def __init__(
        self,
        address: Address,
        port: int,
        tls_context: ssl.SSLContext,
        server_name: str | None,
        account: str,
        password: str,
        *,
        timeout: float = TIMEOUT,
    ) -> None:
        self._endpoint = (address, port)
        self._tls = tls_context
        self._server_name = server_name
        self.account = account
        self._password = password
        self._timeout = timeout
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._frames = Frames()
        self._documents: list[bytes] = []
        self._sent = 0
        self._turn = asyncio.Lock()
        self.greeting: Greeting | None = None
        """What the server said of itself when the session was opened last."""
        self.received = b""
        """The server's last document, as it came."""

    def __repr__(self) -> str:
        state = "closed" if self._streams is None else "open"
        return f"<EppClient {self.account} at {self._endpoint[0]}:{self._endpoint[1]} {state}>"

    async def command(self, body: Body) -> Response:
        """Send a command and return the answer, whatever its code; log in first if need be.

        `EppUnavailable` when there is no answer: the command may have been carried out.
        """
        async with self._turn, self._answering():
            await self._open()
            answer = await self._exchange(body)
            if answer.code.ends_session:
                self._hang_up()
            return answer

    async def hello(self) -> Greeting:
        """Ask for the greeting."""
        async with self._turn, self._answering():
            await self._open()
            self._send(Command(Hello()))
            return await self._greeting()

    async def change_password(self, password: str) -> Response:
        """Log in anew, and change the password in doing so."""
        await self.close()
        async with self._turn, self._answering():
            response = await self._log_in(password)
            self._password = password
            return response

    async def close(self) -> None:
        """Log out and hang up, if a session is open."""
        async with self._turn:
            if self._is_open():
                with contextlib.suppress(EppUnavailable):
                    async with self._answering():
                        await self._exchange(Logout())
            self._hang_up()

    # --- inside -----------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        """Turn whatever keeps an answer from coming into `EppUnavailable`, and hang up then."""
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except (OSError, EppError) as error:  # TimeoutError is an OSError
            self._hang_up()
            if isinstance(error, EppUnavailable):
                raise
            raise EppUnavailable(str(error) or "no answer in time") from error
        except BaseException:
            # A cancelled command leaves an answer behind that belongs to nobody.
            self._hang_up()
            raise

    def _is_open(self) -> bool:
        if self._streams is None:
            return False
        reader, writer = self._streams
        return not (reader.at_eof() or writer.is_closing())

    async def _open(self) -> None:
        if not self._is_open():
            await self._log_in()

    async def _log_in(self, new_password: str | None = None) -> Response:
        self._hang_up()
        self._frames, self._documents = Frames(), []
        self._streams = await open_tls_connection(*self._endpoint, self._tls, self._server_name)
        self.greeting = await self._greeting()
        answer = await self._exchange(Login(self.account, self._password, new_password))
        if not answer.succeeded:
            raise LoginRefused(answer)
        return answer

    async def _exchange(self, body: Body) -> Response:
        self._sent += 1
        transaction = f"{self.account}-{self._sent:05d}"
        self._send(Command(body, transaction))
        answer = await self._next()
        if not isinstance(answer, Response) or answer.client_transaction not in (None, transaction):
            raise EppUnavailable("the answer is to another command")
        return answer

    async def _greeting(self) -> Greeting:
        answer = await self._next()
        if not isinstance(answer, Greeting):
            raise EppUnavailable("the server does not greet")
        return answer

    def _send(self, command: Command) -> None:
        assert self._streams is not None
        self._streams[1].write(framed(write_command(command)))

    async def _next(self) -> Response | Greeting:
        assert self._streams is not None
        while not self._documents:
            data = await self._streams[0].read(_CHUNK)
            if not data:
                raise EppUnavailable("the server hung up")
            self._documents += self._frames.received(data)
        self.received = self._documents.pop(0)
        return read_response(self.received)

    def _hang_up(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
