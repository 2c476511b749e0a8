"""Registration as it is told: what registrants asked, what EPP answered, who was told by poll,
what the public directories said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from simulator.lab.carried import DONE_FOR
from simulator.report import styles
from simulator.report.page import Page
from simulator.report.times import date_and_time
from simulator.report.voice import Voice
from simulator.values import Instant, Message, OutcomeState, message

if TYPE_CHECKING:
    import datetime

    from simulator.lab.public_record import PublicRecord
    from simulator.lab.registrants import RequestOutcome
    from simulator.lab.registration import Heard
    from simulator.world.models import World

Details = tuple[tuple[str, str], ...]

_ACTS = {
    "register": message("register {name}"),
    "move": message("lead {name} to other nameservers"),
    "lock": message("lock {name}"),
    "unlock": message("unlock {name}"),
    "transfer-out": message("let {name} go to another registrar"),
    "transfer-in": message("take {name} over from its registrar"),
}
_STATES = {
    OutcomeState.EXECUTED: (message("done"), styles.GOOD),
    OutcomeState.REFUSED: (message("refused"), styles.BAD),
    OutcomeState.PENDING: (message("pending"), styles.QUIET),
}


def systems_said(details: Details) -> tuple[Message, ...]:
    """Return what an operator's systems answered, a sentence for each thing worth one."""
    said = dict(details)
    if DONE_FOR in said:  # all else was answered then, and told then
        already = message(
            "it was in force already, by the order of step {step}: it stays until the last of"
            " these orders is lifted",
            step=said[DONE_FOR],
        )
        return (already,)
    told: list[Message] = []
    if "clTRID" in said:
        told.append(
            message(
                "EPP {command}: {result} {answer} ({client}, {server})",
                command=said["command"],
                result=said["result"],
                answer=said["answer"],
                client=said["clTRID"],
                server=said["svTRID"],
            )
        )
    elif "svTRID" in said:
        told.append(
            message(
                "By the registry's own hand, {command}: {result} ({server})",
                command=said["command"],
                result=said["result"],
                server=said["svTRID"],
            )
        )
    if "undo record" in said:
        told.append(message('Its undo record: "{record}"', record=said["undo record"]))
    if "poll message for" in said:
        told.append(message("A poll message waits for {who}", who=said["poll message for"]))
    return tuple(told)


class RegistrationReport:
    """Writes on a page what registries, registrars and registrants had to do with one another."""

    def __init__(
        self,
        page: Page,
        voice: Voice,
        world: World,
        date: Callable[[Instant], datetime.datetime],
        indent: int,
    ) -> None:
        self._page = page
        self._voice = voice
        self._world = world
        self._date = date
        self._indent = indent

    def write_requests(self, requests: Sequence[RequestOutcome]) -> None:
        """Write what registrants asked, and what came of it."""
        page, voice = self._page, self._voice
        for request in requests:
            act = message(_ACTS[request.act].text, name=request.name)
            words = message("{registrar}: {act}", registrar=self._registrar(request), act=act)
            page.paragraph(
                f"{self._registrant(request)} {page.glyphs.arrow} {voice.say(words)}",
                first=[(" " * self._indent, "")],
                indent=self._indent + 2,
            )
            state, style = _STATES[request.state]
            sign = {
                OutcomeState.EXECUTED: page.glyphs.done,
                OutcomeState.REFUSED: page.glyphs.refused,
                OutcomeState.PENDING: page.glyphs.pending,
            }[request.state]
            systems = systems_said(request.details)
            page.paragraph(
                " ".join(map(voice.sentence, systems or (request.reason,))),
                first=[(f"{' ' * self._indent}  {sign} {voice.say(state)}. ", style)],
                indent=self._indent + 4,
            )

    def write_heard(self, heard: Iterable[Heard], now: Instant) -> None:
        """Write what registrars fetched from their queues up to ``now``.

        Of a change that is told as it was before and as it is after, the second stands for
        both.
        """
        today = self._date(now).date()
        for one in heard:
            change = one.notice.change
            if change is not None and change.state == "before":
                continue
            at = self._date(one.at)
            time = f"{at:%H:%M}"
            if at.date() != today:
                time = date_and_time(at, self._voice.language)
            told = message(
                '{time}: {registrar} fetches its messages from .{tld}: "{text}"',
                registrar=self._operator(one.registrar),
                tld=one.tld,
                time=time,
                text=one.notice.text,
            )
            if change is not None:
                told = message("{told} ({server})", told=told, server=change.server_transaction)
            self._aside(self._voice.sentence(told), self._indent)

    def write_records(self, records: Sequence[PublicRecord]) -> None:
        """Write what the public directories said; who was told the same stands together."""
        alike: dict[tuple[object, ...], list[PublicRecord]] = {}
        for record in records:
            alike.setdefault(record._replace(at=0, vantage=""), []).append(record)
        for same in alike.values():
            record = same[0]
            told = message(
                "{kind} of {name}, from {places}: {found}",
                kind=record.kind.upper(),
                name=record.name,
                places=self._voice.several(self._voice.place(one.vantage) for one in same),
                found=self._found(record),
            )
            self._page.paragraph(
                self._voice.sentence(told),
                first=[(" " * self._indent, "")],
                indent=self._indent + 2,
            )
        for name in dict.fromkeys(record.name for record in records if record.holder):
            behind = self._world.domains[name].behind if name in self._world.domains else ()
            if behind:
                chain = self._voice.several(map(self._voice.text, behind))
                told = message(
                    "behind the holder of {name}, in no directory: {chain}", name=name, chain=chain
                )
                self._aside(self._voice.sentence(told), self._indent + 2)

    def _found(self, record: PublicRecord) -> Message:
        if record.failure is not None:
            return message("no answer ({failure})", failure=record.failure)
        if not record.exists:
            return message("nobody has this name")
        registrar = record.registrar or "-"
        return message(
            "{registrar}; {statuses}; {nameservers}; holder of record: {holder}",
            registrar=self._operator(registrar),
            statuses=", ".join(record.statuses) or "-",
            nameservers=", ".join(record.nameservers) or "-",
            holder="-" if record.holder is None else self._holder(record.name, record.holder),
        )

    # --- names ------------------------------------------------------------------------------

    def _registrant(self, request: RequestOutcome) -> str:
        who = self._holder(request.name, request.account)
        who = who[:1].upper() + who[1:]
        if request.vantage is None:
            return who
        place = self._voice.place(request.vantage)
        return self._voice.say(message("{who}, from {place}", who=who, place=place))

    def _holder(self, name: str, told: str) -> str:
        """Return a holder in the reader's language, where the world has it."""
        entry = self._world.domains.get(name)
        if entry is None or entry.registrant.en != told:
            return told
        return self._voice.text(entry.registrant)

    def _registrar(self, request: RequestOutcome) -> str:
        return self._operator(request.registrar)

    def _operator(self, registrar: str) -> str:
        entry = self._world.registrars.get(registrar)
        return registrar if entry is None else self._voice.actor(entry.operator)

    def _aside(self, words: str, indent: int) -> None:
        first = [(" " * indent, "")]
        self._page.paragraph(words, styles.QUIET, first=first, indent=indent + 2)
