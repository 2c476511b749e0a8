"""One registrar's EPP session: greeting, login, commands, logout (RFC 5730 section 2).

Takes documents and returns answers; knows no socket and no clock.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Protocol

from simulator.values import Instant, Message, message
from simulator.wire.epp.command import Body, read_command
from simulator.wire.epp.errors import EppError
from simulator.wire.epp.greeting import Greeting
from simulator.wire.epp.response import Response
from simulator.wire.epp.results import Code
from simulator.wire.epp.session import Hello, Login, Logout
from simulator.wire.epp.xml import CHANGE_POLL, RGP, SECDNS

LANGUAGE: Final = "en"
VERSION: Final = "1.0"
ATTEMPTS: Final = 3
"""Wrong passwords that one connection may try."""
SHORTEST_PASSWORD: Final = 6
LONGEST_PASSWORD: Final = 16
"""RFC 5730 section 4, pwType."""


@dataclass(slots=True)
class EppAccount:
    """Who may log in: ``client`` is its clID, ``actor`` as whom it acts on the registry.

    ``actor`` is the registrar's id, or `SERVER` for the registry's own staff. ``sessions``
    is how many it may have open at once.
    """

    client: str
    password: str = field(repr=False)
    actor: str
    sessions: int = 4
    open_sessions: int = 0


class EppAccounts:
    """The accounts of a server, by clID."""

    def __init__(self, accounts: Iterable[EppAccount] = ()) -> None:
        self._accounts = {account.client: account for account in accounts}

    def __repr__(self) -> str:
        return f"<EppAccounts {', '.join(self._accounts)}>"

    def add(self, account: EppAccount) -> None:
        """Let one more in."""
        self._accounts[account.client] = account

    def find(self, client: str, password: str) -> EppAccount | None:
        """Return the account that has this password, or None."""
        account = self._accounts.get(client)
        if account is None:
            return None
        same = hmac.compare_digest(account.password.encode(), password.encode())
        return account if same else None


class CommandDesk(Protocol):
    """Who carries commands out for a session."""

    server: str
    """The svID of the greeting."""

    def greeting(self, now: Instant) -> Greeting:
        """Return what the server says of itself."""

    def answer(self, actor: str, body: Body, now: Instant) -> Response:
        """Carry a command out."""

    def server_transaction(self) -> str:
        """Return a svTRID that no other answer has."""


class Exchange(NamedTuple):
    """What came and what it is answered with; ``body`` is None for what cannot be read."""

    body: Body | None
    answer: Response | Greeting
    actor: str | None = None
    """Who asked, or None before login."""
    error: EppError | None = None
    """Why it cannot be read."""


class Session:
    """The state of a connection. After ``ended`` nothing more is answered."""

    def __init__(self, accounts: EppAccounts, desk: CommandDesk) -> None:
        self._accounts = accounts
        self._desk = desk
        self._account: EppAccount | None = None
        self._extensions: tuple[str, ...] = ()
        self._failed = 0
        self.ended = False

    def __repr__(self) -> str:
        who = "nobody" if self._account is None else self._account.client
        return f"<Session of {who}{', ended' if self.ended else ''}>"

    def received(self, document: bytes, now: Instant) -> Exchange:
        """Answer one document."""
        try:
            command = read_command(document)
        except EppError as error:
            return self.refused(error)
        if isinstance(command.body, Hello):
            return Exchange(command.body, self._desk.greeting(now), self._actor)
        answer = self._answer(command.body, now)
        if answer.code.ends_session:
            self.close()
        return Exchange(command.body, self._signed(answer, command.transaction), self._actor)

    def refused(self, error: EppError) -> Exchange:
        """Answer what cannot be read."""
        if error.code.ends_session:
            self.close()
        answer = Response(error.code, str(error.reason))
        return Exchange(None, self._signed(answer, error.transaction), self._actor, error)

    def close(self) -> None:
        """End the session: by logout, by fault, or because the connection is gone."""
        if self._account is not None and not self.ended:
            self._account.open_sessions -= 1
        self.ended = True

    @property
    def _actor(self) -> str | None:
        return None if self._account is None else self._account.actor

    # --- commands ---------------------------------------------------------------------

    def _answer(self, body: Body, now: Instant) -> Response:
        if isinstance(body, Login):
            return self._login(body)
        if self._account is None:
            return _no(Code.COMMAND_USE, message("log in first"))
        if isinstance(body, Logout):
            return Response(Code.ENDING_SESSION)
        return self._understood(self._desk.answer(self._account.actor, body, now))

    def _login(self, login: Login) -> Response:
        if self._account is not None:
            return _no(Code.COMMAND_USE, message("this session is logged in already"))
        if login.version != VERSION:
            return _no(
                Code.UNIMPLEMENTED_VERSION,
                message("EPP {version} is not spoken here", version=login.version),
            )
        if login.language != LANGUAGE:
            return _no(
                Code.UNIMPLEMENTED_OPTION,
                message("no answers in {language} here", language=login.language),
            )
        account = self._accounts.find(login.client, login.password)
        if account is None:
            return self._wrong_password()
        if account.open_sessions >= account.sessions:
            return _no(
                Code.SESSION_LIMIT,
                message("{client} has {count} sessions open", client=login.client,
                        count=account.open_sessions),
            )  # fmt: skip
        if (refusal := _wrong_new_password(login.new_password)) is not None:
            return refusal
        self._enter(account, login)
        return Response(Code.DONE)

    def _wrong_password(self) -> Response:
        self._failed += 1
        code = Code.AUTHENTICATION if self._failed < ATTEMPTS else Code.AUTHENTICATION_CLOSING
        return _no(code, message("there is no such client with this password"))

    def _enter(self, account: EppAccount, login: Login) -> None:
        """Objects and extensions that we do not know are passed over, as most servers do:
        clients list what they speak, not what they will ask for."""
        account.open_sessions += 1
        if login.new_password is not None:
            account.password = login.new_password
        self._account = account
        self._extensions = login.extensions

    # --- answers ----------------------------------------------------------------------

    def _understood(self, answer: Response) -> Response:
        """Leave out the extensions that the client did not list (RFC 5730 section 2.9.1.1)."""
        return replace(
            answer,
            dnssec=answer.dnssec if SECDNS in self._extensions else None,
            grace=answer.grace if RGP in self._extensions else (),
            change=answer.change if CHANGE_POLL in self._extensions else None,
        )

    def _signed(self, answer: Response, transaction: str | None) -> Response:
        return replace(
            answer,
            client_transaction=transaction,
            server_transaction=answer.server_transaction or self._desk.server_transaction(),
        )


def _wrong_new_password(password: str | None) -> Response | None:
    if password is None or SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return None
    return _no(
        Code.VALUE_RANGE,
        message("a password has {shortest} to {longest} characters",
                shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD),
    )  # fmt: skip


def _no(code: Code, reason: Message) -> Response:
    return Response(code, str(reason))
