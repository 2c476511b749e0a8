"""A run as it is told in a terminal: who is there, act after act, and what to take away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from simulator.report import styles
from simulator.report.cast import people, places
from simulator.report.findings import OrderFinding, StepFinding, step_finding
from simulator.report.matrix import contrasts, matrix
from simulator.report.page import Page, Piece
from simulator.report.tables import mark, write_contrasts, write_matrix
from simulator.report.times import NOTICEABLE, date_and_time, grouped, spell
from simulator.report.usage import HEADLINE
from simulator.report.voice import Voice
from simulator.values import SECOND, Instant, Message, OutcomeState, message

if TYPE_CHECKING:
    from simulator.report.findings import Group
    from simulator.scenario.expectations import Verdict
    from simulator.scenario.runner import ScenarioRun, StepRun

_INDENT = 4
_STATES = {
    OutcomeState.EXECUTED: (message("done"), styles.GOOD),
    OutcomeState.REFUSED: (message("refused"), styles.BAD),
    OutcomeState.PENDING: (message("pending"), styles.QUIET),
}


class ConsoleReport:
    """Writes a run on a page: `begin`, then `step` after each step, then `end`."""

    def __init__(self, run: ScenarioRun, page: Page, language: str, program: str) -> None:
        self.page = page
        self.voice = Voice(language, run.world)
        self._run = run
        self._program = program
        self._command = program if run.name == HEADLINE else f"{program} run {run.name}"
        self._acts = 0
        self._before = 0
        self._sources: dict[tuple[str, bool], int] = {}
        self._explained: dict[object, None] = {}
        """Reasons told already: why an order binds at home is told once."""

    # --- before -----------------------------------------------------------------------------

    def begin(self) -> None:
        """Write the title, what it is about, and who and what there is."""
        scenario, page, voice = self._run.scenario, self.page, self.voice
        page.paragraph(voice.text(scenario.title), styles.TITLE)
        if scenario.summary is not None:
            page.paragraph(voice.text(scenario.summary))
        page.blank()
        self._heading(message("People and places"))
        there = people(scenario, self._run.world)
        sites = places(scenario, self._run.world)
        names = [voice.text(person.name) for person in there] + [site.name for site in sites]
        width = max(map(cell_len, names), default=0) + 2
        for person in there:
            self._entry(voice.text(person.name), voice.say(person.words), width)
        for site in sites:
            self._entry(site.name, voice.say(site.words), width)
        page.blank()
        page.flush()

    def _entry(self, name: str, words: str, width: int) -> None:
        name = self.page.glyphs.fit(name)
        self.page.paragraph(words, first=[(name + " " * (width - cell_len(name)), "bold")])

    def _heading(self, text: Message) -> None:
        self.page.paragraph(self.voice.say(text), styles.HEADING)

    # --- a step -----------------------------------------------------------------------------

    def step(self, run: StepRun) -> None:
        """Write what was done and seen in a step."""
        opens = run.step.title is not None or not self._acts
        self._acts += opens
        finding = step_finding(
            run,
            self._acts if opens else None,
            self._before,
            self._run.world,
            self._run.date,
            self._remembered,
        )
        self._before = run.ended
        self._write_step(finding)
        self.page.flush()

    def _remembered(self, resolver: str, name: str, at: Instant) -> Instant | None:
        """Return when a resolver forgets a name; what it knows of the zones above may stay."""
        held = self._run.lab.names.resolvers[resolver].cache.held(name, at)
        return max((entry.expires for entry in held if entry.name == name), default=None)

    def _write_step(self, finding: StepFinding) -> None:
        page, voice = self.page, self.voice
        if finding.number is not None:
            self._write_title(finding)
        elif finding.say is not None or finding.later >= NOTICEABLE:
            page.paragraph(self._when(finding), styles.QUIET, first=[(" " * _INDENT, "")])
        if finding.say is not None:
            page.paragraph(voice.text(finding.say), first=[(" " * _INDENT, "")])
        if finding.lifted:
            self._write_lifted(finding.lifted)
        several = len({order.name for order in finding.orders}) > 1
        for order in finding.orders:
            self._write_order(order, name=order.name if several else None)
        self._write_groups(finding.groups)
        if finding.drains is not None:
            until = date_and_time(finding.drains, voice.language)
            draining = message("Caches may still hold the old answers until {until}.", until=until)
            page.paragraph(voice.say(draining), styles.QUIET, first=[(" " * _INDENT, "")])
        if finding.why is not None:
            why = message("Why? {why}", why=voice.text(finding.why))
            page.paragraph(voice.say(why), styles.QUIET, first=[(" " * _INDENT, "")])
        self._write_failed(finding.failed, " " * _INDENT)
        page.blank()

    def _write_title(self, finding: StepFinding) -> None:
        number = f"{finding.number:>2}  "
        title = "" if finding.title is None else self.voice.text(finding.title)
        when = self._when(finding)
        fit = self.page.glyphs.fit
        room = self.page.prose - cell_len(fit(title + when)) - _INDENT
        if room < 3:
            self.page.paragraph(title, styles.HEADING, first=[(number, styles.HEADING)])
            self.page.paragraph(when, styles.QUIET, first=[(" " * _INDENT, "")])
            return
        rule = f" {self.page.glyphs.rule * (room - 2)} "
        self.page.line((number + title, styles.HEADING), (rule, styles.QUIET), (when, styles.QUIET))

    def _when(self, finding: StepFinding) -> str:
        when = date_and_time(finding.date, self.voice.language)
        if finding.later < NOTICEABLE:
            return when
        later = self.voice.say(message("{duration} later", duration=spell(finding.later)))
        return f"{when} {self.page.glyphs.dot} {later}"

    def _write_lifted(self, lifted: Sequence[OrderFinding]) -> None:
        voice = self.voice
        each = [
            voice.say(
                message(
                    "{action} ({operators})",
                    action=one.action,
                    operators=voice.several(map(voice.actor, one.to)),
                )
            )
            for one in lifted
        ]
        text = message("No longer in force: {orders}.", orders=voice.several(each))
        self.page.paragraph(voice.say(text), first=[(" " * _INDENT, "")])

    def _write_order(self, order: OrderFinding, name: str | None) -> None:
        page, voice = self.page, self.voice
        to = voice.several(map(voice.actor, order.to))
        told = voice.say(message("{operators}: {action}", operators=to, action=order.action))
        if name is not None:
            told += f" ({name})"
        page.paragraph(
            f"{voice.actor(order.by)} {page.glyphs.arrow} {told}",
            first=[(" " * _INDENT, "")],
            indent=_INDENT + 2,
        )
        state, style = _STATES[order.state]
        sign = {
            OutcomeState.EXECUTED: page.glyphs.done,
            OutcomeState.REFUSED: page.glyphs.refused,
            OutcomeState.PENDING: page.glyphs.pending,
        }[order.state]
        said = voice.say(state)
        if order.after and order.state is OutcomeState.EXECUTED:
            said = voice.say(
                message("{done} after {duration}", done=state, duration=spell(order.after))
            )
        page.paragraph(
            self._reason(order),
            first=[(f"{' ' * _INDENT}  {sign} {said}. ", style)],
            indent=_INDENT + 4,
        )

    def _reason(self, order: OrderFinding) -> str:
        voice = self.voice
        told = (
            order.reason.text,
            tuple((key, value) for key, value in order.reason.arguments if key != "operator"),
        )
        known = order.state is OutcomeState.EXECUTED and told in self._explained
        reason = "" if known else voice.sentence(order.reason)
        self._explained[told] = None
        if len(order.to) > 1 and not known:
            others = voice.several(map(voice.actor, order.to[1:]))
            likewise = message("The same goes for {operators}.", operators=others)
            reason += " " + voice.say(likewise)
        if order.source:
            note = self._sources.setdefault((order.source, order.doubtful), len(self._sources) + 1)
            reason += f" [{note}]"
        return reason

    def _write_groups(self, groups: Sequence[Group]) -> None:
        page, voice = self.page, self.voice
        marks = [mark(group.sight, page, voice) for group in groups]
        width = max((cell_len(text) for text, _ in marks), default=0) + 2
        targets = max((cell_len(group.target) for group in groups), default=0) + 2
        if _INDENT + targets + width > page.prose - 16:
            targets = 0
        before = ""
        for group, (text, style) in zip(groups, marks, strict=True):
            first: list[Piece] = [(" " * _INDENT, "")]
            if targets:
                shown = group.target if group.target != before else ""
                first.append((shown + " " * (targets - len(shown)), "bold"))
            elif group.target != before:
                page.paragraph(group.target, "bold", first=[(" " * _INDENT, "")])
            if not targets:
                first.append(("  ", ""))
            first.append((text + " " * (width - cell_len(text)), style))
            page.paragraph(voice.several(map(voice.who, group.viewers)), first=first)
            before = group.target

    def _write_failed(self, failed: Sequence[Verdict], before: str) -> None:
        page, voice = self.page, self.voice
        for verdict in failed:
            sentence = message(
                "Not as expected: {who}, {field}: {expected} was expected, {got} was seen.",
                who=voice.place(verdict.who),
                field=verdict.field,
                expected=verdict.expected,
                got=verdict.got,
            )
            sign = page.glyphs.refused
            page.paragraph(
                voice.say(sentence), styles.LOUD, first=[(f"{before}{sign} ", styles.LOUD)]
            )

    # --- after ------------------------------------------------------------------------------

    def end(self, seconds: float) -> None:
        """Write the whole at a glance; ``seconds`` of real time were spent."""
        page, run = self.page, self._run
        glance = matrix(run.done, run.world)
        if glance.columns:
            self._heading(message("Who saw what"))
            write_matrix(glance, page, self.voice)
            page.blank()
        contrast = contrasts(run.done, run.world)
        if contrast:
            self._heading(message("What it looked like, and from where"))
            write_contrasts(contrast, page, self.voice)
            page.blank()
        self._points(message("To take away"), run.scenario.takeaways)
        self._write_sources()
        self._points(message("Where to go next"), run.scenario.next)
        self._write_verdict()
        self._write_numbers(seconds)
        page.flush()

    def _points(self, heading: Message, texts: Sequence[object]) -> None:
        if not texts:
            return
        self._heading(heading)
        for text in texts:
            first = [(f"  {self.page.glyphs.dot} ", styles.QUIET)]
            self.page.paragraph(self.voice.text(text), first=first)  # type: ignore[arg-type]
        self.page.blank()

    def _write_sources(self) -> None:
        if not self._sources:
            return
        self._heading(message("Sources of what binds whom, and how fast"))
        for (source, doubtful), number in self._sources.items():
            words = source
            if doubtful:
                words += f" {self.page.glyphs.dot} " + self.voice.say(message("not certain"))
            self.page.paragraph(words, styles.QUIET, first=[(f"  [{number}] ", styles.QUIET)])
        self.page.blank()

    def _write_verdict(self) -> None:
        verdicts = [(run, verdict) for run in self._run.done for verdict in run.verdicts]
        failed = [(run, verdict) for run, verdict in verdicts if not verdict.passed]
        if not failed:
            if verdicts:
                held = (
                    message("The one expectation held.")
                    if len(verdicts) == 1
                    else message("All {count} expectations held.", count=len(verdicts))
                )
                sign = self.page.glyphs.done
                self.page.paragraph(
                    self.voice.say(held), styles.GOOD, first=[(f"{sign} ", styles.GOOD)]
                )
            return
        count = message(
            "{failed} of {count} expectations did not hold:",
            failed=len(failed),
            count=len(verdicts),
        )
        self.page.paragraph(self.voice.say(count), styles.LOUD)
        for run, verdict in failed:
            step = message("In the step '{step}':", step=run.id)
            self.page.paragraph(self.voice.say(step), first=[("  ", "")])
            self._write_failed([verdict], "  ")
        self.page.blank()

    def _write_numbers(self, seconds: float) -> None:
        run, voice = self._run, self.voice
        counted = message(
            "{packets} packets travelled for {visits} visits and {orders} orders;"
            " {lab} of lab time in {real}\u00a0s.",
            packets=grouped(run.lab.fabric.carried, voice.language),
            visits=sum(len(step.observations) for step in run.done),
            orders=sum(len(step.outcomes) for step in run.done),
            lab=spell(run.lab.now) if run.lab.now >= SECOND else message("a moment"),
            real=_decimal(seconds, voice.language),
        )
        self.page.paragraph(voice.say(counted), styles.QUIET)
        hint = message(
            "Try also: {command} --step (a pause after each step), --lang {language},"
            " --pcap lab.pcapng (for Wireshark); {program} list (more scenarios).",
            command=self._command,
            program=self._program,
            language="en" if voice.language == "fr" else "fr",
        )
        self.page.paragraph(voice.say(hint), styles.QUIET)


def _decimal(seconds: float, language: str) -> str:
    text = f"{seconds:.1f}" if seconds >= 0.95 else f"{seconds:.2f}"
    return text.replace(".", ",") if language == "fr" else text
