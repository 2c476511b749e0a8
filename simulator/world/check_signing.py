"""That whoever is signed stands below somebody signed, and that resolvers can do what they say."""

from __future__ import annotations

from simulator.values import message
from simulator.world.checking import Check
from simulator.world.models import World


def check_signing(world: World, check: Check) -> None:
    """Note zones that nobody above vouches for, and validators without anything to trust."""
    if not world.root.signed:
        for tld, registry in world.registries.items():
            if registry.signed:
                text = message("'.{tld}' can be signed only below a signed root", tld=tld)
                check.wrong(("registries", tld, "signed"), text)
    for name, domain in world.domains.items():
        tld = name.rpartition(".")[2]
        above = world.registries.get(tld)
        if domain.signed and above is not None and not above.signed:
            text = message("'{name}' can be signed only if '.{tld}' is", name=name, tld=tld)
            check.wrong(("domains", name, "signed"), text)
    for key, vantage in world.vantages.items():
        if vantage.validates and not world.root.signed:
            text = message("'{vantage}' has nothing to trust: the root is not signed", vantage=key)
            check.wrong(("vantages", key, "validates"), text)
    for key, resolver in world.resolvers.items():
        if resolver.validates and not world.root.signed:
            text = message(
                "'{resolver}' has nothing to trust: the root is not signed", resolver=key
            )
            check.wrong(("resolvers", key, "validates"), text)
        if resolver.ghosts and resolver.centricity != "child":
            text = message("only a child-centric resolver can keep ghost domains")
            check.wrong(("resolvers", key, "ghosts"), text)
        if (resolver.min_ttl or 0) > (resolver.max_ttl or resolver.min_ttl or 0):
            text = message("'min_ttl' is above 'max_ttl'")
            check.wrong(("resolvers", key, "min_ttl"), text)
