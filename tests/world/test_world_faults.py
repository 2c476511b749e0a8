"""Every way in which a world can be wrong gives its own sentence at its own place."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.world.faults import MORE, Faults
from simulator.world.loader import world_of
from simulator.world.models import World
from simulator.world.source import read


def faults_of(text: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        world_of(read(text, "w.yaml"))
    return [str(fault) for fault in caught.value.faults if fault != MORE]


def test_the_small_world_is_right(small: str) -> None:
    assert isinstance(world_of(read(small)), World)


CASES = {
    # --- single values ---
    "an unknown field": (
        "{between: [access, cloud], latency: 10ms}",
        "{between: [access, cloud], latencey: 10ms}",
        [
            "w.yaml:18:5: links[0]: 'latency' is missing",
            "w.yaml:18:32: links[0].latencey: unknown field 'latencey'; did you mean 'latency'?",
        ],
    ),
    "an unknown section": (
        "links:",
        "linnks:",
        [
            "w.yaml:17:1: linnks: unknown field 'linnks'; did you mean 'links'?",
        ],
    ),
    "a live top-level domain": (
        "  test: {operator: reg-test",
        "  com: {operator: reg-test",
        [
            (
                "w.yaml:30:3: registries.com: 'com' could be a live name: use names under .test,"
                " .example or a two-letter code that no country will hold (.aa, .qm to .qz, .xa to"
                " .xz, .zz)"
            )
        ],
    ),
    "a duration": (
        "latency: 10ms",
        "latency: 10",
        [
            (
                "w.yaml:18:32: links[0].latency: '10' is not a duration such as 20ms, 90s, 5m, 3h,"
                " 14d or 1h30m"
            )
        ],
    ),
    "a date without its offset": (
        "start: 2024-05-14T18:00:00+02:00",
        "start: 2024-05-14T18:00:00",
        [
            (
                "w.yaml:2:1: start: '2024-05-14T18:00:00' is not a date and time with its offset,"
                " such as 2024-05-14T18:00:00+11:00"
            )
        ],
    ),
    "an unknown word": (
        "kind: vpn",
        "kind: vpm",
        [
            (
                "w.yaml:11:39: operators.tunnel.kind: 'vpm' is none of access-provider, bank,"
                " certificate-authority, content-network, dns-operator, host, person, proxy,"
                " public-body, registrar, registry, resolver, transit, vpn; did you mean 'vpn'?"
            )
        ],
    ),
    "a sentence cut by a comma": (
        "title: {en: Two countries, fr: Deux pays}",
        "title: {en: Two, three countries, fr: Deux pays}",
        [
            (
                "w.yaml:1:18: title.three countries: unknown language 'three countries':"
                " a sentence with a comma or a colon goes in quotes"
            )
        ],
    ),
    "one string where there should be languages": (
        "title: {en: Two countries, fr: Deux pays}",
        "title: Two countries",
        ["w.yaml:1:1: title: write it in each language: {en: …, fr: …}"],
    ),
    "nothing at all": (
        "title: {en: Two countries, fr: Deux pays}",
        "title:",
        ["w.yaml:1:1: title: it must not be empty"],
    ),
    "a word for an entry": (
        "  paris: {name: Paris, network: access, addresses: [198.18.1.101]}",
        "  paris: access",
        ["w.yaml:45:3: vantages.paris: write {name: …, network: …, addresses: …}"],
    ),
    "a list for an entry": (
        "root: {nameservers: [a.root.test]}",
        "root: [{nameservers: [a.root.test]}]",
        ["w.yaml:28:1: root: one entry is meant here, not a list"],
    ),
    "a list for a word": (
        "{network: access, addresses: [198.18.1.53]}",
        "{network: [access], addresses: [198.18.1.53]}",
        [
            (
                "w.yaml:20:14: hosts.resolver.network: one word is meant here, not a list or a"
                " mapping of fields"
            )
        ],
    ),
    "a line between one network": (
        "{between: [access, cloud], latency: 10ms}",
        "{between: [access], latency: 10ms}",
        ["w.yaml:18:6: links[0].between: the list is too short: entry 2 is missing"],
    ),
    "a line between three networks": (
        "{between: [access, cloud], latency: 10ms}",
        "{between: [access, cloud, access], latency: 10ms}",
        ["w.yaml:18:6: links[0].between: more than 2 entries"],
    ),
    "a country in small letters": (
        "  FR: {name: France}",
        "  fr: {name: France}",
        [("w.yaml:4:3: countries.fr: 'fr' is not a country code such as FR; did you mean 'FR'?")],
    ),
    "a number for a text": (
        "title: {en: Two countries, fr: Deux pays}",
        "title: {en: 2, fr: Deux pays}",
        ["w.yaml:1:9: title.en: '2' must be text; put it in quotes"],
    ),
    "no English": (
        "title: {en: Two countries, fr: Deux pays}",
        "title: {fr: Deux pays}",
        ["w.yaml:1:1: title: 'en' is missing"],
    ),
    "a word for a number": (
        "asn: 64500",
        "asn: AS64500",
        ["w.yaml:15:43: networks.access.asn: 'AS64500' must be a whole number"],
    ),
    "a word for a flag": (
        "resolver: {}",
        "resolver: {public: yes}",
        ["w.yaml:36:14: resolvers.resolver.public: 'yes' must be true or false"],
    ),
    "a word for a mapping": (
        "resolver: {}",
        "resolver: open",
        ["w.yaml:36:3: resolvers.resolver: 'open' must be a mapping of fields"],
    ),
    "an id": (
        "  web: {network",
        "  Web: {network",
        [
            (
                "w.yaml:22:3: hosts.Web: 'Web' is not an id of small letters, digits and hyphens;"
                " did you mean 'web'?"
            )
        ],
    ),
    "a country code": (
        "  FR: {name: France}",
        "  FRA: {name: France}",
        ["w.yaml:4:3: countries.FRA: 'FRA' is not a country code such as FR"],
    ),
    "a live name": (
        "  ns.shop.test: {host: web}",
        "  ns.shop.com: {host: dns}",
        [
            (
                "w.yaml:27:3: nameservers.ns.shop.com: 'ns.shop.com' could be a live name: use"
                " names under .test, .example or a two-letter code that no country will hold"
                " (.aa, .qm to .qz, .xa to .xz, .zz)"
            )
        ],
    ),
    "a live address": (
        "addresses: [198.18.1.101]",
        "addresses: [8.8.8.8]",
        [
            (
                "w.yaml:45:53: vantages.paris.addresses[0]: 8.8.8.8 could be a live address: use"
                " 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 198.18.0.0/15, 2001:db8::/32 or"
                " 3fff::/20"
            )
        ],
    ),
    "a live AS number": (
        "asn: 64500",
        "asn: 3215",
        [
            (
                "w.yaml:15:43: networks.access.asn: AS3215 could be a live network: use 64496 to"
                " 64511, 65536 to 65551 (RFC 5398) or a private number (RFC 6996)"
            )
        ],
    ),
    # --- references ---
    "unknown references, all at once": (
        "access: {operator: alpha,",
        "access: {operator: alfa, country: FI,",
        [
            (
                "w.yaml:15:12: networks.access.operator: unknown operator 'alfa';"
                " did you mean 'alpha'?"
            ),
            "w.yaml:15:28: networks.access.country: unknown country 'FI'; choose from FR, NO",
        ],
    ),
    "a site on a host that does not exist": (
        "shop.test: {host: web,",
        "shop.test: {host: wed,",
        ["w.yaml:41:15: sites.shop.test.host: unknown host 'wed'; did you mean 'web'?"],
    ),
    "a link to nowhere": (
        "between: [access, cloud]",
        "between: [access, clowd]",
        [
            "w.yaml:18:24: links[0].between[1]: unknown network 'clowd'; did you mean 'cloud'?",
        ],
    ),
    "a resolver without a host": (
        "  resolver: {}",
        "  resolver: {}\n  other: {}",
        [
            (
                "w.yaml:37:3: resolvers.other: unknown host 'other'; choose from resolver, dns,"
                " web, exit"
            )
        ],
    ),
    "an id for a person and for a machine": (
        "  paris: {name",
        "  web: {name",
        ["w.yaml:45:3: vantages.web: 'web' is also an id in 'hosts'"],
    ),
    "a person called all": (
        "  paris: {name",
        "  all: {name",
        ["w.yaml:45:3: vantages.all: 'all' means every vantage point in scenarios"],
    ),
    # --- addresses and lines ---
    "an address twice": (
        "exit: {network: cloud, addresses: [198.18.2.99]}",
        "exit: {network: cloud, addresses: [198.18.2.10]}",
        ["w.yaml:23:38: hosts.exit.addresses[0]: 198.18.2.10 is taken by hosts.web"],
    ),
    "a router's address": (
        "exit: {network: cloud, addresses: [198.18.2.99]}",
        "exit: {network: cloud, addresses: [198.18.2.0]}",
        ["w.yaml:23:38: hosts.exit.addresses[0]: 198.18.2.0 is taken by networks.cloud"],
    ),
    "an address outside its network": (
        "addresses: [198.18.1.101]",
        "addresses: [198.18.3.101]",
        [
            (
                "w.yaml:45:53: vantages.paris.addresses[0]: 198.18.3.101 is outside the prefixes of"
                " network 'access' (198.18.1.0/24)"
            )
        ],
    ),
    "prefixes that overlap": (
        'prefixes: [198.18.2.0/24, "2001:db8:2::/48"]',
        'prefixes: [198.18.0.0/22, "2001:db8:2::/48"]',
        [
            (
                "w.yaml:16:66: networks.cloud.prefixes[0]: 198.18.0.0/22 overlaps 198.18.1.0/24 of"
                " network 'access'"
            )
        ],
    ),
    "an AS number twice": (
        "asn: 64501",
        "asn: 64500",
        [
            "w.yaml:15:43: networks.access.asn: AS64500 is the number of two networks",
            "w.yaml:16:43: networks.cloud.asn: AS64500 is the number of two networks",
        ],
    ),
    "a network that no link leads to": (
        "  - {between: [access, cloud], latency: 10ms}",
        "  []",
        ["w.yaml:16:3: networks.cloud: no link leads from 'access' to 'cloud'"],
    ),
    "a nameserver where a resolver is": (
        "  ns.nic.test: {host: dns}",
        "  ns.nic.test: {host: resolver}",
        ["w.yaml:36:3: resolvers.resolver: port 53 of host 'resolver' is taken by a nameserver"],
    ),
    "a certificate authority where a site is": (
        "{operator: fjord, host: resolver, resolver: resolver}",
        "{operator: fjord, host: web, resolver: resolver}",
        [
            "w.yaml:39:42: certificate_authority.host: port 80 of host 'web' is taken by a site",
            (
                "w.yaml:39:53: certificate_authority.resolver: resolver 'resolver' is neither"
                " public nor the provider's"
            ),
        ],
    ),
    # --- names ---
    "a name under no registry": (
        "  shop.test: {registrar: names, registrant: a shop, nameservers: [ns.shop.test]}",
        (
            "  shop.test: {registrar: names, registrant: a shop, nameservers: [ns.shop.test]}\n"
            "  shop.xq: {registrar: names, registrant: a shop, nameservers: [ns.shop.test]}"
        ),
        ["w.yaml:35:3: domains.shop.xq: no registry runs '.xq'"],
    ),
    "a registrar without an account there": (
        "names: {operator: names, registries: [test]}",
        "names: {operator: names, registries: []}",
        ["w.yaml:34:15: domains.shop.test.registrar: registrar 'names' has no account at '.test'"],
    ),
    "a domain too deep": (
        "  shop.test: {registrar",
        "  my.shop.test: {registrar",
        [
            (
                "w.yaml:34:3: domains.my.shop.test: a domain is one label below its registry, as in"
                " 'name.test'"
            ),
            (
                "w.yaml:41:3: sites.shop.test: 'shop.test' is under none of the domains;"
                " did you mean 'my.shop.test'?"
            ),
        ],
    ),
    "a registry below another": (
        "  test: {operator: reg-test",
        "  nic.test: {operator: reg-test, nameservers: [ns.nic.test]}\n  test: {operator: reg-test",
        ["w.yaml:30:3: registries.nic.test: 'nic.test' is not a top-level domain such as xg"],
    ),
    "a site under no domain": (
        "shop.test: {host: web, title: {en: Shop, fr: Boutique}}",
        "shops.test: {host: web, title: {en: Shop, fr: Boutique}}",
        [
            (
                "w.yaml:41:3: sites.shops.test: 'shops.test' is under none of the domains;"
                " did you mean 'shop.test'?"
            )
        ],
    ),
    "a name for two sites": (
        "fr: Boutique}}",
        "fr: Boutique}}\n  b.shop.test: {host: web, title: {en: B, fr: B}, aliases: [shop.test]}",
        ["w.yaml:42:61: sites.b.shop.test.aliases[0]: 'shop.test' is already the name of a site"],
    ),
    "HSTS without https": (
        "shop.test: {host: web,",
        "shop.test: {host: web, https: false, hsts: 1d,",
        ["w.yaml:41:40: sites.shop.test.hsts: 'hsts' needs https"],
    ),
    "a CNAME beside a site": (
        "nameservers: [ns.shop.test]}",
        "nameservers: [ns.shop.test], records: [{type: CNAME, data: a.test}]}",
        [
            (
                "w.yaml:34:92: domains.shop.test.records[0]: 'shop.test' has other records, so it"
                " cannot be a CNAME"
            )
        ],
    ),
    "an IPv4 address in an AAAA record": (
        "nameservers: [ns.shop.test]}",
        "nameservers: [ns.shop.test], records: [{name: w, type: AAAA, data: 198.18.2.10}]}",
        ["w.yaml:34:114: domains.shop.test.records[0].data: 198.18.2.10 is no AAAA record"],
    ),
    "a live name in a record": (
        "nameservers: [ns.shop.test]}",
        "nameservers: [ns.shop.test], records: [{type: MX, data: 10 mail.shop.com}]}",
        [
            (
                "w.yaml:34:103: domains.shop.test.records[0].data: 'mail.shop.com' could be a live"
                " name: use names under .test, .example or a two-letter code that no country will"
                " hold (.aa, .qm to .qz, .xa to .xz, .zz)"
            )
        ],
    ),
    "a domain on its registry's machine": (
        "  ns.shop.test: {host: web}",
        "  ns.shop.test: {host: dns}",
        [
            (
                "w.yaml:27:18: nameservers.ns.shop.test.host: host 'dns' serves the zone of '.test'"
                " too, and would answer for 'shop.test' by itself: nobody would see a hold or a"
                " redelegation; give 'ns.shop.test' another host"
            )
        ],
    ),
    "a domain on the root's machine": (
        "  a.root.test: {host: dns}",
        "  a.root.test: {host: web}",
        [
            (
                "w.yaml:27:18: nameservers.ns.shop.test.host: host 'web' serves the root zone too,"
                " and would answer for 'shop.test' by itself: nobody would see a hold or a"
                " redelegation; give 'ns.shop.test' another host"
            )
        ],
    ),
    # --- people ---
    "an operator of another kind": (
        "reg-test: {name: Registry, country: NO, kind: registry}",
        "reg-test: {name: Registry, country: NO, kind: host}",
        [
            (
                "w.yaml:30:10: registries.test.operator: operator 'reg-test' is of kind 'host',"
                " not 'registry'"
            )
        ],
    ),
    "a network of somebody else's": (
        "alpha: {networks: [access], resolvers",
        "alpha: {networks: [access, cloud], resolvers",
        [
            "w.yaml:38:30: access_providers.alpha.networks[1]: network 'cloud' is run by 'fjord'",
            (
                "w.yaml:38:30: access_providers.alpha.networks[1]: network 'cloud' is in NO,"
                " its access provider in FR"
            ),
        ],
    ),
    "a country that contradicts the operator's": (
        "access: {operator: alpha,",
        "access: {operator: alpha, country: NO,",
        [
            (
                "w.yaml:38:22: access_providers.alpha.networks[0]: network 'access' is in NO,"
                " its access provider in FR"
            )
        ],
    ),
    "somebody without a resolver": (
        "network: access, addresses: [198.18.1.101]",
        "network: cloud, addresses: [198.18.2.101]",
        [
            (
                "w.yaml:45:24: vantages.paris.network: network 'cloud' has no access provider,"
                " hence no resolver"
            )
        ],
    ),
    "somebody else's resolver": (
        "network: access, addresses: [198.18.1.101]",
        "network: cloud, addresses: [198.18.2.101], resolver: resolver",
        [
            (
                "w.yaml:45:67: vantages.paris.resolver: resolver 'resolver' is neither public nor"
                " the provider's"
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_says_where_and_what(small: str, case: str) -> None:
    before, after, expected = CASES[case]
    assert small.count(before) == 1
    assert faults_of(small.replace(before, after)) == expected


def test_a_scenario_is_not_taken_for_a_world() -> None:
    text = "title: {en: T}\nworld: europe\nsteps: [{wait: 1s}]\n"
    assert faults_of(text) == ["w.yaml:1:1: this is a scenario, not a world"]


CIRCLE = """\
  a.test: {registrar: names, registrant: x, nameservers: [ns.b.xa]}
  b.xa: {registrar: names, registrant: x, nameservers: [ns.a.test]}
