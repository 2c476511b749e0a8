"""The confusion table: what was done, against what the diagnosis said, over random worlds.

Each trial builds a lab of a random world, has the site looked at while it is open, does one
thing to it, waits until every cache has let go, and has the investigator look from the
affected provider's network. What the investigator says is compared with what was done.

Some rows need a word. A machine that was switched off by an order looks in every respect like
one that failed: no evidence tells them apart, and ``down`` counts as right. A name that nobody
ever registered is right when the diagnosis says that it cannot tell. A name that was deleted is
so, too; but in a world whose registries publish nothing it counts as right to take it for a hold,
"likely": the diagnosis says itself that a registration that ran out would look the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simulator.lab.directory import open_directories
from simulator.lab.examination import investigator
from simulator.lab.lab import Lab
from simulator.matrix.random_worlds import RandomWorld, random_world
from simulator.measures import (
    AddressAction,
    AddressMeasure,
    DnsInjection,
    DnsInterception,
    DnsLie,
    DnsMeasure,
    EncryptedDnsMeasure,
    FingerprintMeasure,
    HttpAction,
    HttpMeasure,
    Measure,
    PolicyZone,
    Residue,
    Shutdown,
    SniAction,
    SniMeasure,
)
from simulator.roles.probe import causes
from simulator.values import MINUTE, SECOND, Address, Duration, Lever, OutcomeState

Act = Callable[[Lab, RandomWorld], "Order | None"]
"""Does something to a world, or returns the order that does."""


class Order(NamedTuple):
    """An order to one operator."""

    operator: str
    action: Measure | Lever
    name: str


class Deed(NamedTuple):
    """What is done in a trial; ``truth`` names it, ``right`` are the answers that are right.

    ``act`` does it; ``plain`` looks at the site without HTTPS; ``url`` is another one to look at.
    """

    id: str
    truth: str
    act: Act
    plain: bool = False
    settles: bool = False
    """Whether caches must let go before it is felt."""
    talked_before: bool = False
    """Whether the person has tried just before the investigator looks."""
    unseen: bool = False
    """Whether the investigator sees the site for the first time once it is done."""
    also_right: tuple[str, ...] = ()
    right_unpublished: tuple[str, ...] = ()
    """Also right where no registry has a public directory."""
    unknown_name: bool = False

    def right(self, *, published: bool) -> tuple[str, ...]:
        """Return the causes that count as right; ``published`` is whether there are directories."""
        return (self.truth, *self.also_right, *(() if published else self.right_unpublished))


class Trial(NamedTuple):
    """One thing done in one world, and what was said of it."""

    seed: int
    deed: str
    truth: str
    cause: str
    confidence: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Table:
    """All trials. ``cells`` counts them by (deed, cause, confidence), in the order met."""

    trials: tuple[Trial, ...]

    @property
    def cells(self) -> dict[tuple[str, str, str], int]:
        """How often each cause was named, with which confidence, after each deed."""
        return dict(Counter((one.deed, one.cause, one.confidence) for one in self.trials))

    @property
    def right(self) -> int:
        """How many trials were diagnosed rightly."""
        return sum(one.is_right for one in self.trials)

    @property
    def share_right(self) -> float:
        """The share of right diagnoses, 0 to 1."""
        return self.right / len(self.trials) if self.trials else 0.0

    @property
    def wrong(self) -> tuple[Trial, ...]:
        """The trials that were diagnosed wrongly, or not at all."""
        return tuple([one for one in self.trials if not one.is_right])

    @property
    def wrong_certain(self) -> tuple[Trial, ...]:
        """The worst: wrong, and said to be certain."""
        return tuple([one for one in self.wrong if one.confidence == causes.CERTAIN])

    def rows(self) -> list[tuple[str, str, dict[str, int]]]:
        """Return (deed, truth, how often each cause was named) for showing."""
        found: dict[tuple[str, str], Counter[str]] = {}
        for one in self.trials:
            found.setdefault((one.deed, one.truth), Counter())[one.cause] += 1
        return [(deed, truth, dict(counts)) for (deed, truth), counts in found.items()]


def confusion(
    seeds: Iterable[int],
    progress: Callable[[int, int], None] | None = None,
    deeds: Sequence[Deed] | None = None,
) -> Table:
    """Try every deed in the world of every seed; ``progress`` is told (done, of all)."""
    chosen = DEEDS if deeds is None else tuple(deeds)
    worlds = [random_world(seed) for seed in seeds]
    trials: list[Trial] = []
    for drawn in worlds:
        for deed in chosen:
            trials.append(try_deed(drawn, deed))
            if progress is not None:
                progress(len(trials), len(worlds) * len(chosen))
    return Table(tuple(trials))


def try_deed(drawn: RandomWorld, deed: Deed) -> Trial:
    """Do one thing in one world, and have it diagnosed."""
    with Lab(drawn.world, seed=drawn.seed) as lab:
        if drawn.has_directories:
            lab.run(open_directories(lab))
        url = _url(drawn, deed)
        looking = investigator(lab)
        if not deed.unseen:
            lab.run(looking.examine(url, drawn.affected))
        order = deed.act(lab, drawn)
        if order is not None:
            _give(lab, drawn, order)
        lab.run(lab.wait(_patience(drawn) if deed.settles else MINUTE))
        if deed.talked_before:
            lab.run(lab.visit(url, drawn.affected))
        diagnosis = lab.run(looking.examine(url, drawn.affected)).diagnosis
    return Trial(
        drawn.seed,
        deed.id,
        deed.truth,
        diagnosis.cause,
        diagnosis.confidence,
        diagnosis.cause in deed.right(published=drawn.has_directories),
    )


def _url(drawn: RandomWorld, deed: Deed) -> str:
    if deed.unknown_name:
        return "https://nobody-has-this-name.test/"
    return f"http://{drawn.plain}/" if deed.plain else f"https://{drawn.site}/"


def _give(lab: Lab, drawn: RandomWorld, order: Order) -> None:
    outcomes = lab.run(
        lab.order(drawn.authority(order.operator), order.operator, order.action, order.name)
    )
    undone = [one for one in outcomes if one.state is not OutcomeState.EXECUTED]
    assert not undone, f"{order}: {undone[0].reason}"


def _patience(drawn: RandomWorld) -> Duration:
    """Return how long it takes until no honest cache of the world remembers a change."""
    registries = drawn.world.registries.values()
    published = max(registry.publishes_every for registry in registries)
    longest = max(
        *(registry.ttl for registry in registries),
        *(domain.ttl for domain in drawn.world.domains.values()),
    )
    return published + longest + 10 * MINUTE


# --- what is done ---------------------------------------------------------------------------


def _nothing(lab: Lab, drawn: RandomWorld) -> None:
    return None


def _by_provider(make: Callable[[RandomWorld], Measure], *, plain: bool = False) -> Act:
    def act(lab: Lab, drawn: RandomWorld) -> Order:
        return Order(drawn.provider, make(drawn), drawn.plain if plain else drawn.site)

    return act


def _lie(lie: DnsLie) -> Act:
    return _by_provider(lambda drawn: DnsMeasure(drawn.site, lie))


def _lie_openly(lie: DnsLie) -> Act:
    return _by_provider(lambda drawn: DnsMeasure(drawn.site, lie, extended_error=16))


def _addresses(drawn: RandomWorld) -> tuple[Address, ...]:
    return drawn.world.hosts[drawn.world.sites[drawn.site].host].addresses


def _stop_address(action: AddressAction) -> Act:
    return _by_provider(lambda drawn: AddressMeasure(_addresses(drawn), action))


def _filter(action: HttpAction) -> Act:
    return _by_provider(lambda drawn: HttpMeasure(drawn.plain, action=action), plain=True)


def _sni(action: SniAction, residual: Duration = 0) -> Act:
    return _by_provider(lambda drawn: SniMeasure(drawn.site, action, residual=residual))


def _two_tuple(drawn: RandomWorld) -> SniMeasure:
    return SniMeasure(drawn.site, residual=90 * SECOND, residue=Residue.TWO_TUPLE)


def _domain(drawn: RandomWorld) -> str:
    domain = drawn.world.domain_of(drawn.site)
    assert domain is not None
    return domain


def _at_registrar(lever: Lever) -> Act:
    return lambda lab, drawn: Order("registrar", lever, _domain(drawn))


def _at_registry(lever: Lever) -> Act:
    def act(lab: Lab, drawn: RandomWorld) -> Order:
        domain = _domain(drawn)
        return Order(drawn.world.registries[domain.rpartition(".")[2]].operator, lever, domain)

    return act


def _at_host(lever: Lever) -> Act:
    def act(lab: Lab, drawn: RandomWorld) -> Order:
        host = drawn.world.sites[drawn.site].host
        return Order(drawn.world.operator_of(host), lever, drawn.site)

    return act


def _power_fails(lab: Lab, drawn: RandomWorld) -> None:
    """Nobody ordered it: the machine's power supply burns out."""
    machine = lab.fabric.hosts[drawn.world.sites[drawn.site].host]
    machine.powered = False
    machine.break_connections()


