"""A world small enough to be read at a glance, for tests that break it in one place."""

from __future__ import annotations

import pytest

SMALL = """\
title: {en: Two countries, fr: Deux pays}
start: 2024-05-14T18:00:00+02:00
countries:
  FR: {name: France}
  "NO": {name: {en: Norway, fr: Norvège}}
operators:
  alpha: {name: Alpha, country: FR, kind: access-provider}
  fjord: {name: Fjord, country: NO, kind: host}
  reg-test: {name: Registry, country: NO, kind: registry}
  names: {name: Names, country: FR, kind: registrar}
  tunnel: {name: Tunnel, country: NO, kind: vpn}
authorities:
  court: {name: Court, country: FR, kind: court}
networks:
  access: {operator: alpha, kind: access, asn: 64500, prefixes: [198.18.1.0/24]}
  cloud: {operator: fjord, kind: hosting, asn: 64501, prefixes: [198.18.2.0/24, "2001:db8:2::/48"]}
links:
  - {between: [access, cloud], latency: 10ms}
hosts:
  resolver: {network: access, addresses: [198.18.1.53]}
  dns: {network: cloud, addresses: [198.18.2.53]}
  web: {network: cloud, addresses: [198.18.2.10, "2001:db8:2::10"]}
  exit: {network: cloud, addresses: [198.18.2.99]}
nameservers:
  a.root.test: {host: dns}
  ns.nic.test: {host: dns}
  ns.shop.test: {host: web}
root: {nameservers: [a.root.test]}
registries:
  test: {operator: reg-test, nameservers: [ns.nic.test]}
registrars:
  names: {operator: names, registries: [test]}
domains:
  shop.test: {registrar: names, registrant: a shop, nameservers: [ns.shop.test]}
resolvers:
  resolver: {}
access_providers:
  alpha: {networks: [access], resolvers: [resolver]}
certificate_authority: {operator: fjord, host: resolver, resolver: resolver}
sites:
  shop.test: {host: web, title: {en: Shop, fr: Boutique}}
vpn_exits:
  exit: {operator: tunnel, resolver: resolver}
vantages:
  paris: {name: Paris, network: access, addresses: [198.18.1.101]}
"""


@pytest.fixture
def small() -> str:
    """The YAML text of a small world that is right."""
    return SMALL
