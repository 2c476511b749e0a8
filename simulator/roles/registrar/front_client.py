"""A registrant's side of a registrar's web site: one request by HTTPS, and what it answered."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from simulator.roles.registrar.requests import Command, Done
from simulator.serving.tls import open_tls_connection
from simulator.values import Address, message
from simulator.wire.web import Exchange, WebError, request

TIMEOUT: Final = 60.0
"""Seconds that the site may take: it asks the registry meanwhile."""
_AGENT: Final = "Mozilla/5.0 (TakedownLab)"
_FORM: Final = "application/x-www-form-urlencoded"


class FrontError(Exception):
    """What answered is no registrar's site."""


class Login(NamedTuple):
    """Who asks, with a password."""

    account: str
    password: str


async def ask_front(
    endpoint: tuple[Address, int],
    name: str,
    context: ssl.SSLContext,
    login: Login,
    path: str,
    fields: Mapping[str, tuple[str, ...]],
) -> Done:
    """Post a form to the site called ``name`` and return what came of it.

    Raises `OSError` where the connection fails (`TimeoutError` and `ssl.SSLError` are some),
    `FrontError` for an answer that makes no sense.
    """
    body = urlencode(fields, doseq=True).encode()
    token = base64.b64encode(f"{login.account}:{login.password}".encode()).decode()
    head = request(
        name, path, _AGENT, "POST", (_FORM, len(body)), (("Authorization", f"Basic {token}"),)
    )
    exchange = Exchange(head, body)
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await open_tls_connection(*endpoint, context, name)
        try:
            writer.write(exchange.outgoing)
            while not exchange.received(await reader.read(65536)):
                pass
        except WebError as error:
            raise FrontError(str(error)) from error
        finally:
            writer.close()
    assert exchange.response is not None
    return read_answer(exchange.response.body)


def read_answer(body: bytes) -> Done:
    """Read the JSON that a registrar's site answers; raise `FrontError`."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise FrontError("the answer is no JSON") from None
    if not isinstance(document, dict):
        raise FrontError("the answer is no JSON object")
    code, authorization = document.get("code"), document.get("authorization")
    listed = document.get("commands", [])
    if type(code) not in (int, type(None)) or not isinstance(authorization, str | None):
        raise FrontError("the answer has no result")
    if not isinstance(listed, list):
        raise FrontError("the commands are no list")
    transaction, commands = _text(document, "transaction"), tuple(map(_command, listed))
    reason = message("the registrar answers: {text}", text=_text(document, "reason"))
    for command in commands:
        if command.server_transaction == transaction:
            reason = message("the registry answers: {text}", text=command.answer)
    done = document.get("done") is True
    return Done(done, reason, code, authorization, transaction, commands)


def _command(told: Any) -> Command:
    if not isinstance(told, dict) or type(told.get("code")) is not int:
        raise FrontError("a command has no result")
    return Command(
        _text(told, "command"),
        _text(told, "name"),
        told["code"],
        _text(told, "answer"),
        _text(told, "clTRID"),
        _text(told, "svTRID"),
    )


def _text(document: dict[str, Any], field: str) -> str:
    found = document.get(field, "")
    if not isinstance(found, str):
        raise FrontError(f"'{field}' is no text")
    return found