"""


def test_a_circle_of_delegations_is_without_glue(small: str) -> None:
    """Each registry would have to give the other's address: nobody is ever found."""
    text = small.replace("registries: [test]", "registries: [test, xa]")
    text = text.replace(
        "  ns.shop.test: {host: web}\n",
        "  ns.shop.test: {host: web}\n  ns.b.xa: {host: web}\n  ns.a.test: {host: web}\n"
        "  ns.nic.xa: {host: dns}\n  ns2.nic.xa: {host: web}\n",
    )
    text = text.replace(
        "nameservers: [ns.nic.test]}\n",
        "nameservers: [ns.nic.test]}\n  xa: {operator: reg-test, nameservers: [ns.nic.xa]}\n",
    )
    text = text.replace("resolvers:\n  resolver", CIRCLE + "resolvers:\n  resolver")
    assert faults_of(text) == [
        (
            "w.yaml:40:45: domains.a.test.nameservers: a delegation without glue: no nameserver of"
            " 'a.test' can be found without asking for 'a.test' itself"
        ),
        (
            "w.yaml:41:43: domains.b.xa.nameservers: a delegation without glue: no nameserver of"
            " 'b.xa' can be found without asking for 'b.xa' itself"
        ),
    ]
    one_way_out = text.replace("nameservers: [ns.a.test]", "nameservers: [ns.a.test, ns2.nic.xa]")
    assert isinstance(world_of(read(one_way_out)), World)


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_world_with_parts_changed_is_a_world_or_faults(small: str, data: st.DataObject) -> None:
    """The fixture is a constant, so hypothesis may share it between examples."""
    words = re.split(r"([\s{}\[\],:]+)", small)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(words) - 1))
        words[position] = data.draw(st.sampled_from([*words, "", "null", "7", "[]", "{}", "-"]))
    with suppress(Faults):
        assert isinstance(world_of(read("".join(words))), World)


@given(st.text())
def test_any_text_is_a_world_or_faults(text: str) -> None:
    with pytest.raises(Faults):
        world_of(read(text))
