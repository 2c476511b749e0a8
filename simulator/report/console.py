"""A run as it is told in a terminal: who is there, act after act, and what to take away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from simulator.report import causes, counts, styles
from simulator.report.cast import people, places
from simulator.report.copies import CopyReport
from simulator.report.findings import StepFinding, step_finding
from simulator.report.matrix import contrasts, matrix
from simulator.report.orders import INDENT, OrderReport
from simulator.report.other_side import OtherSideReport
from simulator.report.page import Page, Piece
from simulator.report.registration import RegistrationReport
from simulator.report.tables import mark, write_contrasts, write_matrix
from simulator.report.times import NOTICEABLE, date_and_time, decimal, spell
from simulator.report.voice import Voice
from simulator.values import SECOND, Instant, Message, Observation, message

if TYPE_CHECKING:
    from simulator.report.findings import Group
    from simulator.scenario.expectations import Verdict
    from simulator.scenario.runner import ScenarioRun, StepRun
    from simulator.world.fields import Text

_COMMAND = re.compile(r"\brun ([a-z0-9_]+)(?=\.?$)")
"""How the end of a text in a scenario's ``next`` names another scenario."""


class ConsoleReport:
    """Writes a run on a page: `begin`, then `step` after each step, then `end`."""

    def __init__(
        self,
        run: ScenarioRun,
        page: Page,
        language: str,
        program: str,
        command: str,
        evidence: str | None = None,
    ) -> None:
        """``program`` is what a reader types to call us, ``command`` what showed this run,
        ``evidence`` where records of copied servers are written to."""
        self.page = page
        self.voice = Voice(language, run.world)
        self._run = run
        self._program = program
        self._command = command
        self._acts = 0
        self._before = 0
        self._places = places(run.scenario, run.world)
        self._targets = max((cell_len(place.name) for place in self._places), default=0)
        self._orders = OrderReport(self.page, self.voice)
        self._others = OtherSideReport(self.page, self.voice, run.world)
        self._copies = CopyReport(self.page, self.voice, evidence, command)
        self._registration = RegistrationReport(page, self.voice, run.world, run.date, INDENT)

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
        names = [voice.text(person.name) for person in there]
        names += [site.name for site in self._places]
        width = max(map(cell_len, names), default=0) + 2
        for person in there:
            self._entry(voice.text(person.name), voice.say(person.words), width)
        for site in self._places:
            self._entry(site.name, voice.say(site.words), width)
        page.flush()

    def _entry(self, name: str, words: str, width: int) -> None:
        name = self.page.glyphs.fit(name)
        self.page.paragraph(words, first=[(name + " " * (width - cell_len(name)), "bold")])

    def _heading(self, text: Message) -> None:
        self.page.paragraph(self.voice.say(text), styles.HEADING)

    # --- a step -----------------------------------------------------------------------------

    def step(self, run: StepRun) -> None:
        """Write what was done and seen in a step."""
        opens = run.title is not None or not self._acts
        self._acts += opens
        finding = step_finding(
            run,
            self._acts if opens else None,
            self._before,
            self._run.scenario,
            self._run.world,
            self._run.date,
            self._remembered,
        )
        self._before = run.ended
        self._write_step(finding, run)
        self._write_diagnoses(run.diagnosed)
        self.page.flush()

    def _write_diagnoses(self, diagnosed: Sequence[Observation]) -> None:
        page, voice = self.page, self.voice
        for seen in diagnosed:
            words = message(
                "{who}: {verdict}",
                who=voice.place(seen.vantage),
                verdict=causes.verdict(seen.diagnosis, seen.confidence),
            )
            first = [(" " * INDENT, "")]
            page.paragraph(voice.say(words), causes.style_of(seen.diagnosis), first=first)
            causes.write_reasons(page, voice.say, seen.evidence, seen.actor, seen.ways, INDENT + 2)

    def _remembered(self, resolver: str, name: str, at: Instant) -> Instant | None:
        """Return when a resolver forgets a name; what it knows of the zones above may stay."""
        held = self._run.lab.names.resolvers[resolver].cache.held(name, at)
        return max((entry.expires for entry in held if entry.name == name), default=None)

    def _write_step(self, finding: StepFinding, run: StepRun) -> None:
        page, voice = self.page, self.voice
        later = finding.later >= NOTICEABLE or finding.number == 1
        if later or (finding.number is None and finding.say is not None):
            page.blank()  # what is seen at one time stands together, an act under its rule
        if finding.number is not None:
            self._write_title(finding, dated=later)
        elif later:
            page.paragraph(self._when(finding), styles.QUIET, first=[(" " * INDENT, "")])
        if finding.say is not None:
            page.paragraph(voice.text(finding.say), first=[(" " * INDENT, "")])
        if finding.lifted:
            self._orders.write_lifted(finding.lifted)
        self._registration.write_requests(run.requests)
        self._orders.write(finding.orders)
        self._others.write_reactions(run.reacted)
        self._copies.write(run.copies)
        self._registration.write_heard(run.heard, run.ended)
        self._registration.write_records(run.records)
        self._write_groups(finding.groups)
        self._others.write_counts(run.counts)
        if finding.drains is not None:
            until = date_and_time(finding.drains, voice.language)
            draining = message("Caches may still hold the old answers until {until}.", until=until)
            page.paragraph(voice.say(draining), styles.QUIET, first=[(" " * INDENT, "")])
        if finding.why is not None:
            why = message("Why? {why}", why=voice.text(finding.why))
            page.paragraph(voice.say(why), styles.QUIET, first=[(" " * INDENT, "")])
        self._write_failed(finding.failed, " " * INDENT)

    def _write_title(self, finding: StepFinding, *, dated: bool) -> None:
        number = f"{finding.number:>2}  "
        title = "" if finding.title is None else self.voice.text(finding.title)
        when = self._when(finding) if dated else ""
        fit = self.page.glyphs.fit
        room = self.page.prose - cell_len(fit(title + when)) - INDENT
        if room < 3:
            self.page.paragraph(title, styles.HEADING, first=[(number, styles.HEADING)])
            if dated:
                self.page.paragraph(when, styles.QUIET, first=[(" " * INDENT, "")])
            return
        rule = f" {self.page.glyphs.rule * (room - 1 - dated)}{' ' * dated}"
        self.page.line((number + title, styles.HEADING), (rule, styles.QUIET), (when, styles.QUIET))

    def _when(self, finding: StepFinding) -> str:
        when = date_and_time(finding.date, self.voice.language)
        if finding.later < NOTICEABLE:
            return when
        later = self.voice.say(message("{duration} later", duration=spell(finding.later)))
        return f"{when} {self.page.glyphs.dot} {later}"

    def _write_groups(self, groups: Sequence[Group]) -> None:
        page, voice = self.page, self.voice
        marks = [mark(group.sight, page, voice) for group in groups]
        width = max((cell_len(text) for text, _ in marks), default=0) + 2
        longest = max((cell_len(group.target) for group in groups), default=0)
        targets = max(longest, self._targets) + 2
        if INDENT + targets + width > page.prose - 16:
            targets = 0
        before = ""
        for group, (text, style) in zip(groups, marks, strict=True):
            first: list[Piece] = [(" " * INDENT, "")]
            if targets:
                shown = group.target if group.target != before else ""
                first.append((shown + " " * (targets - len(shown)), "bold"))
            elif group.target != before:
                page.paragraph(group.target, "bold", first=[(" " * INDENT, "")])
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
        page.blank()
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
        self._others.write_published()
        self._orders.write_sources()
        copies = [copy for step in run.done for copy in step.copies]
        self._copies.write_commands(copies, self._program)
        self._points(message("Where to go next"), run.scenario.next, commands=True)
        self._write_verdict()
        self._write_numbers(seconds)
        page.flush()

    def _points(self, heading: Message, texts: Sequence[Text], *, commands: bool = False) -> None:
        if not texts:
            return
        self._heading(heading)
        for text in texts:
            first = [(f"  {self.page.glyphs.dot} ", styles.QUIET)]
            said = self.voice.text(text)
            self.page.paragraph(self._whole_command(said) if commands else said, first=first)
        self.page.blank()

    def _whole_command(self, text: str) -> str:
        """Turn a closing ``run NAME`` of a scenario that there is into what one types."""
        from simulator.scenario.loader import built_in_scenarios

        found = _COMMAND.search(text)
        if found is None or found[1] not in built_in_scenarios():
            return text
        return f"{text[: found.start()]}{self._program} {text[found.start() :]}"

    def _write_verdict(self) -> None:
        verdicts = [(run, verdict) for run in self._run.done for verdict in run.verdicts]
        failed = [(run, verdict) for run, verdict in verdicts if not verdict.passed]
        if not failed:
            if verdicts:
                held = self.voice.say(counts.held(len(verdicts)))
                sign = self.page.glyphs.done
                self.page.paragraph(held, styles.GOOD, first=[(f"{sign} ", styles.GOOD)])
            return
        count = self.voice.say(counts.failed(len(failed), len(verdicts)))
        self.page.paragraph(count, styles.LOUD)
        for run, verdict in failed:
            step = message("In the step '{step}':", step=run.id)
            self.page.paragraph(self.voice.say(step), first=[("  ", "")])
            self._write_failed([verdict], "  ")
        self.page.blank()

    def _write_numbers(self, seconds: float) -> None:
        run, voice = self._run, self.voice
        counted = message(
            "{visits}, {orders}, {packets}; {lab} of lab time in {real}\u00a0s.",
            visits=counts.visits(sum(len(step.observations) for step in run.done)),
            orders=counts.orders(sum(len(step.outcomes) for step in run.done)),
            packets=counts.packets(run.lab.fabric.carried),
            lab=spell(run.lab.now) if run.lab.now >= SECOND else message("a moment"),
            real=decimal(seconds, voice.language),
        )
        self.page.paragraph(voice.sentence(counted), styles.QUIET)
        hint = message(
            "Try also: {command} --step (a pause after each step), --lang {language},"
            " --pcap lab.pcapng (for Wireshark); {program} list (more scenarios).",
            command=self._command,
            program=self._program,
            language="en" if voice.language == "fr" else "fr",
        )
        self.page.paragraph(voice.say(hint), styles.QUIET)
