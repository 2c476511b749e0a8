"""A scenario: what happens in a world, step by step, and what is expected of it.

A step may hold several actions; they run in the order of `ACTIONS`, whatever the order
in which they are written.
"""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Discriminator, Field, Tag

from simulator.scenario.asking import Lock, Move, Register, Transfer
from simulator.scenario.expected import Expected
from simulator.values import Lever, message
from simulator.world.fields import (
    DomainName,
    Duration,
    Flag,
    Id,
    Many,
    Model,
    Moment,
    Text,
    Wrong,
    agree,
)
from simulator.world.measures import Measure

ACTIONS = (
    "say",
    "disconnect",
    "connect",
    "lift",
    "register",
    "unlock",
    "move",
    "transfer",
    "lock",
    "other_side",
    "order",
    "coordinate",
    "wait",
    "evidence",
    "visit",
    "resolve",
    "look",
    "diagnose",
    "audience",
    "expect",
)
"""The vocabulary, in the order in which the actions of one step run."""

ALL = "all"
"""In ``from``: every vantage point of the world. In ``expect``: every one of the step's."""


class _Act(Model):
    """What an operator is told: a measure, or a lever."""

    by: Id
    name: DomainName | None = None
    lever: Lever | None = None
    scope: Annotated[str, Field(pattern="^(site|machine)$")] = "site"
    """What a host takeover covers: the named site, or all on its machine."""
    banner: Id | None = None
    """Which of the world's banners; the only one unless stated."""
    registrar: Id | None = None
    """Who gets a transferred name; the only registrar of an authority unless stated."""
    keep_ds: Flag = False
    """A careless redelegation: the DS records of the old keys stay in the zone above."""
    instrument: Id | None = None
    """The instrument of cooperation that is relied on abroad; the best one unless stated."""


class Order(_Act):
    """An authority tells operators to act; each executes or refuses by itself."""

    to: Annotated[Many, Field(min_length=1)]
    measure: Measure | None = None
    wait_for_it: Annotated[Flag, Field(alias="await")] = True
    """Let lab time pass until each operator has executed or refused; else go on at once."""

    @agree
    def _one_act(self) -> None:
        if (self.measure is None) == (self.lever is None):
            raise Wrong(message("an order is either a 'measure' or a 'lever'"))
        if self.name is None and (self.measure is None or self.measure.needs_name):
            raise Wrong(message("the 'name' that it is about is missing"))


class Member(_Act):
    """One authority's part of an operation; its ``name`` is the operation's unless stated."""

    to: Id
    lever: Lever
    preparation: Duration | None = None
    """How long until this part can be done; what its way takes as a rule unless stated."""


class Coordinate(Model):
    """Authorities of several countries act on one date, each with the operators it can reach.

    ``on`` is the joint date, ``after`` how long after this step it is; without either the
    earliest date at which every member can act. Lab time passes until then.
    """

    by: Id
    partners: Annotated[Many, Field(alias="with")] = ()
    on: Moment | None = None
    after: Duration | None = None
    name: DomainName
    banner: Id | None = None
    members: Annotated[tuple[Member, ...], Field(min_length=1)]

    @agree
    def _one_date(self) -> None:
        if self.on is not None and self.after is not None:
            raise Wrong(message("the date is either 'on' or 'after'"))


class Connect(Model):
    """People reach the Internet another way from now on.

    ``via`` is a way round (``doh``, ``doh:open-two``), the id of a VPN exit, a proxy or a
    resolver, or a hosts file: names to addresses.
    """

    who: Annotated[Many, Field(min_length=1)]
    via: Annotated[
        Annotated[str, Tag("id")] | Annotated[dict[DomainName, Many], Tag("hosts")],
        Discriminator(lambda value: "hosts" if isinstance(value, dict) else "id"),
    ]


class Disconnect(Model):
    """People go back to what their provider gives them."""

    who: Annotated[Many, Field(min_length=1)]


class Wait(Model):
    """Let lab time pass: ``for`` a while, or ``until`` a date."""

    duration: Annotated[Duration | None, Field(alias="for")] = None
    until: Moment | None = None

    @agree
    def _one_end(self) -> None:
        if (self.duration is None) == (self.until is None):
            raise Wrong(message("a wait is a duration, or 'until' a date"))


class Evidence(Model):
    """Investigators copy a site's server, once its host was ordered to let them.

    Lab time passes until the copy is done. ``first`` are the sections that they take before
    the others, which follow in the order of volatility (RFC 3227 section 2.1).
    """

    USUAL: ClassVar[tuple[str, ...]] = ("site",)

    site: DomainName
    first: Many = ()
    encrypted: Flag = False
    """Whether the server's disk is encrypted: open while it runs, shut without power."""
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.jsonl$")] | None = None
    """What the record is called in the folder of ``run --evidence``; else after the step."""


