"""The NSEC records of a zone (RFC 4034 section 4): which names there are, and what is at each.

They let anybody list the zone. NSEC3 (RFC 5155), which hides the names a little, is not
simulated.
"""

from __future__ import annotations

from bisect import bisect_right

from simulator.roles.nameserver.zone import Zone
from simulator.wire.dns_types import type_number
from simulator.wire.dns_values import Record
from simulator.wire.dnssec_order import SortKey, sort_key


class NsecChain:
    """The names of a zone in canonical order, sorted when the first denial is wanted."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._sorted: list[tuple[SortKey, str]] | None = None
        soa = zone.soa
        # RFC 9077: the TTL of a denial, so that an NSEC record does not outlive it.
        self._ttl = 0 if soa is None else min(soa.ttl, int(soa.data.split()[6]))

    def around(self, name: str) -> Record:
        """Return the NSEC record of ``name``, or that of the name before it in the chain."""
        chain = self._chain()
        key = sort_key(name)
        index = bisect_right(chain, key, key=lambda entry: entry[0]) - 1
        owner, following = chain[index][1], chain[(index + 1) % len(chain)][1]
        return Record(owner, "NSEC", self._ttl, self._data(owner, following))

    def _chain(self) -> list[tuple[SortKey, str]]:
        """Return every name that has records of its own or a delegation.

        An empty non-terminal has no NSEC record (RFC 4035 section 2.3), and glue is not ours.
        """
        if self._sorted is None:
            zone = self._zone
            self._sorted = sorted(
                (sort_key(name), name)
                for name in zone.names()
                if zone.at(name) and zone.owns(name, "NSEC")
            )
        return self._sorted

    def _data(self, owner: str, following: str) -> str:
        sets = self._zone.at(owner)
        is_cut = not self._zone.owns(owner, "NS")
        types = [kind for kind in sets if not is_cut or kind in ("NS", "DS")]
        return " ".join([following or ".", *sorted([*types, "RRSIG", "NSEC"], key=type_number)])
