"""What is done in the trials of the confusion table: every measure and lever with its kinds,
and what happens of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simulator.lab.lab import Lab
from simulator.matrix.random_worlds import RandomWorld
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
from simulator.values import DAY, SECOND, Address, Duration, Lever

Act = Callable[[Lab, RandomWorld], "Order | None"]
"""Does something to a world, or returns the order that does."""


class Order(NamedTuple):
    """An order to one operator."""

    operator: str
    action: Measure | Lever
    name: str
    keep_ds: bool = False


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


def _is_signed(lab: Lab, drawn: RandomWorld) -> bool:
    return _domain(drawn) in lab.names.signing.signers


def _carelessly(lab: Lab, drawn: RandomWorld) -> Order:
    """Redelegate the name, and leave its DS records behind if it has any."""
    order = _at_registry(Lever.REDELEGATION)(lab, drawn)
    assert order is not None
    return order._replace(keep_ds=_is_signed(lab, drawn))


def _signatures_run_out(lab: Lab, drawn: RandomWorld) -> None:
    """Nobody has signed the zone for a month: who validates refuses it, who does not sees it."""
    if _is_signed(lab, drawn):
        lab.names.signing.signers[_domain(drawn)].stop(lab.now - 30 * DAY)


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
    Deed("redelegation-ds-kept", causes.SEIZED_REDELEGATION, _carelessly, settles=True),
    Deed(
        "signatures-expired",
        causes.ACCESSIBLE,
        _signatures_run_out,
        settles=True,
        also_right=(causes.CANNOT_TELL,),
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
