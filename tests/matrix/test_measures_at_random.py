"""Measures with parameters drawn at random: what they leave alone, and that they can be lifted."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.lab import Lab
from simulator.matrix.catalogue import study_of
from simulator.matrix.measuring import innocents
from simulator.measures import AddressMeasure
from simulator.values import HOUR, MINUTE, Observation
from simulator.world.measures import MeasureEntry
from simulator.world.models import World
from simulator.world.ordered import measure_of

SITE = "t.co.test"
VERSIONS = st.sampled_from([[4], [6], [4, 6]])
ABOUT = st.sampled_from(
    [{}, {"subdomains": False}, {"pattern": "*t.co*"}, {"pattern": "t.*"}, {"pattern": "*.test"}]
)
PORTS = st.sampled_from([{}, {"ports": "all"}, {"ports": [443]}, {"ports": [80, 443]}])


def kinds(name: str, *values: object, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return entries of one kind with every parameter that is given."""
    return st.builds(
        lambda value, extra: {name: value, **extra},
        st.sampled_from(values),
        st.fixed_dictionaries({}, optional=more) if more else st.just({}),
    )


def with_(entries: st.SearchStrategy[Any], *parts: st.SearchStrategy[Any]) -> Any:
    """Return entries with parts added."""
    return st.builds(lambda *all_: {k: v for one in all_ for k, v in one.items()}, entries, *parts)


LIES = ("nxdomain", "nodata", "refused", "servfail", "forged", "silence")
ENTRIES = st.one_of(
    with_(kinds("dns", *LIES), ABOUT),
    with_(kinds("injection", *LIES[:5], versions=VERSIONS, drop=st.booleans()), ABOUT),
    kinds("interception", True, versions=VERSIONS),
    with_(kinds("address", "drop", "reset", "reject", versions=VERSIONS), PORTS),
    with_(kinds("http", "451", "page", "reset", "drop", versions=VERSIONS), ABOUT, PORTS),
    with_(kinds("sni", "reset", "drop", "throttle", versions=VERSIONS), ABOUT, PORTS),
    kinds("encrypted_dns", "drop", "reset", "reject", versions=VERSIONS),
    kinds("vpn", "drop", "reject", versions=VERSIONS),
    kinds("fingerprint", "wireguard", versions=VERSIONS),
)


def concerns(entry: MeasureEntry, site: str, world: World) -> bool:
    """Whether an entry about the studied site is, by its own words, about another as well.

    A lie on the way about the name of a site's nameserver is one about the site: whoever asks
    where that nameserver is (the provider's own resolver, too) hears it.
    """
    if entry.pattern is not None:
        pattern = ".*".join(map(re.escape, entry.pattern.split("*")))
        names = [site]
        if entry.kind == "injection":
            domain = world.domain_of(site)
            assert domain is not None
            names += world.domains[domain].nameservers
        return any(re.fullmatch(pattern, name) is not None for name in names)
    if entry.kind == "address":
        measure = measure_of(entry, SITE, world)
        assert isinstance(measure, AddressMeasure)
        return any(one in measure.prefixes for one in world.hosts[world.sites[site].host].addresses)
    return False


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(entry=ENTRIES)
def test_a_measure_leaves_every_other_site_alone_and_can_be_lifted(
    crossroads: World, entry: dict[str, Any]
) -> None:
    written = MeasureEntry.model_validate(entry)
    study = study_of(crossroads)
    spared = [site for site in innocents(crossroads) if not concerns(written, site, crossroads)]
    with Lab(crossroads) as lab:
        everything = [SITE, *innocents(crossroads)]
        before = lab.run(look(lab, everything))
        measure = measure_of(written, SITE, crossroads)
        key = lab.run(lab.impose("rivage-telecom", measure, SITE))
        under = lab.run(look(lab, everything))
        lab.run(lab.revoke(key))
        after = lab.run(look(lab, everything))
        elsewhere = lab.run(lab.visit(f"https://{SITE}/", study.unaffected, compare=False))
    assert {site: under[site] for site in spared} == {site: before[site] for site in spared}
    assert after == before
    assert elsewhere.page == "site"


async def look(lab: Lab, sites: list[str]) -> dict[str, list[Observation]]:
    """Visit sites by HTTPS and by HTTP, once caches and flows have forgotten what was before."""
    await lab.wait(HOUR + 10 * MINUTE)
    study = study_of(lab.world)
    return {
        site: [
            _timeless(await lab.visit(url, study.affected, via, compare=False))
            for url, via in ((f"https://{site}/", None), (f"http://{site}/", "http-only"))
        ]
        for site in sites
    }


def _timeless(seen: Observation) -> Observation:
    """A visit without what depends on the time or on OpenSSL's randomness."""
    return replace(
        seen, at=0, ended=0, timings=(), queries=(), connects=(), handshakes=(), exchanges=()
    )