def _nameserver_fails(lab: Lab, drawn: RandomWorld) -> None:
    [server] = drawn.world.domains[_domain(drawn)].nameservers
    lab.fabric.hosts[drawn.world.nameservers[server].host].powered = False


def _deleted(lab: Lab, drawn: RandomWorld) -> None:
    """Its registrar lets the name go: the holder wanted so, or did not pay."""
    domain = _domain(drawn)
    done = lab.names.registry_of(domain).delete("registrar", domain, lab.now)
    assert done.succeeded, done.reason


def _policy_zone(drawn: RandomWorld) -> PolicyZone:
    return PolicyZone(f"{drawn.site}.rpz. 60 IN CNAME .\n*.{drawn.site}.rpz. 60 IN CNAME .\n")


def _keyword(drawn: RandomWorld) -> HttpMeasure:
    return HttpMeasure(keyword=drawn.plain.partition(".")[0], action=HttpAction.RESET)


def _one_port(drawn: RandomWorld) -> AddressMeasure:
    return AddressMeasure(_addresses(drawn), ports=(80, 443))


def _prefixes(drawn: RandomWorld) -> AddressMeasure:
    """The whole network of the site, as a careless order has it."""
    host = drawn.world.hosts[drawn.world.sites[drawn.site].host]
    return AddressMeasure(drawn.world.networks[host.network].prefixes)


