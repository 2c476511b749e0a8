"""The command ``who-can``: can this authority make this operator pull this lever?

An authority or an operator is named by its id in a world (``prosecutor-fr``), or by what it
is and where (``prosecutor:FR``, ``registry:GG``). The day is the world's first unless stated.
"""

from __future__ import annotations

import datetime
import difflib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from simulator.errors import LabError
from simulator.report.files import check_writable
from simulator.report.page import Page
from simulator.report.who_can_page import WhoCanPage
from simulator.roles.authority.actors import (
    AUTHORITY_NAMES,
    KIND_NAMES,
    Action,
    Authority,
    AuthorityKind,
    Label,
    Name,
    NamedLever,
    Operator,
    OperatorKind,
    Production,
    hands,
    measures_of,
)
from simulator.roles.authority.answer import Answer, Question, Way, answer, place_name
from simulator.roles.authority.instruments import Delay
from simulator.roles.authority.lawbook import lawbook
from simulator.text import say, typeset
from simulator.values import SECOND, Lever, Message, message
from simulator.world.faults import nearest, unknown
from simulator.world.loader import built_in_world

if TYPE_CHECKING:
    import argparse
    import enum
    from collections.abc import Mapping

    from simulator.world.models import World

K = TypeVar("K", bound="enum.Enum")

WORLD = "europe"
"""Where names are looked up unless a world is named."""
BLOCK = "block"
"""Stands for any measure of an access provider, a resolver, an edge."""
_SCHEMA = 1
_FAINTLY_ALIKE = 0.4
"""How much of an id a word must have for the id to be named, where none is likely meant."""


def who_can(options: argparse.Namespace, language: str) -> int:
    """Answer, and return 0 whether it is a yes or a no; `LabError` for what is unknown.

    ``options`` has ``authority``, ``operator``, ``lever``, ``on``, ``world`` and ``json``.
    """
    if options.json not in (None, "-"):
        check_writable(Path(options.json))
    answers = ask(
        options.authority, options.operator, options.lever, options.on, options.world or WORLD
    )
    if options.json is not None:
        text = json.dumps(as_json(answers, language), indent=2, ensure_ascii=False) + "\n"
        from simulator.report.showing import write_out, write_text

        if options.json == "-":
            write_out(text)
            return 0
        write_text(Path(options.json), text)
    WhoCanPage(Page(sys.stdout), language).write(answers)
    return 0


def ask(
    authority: str, operator: str, lever: str | None, on: str | None, world: str = WORLD
) -> list[Answer]:
    """Return the answer for a lever, or one for each that the operator has.

    Raises `LabError` for a name, a lever or a day that is none.
    """
    found = built_in_world(world)
    by, to = _authority(authority, found), _operator(operator, found)
    day = found.start.date() if on is None else _day(on)
    colleagues = tuple(_of_the_world(key, found) for key in found.authorities)
    actions = _all_actions(to.kind) if lever is None else [_action(lever, to.kind)]
    return [answer(Question(by, to, action, day, colleagues)) for action in actions]


# --- who and what -------------------------------------------------------------------------------


def _authority(word: str, world: World) -> Authority:
    if word in world.authorities:
        return _of_the_world(word, world)
    kind, code = _kind_and_country(word, AuthorityKind, message("authority"), world.authorities)
    return Authority(word, _called(AUTHORITY_NAMES[kind], code), code, kind)


def _of_the_world(key: str, world: World) -> Authority:
    entry = world.authorities[key]
    name = Name(entry.name.en, entry.name.fr or "")
    return Authority(key, name, entry.country, AuthorityKind(entry.kind))


def _operator(word: str, world: World) -> Operator:
    entry = world.operators.get(word)
    if entry is not None:
        name = Name(entry.name.en, entry.name.fr or "")
        jurisdiction = world.jurisdiction_of(entry.country)
        kind = OperatorKind(entry.kind)
        return Operator(word, name, entry.country, kind, jurisdiction=jurisdiction)
    kind, code = _kind_and_country(word, OperatorKind, message("operator"), world.operators)
    under = lawbook().places[code].under
    return Operator(word, _called(KIND_NAMES[kind], code), code, kind, jurisdiction=under)


def _kind_and_country(
    word: str, kinds: type[K], what: Message, known: Mapping[str, object]
) -> tuple[K, str]:
    """Return what ``registry:GG`` says; raise `LabError` for what is neither that nor an id."""
    kind, colon, country = word.partition(":")
    values = [each.value for each in kinds]
    if not colon:
        raise LabError(_no_such(word, values, what, known))
    if kind not in values:
        meant = nearest(kind, values)
        raise LabError(_meant(unknown(message("kind"), kind, values, meant), meant))
    code, places = country.upper(), lawbook().places
    if code not in places:
        raise LabError(
            message(
                "unknown country '{country}'; the law of the lab has {known}",
                country=country,
                known=", ".join(places),
            )
        )
    return kinds(kind), code


