"""What a child-centric resolver makes of what a zone's own servers say about themselves.

A delegation is known from the parent first. The zone's own NS records then rank above it (RFC
2181 section 5.4.1), with a TTL that the zone's operator chooses. A resolver that lets them
start that TTL anew with every answer does not come back to the parent while it is asked often
enough, whatever the registry has done meanwhile: the name is a ghost (Jiang et al., NDSS 2012).

Servers that put no NS records beside their answers are asked for them: the zones in
`OwnWord.unconfirmed`, once the client has its answer.
"""

from __future__ import annotations

from simulator.roles.resolver import replies
from simulator.roles.resolver.behaviour import Behaviour
from simulator.roles.resolver.cache import Cache, Delegation
from simulator.values import Instant
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import DnsMessage, Question


class OwnWord:
    """What zones said about themselves in the course of one resolution.

    ``unconfirmed`` are zones that have not, ``outlived`` the delegations that now go on because
    of it although the parent's word on them has run out.
    """

    def __init__(self, behaviour: Behaviour, cache: Cache) -> None:
        self._behaviour = behaviour
        self._cache = cache
        self.unconfirmed: dict[str, None] = {}
        self.outlived: list[Delegation] = []

    def hear(self, reply: DnsMessage, question: Question, zone: str, now: Instant) -> None:
        """Take an authoritative reply from a server of ``zone``."""
        told = replies.own_servers(reply, question, zone)
        held = self._cache.zone(zone if told is None else told.servers[0].name, now)
        if held is None or not self._counts(held):
            return
        if told is None:
            self.unconfirmed[zone] = None
            return
        heard = self._behaviour.bound_delegation(told.delegation(now), now)
        delegation = succeed(held, heard)
        if delegation is not None:
            self._keep(delegation, now)

    def _counts(self, held: Delegation) -> bool:
        return held.parent_expires is None or self._behaviour.ghosts

    def _keep(self, delegation: Delegation, now: Instant) -> None:
        self._cache.put_delegation(delegation, now)
        self.unconfirmed.pop(delegation.zone, None)
        parent_expires = delegation.parent_expires
        if parent_expires is not None and parent_expires <= now < delegation.expires:
            self.outlived.append(delegation)


def succeed(held: Delegation, told: Delegation) -> Delegation | None:
    """Return the delegation as the zone's own servers tell it; None if it would lead nowhere.

    Addresses that did not come along are kept from before: a nameserver inside its own zone
    could not be found otherwise.
    """
    glue = {name: told.glue.get(name) or held.glue.get(name, ()) for name in told.names}
    if not any(glue[name] or not is_within(name, told.zone) for name in told.names):
        return None
    known = {name: addresses for name, addresses in glue.items() if addresses}
    ended = held.expires if held.parent_expires is None else held.parent_expires
    return told._replace(glue=known, parent_expires=ended)