def _interception(drawn: RandomWorld) -> DnsInterception:
    [resolver] = drawn.world.access_providers[drawn.provider].resolvers
    return DnsInterception(drawn.world.hosts[drawn.world.host_of_resolver(resolver)].addresses)


DEEDS: tuple[Deed, ...] = (
    Deed("nothing", causes.ACCESSIBLE, _nothing),
    Deed("nothing-plain", causes.ACCESSIBLE, _nothing, plain=True),
    Deed("no-such-name", causes.CANNOT_TELL, _nothing, unknown_name=True),
    *(Deed(f"dns-{lie.value}", causes.BLOCKED_DNS, _lie(lie)) for lie in DnsLie),
    *(
        Deed(f"dns-{lie.value}-told", causes.BLOCKED_DNS, _lie_openly(lie))
        for lie in (DnsLie.NXDOMAIN, DnsLie.REFUSED)
    ),
    Deed("dns-rpz", causes.BLOCKED_DNS, _by_provider(_policy_zone)),
    *(
        Deed(
            f"dns-injection-{lie.value}",
            causes.BLOCKED_DNS,
            _by_provider(lambda drawn, lie=lie: DnsInjection(drawn.site, lie)),  # type: ignore[misc]
            settles=True,
        )
        for lie in (DnsLie.FORGED, DnsLie.NXDOMAIN)
    ),
    Deed("dns-interception", causes.ACCESSIBLE, _by_provider(_interception)),
    *(
        Deed(f"ip-{action.value}", causes.BLOCKED_IP, _stop_address(action))
        for action in AddressAction
    ),
    *(
        Deed(f"http-{action.value}", causes.BLOCKED_HTTP, _filter(action), plain=True)
        for action in HttpAction
    ),
    Deed("http-keyword", causes.BLOCKED_HTTP, _by_provider(_keyword, plain=True), plain=True),
    Deed("ip-drop-port", causes.BLOCKED_IP, _by_provider(_one_port)),
    Deed("ip-drop-prefix", causes.BLOCKED_IP, _by_provider(_prefixes)),
    Deed("tls-sni-reset", causes.BLOCKED_TLS, _sni(SniAction.RESET)),
    Deed("tls-sni-drop", causes.BLOCKED_TLS, _sni(SniAction.DROP)),
    Deed("tls-sni-residual", causes.BLOCKED_TLS, _sni(SniAction.RESET, 90 * SECOND)),
    Deed(
        "tls-sni-lingering",
        causes.BLOCKED_TLS,
        _sni(SniAction.DROP, 90 * SECOND),
        talked_before=True,
    ),
    Deed("tls-sni-two-tuple", causes.BLOCKED_TLS, _by_provider(_two_tuple), talked_before=True),
    Deed("tls-sni-throttle", causes.THROTTLED, _sni(SniAction.THROTTLE)),
    Deed(
        "encrypted-dns-blocked",
        causes.ACCESSIBLE,
        _by_provider(lambda drawn: EncryptedDnsMeasure(prefixes=("203.0.113.0/24",))),
    ),
    Deed("vpn-fingerprint", causes.ACCESSIBLE, _by_provider(lambda drawn: FingerprintMeasure())),
    Deed("shutdown", causes.SHUTDOWN, _by_provider(lambda drawn: Shutdown())),
    Deed("client-hold", causes.SEIZED_HOLD, _at_registrar(Lever.CLIENT_HOLD), settles=True),
    Deed("server-hold", causes.SEIZED_HOLD, _at_registry(Lever.SERVER_HOLD), settles=True),
    Deed(
        "redelegation", causes.SEIZED_REDELEGATION, _at_registry(Lever.REDELEGATION), settles=True
    ),
    # What nobody looked at before cannot be told from a name that never was, but by the registry.
    Deed(
        "hold-unseen",
        causes.SEIZED_HOLD,
        _at_registry(Lever.SERVER_HOLD),
        settles=True,
        unseen=True,
        right_unpublished=(causes.CANNOT_TELL,),
    ),
    Deed(
        "redelegation-unseen",
        causes.SEIZED_REDELEGATION,
        _at_registry(Lever.REDELEGATION),
        settles=True,
        unseen=True,
    ),
    # For as long as the resolver here remembers, the site is open here.
    Deed("hold-early", causes.ACCESSIBLE, _at_registry(Lever.SERVER_HOLD)),
    Deed(
        "deletion",
        causes.CANNOT_TELL,
        _deleted,
        settles=True,
        right_unpublished=(causes.SEIZED_HOLD,),
    ),
    Deed("host-takeover", causes.SEIZED_HOST, _at_host(Lever.HOST_TAKEOVER)),
    Deed("host-off", causes.SEIZED_HOST, _at_host(Lever.HOST_OFF), also_right=(causes.DOWN,)),
    Deed("power-failure", causes.DOWN, _power_fails),
    Deed("nameserver-failure", causes.DOWN, _nameserver_fails, settles=True),
)
"""Every measure and lever with its kinds, and what happens of itself."""
