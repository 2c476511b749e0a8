"""Seize one name, step by step, and print the records of each step.

Run it where the lab is installed: ``python examples/seize_a_name.py [fr]``. The page "What
happens, step by step, when a domain is seized" shows what it prints.
"""

# ruff: noqa: T201  # an example shows what it found

import contextlib
import difflib
import io
import json
import sys
import textwrap

from defusedxml.minidom import parseString

from simulator import Lab
from simulator.cli import main as command
from simulator.lab.orders import OrderOutcome
from simulator.tools.catalogue import run_tool
from simulator.tools.machine import Machine, Output
from simulator.values import DAY, HOUR, MINUTE, Lever

NAME = "coco-twin.xg"
LOOKERS = ["paris", "amsterdam", "berlin", "vilnius"]
ORDER = "order-1"
FRENCH = {
    "the order is given": "l'ordre est donné",
    "{who} asks .{tld} for its messages": "{who} relève ses messages auprès du .{tld}",
}


class Story:
    """A lab, and somebody in Saint Peter Port who looks at everything."""

    def __init__(self, lab: Lab, language: str) -> None:
        self.lab = lab
        self.language = language
        self.printed: dict[str, str] = {}
        self.seen: dict[str, str] = {}

    async def tool(self, *words: str) -> str:
        """Return what one of the lab's tools prints."""
        written: list[str] = []
        machine = Machine(self.lab, "saint-peter-port", self.language)
        running = run_tool(machine, words, Output(written.append, written.append))
        await self.lab.run_on(machine.host, running)
        return "".join(written)

    async def record(self) -> dict[str, object]:
        """Return what the registry's public directory tells of the name, by RDAP."""
        told = json.loads(await self.tool("curl", "-s", f"https://rdap.nic.xg/domain/{NAME}"))
        assert isinstance(told, dict)
        return told

    def note(self, part: str, *lines: str) -> None:
        """Keep lines of a part."""
        shown = "".join(f"{line.rstrip()}\n" for line in lines)
        self.printed[part] = self.printed.get(part, "") + shown

    def words(self, english: str) -> str:
        """The story's own words, in its language."""
        return FRENCH[english] if self.language == "fr" else english

    def clock(self) -> str:
        """The lab's date and time."""
        return self.lab.date().isoformat(" ", "minutes")

    # --- the story ------------------------------------------------------------------------------

    async def tell(self) -> None:
        """Play it from the first look to the way back."""
        before = (await self.tool("whois", NAME)).splitlines()
        self.note("before", *before)
        statuses = (await self.record())["status"]
        self.note("zone", f"# {self.clock()}", *await self.delegation())
        await self.look()
        self.note("order", f"# {self.clock()}: {self.words('the order is given')}")
        [outcome] = await self.lab.order(
            "police-gg", "xg-registry", Lever.REDELEGATION, NAME, key=ORDER
        )
        self.tell_outcome(outcome)
        await self.publication()
        self.tell_messages()
        await self.caches()
        after = (await self.tool("whois", NAME)).splitlines()
        changed = difflib.unified_diff(before, after, n=0, lineterm="")
        differs = (line for line in changed if line[0] in "+-" and line[1] not in "+->")
        self.note("record", *differs)
        self.note("record", "", f"RDAP: {statuses} -> {(await self.record())['status']}")
        await self.lab.lift(ORDER)
        await self.lab.wait(HOUR)
        self.note("undone", f"# {self.clock()}", *await self.delegation())
        self.note("undone", f"RDAP: {(await self.record())['status']}")
        self.journal()

    async def delegation(self) -> list[str]:
        """What the top-level domain's own server answers, signatures left out."""
        asked = ("dig", NAME, "NS", "@ns1.nic.xg", "+norecurse", "+noall", "+authority")
        return (await self.tool(*asked)).splitlines()

    def tell_outcome(self, outcome: OrderOutcome) -> None:
        """What the order came to, and what the registry's own systems said."""
        self.note("order", f"xg-registry: {outcome.state.value}, {self.clock()}")
        for field, value in outcome.details:
            self.note("order", *textwrap.wrap(f"  {field}: {value}", 100, subsequent_indent="    "))

    def tell_messages(self) -> None:
        """Show the messages that the name's registrar has fetched, as they came over the wire."""
        for heard in self.lab.registration.heard:
            when = self.lab.clock.date(heard.at).isoformat(" ", "minutes")
            asked = self.words("{who} asks .{tld} for its messages").format(
                who=heard.registrar, tld=heard.tld
            )
            self.note("poll", f"# {when}: {asked}", *indented(heard.notice.document))

    async def publication(self) -> None:
        """Ask the top-level domain's server every minute until it says something else."""
        held = await self.delegation()
        while (now := await self.delegation()) == held:
            await self.lab.wait(MINUTE)
        self.note("zone", f"# {self.clock()}", *now)

    async def caches(self) -> None:
        """Look from several places until all have seen the banner, or a week is over."""
        end = self.lab.now + 7 * DAY
        while self.lab.now < end and set(self.seen.values()) != {"seizure_banner"}:
            await self.look()
            await self.lab.wait(10 * MINUTE)

    async def look(self) -> None:
        """Visit from everywhere, and keep what is new."""
        for who in LOOKERS:
            visit = await self.lab.visit(f"https://{NAME}/", who, compare=False)
            what = visit.page or visit.failure or "-"
            if self.seen.get(who) != what:
                self.seen[who] = what
                self.note("caches", f"{self.clock()}  {who:<10} {what}")

    def journal(self) -> None:
        """What the lab noted of it."""
        told = ("law", "registry", "zone", "certificate", "poll")
        for entry in self.lab.journal:
            if entry.at > 0 and any(word in entry.who + entry.what for word in told):
                facts = [f"{key}={value}" for key, value in entry.details.items() if value]
                line = f"{entry.at // MINUTE:>5} min  {entry.who}: {entry.what} {' '.join(facts)}"
                self.note(
                    "journal",
                    *textwrap.wrap(line, 110, subsequent_indent=" " * 11, break_on_hyphens=False),
                )


def indented(document: bytes) -> list[str]:
    """Return XML in lines, as a person reads it: on the wire it is in one."""
    shown: str = parseString(document).documentElement.toprettyxml(indent="  ")
    return shown.splitlines()


def law(language: str) -> str:
    """What ``who-can`` says of the order, as it says it on the screen."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        command(["who-can", "police-gg", "xg-registry", "redelegation", "--lang", language])
    return said.getvalue()


def parts(language: str = "en") -> dict[str, str]:
    """Return what each part of the story prints, by its name."""
    with Lab.load("europe", language=language) as lab:
        story = Story(lab, language)
        lab.run(story.tell())
    return {"law": law(language), **story.printed}


if __name__ == "__main__":
    for name, text in parts(*sys.argv[1:2]).items():
        print(f"== {name}\n\n{text}")
