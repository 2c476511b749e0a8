"""What the holders of names ask of their registrars in a step of a scenario."""

from typing import Annotated

from pydantic import Field

from simulator.world.fields import DomainName, Id, Many, Model


class _Asked(Model):
    """What a registrant asks of a registrar: at the counter, or by the registrar's web site."""

    name: DomainName
    vantage: Annotated[Id | None, Field(alias="from")] = None
    """Where the registrant sits; then the request goes by HTTPS to the registrar's site."""


class Register(_Asked):
    """Somebody registers a free name.

    ``registrant`` is the account; whoever had the name in the world unless stated.
    """

    by: Id
    nameservers: Annotated[Many, Field(min_length=1)]
    registrant: Annotated[str | None, Field(min_length=1)] = None


class Move(_Asked):
    """The holder of a name has it delegated elsewhere."""

    nameservers: Annotated[Many, Field(min_length=1)]


class Transfer(_Asked):
    """The holder of a name takes it to another registrar.

    It is through when the old registrar has fetched its messages and let the name go.
    """

    to: Id


class Lock(_Asked):
    """The holder of a name has the registrar's locks put on it, or taken off."""
