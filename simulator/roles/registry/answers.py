"""Refusals that several commands share."""

from __future__ import annotations

from simulator.roles.registry.objects import SERVER, Code, Result
from simulator.values import message


def absent(name: str) -> Result:
    """Refuse what concerns an object that is not there (2303)."""
    return Result(Code.DOES_NOT_EXIST, message("{name} does not exist", name=name))


def not_sponsored(name: str, sponsor: str, actor: str) -> Result | None:
    """Refuse who is neither the sponsor of an object nor the registry (2201)."""
    if actor in (SERVER, sponsor):
        return None
    return Result(
        Code.NOT_AUTHORISED,
        message("{actor} does not sponsor {name}", actor=actor, name=name),
    )


def prohibits(name: str, status: str) -> Result:
    """Return the refusal for a status that stands in the way (2304)."""
    return Result(
        Code.STATUS_PROHIBITS,
        message(
            "{name} has the status {status}, which prohibits this",
            name=name,
            status=str(status),
        ),
    )


def wrong_authorization(name: str) -> Result:
    """Refuse a wrong authInfo (2202)."""
    return Result(
        Code.WRONG_AUTHORIZATION,
        message("the authorization information for {name} is wrong", name=name),
    )
