"""What a world may state and no lab could run is refused, each with its sentence."""

from __future__ import annotations

import pytest

from simulator.world.faults import MORE, Faults
from simulator.world.loader import world_of
from simulator.world.source import read


def faults_of(text: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        world_of(read(text, "w.yaml"))
    return [str(fault) for fault in caught.value.faults]


CASES = {
    "a year too early": (
        "start: 2024-05-14T18:00:00+02:00",
        "start: 0001-01-01T00:00:00+02:00",
        "2:1: start: '0001-01-01T00:00:00+02:00' is outside the years 1970 to 2200",
    ),
    "a year too late": (
        "start: 2024-05-14T18:00:00+02:00",
        "start: 2200-12-31T23:30:00-01:00",
        "2:1: start: '2200-12-31T23:30:00-01:00' is outside the years 1970 to 2200",
    ),
    "a duration": (
        "host: web, title",
        "host: web, hsts: 10951d, title",
        "41:26: sites.shop.test.hsts: a duration is at most 30 years",
    ),
    "a period": (
        "nameservers: [ns.nic.test]}",
        "nameservers: [ns.nic.test], publishes_every: 0s}",
        "30:58: registries.test.publishes_every: what comes again and again cannot take no time",
    ),
    "the latency of a link": (
        "latency: 10ms",
        "latency: 10001ms",
        "18:32: links[0].latency: a latency is at most 10 seconds",
    ),
    "the latency of a host": (
        "addresses: [198.18.2.99]",
        "addresses: [198.18.2.99], latency: 11s",
        "23:52: hosts.exit.latency: a latency is at most 10 seconds",
    ),
    "the latency of a person": (
        "addresses: [198.18.1.101]",
        "addresses: [198.18.1.101], latency: 11s",
        "45:68: vantages.paris.latency: a latency is at most 10 seconds",
    ),
    "a TTL": (
        "root: {nameservers: [a.root.test]}",
        "root: {nameservers: [a.root.test], ttl: 24856d}",
        "28:36: root.ttl: a TTL is at most 2147483647 seconds, 68 years (RFC 2181 section 8)",
    ),
    "a preference without a name": (
        "nameservers: [ns.shop.test]}\n",
        "nameservers: [ns.shop.test], records: [{type: MX, data: ' '}]}\n",
        (
            "34:103: domains.shop.test.records[0].data: ' ' is not MX data such as"
            " '10 mail.roses.test'"
        ),
    ),
    "a long TXT record": (
        "nameservers: [ns.shop.test]}\n",
        f"nameservers: [ns.shop.test], records: [{{type: TXT, data: {'x' * 10_001}}}]}}\n",
        "34:104: domains.shop.test.records[0].data: TXT data are at most 10000 bytes here",
    ),
    "a wildcard for a site": (
        "host: web, title",
        "host: web, aliases: '*.shop.test', title",
        "41:26: sites.shop.test.aliases: '*.shop.test' must be a list",
    ),
    "a wildcard among the aliases": (
        "host: web, title",
        "host: web, aliases: ['*.shop.test'], title",
        "41:36: sites.shop.test.aliases[0]: '*.shop.test' gets no certificate: no '*' or '_' there",
    ),
    "no resolver at all": (
        "resolvers: [resolver]}",
        "resolvers: []}",
        "38:31: access_providers.alpha.resolvers: it must not be empty",
    ),
    "an authority that nobody answers": (
        "host: resolver, resolver: resolver",
        "host: exit, resolver: resolver",
        (
            "39:54: certificate_authority.resolver: resolver 'resolver' is neither public nor the"
            " provider's"
        ),
    ),
    "a control character": (
        "title: {en: Shop,",
        'title: {en: "\\e[2J",',
        "41:38: the control character U+001B is not used",
    ),
    "a control character of C1": (
        "title: {en: Shop,",
        'title: {en: "\\x9b2J",',
        "41:38: the control character U+009B is not used",
    ),
    "half a character": (
        "title: {en: Shop,",
        'title: {en: "\\uD800",',
        (
            "41:41: the '\\' stands for no character: a character is U+0000 to U+10FFFF without"
            " U+D800 to U+DFFF"
        ),
    ),
    "an unknown escape": (
        "title: {en: Shop,",
        'title: {en: "\\q",',
        "41:39: the '\\' begins nothing that YAML knows: write it twice, or use single quotes",
    ),
}


@pytest.mark.parametrize(("right", "wrong", "fault"), CASES.values(), ids=CASES)
def test_what_no_lab_could_run_is_refused(small: str, right: str, wrong: str, fault: str) -> None:
    assert small.count(right) == 1
    found = faults_of(small.replace(right, wrong))
    assert [text for text in found if text != str(MORE)] == [f"w.yaml:{fault}"]


def test_faults_of_every_kind_come_at_once(small: str) -> None:
    """A value, a reference and an address; what follows from the value is left out."""
    text = (
        small.replace("kind: vpn", "kind: vpm")
        .replace("ns.nic.test: {host: dns}", "ns.nic.test: {host: dsn}")
        .replace("[198.18.1.101]", "[198.18.2.10]")
    )
    assert faults_of(text) == [
        (
            "w.yaml:11:39: operators.tunnel.kind: 'vpm' is none of access-provider, bank,"
            " certificate-authority, content-network, dns-operator, host, person, proxy,"
            " public-body, registrar, registry, resolver, transit, vpn; did you mean 'vpn'?"
        ),
        ("w.yaml:26:17: nameservers.ns.nic.test.host: unknown host 'dsn'; did you mean 'dns'?"),
        (
            "w.yaml:45:53: vantages.paris.addresses[0]: 198.18.2.10 is outside the prefixes of"
            " network 'access' (198.18.1.0/24)"
        ),
        "w.yaml:45:53: vantages.paris.addresses[0]: 198.18.2.10 is taken by hosts.web",
        "more may appear once these are mended",
    ]
