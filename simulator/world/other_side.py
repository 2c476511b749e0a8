"""The other side: who reacts when a site is closed, and the people who lose it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from simulator.values import DAY, HOUR, message
from simulator.world.fields import (
    DomainName,
    Duration,
    Id,
    Many,
    Model,
    Name,
    Period,
    Text,
    Wrong,
    agree,
)

_Percent = Annotated[int, Field(strict=True, ge=0, le=100)]
_Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class Spread(Model):
    """Between two durations; an act's own delay is drawn from the seed."""

    USUAL: ClassVar[tuple[str, ...]] = ("least", "most")

    least: Duration
    most: Duration

    @agree
    def _in_order(self) -> None:
        if self.least > self.most:
            raise Wrong(message("'least' is above 'most'"))


class Share(Model):
    """Between two percentages."""

    USUAL: ClassVar[tuple[str, ...]] = ("least", "most")

    least: _Percent
    most: _Percent

    @agree
    def _in_order(self) -> None:
        if self.least > self.most:
            raise Wrong(message("'least' is above 'most'"))


class Reaction(Model):
    """What is done on one kind of loss, and how long it takes.

    ``to`` are free names with a site, taken one after the other; of ``move-host`` hosts.
    """

    act: Literal["mirror", "move-name", "new-brand", "move-host"]
    to: Annotated[Many, Field(min_length=1)]
    after: Spread


class Catch(Model):
    """A dropped name is registered again, and a page put up under it."""

    name: DomainName
    registrar: Id
    registrant: Name
    nameservers: Annotated[tuple[DomainName, ...], Field(min_length=1)]
    host: Id
    title: Text
    text: tuple[Text, ...] = ()
    after: Spread


class SiteOperator(Model):
    """Somebody who watches sites and reacts by policy; nothing happens before a scenario says so.

    An ``imitator`` does with somebody else's site in view all that ``to`` lists, each after a
    delay of its own; an ``owner`` one thing at a time, and only as long as people are cut off.
    """

    name: Name
    kind: Literal["owner", "imitator"] = "owner"
    sites: Annotated[Many, Field(min_length=1)]
    """What is watched at first; an owner's own."""
    vantages: Annotated[Many, Field(min_length=1)]
    """From where it looks: all that it knows of its fate."""
    every: Period = 6 * HOUR
    person: Id | None = None
    """The operator of kind ``person`` whose arrest stops it."""
    after_arrest: Duration | None = None
    """How long until somebody else carries on; never unless stated."""
    money_delay: Duration = 14 * DAY
    """What an act takes longer while the site's money is frozen."""
    blocked: Reaction | None = None
    """Some of the vantage points see none of the sites any more, others do."""
    name_lost: Reaction | None = None
    """Nobody sees them: the name leads nowhere, or to somebody else's machine."""
    machine_lost: Reaction | None = None
    """Nobody sees them: the name leads home, and the machine is silent or shows a banner."""
    gone: Reaction | None = None
    """Either of the two."""
    lost: Reaction | None = None
    """Any of the three."""
    dropped: Catch | None = None
    """The name has become free: its registration is over."""

    @agree
    def _does_something(self) -> None:
        if not self.reactions() and self.dropped is None:
            raise Wrong(message("it reacts to nothing: say to what, and how"))
        if self.gone is not None and (self.name_lost or self.machine_lost):
            raise Wrong(message("'gone' stands for 'name_lost' and 'machine_lost' both"))
        if self.lost is not None and len(self.reactions()) > 1:
            raise Wrong(message("'lost' stands for every loss: no other reaction beside it"))

    def reactions(self) -> list[tuple[str, Reaction]]:
        """Return the reactions that are stated, by the field that holds each."""
        fields = ("blocked", "name_lost", "machine_lost", "gone", "lost")
        stated = [(field, getattr(self, field)) for field in fields]
        return [(field, reaction) for field, reaction in stated if reaction is not None]


class Audience(Model):
    """The people of a site, counted where they sit; its id is the site's name.

    One visit from a vantage point stands for all who sit there. What becomes of them when it
    fails is arithmetic on the shares below, never a measurement.
    """

    people: Annotated[dict[Id, _Count], Field(min_length=1)]
    """By vantage point."""
    every: Period = DAY
    """How often they come."""
    looks_again: Share
    """How many of those who lost the site look for another at all."""
    after: Spread
    """How long they try the old address before they look for another."""
    patience: Duration = 14 * DAY
    """How long they go on trying, all in all."""
    kept: Share = Share(least=10, most=20)
    """Which part of them one new address of the same site keeps."""
    kept_elsewhere: Share = Share(least=5, most=8)
    """The same for another brand, a clone, or a site that was there before."""
