"""The certificate of an encrypted resolver comes the way that all others come."""

from random import Random
from typing import Any

from simulator.net import Host
from simulator.roles.certification.service import CertificationAuthority
from simulator.roles.hosting import logic
from simulator.roles.hosting.service import WebHost
from simulator.roles.resolver.channel import resolver_context
from simulator.roles.resolver.doh import DohChannel
from simulator.roles.resolver.dot import DotChannel
from simulator.roles.resolver.encrypted_service import EncryptedDns

PUBLIC, NAME, AUTHORITY = "198.51.100.53", "dns.public.example", "198.51.100.99"
TRUE = "203.0.113.80"


def test_a_web_host_without_https_answers_the_challenge_and_lends_its_tls(setting: Any) -> None:
    """It holds port 80, for HTTP-01 (RFC 8555 section 8.3); 443 is left to DoH."""

    async def look_up(name: str) -> list[str]:
        assert name == NAME
        return [PUBLIC]

    authority = CertificationAuthority(look_up, Random(1), setting.fabric.now)
    machine = Host(setting.fabric, "authority", setting.abroad, (AUTHORITY,))
    setting.on(machine, authority.start([AUTHORITY]))
    host = WebHost(
        "public", logic.hosting([logic.Site(NAME, "Resolver", https=False)]), [PUBLIC],
        setting.fabric.now, https=False,
    )  # fmt: skip
    setting.on(setting.machine, host.start())
    doors = EncryptedDns(setting.public.take, host.tls_context, [PUBLIC], now=setting.fabric.now)
    setting.on(setting.machine, doors.start())
    trust = resolver_context(authority.root_pem, "dot")
    channels = (
        DotChannel(PUBLIC, 853, NAME, trust),
        DohChannel(PUBLIC, 443, NAME, "/dns-query", trust),
    )
    for channel in channels:
        setting.stub.channel = channel
        assert setting.look_up().failure == "ssl_failed_handshake", "there is no certificate yet"
    setting.on(setting.machine, host.obtain_certificate([NAME], (AUTHORITY, 80)))
    for channel in channels:
        setting.stub.channel = channel
        assert setting.look_up().addresses == (TRUE,)
