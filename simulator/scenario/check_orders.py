"""That what an order says beside its lever goes with that lever."""

from __future__ import annotations

from simulator.scenario.models import Member, Order
from simulator.values import Lever, message
from simulator.world.checking import Check
from simulator.world.faults import Place
from simulator.world.models import World


def check_extras(
    world: World, check: Check, place: Place, act: Order | Member, name: str | None
) -> None:
    """Note what goes with another lever, or with none; ``name`` is what the act is about."""
    _new_registrar(world, check, place, act)
    _kept_ds(world, check, place, act, name)


def _new_registrar(world: World, check: Check, place: Place, act: Order | Member) -> None:
    """Note a registrar that the world has not, or that nothing is transferred to."""
    if act.registrar is None:
        return
    where = (*place, "registrar")
    check.known(where, message("registrar"), act.registrar, world.registrars)
    if act.lever is not Lever.TRANSFER:
        check.wrong(where, message("'registrar' goes with the lever 'transfer' alone"))


def _kept_ds(
    world: World, check: Check, place: Place, act: Order | Member, name: str | None
) -> None:
    """Note DS records that are to be left behind by another lever, or where there are none."""
    if not act.keep_ds:
        return
    where = (*place, "keep_ds")
    if act.lever is not Lever.REDELEGATION:
        check.wrong(where, message("'keep_ds' goes with the lever 'redelegation' alone"))
        return
    domain = None if name is None else world.domains.get(name)
    if domain is not None and not domain.signed:
        text = message(
            "'{name}' is not signed, so it has no DS records to leave behind: sign it in the world",
            name=name,
        )
        check.wrong(where, text)
