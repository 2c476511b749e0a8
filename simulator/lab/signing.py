"""Who signs which zone of a world, and what validators begin to trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.lab.running import RandomFor
    from simulator.roles.nameserver.signing import Signer
    from simulator.roles.resolver.validation_trust import TrustAnchor
    from simulator.world.models import World

ROOT = ""


class Signing:
    """The signers of the zones that a world has signed, by origin."""

    def __init__(self, world: World, random_for: RandomFor, calendar_start: int) -> None:
        origins = [ROOT] if world.root.signed else []
        origins += [tld for tld, entry in world.registries.items() if entry.signed]
        origins += [name for name, entry in world.domains.items() if entry.signed]
        self.signers: dict[str, Signer] = {}
        if not origins:
            return
        from simulator.roles.nameserver.signing import Signer
        from simulator.wire.dnssec import make_key

        for origin in origins:
            key = make_key(random_for(f"zone-key/{origin or 'root'}"))
            self.signers[origin] = Signer(origin, key, calendar_start=calendar_start)

    def ds(self, origin: str) -> tuple[str, ...]:
        """Return what the zone above publishes about a zone: nothing of an unsigned one."""
        signer = self.signers.get(origin)
        return () if signer is None else (signer.ds,)

    def anchors(self) -> tuple[TrustAnchor, ...]:
        """Return what a validating resolver is given to begin with."""
        from simulator.roles.resolver.validation_trust import TrustAnchor

        return tuple(TrustAnchor(ROOT, ds) for ds in self.ds(ROOT))
