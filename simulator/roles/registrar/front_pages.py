"""The registrar's web front as a registrant sees it: HTML, or JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Final

from simulator.roles.registrar.front import Reply, Say
from simulator.roles.registrar.requests import Command
from simulator.values import Message, message

LANGUAGES: Final = ("en", "fr")
_STYLE: Final = (
    "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;"
    "color:#1b2430;background:#fbfaf7}form{margin:.4rem 0}input,button{font:inherit}"
    "section{border-top:1px solid #ccc;padding:.6rem 0}.said{background:#e8efe4;padding:.5rem}"
)


Text = Callable[[Message], str]
"""Puts a sentence into the reader's language, ready for HTML."""


def as_json(reply: Reply) -> bytes:
    """Return what programs read. Reasons are English."""
    shown: dict[str, object] = {"account": reply.account}
    done = reply.done
    if done is not None:
        shown |= {"done": done.done, "code": done.code, "reason": str(done.reason)}
        if done.authorization is not None:
            shown["authorization"] = done.authorization
        if done.commands:
            shown |= {"transaction": done.transaction, "commands": [*map(_as_told, done.commands)]}
    if reply.account is not None:
        shown["domains"] = list(reply.domains)
    return (json.dumps(shown, ensure_ascii=False) + "\n").encode()


def _as_told(command: Command) -> dict[str, object]:
    return {
        "command": command.what,
        "name": command.name,
        "code": command.code,
        "answer": command.answer,
        "clTRID": command.client_transaction,
        "svTRID": command.server_transaction,
    }


def as_page(reply: Reply, registrar: str, language: str, say: Say) -> bytes:
    """Return the page in a language."""

    def text(sentence: Message) -> str:
        return escape(say(sentence, language))

    parts = [_said(reply, text(reply.done.reason))] if reply.done is not None else []
    if reply.account is None:
        parts.append(_login(text))
    else:
        parts.append(f"<p>{text(message('Logged in as {account}', account=reply.account))}</p>")
        parts += [_domain(name, text) for name in reply.domains]
        parts.append(_new(text))
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f"<title>{escape(registrar)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(registrar)}</h1>{''.join(parts)}</html>\n"
    ).encode()


def _said(reply: Reply, reason: str) -> str:
    done = reply.done
    code = "" if done is None or done.authorization is None else done.authorization
    shown = f" <code>{escape(code)}</code>" if code else ""
    return f'<p class="said">{reason}{shown}</p>'


def _login(text: Text) -> str:
    return _form(
        "/login",
        _field("account", text(message("Account"))),
        _field("password", text(message("Password")), "password"),
        _button(text(message("Log in"))),
    )


def _domain(name: str, text: Text) -> str:
    path = f"/domains/{escape(name)}"
    return (
        f"<section><h2>{escape(name)}</h2>"
        + _form(
            f"{path}/nameservers",
            _field("nameserver", text(message("Nameservers"))),
            _button(text(message("Move"))),
        )
        + _form(f"{path}/lock", _button(text(message("Lock"))))
        + _form(f"{path}/unlock", _button(text(message("Unlock"))))
        + _form(f"{path}/transfer-out", _button(text(message("Transfer out"))))
        + "</section>"
    )


def _new(text: Text) -> str:
    name = _field("name", text(message("Name")))
    return (
        "<section>"
        + _form(
            "/domains",
            name,
            _field("nameserver", text(message("Nameservers"))),
            _button(text(message("Register"))),
        )
        + _form(
            "/transfers",
            name,
            _field("authorization", text(message("Authorization information"))),
            _button(text(message("Transfer in"))),
        )
        + _form("/logout", _button(text(message("Log out"))))
        + "</section>"
    )


def _form(action: str, *fields: str) -> str:
    return f'<form method="post" action="{action}">{"".join(fields)}</form>'


def _field(name: str, label: str, kind: str = "text") -> str:
    return f'<label>{label} <input name="{name}" type="{kind}"></label> '


def _button(label: str) -> str:
    return f"<button>{label}</button>"
