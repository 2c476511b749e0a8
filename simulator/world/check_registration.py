"""That registrars can reach their registries by EPP, and registrants their registrars."""

from __future__ import annotations

from simulator.values import message
from simulator.world.checking import Check
from simulator.world.models import World


def check_registration(world: World, check: Check) -> None:
    """Note registries whose registrars have no machine, and doors that nothing leads to."""
    for key, registrar in world.registrars.items():
        if registrar.host is not None:
            continue
        place = ("registrars", key)
        tld = next((tld for tld in registrar.registries if _speaks_epp(world, tld)), None)
        if tld is not None:
            text = message(
                "'{registrar}' needs a 'host' to go to '.{tld}' by EPP", registrar=key, tld=tld
            )
            check.wrong(place, text)
        if registrar.front is not None:
            text = message("the web site of '{registrar}' needs a 'host'", registrar=key)
            check.wrong((*place, "front"), text)
    for tld, registry in world.registries.items():
        if registry.epp and f"nic.{tld}" in world.domains:
            text = message("'nic.{tld}' is the registry's own: its EPP server is there", tld=tld)
            check.wrong(("domains", f"nic.{tld}"), text)


def _speaks_epp(world: World, tld: str) -> bool:
    return tld in world.registries and world.registries[tld].epp