def _no_hosts_file(value: Any) -> Any:
    if isinstance(value, dict):
        raise Wrong(message("a hosts file lasts longer than one look: write it under 'connect'"))
    return value


class _Look(Model):
    """Somebody looks, from one vantage point or from several at once."""

    vantages: Annotated[Many, Field(alias="from", min_length=1)]
    via: Annotated[str | None, BeforeValidator(_no_hosts_file)] = None
    """A way round for this look alone."""


class Visit(_Look):
    """A browser opens an address. Without ``https://`` it goes as browsers do: HTTPS first."""

    USUAL: ClassVar[tuple[str, ...]] = ("url", "from")

    url: Annotated[str, Field(min_length=1)]


class Resolve(_Look):
    """A name is looked up, and nothing more."""

    USUAL: ClassVar[tuple[str, ...]] = ("name", "from")

    name: DomainName
    type: Annotated[str, Field(pattern="^(A|AAAA|CNAME|MX|NS|SOA|TXT)$")] = "A"


class Look(Model):
    """Somebody looks a name up in the registry's public directory, by WHOIS or by RDAP."""

    vantages: Annotated[Many, Field(alias="from", min_length=1)]
    whois: DomainName | None = None
    rdap: DomainName | None = None

    @agree
    def _one_way(self) -> None:
        if (self.whois is None) == (self.rdap is None):
            raise Wrong(message("a look is either by 'whois' or by 'rdap'"))

    @property
    def name(self) -> str:
        """The name that is looked up."""
        return self.whois or self.rdap or ""


class Diagnose(_Look):
    """Somebody looks into why a site is not seen, and says what the evidence speaks for.

    It takes some lab time: other resolvers are asked, other names tried, packets traced.
    """

    USUAL: ClassVar[tuple[str, ...]] = ("url", "from")

    url: Annotated[str, Field(min_length=1)]


def _one_or_several(model: type[Model]) -> BeforeValidator:
    """Take what is no list for a list of one, and tell the schema so."""

    def wrapped(value: Any) -> Any:
        return value if isinstance(value, list) else [value]

    return BeforeValidator(wrapped, json_schema_input_type=model | list[model])  # type: ignore[valid-type]


_short_wait = BeforeValidator(
    lambda value: value if value is None or isinstance(value, dict | list) else {"for": value},
    json_schema_input_type=Duration | Wait | None,
)


class Step(Model):
    """One step: what the trainer says, what is done, what is seen, what was expected."""

    @classmethod
    def words(cls) -> tuple[str, ...]:
        """Return the fields as authors write them."""
        return tuple(info.alias or name for name, info in cls.model_fields.items())

    id: Id | None = None
    title: Text | None = None
    """Opens an act; steps without a title belong to the act before them."""
    say: Text | None = None
    disconnect: Disconnect | None = None
    connect: Annotated[tuple[Connect, ...], _one_or_several(Connect)] = ()
    lift: Many = ()
    """Ids of steps whose orders are taken back."""
    register_: Annotated[Register | None, Field(alias="register")] = None
    unlock: Lock | None = None
    move: Move | None = None
    transfer: Transfer | None = None
    lock: Lock | None = None
    other_side: Many = ()
    """Site operators who watch and react from now on; ``all`` of the world's."""
    order: Annotated[tuple[Order, ...], _one_or_several(Order)] = ()
    coordinate: Coordinate | None = None
    wait: Annotated[Wait | None, _short_wait] = None
    evidence: Evidence | None = None
    visit: Visit | None = None
    resolve: Resolve | None = None
    look: Look | None = None
    diagnose: Diagnose | None = None
    audience: Many = ()
    """Sites whose people are counted now, and come and go by themselves from now on."""
    expect: dict[str, Expected] = Field(default={})
    """By vantage point, or ``all`` of the step's; by operator; by site operator; by the site of
    a copy, or of a count."""
    why: Text | None = None
    """Why the step's expectations should hold; shown beside them."""


def asks(step: Step) -> bool:
    """Tell whether a registrant asks something of a registrar in a step."""
    acts = (step.register_, step.unlock, step.move, step.transfer, step.lock)
    return any(act is not None for act in acts)


class Scenario(Model):
    """A lesson: a world, and what happens in it."""

    STAND_INS: ClassVar[dict[str, Any]] = {"title": {"en": "-"}, "world": "-", "steps": [{}]}

    title: Text
    summary: Text | None = None
    world: Annotated[str, Field(min_length=1)]
    """A file, seen from the scenario's folder, or the name of a built-in world: ``europe``."""
    start: Moment | None = None
    """Instead of the world's."""
    show: Many = ()
    """The vantage points to introduce; those that the steps use unless stated."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    takeaways: tuple[Text, ...] = ()
    next: tuple[Text, ...] = ()
    """Where to go from here."""
