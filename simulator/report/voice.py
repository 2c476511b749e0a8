"""How a report speaks: one language, the world's names in it, the program's own name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.report.findings import HOSTS_FILE, Viewer
from simulator.report.ways import SHORT
from simulator.text import say, typeset
from simulator.values import Message, message

if TYPE_CHECKING:
    from simulator.world.fields import Text
    from simulator.world.models import World

_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\b")


class Voice:
    """Says messages and the texts and ids of a world in one language."""

    def __init__(self, language: str, world: World) -> None:
        self.language = language
        self._world = world

    def say(self, text: Message) -> str:
        """Return a message in the language."""
        return say(text, self.language)

    def text(self, text: Text) -> str:
        """Return what an author wrote in the language."""
        return typeset(text.say(self.language), self.language)

    def sentence(self, text: Message) -> str:
        """Return a message with a capital, unless it begins with a domain name, and a full stop."""
        said = self.say(text)
        if not _NAME.match(said):
            said = f"{said[:1].upper()}{said[1:]}"
        return said + ("" if said.endswith((".", "?", "!")) else ".")

    def actor(self, name: str) -> str:
        """Return the name of an authority or of an operator by its id."""
        entry = self._world.authorities.get(name) or self._world.operators.get(name)
        return name if entry is None else self.text(entry.name)

    def place(self, vantage: str) -> str:
        """Return the name of a vantage point by its id."""
        entry = self._world.vantages.get(vantage)
        return vantage if entry is None else self.text(entry.name)

    def who(self, viewer: Viewer) -> str:
        """Return ``Paris``, or ``Paris by Heron VPN Amsterdam``."""
        place = self.place(viewer.vantage)
        if viewer.via is None:
            return place
        return self.say(message("{place} by {way}", place=place, way=self._way(viewer.via)))

    def _way(self, via: str) -> str:
        if via == HOSTS_FILE:
            return self.say(message("a hosts file"))
        kind, _, by = via.partition(":")
        world, named = self._world, by or via
        entry = world.vpn_exits.get(named) or world.proxies.get(named) or world.resolvers.get(named)
        name = "" if entry is None or entry.name is None else self.text(entry.name)
        if kind not in SHORT:
            return name or via
        words = self.say(SHORT[kind])
        return f"{words} ({name or by})" if by else words

    def several(self, names: Iterable[str]) -> str:
        """Return names one after the other."""
        return ", ".join(names)
