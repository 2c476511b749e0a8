"""Worlds drawn at random from a seed: to find out whether what the lab says holds anywhere.

A random world has one provider that may be told to block and another that nobody concerns, a
test helper apart from both, hosts, registries, resolvers; how far apart they are, who shares a
machine with whom, who has IPv6, HTTPS, a redirect, HSTS, a short TTL, what is signed and who
validates: that is drawn. What is drawn is written down as a document and read like any other
world, so that no world is looked at that a user could not write.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any, NamedTuple

from simulator.world.loader import world_of
from simulator.world.models import World
from simulator.world.source import read

_COUNTRIES = ("FR", "DE", "NL", "BE", "IT", "SE", "CH", "BG", "LT", "HU")
_WORDS = ("harbour", "orchard", "lantern", "meadow", "quarry", "saffron", "thimble", "willow")
_TLDS = ("test", "xg", "xf")
_FIRST_ASN = 64496
_SECTIONS = (
    *("operators", "authorities", "networks", "hosts", "nameservers", "registries"),
    *("registrars", "domains", "resolvers", "block_pages", "access_providers", "sites"),
    *("banners", "vantages"),
)


class RandomWorld(NamedTuple):
    """A world and who is who in it.

    ``site`` is served by HTTPS; ``plain`` by HTTP alone, for filters that read requests.
    ``authority`` is by country: whose orders bind there. ``has_directories`` is whether its
    registries tell everybody what is registered: in every other world they do.
    """

    seed: int
    world: World
    affected: str
    unaffected: str
    provider: str
    site: str
    plain: str
    has_directories: bool = False

    def authority(self, operator: str) -> str:
        """Return the prosecutor whose word is law for an operator."""
        return f"prosecutor-{self.world.operators[operator].country.lower()}"


def random_world(seed: int) -> RandomWorld:
    """Return the world of a seed: the same on every machine."""
    draft = _Draft(Random(f"world/{seed}"))  # noqa: S311  # repeatable, not secret
    document = draft.document()
    _sign(document, Random(f"signing/{seed}"))  # noqa: S311  # repeatable, not secret
    world = world_of(read(json.dumps(document), f"<random world {seed}>"))
    return RandomWorld(
        seed, world, "here", "there", "provider-here", draft.site, draft.plain, seed % 2 == 1
    )


def _sign(data: dict[str, Any], random: Random) -> None:
    """Sign the root in most worlds, then some of what is below it; have some resolvers validate.

    By a stream of its own: whether a world is signed changes nothing else in it.
    """
    if random.random() < 0.4:
        return
    data["root"]["signed"] = True
    for tld in data["registries"].values():
        tld["signed"] = random.random() < 0.8
    for name, domain in data["domains"].items():
        above = data["registries"][name.rpartition(".")[2]]
        domain["signed"] = random.random() < 0.6 and above["signed"]
    for resolver in data["resolvers"].values():
        resolver["validates"] = random.random() < 0.5


class _Draft:
    """A document in the making."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._networks = 0
        self.countries = random.sample(_COUNTRIES, random.randint(4, 6))
        self.words = random.sample(_WORDS, len(_WORDS))
        self.data: dict[str, Any] = {
            "title": {"en": "A random world", "fr": "Un monde tiré au sort"},
            "start": "2024-09-02T08:00:00+02:00",
            "countries": {code: {"name": code} for code in self.countries},
        }
        for section in _SECTIONS:
            self.data[section] = {}
        self.data["links"] = []
        self.site = self.plain = ""

    def document(self) -> dict[str, Any]:
        """Return the whole world as plain data."""
        self._network("backbone", "transit", "transit", self.countries[0], six=True)
        self._state()
        self._hierarchy()
        self._resolvers()
        self._access("here", self.countries[0])
        self._access("there", self.countries[1])
        self._hosting()
        self._helpers()
        for code in self.countries:
            self.data["authorities"][f"prosecutor-{code.lower()}"] = {
                "name": f"Prosecutor of {code}",
                "country": code,
                "kind": "prosecutor",
            }
        return self.data

    # --- wires --------------------------------------------------------------------------

    def _network(
        self, name: str, kind: str, operator_kind: str, country: str, *, six: bool
    ) -> None:
        number = self._networks
        self._networks += 1
        prefixes = [f"198.18.{number}.0/24"]
        if six:
            prefixes.append(f"2001:db8:{number:x}::/48")
        self.data["operators"][name] = {"name": name, "country": country, "kind": operator_kind}
        self.data["networks"][name] = {
            "operator": name,
            "kind": kind,
            "asn": _FIRST_ASN + number if number < 16 else 65520 + number,
            "prefixes": prefixes,
        }
        if name != "backbone":
            latency = f"{self._random.randint(1, 120)}ms"
            self.data["links"].append({"between": ["backbone", name], "latency": latency})

    def _host(self, name: str, network: str, last: int, *, six: bool = False) -> list[str]:
        prefixes = self.data["networks"][network]["prefixes"]
        addresses = [prefixes[0].replace("0/24", str(last))]
        if six and len(prefixes) > 1:
            addresses.append(prefixes[1].replace("/48", str(last)))
        self.data["hosts"][name] = {"network": network, "addresses": addresses}
        return addresses

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _country(self) -> str:
        return self._random.choice(self.countries)

    # --- roles --------------------------------------------------------------------------

    def _state(self) -> None:
        """The authorities' own network: banner, block page, nameserver."""
        self._network("state", "authority", "public-body", self._country(), six=self._chance(0.3))
        self._host("state-dns", "state", 53)
        self._host("state-banner", "state", 10, six=True)
        self._host("state-page", "state", 50)
        self.data["nameservers"]["ns1.seized.test"] = {"host": "state-dns"}
        self.data["banners"]["banner"] = {
            "host": "state-banner",
            "nameservers": ["ns1.seized.test"],
            "title": {"en": "This site has been seized", "fr": "Ce site a été saisi"},
            "judicial_authority": "A prosecutor",
            "services": [{"name": "A police", "initials": "AP", "country": self.countries[0]}],
        }

    def _hierarchy(self) -> None:
        six = self._chance(0.5)
        self._network("root", "service", "dns-operator", self._country(), six=six)
        self._host("root-dns", "root", 1, six=True)
        self.data["nameservers"]["a.root.test"] = {"host": "root-dns"}
        self.data["root"] = {"nameservers": ["a.root.test"]}
        for tld in _TLDS:
            registry = f"registry-{tld}"
            self._network(registry, "service", "registry", self._country(), six=self._chance(0.5))
            self._host(f"{registry}-dns", registry, 1, six=True)
            self.data["nameservers"][f"ns1.nic.{tld}"] = {"host": f"{registry}-dns"}
            self.data["registries"][tld] = {
                "operator": registry,
                "nameservers": [f"ns1.nic.{tld}"],
                "publishes_every": self._random.choice(["5m", "15m", "30m"]),
                "ttl": self._random.choice(["30m", "1h", "3h"]),
                "negative_ttl": self._random.choice(["5m", "15m"]),
            }
        self.data["operators"]["registrar"] = {
            "name": "A registrar",
            "country": self._country(),
            "kind": "registrar",
        }
        self.data["registrars"]["registrar"] = {
            "operator": "registrar",
            "registries": list(_TLDS),
        }
        self._domain("seized.test", ["ns1.seized.test"])

    def _domain(self, name: str, nameservers: list[str]) -> None:
        self.data["domains"][name] = {
            "registrar": "registrar",
            "registrant": "somebody invented",
            "nameservers": nameservers,
            "ttl": self._random.choice(["5m", "10m", "1h"]),
        }

    def _resolvers(self) -> None:
        for number in range(1, self._random.randint(2, 4)):
            name = f"open-{number}"
            self._network(name, "service", "resolver", self._country(), six=False)
            self._host(name, name, 1)
            self.data["resolvers"][name] = {"public": True}

    def _access(self, vantage: str, country: str) -> None:
        name = f"provider-{vantage}"
        six = self._chance(0.5)
        self._network(name, "access", "access-provider", country, six=six)
        self._host(f"{name}-dns", name, 53, six=self._chance(0.5))
        self.data["resolvers"][f"{name}-dns"] = {}
        page_host = "state-page"
        if self._chance(0.4):  # the provider's own page
            page_host = f"{name}-page"
            self._host(page_host, name, 50)
        page = {
            "host": page_host,
            "name": f"stop-{vantage}.seized.test",
            "by": f"prosecutor-{country.lower()}",
            "status": self._random.choice([200, 403, 451]),
        }
        taken = [entry["host"] for entry in self.data["block_pages"].values()]
        entry = {"networks": [name], "resolvers": [f"{name}-dns"]}
        if page_host not in taken:
            self.data["block_pages"][f"page-{vantage}"] = page
            entry["block_page"] = f"page-{vantage}"  # type: ignore[assignment]
        self.data["access_providers"][name] = entry
        addresses = [f"198.18.{self._networks - 1}.101"]
        if six and self._chance(0.8):
            addresses.append(f"2001:db8:{self._networks - 1:x}::101")
        self.data["vantages"][vantage] = {
            "name": vantage,
            "network": name,
            "addresses": addresses,
            "latency": f"{self._random.randint(2, 40)}ms",
        }

    def _hosting(self) -> None:
        farms = [f"farm-{number}" for number in range(1, self._random.randint(3, 4))]
        for farm in farms:
            self._network(farm, "hosting", "host", self._country(), six=self._chance(0.5))
            self._host(f"{farm}-dns", farm, 53)
            self.data["nameservers"][f"ns1.{farm}.test"] = {"host": f"{farm}-dns"}
            self._domain(f"{farm}.test", [f"ns1.{farm}.test"])
            for machine in range(1, 3):
                self._host(f"{farm}-web-{machine}", farm, 9 + machine, six=self._chance(0.7))
        names = [f"{word}.{self._random.choice(_TLDS)}" for word in self.words[:6]]
        www = "www." if self._chance(0.3) else ""
        self.site, self.plain = f"{www}{names[0]}", names[1]
        for place, name in enumerate(names):
            # The site and another may share a machine; each farm has a site of its own.
            farm = farms[place % len(farms)] if self._chance(0.8) else farms[0]
            self._domain(name, [f"ns1.{self._random.choice(farms)}.test"])
            host = f"{farm}-web-{self._random.randint(1, 2)}"
            self._site(self.site if place == 0 else name, host, https=place != 1)

    def _site(self, name: str, host: str, *, https: bool) -> None:
        site: dict[str, Any] = {
            "host": host,
            "title": {"en": f"The site {name}", "fr": f"Le site {name}"},
            "https": https,
            "redirect": https and self._chance(0.6),
            "weight": f"{self._random.choice([16, 64, 128])} kB",
        }
        if https and self._chance(0.3):
            site["hsts"] = "180d"
        self.data["sites"][name] = site

    def _helpers(self) -> None:
        self._network("measurers", "service", "host", self.countries[2], six=True)
        self._host("test-helper", "measurers", 9, six=True)
        self.data["control"] = "test-helper"
        self._network("signers", "service", "certificate-authority", self._country(), six=False)
        self._host("signer", "signers", 1)
        self.data["certificate_authority"] = {
            "operator": "signers",
            "host": "signer",
            "resolver": "open-1",
        }
