"""What a copy of a server tells, and what it cannot tell, each with why."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import NamedTuple

from simulator.errors import LabError
from simulator.roles.evidence import machines, people, visitors
from simulator.roles.evidence.findings import Found, Rows, never_taken
from simulator.roles.evidence.logic import Dossier
from simulator.values import Address, Message, message

VISITOR = "visitor"


class Answer(NamedTuple):
    """``tells`` and ``cannot`` are sentences; ``rows`` what the first rest on, if it is short."""

    question: Message
    tells: tuple[Message, ...] = ()
    cannot: tuple[Message, ...] = ()
    rows: Rows = ()


def ask(dossier: Dossier, question: str) -> Answer:
    """Answer one of `QUESTIONS`, or ``visitor:ADDRESS``; `LabError` for any other."""
    word, colon, about = question.partition(":")
    if word == VISITOR and colon:
        address = _address(about)
        title = message("What does it tell of {address}?", address=address)
        return _answer(dossier, title, visitors.visitor(dossier, address))
    asked = QUESTIONS.get(question)
    if asked is None:
        known = ", ".join((*QUESTIONS, "visitor:ADDRESS"))
        text = message(
            "'{question}' is no question of the lab; ask one of: {known}",
            question=question,
            known=known,
        )
        raise LabError(text)
    title, answer = asked
    return _answer(dossier, title, answer(dossier))


def _answer(dossier: Dossier, title: Message, found: Found) -> Answer:
    """Add to an answer what is not in the record at all: any answer may lack something for it."""
    tells, cannot, rows = found
    absent = [sentence for sentence in never_taken(dossier) if sentence not in cannot]
    return Answer(title, tells, (*cannot, *absent), rows)


def _address(word: str) -> Address:
    try:
        return str(ipaddress.ip_address(word))
    except ValueError:
        raise LabError(message("'{word}' is no address", word=word)) from None


QUESTIONS: dict[str, tuple[Message, Callable[[Dossier], Found]]] = {
    "accounts": (message("Which accounts were there?"), people.accounts),
    "payments": (message("Who paid?"), people.payments),
    "online": (message("Who was there when it was taken?"), people.online),
    "messages": (message("Who talked to whom, and when?"), people.messages),
    "log-window": (message("How far back does it see?"), visitors.log_window),
    "visitors": (message("Who visited?"), visitors.visitors),
    "behind-vpn": (message("Who came by way of somebody else?"), visitors.behind),
    "other-hosts": (message("What is elsewhere?"), machines.other_hosts),
    "administrators": (message("Who ran the machine?"), machines.administrators),
    "losses": (message("What did the copying lose or change?"), machines.losses),
}