def _no_such(word: str, kinds: list[str], what: Message, known: Mapping[str, object]) -> Message:
    """Return the sentence for a word without a country that is nobody's id."""
    if word.casefold() in kinds:
        return message(
            "'{word}' is a kind of {what}: add its country, as in {example}",
            word=word,
            what=what,
            example=f"{word.casefold()}:FR",
        )
    meant = nearest(word, known)
    text = unknown(what, word, known, meant)
    if meant is not None:
        return _meant(text, meant)
    close = difflib.get_close_matches(word.casefold(), known, cutoff=_FAINTLY_ALIKE)
    if close:
        text = message("{fault}; close to it: {known}", fault=text, known=", ".join(close))
    return message(
        "{fault}; or write a kind and a country, as in {example}, with one of the kinds {kinds}",
        fault=text,
        example=f"{kinds[0]}:FR",
        kinds=", ".join(kinds),
    )


def _meant(text: Message, meant: str | None) -> Message:
    if meant is None:
        return text
    return message("{fault}; did you mean '{meant}'?", fault=text, meant=meant)


def _called(kind: Message, code: str) -> Message:
    return message("{kind} ({country})", kind=kind, country=place_name(code))


def _day(word: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(word)
    except ValueError:
        text = message("'{word}' is no day: write it as 2024-06-25", word=word)
        raise LabError(text) from None


def _levers() -> dict[str, Lever | Production | NamedLever]:
    """Return all that can be asked for, by its word: what the law knows, what the lab knows."""
    found: dict[str, Lever | Production | NamedLever] = {
        word: NamedLever(word) for word in lawbook().levers
    }
    found.update((lever.value, lever) for lever in Lever)
    found.update((production.value, production) for production in Production)
    return found


def _action(word: str, kind: OperatorKind) -> Action:
    if word == BLOCK:
        return (measures_of(kind) or measures_of(OperatorKind.ACCESS_PROVIDER))[0]
    levers = _levers()
    if word in levers:
        return levers[word]
    known = [BLOCK, *levers]
    meant = nearest(word, known)
    if meant is None:
        text = message(
            "unknown lever '{word}'; there are {known}", word=word, known=", ".join(known)
        )
    else:
        text = _meant(unknown(message("lever"), word, known, meant), meant)
    raise LabError(text)


def _all_actions(kind: OperatorKind) -> list[Action]:
    blocks = measures_of(kind)[:1]
    return [*blocks, *(each for each in _levers().values() if kind in hands(each))]


def word_of(action: Action) -> str:
    """Return the word by which an action is asked for."""
    if isinstance(action, Lever | Production | NamedLever):
        return action.value
    return BLOCK


# --- JSON ---------------------------------------------------------------------------------------


def as_json(answers: list[Answer], language: str) -> dict[str, object]:
    """Return the answers as plain data, its sentences in a language, its delays in seconds."""

    def told(label: Label) -> str:
        if isinstance(label, Message):
            return say(label, language)
        return typeset(label.say(language) if isinstance(label, Name) else label, language)

    def way(each: Way) -> dict[str, object]:
        return {
            "instrument": each.instrument.id,
            "name": told(each.instrument.name),
            "binding": each.binding,
            "followed": each.followed,
            "steps": [
                {
                    "by": told(step.by),
                    "to": told(step.to),
                    "instrument": step.instrument,
                    "delay": _seconds(step.delay),
                }
                for step in each.steps
            ],
            "delay": _seconds(each.delay),
            "reason": told(each.reason),
            "limit": told(each.instrument.limit),
            "source": told(each.source),
            "doubt": None if each.doubt is None else each.doubt.value,
        }

    question = answers[0].question
    return {
        "schema": _SCHEMA,
        "authority": {
            "id": question.authority.id,
            "name": told(question.authority.name),
            "kind": question.authority.kind.value,
            "country": question.authority.country,
        },
        "operator": {
            "id": question.operator.id,
            "name": told(question.operator.name),
            "kind": question.operator.kind.value,
            "country": question.operator.country,
        },
        "on": question.on.isoformat(),
        "answers": [
            {
                "lever": word_of(each.question.action),
                "compels": each.compels,
                "obtains": each.obtains,
                "reason": told(each.reason),
                "ways": [way(one) for one in each.ways],
                "obstacles": [
                    {
                        "instrument": one.instrument.id,
                        "name": told(one.instrument.name),
                        "kind": one.kind.value,
                        "reason": told(one.reason),
                    }
                    for one in each.obstacles
                ],
            }
            for each in answers
        ],
    }


def _seconds(delay: Delay) -> dict[str, int]:
    return {
        "least": delay.shortest // SECOND,
        "expected": delay.expected // SECOND,
        "most": delay.longest // SECOND,
    }
