"""What the matrix is measured on: whose measures, against what, seen from where."""

from pydantic import Field

from simulator.world.fields import DomainName, Id, Many, Model


class Study(Model):
    """One site, one subscriber whose provider acts against it, one whom nobody concerns."""

    site: DomainName
    affected: Id
    """The vantage point whose access provider takes the measures."""
    unaffected: Id
    pattern: str = Field(default="", pattern=r"^[a-z0-9*._-]*$")
    """A careless pattern for the site's name, which measures that take patterns may use."""
    innocent: Many = ()
    """Sites that nobody means; all other sites of the world unless stated."""
