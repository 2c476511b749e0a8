"""What was ordered, in words: of a name, of addresses, of a whole network."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.values import Message, message

if TYPE_CHECKING:
    from simulator.lab import OrderOutcome
    from simulator.scenario.models import Scenario
    from simulator.world.fields import Text
    from simulator.world.measures import MeasureEntry
    from simulator.world.models import World

_ACTIONS = {
    "client-hold": message("hold the name (clientHold)"),
    "server-hold": message("hold the name (serverHold)"),
    "redelegation": message("redelegate the name"),
    "account-freeze": message("freeze the customer's account"),
    "transfer-refusal": message("let the name go to no other registrar"),
    "transfer": message("move the name to a registrar of the authorities"),
    "registry-lock": message("put a registry lock on the name"),
    "cancellation": message("cancel the name"),
    "record-change": message("lead the name to the banner in its zone"),
    "host-takeover": message("take over the host"),
    "host-off": message("switch the host off"),
    "imaging": message("copy the site's server"),
    "controlled-operation": message("run the site on under control"),
    "end-of-service": message("end the content network's service"),
    "certificate-revocation": message("revoke the site's certificate"),
    "money-freeze": message("freeze the money of the site's operator"),
    "hearing": message("hear the site's operator"),
    "arrest": message("arrest the site's operator"),
    "dns:nxdomain": message("deny the name"),
    "dns:nodata": message("answer that the name has no address"),
    "dns:forged": message("forge the DNS answer"),
    "dns:refused": message("refuse the name in the DNS"),
    "dns:servfail": message("answer with a failure in the DNS"),
    "dns:silence": message("leave questions for the name unanswered"),
    "rpz": message("apply a response policy zone"),
    "withdrawal:refused": message("no longer serve the country's clients"),
    "withdrawal:silence": message("no longer answer the country's clients"),
    "injection:nxdomain": message("inject denials of the name on the way"),
    "injection:nodata": message("inject empty answers for the name on the way"),
    "injection:forged": message("inject forged DNS answers on the way"),
    "injection:refused": message("inject refusals for the name on the way"),
    "injection:servfail": message("inject failures for the name on the way"),
    "interception": message("turn all DNS queries to its own resolver"),
    "address:drop": message("drop packets to the site's address"),
    "address:reset": message("reset connections to the site's address"),
    "address:reject": message("reject packets to the site's address"),
    "encrypted-dns:drop": message("drop encrypted DNS"),
    "encrypted-dns:reset": message("reset encrypted DNS"),
    "encrypted-dns:reject": message("reject encrypted DNS"),
    "http:451": message("answer HTTP requests with a 451"),
    "http:page": message("answer HTTP requests with a page of its own"),
    "http:reset": message("reset HTTP requests"),
    "http:drop": message("drop HTTP requests"),
    "sni:reset": message("reset TLS handshakes that name the site"),
    "sni:drop": message("drop TLS sessions that name the site"),
    "sni:throttle": message("slow TLS sessions that name the site"),
    "fingerprint": message("recognise and drop VPN handshakes"),
    "shutdown": message("cut the network off"),
    "edge": message("answer with a 451 at the edge"),
}
_AGAINST = {
    "address:drop": message("drop packets to {targets}"),
    "address:reset": message("reset connections to {targets}"),
    "address:reject": message("reject packets to {targets}"),
}
"""Templates for a measure against other addresses than those of a name."""
_EXITS = message("the known VPN exits")


class Listed(NamedTuple):
    """Names that a message may be filled with."""

    names: tuple[Text | str, ...]

    def say(self, language: str) -> str:
        """Return the names one after the other."""
        said = (name if isinstance(name, str) else name.say(language) for name in self.names)
        return ", ".join(dict.fromkeys(said))


def action_words(outcome: OrderOutcome, scenario: Scenario, world: World) -> Message:
    """Say what was ordered: against a name, a pattern, or addresses that the order lists."""
    words = _ACTIONS[outcome.action]
    entry = _entry(outcome, scenario)
    if entry is not None and entry.pattern is not None:
        return message("{action}: {pattern}", action=words, pattern=entry.pattern)
    if entry is not None and entry.keyword is not None:
        return message("{action}: {pattern}", action=words, pattern=entry.keyword)
    template = _AGAINST.get(outcome.action)
    if template is None or outcome.name is not None or entry is None:
        return words
    if entry.kind == "vpn" and not entry.of:
        return message(template.text, targets=_EXITS)
    return message(template.text, targets=Listed(tuple(_named(one, world) for one in entry.of)))


def _entry(outcome: OrderOutcome, scenario: Scenario) -> MeasureEntry | None:
    """Return the measure that an order was about, as its author wrote it."""
    for step in scenario.steps:
        for order in step.order:
            told = step.id == outcome.key and outcome.to in order.to and order.name == outcome.name
            if told and order.measure is not None:
                return order.measure
    return None


def _named(one: str, world: World) -> Text | str:
    entry = world.vpn_exits.get(one) or world.resolvers.get(one)
    return one if entry is None or entry.name is None else entry.name
