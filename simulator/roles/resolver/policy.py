"""What a resolver was told: names to lie about, policy zones, clients to send away."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.measures import DnsLie, DnsMeasure, PolicyZone, ResolverMeasure, ResolverWithdrawal
from simulator.roles.resolver.lies import Blocklist
from simulator.values import Address, message

if TYPE_CHECKING:
    from simulator.roles.resolver.rpz import LoadedZone


class Policy:
    """The measures in force, by a key of the caller's: an order's number, say.

    ``zones`` are the policy zones in the order in which they were put, which is the order in
    which they count. Lies go before zones, and sending a client away before both.
    """

    def __init__(self) -> None:
        self._measures: dict[str, ResolverMeasure] = {}
        self._loaded: dict[str, LoadedZone] = {}
        self._blocklists: tuple[tuple[tuple[_Prefix, ...], Blocklist], ...] = ()
        """Lies by those who are told them; no prefix stands for everybody, and comes last."""
        self._withdrawals: tuple[tuple[ResolverWithdrawal, tuple[_Prefix, ...]], ...] = ()
        self.zones: tuple[LoadedZone, ...] = ()
        self.in_force = False
        """Whether there is any measure at all."""

    def __len__(self) -> int:
        return len(self._measures)

    def __repr__(self) -> str:
        return f"<Policy {', '.join(f'{key}: {_about(m)}' for key, m in self._measures.items())}>"

    def put(self, key: str, measure: ResolverMeasure) -> None:
        """Take a measure, in place of the one with that key. For one name, the latest counts.

        Raises `LabError` for a policy zone that cannot be read (a
        `simulator.wire.master_file.ZoneTextError`, with the line), and for a withdrawal by
        another lie than REFUSED and SILENCE.
        """
        loaded: LoadedZone | None = None
        if isinstance(measure, PolicyZone):
            loaded = _loaded(measure)
        elif isinstance(measure, ResolverWithdrawal):
            _check_withdrawal(measure)
        else:
            _check_clients(measure.clients)
        self.lift(key)
        self._measures[key] = measure
        if loaded is not None:
            self._loaded[key] = loaded
        self._index()

    def lift(self, key: str) -> ResolverMeasure | None:
        """End a measure and return it; None if there is none with that key."""
        measure = self._measures.pop(key, None)
        self._loaded.pop(key, None)
        self._index()
        return measure

    def _index(self) -> None:
        self.in_force = bool(self._measures)
        latest_first = reversed(self._lies())
        audiences = sorted(
            dict.fromkeys(one.clients for one in latest_first), key=lambda clients: not clients
        )
        self._blocklists = tuple(
            [
                (_prefixes(clients), Blocklist(o for o in self._lies() if o.clients == clients))
                for clients in audiences
            ]
        )
        self.zones = tuple(self._loaded.values())
        self._withdrawals = tuple(
            [
                (measure, _prefixes(measure.clients))
                for measure in self._measures.values()
                if isinstance(measure, ResolverWithdrawal)
            ]
        )

    def _lies(self) -> list[DnsMeasure]:
        return [one for one in self._measures.values() if isinstance(one, DnsMeasure)]

    def find(self, name: str, client: Address | None = None) -> DnsMeasure | None:
        """Return what a client is told of ``name``: the longest name that matches wins.

        What is for some clients alone goes before what is for everybody; no client is told
        only the latter.
        """
        for prefixes, blocklist in self._blocklists:
            measure = blocklist.find(name)
            if measure is None:
                continue
            if not prefixes or (client is not None and _within(client, prefixes)):
                return measure
        return None

    def withdrawn(self, client: Address) -> ResolverWithdrawal | None:
        """Return the measure by which a client is no longer served."""
        if not self._withdrawals:
            return None
        for measure, prefixes in self._withdrawals:
            if _within(client, prefixes):
                return measure
        return None

    def written(self) -> str:
        """Return what is applied to answers, as policy zones: the lies, then each zone.

        A comment stands for what no policy zone can say: REFUSED, a pattern. Each part is a
        zone by itself, and begins with its SOA record.
        """
        from simulator.roles.resolver.rpz_measures import written_with_gaps
        from simulator.wire import rpz_text

        lies = self._lies()
        parts = [written_with_gaps(lies)] if lies else []
        parts += [rpz_text.write(loaded.zone) for loaded in self.zones]
        return "\n".join(parts)


_Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network


def _loaded(measure: PolicyZone) -> LoadedZone:
    # Imported by those who have a policy zone: see the top of service.py.
    from simulator.roles.resolver.rpz import LoadedZone
    from simulator.wire import rpz_text

    return LoadedZone(rpz_text.read(measure.text, measure.origin), measure.extended_error)


def _prefixes(clients: tuple[str, ...]) -> tuple[_Prefix, ...]:
    return tuple([ipaddress.ip_network(prefix) for prefix in clients])


def _within(client: Address, prefixes: tuple[_Prefix, ...]) -> bool:
    address = ipaddress.ip_address(client)
    return any(address in prefix for prefix in prefixes)


def _about(measure: ResolverMeasure) -> str:
    if isinstance(measure, DnsMeasure):
        return measure.name
    if isinstance(measure, PolicyZone):
        return measure.origin
    return " ".join(measure.clients)


def _check_withdrawal(measure: ResolverWithdrawal) -> None:
    if measure.lie not in (DnsLie.REFUSED, DnsLie.SILENCE):
        raise LabError(
            message(
                "a resolver that withdraws answers REFUSED or nothing, not {lie}",
                lie=measure.lie.name,
            )
        )
    _check_clients(measure.clients)


def _check_clients(clients: tuple[str, ...]) -> None:
    for prefix in clients:
        try:
            ipaddress.ip_network(prefix)
        except ValueError as error:
            raise LabError(
                message("{prefix} is no prefix: {why}", prefix=prefix, why=str(error))
            ) from None
