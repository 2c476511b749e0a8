"""What a registrar's web front does with a request: a page or JSON out of the desk's answers.

Registrants log in with account and password (a form and a cookie, or HTTP Basic), see what
they hold, and change it. Browsers get pages, other programs JSON::

    GET  /domains                          what the account holds
    POST /domains                          name, nameserver…, years
    POST /domains/NAME/nameservers         nameserver…
    POST /domains/NAME/transfer-out        the answer has the authInfo
    POST /domains/NAME/lock, …/unlock
    POST /transfers                        name, authorization: bring a name here
    POST /login                            account, password
    POST /logout

Parameters stand in the query or the body. A nameserver under the registry's TLD brings its
addresses along: ``ns1.coco.xg=192.0.2.53``.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from simulator.roles.registrar.requests import Done
from simulator.values import Address, Message, message

COOKIE: Final = "registrar_session"
_TOKEN_BITS: Final = 128

Say = Callable[[Message, str], str]
"""Puts a sentence into a language."""
Parameters = Mapping[str, tuple[str, ...]]


class Desk(Protocol):
    """The operations that the front offers: see `RegistrarDesk`."""

    async def register(
        self,
        account: str,
        name: str,
        nameservers: tuple[str, ...],
        *,
        glue: tuple[tuple[str, tuple[Address, ...]], ...] = (),
        years: int = 1,
    ) -> Done:
        """Register a name."""

    async def change_nameservers(
        self,
        actor: str,
        name: str,
        nameservers: tuple[str, ...],
        *,
        glue: tuple[tuple[str, tuple[Address, ...]], ...] = (),
    ) -> Done:
        """Delegate a name elsewhere."""

    async def lock(self, actor: str, name: str) -> Done:
        """Put the client locks on."""

    async def unlock(self, actor: str, name: str) -> Done:
        """Take the client locks off."""

    async def transfer_out(self, account: str, name: str) -> Done:
        """Hand the authInfo out."""

    async def transfer_in(self, account: str, name: str, authorization: str) -> Done:
        """Ask for a name of another registrar."""

    def portfolio(self, account: str) -> tuple[str, ...]:
        """Return what an account holds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as the front looks at it."""

    method: str
    path: str
    parameters: Parameters = field(default_factory=dict)
    cookie: str | None = None
    authorization: str | None = None


class Reply(NamedTuple):
    """What the visitor gets: a status, facts, and who is logged in (None for nobody)."""

    status: int
    account: str | None = None
    done: Done | None = None
    domains: tuple[str, ...] = ()
    cookie: str | None = None
    """A new value for the cookie; empty to take it away."""


class Front:
    """The door for registrants. ``passwords`` are by account; ``random`` makes session tokens."""

    def __init__(self, desk: Desk, passwords: Mapping[str, str], random: random.Random) -> None:
        self._desk = desk
        self._passwords = dict(passwords)
        self._random = random
        self._sessions: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Front accounts={len(self._passwords)} sessions={len(self._sessions)}>"

    def set_password(self, account: str, password: str) -> None:
        """Let an account in with this password from now on; it has no open session any more."""
        self._passwords[account] = password
        self._sessions = {
            token: holder for token, holder in self._sessions.items() if holder != account
        }

    async def answer(self, asked: Asked) -> Reply:
        """Answer a request."""
        path = tuple(part for part in asked.path.split("/") if part)
        if asked.method not in ("GET", "HEAD", "POST"):
            return Reply(405)
        if path == ("login",) and asked.method == "POST":
            return self._log_in(asked)
        account = self._who(asked)
        if path == ("logout",) and asked.method == "POST":
            self._sessions.pop(asked.cookie or "", None)
            return Reply(200, cookie="")
        if account is None:
            return Reply(200 if path == () else 401)
        if asked.method != "POST":
            return self._overview(account) if path in ((), ("domains",)) else Reply(404, account)
        return await self._act(account, path, asked.parameters)

    # --- who asks ---------------------------------------------------------------------

    def _log_in(self, asked: Asked) -> Reply:
        account, password = _one(asked.parameters, "account"), _one(asked.parameters, "password")
        if not self._is_right(account, password):
            wrong = message("there is no such account with this password")
            return Reply(401, done=Done(False, wrong))
        token = f"{self._random.getrandbits(_TOKEN_BITS):032x}"
        self._sessions[token] = account
        return self._overview(account)._replace(cookie=token)

    def _who(self, asked: Asked) -> str | None:
        if asked.authorization is not None:
            account, password = _credentials(asked.authorization)
            return account if self._is_right(account, password) else None
        return self._sessions.get(asked.cookie or "")

    def _is_right(self, account: str, password: str) -> bool:
        known = self._passwords.get(account)
        return known is not None and hmac.compare_digest(known.encode(), password.encode())

    # --- what is asked ----------------------------------------------------------------

    def _overview(self, account: str) -> Reply:
        return Reply(200, account, domains=self._desk.portfolio(account))

    async def _act(self, account: str, path: tuple[str, ...], parameters: Parameters) -> Reply:
        done = await self._done(account, path, parameters)
        if done is None:
            return Reply(404, account)
        overview = self._overview(account)
        return overview._replace(status=200 if done.done else 409, done=done)

    async def _done(
        self, account: str, path: tuple[str, ...], parameters: Parameters
    ) -> Done | None:
        desk = self._desk
        name = _one(parameters, "name").lower()
        match path:
            case ("domains",):
                years = _one(parameters, "years") or "1"
                if not (years.isascii() and years.isdigit() and len(years) < 3):
                    return Done(False, message("'{text}' is no number of years", text=years))
                servers, glue = _nameservers(parameters)
                return await desk.register(account, name, servers, glue=glue, years=int(years))
            case ("transfers",):
                authorization = _one(parameters, "authorization")
                return await desk.transfer_in(account, name, authorization)
            case ("domains", held, "nameservers"):
                servers, glue = _nameservers(parameters)
                return await desk.change_nameservers(account, held, servers, glue=glue)
            case ("domains", held, "transfer-out"):
                return await desk.transfer_out(account, held)
            case ("domains", held, "lock"):
                return await desk.lock(account, held)
            case ("domains", held, "unlock"):
                return await desk.unlock(account, held)
        return None


def _one(parameters: Parameters, name: str) -> str:
    found = parameters.get(name, ())
    return found[-1].strip() if found else ""


def _nameservers(
    parameters: Parameters,
) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[Address, ...]], ...]]:
    """Read ``nameserver`` parameters; each field may hold several, apart by white space."""
    glue: dict[str, tuple[Address, ...]] = {}
    for text in " ".join(parameters.get("nameserver", ())).split():
        name, _, addresses = text.lower().partition("=")
        glue[name] = tuple(address for address in addresses.split(",") if address)
    given = tuple((name, addresses) for name, addresses in glue.items() if addresses)
    return tuple(glue), given


def _credentials(authorization: str) -> tuple[str, str]:
    """Read HTTP Basic credentials (RFC 7617); empty texts for anything else."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    account, _, password = decoded.partition(":")
    return (account, password) if scheme.lower() == "basic" else ("", "")
