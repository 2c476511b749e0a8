"""How people take another way than their provider's, and go back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from simulator.errors import LabError
from simulator.lab.tunnel import ClientTunnel
from simulator.net.packets import is_ipv6
from simulator.values import Address, Message, message
from simulator.wire.dns_names import canonical
from simulator.world.choices import Choice, choose, relays_of

if TYPE_CHECKING:
    from simulator.lab.people import Person
    from simulator.lab.running import RandomFor, RunOn
    from simulator.lab.waypoints import Waypoints
    from simulator.net import Host
    from simulator.values import Now
    from simulator.world.models import World

Via = str | Mapping[str, Address | tuple[Address, ...]]
"""A word that `choose` takes, or a hosts file: names to addresses."""
HOSTS_FILE = "hosts-file"
_DOT_PORT, _HTTPS_PORT = 853, 443


class WayBlocked(LabError):
    """The way round itself does not come up: somebody blocks it, or it is down.

    ``failure`` is an OONI failure string.
    """

    def __init__(self, text: Message, failure: str) -> None:
        super().__init__(text)
        self.failure = failure


class Ways:
    """The ways round of a world, as people take them."""

    def __init__(
        self,
        world: World,
        hosts: dict[str, Host],
        waypoints: Waypoints,
        now: Now,
        run_on: RunOn,
        random_for: RandomFor,
        calendar_start: int,
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._waypoints = waypoints
        self._now = now
        self._run_on = run_on
        self._random_for = random_for
        self._calendar_start = calendar_start
        self.root_certificate = ""
        """The lab authority's, in PEM; set before anybody takes a way."""
        self._enter: dict[str, Callable[[Person, Choice], Awaitable[None]]] = {
            "public-resolver": self._ask_another,
            "dot-opportunistic": self._by_tls,
            "dot-strict": self._by_tls,
            "doh": self._by_https,
            "hosts-file": self._write_down,
            "http-only": self._in_clear,
            "socks-proxy": self._by_proxy,
            "connect-proxy": self._by_proxy,
            "onion": self._by_relays,
            "vpn": self._by_tunnel,
            "vpn-obfuscated": self._by_tunnel,
            "mirror": self._to_the_mirror,
            "fronting": self._by_a_front,
        }

    async def enter(self, person: Person, via: Via) -> None:
        """Take a way; `LabError` for one that the world has not, or that does not come up."""
        if isinstance(via, Mapping):
            person.stub.hosts = {
                canonical(name): (addresses,) if isinstance(addresses, str) else tuple(addresses)
                for name, addresses in via.items()
            }
            person.via = HOSTS_FILE
            return
        choice = choose(via, self._world)
        person.via = via
        try:
            await self._enter[choice.kind](person, choice)
        except BaseException:
            await self.leave(person)
            raise

    async def leave(self, person: Person) -> None:
        """Go back to the provider's own way."""
        if person.client is not None:
            await person.client.stop()
        if person.tunnel is not None:
            person.host.break_connections(person.tunnel.addresses)
        person.host.tunnel = person.tunnel = person.client = None
        if person.close_route is not None:
            await person.close_route()
        person.close_route = None
        probe, stub = person.probe, person.stub
        probe.route = probe.front = None
        probe.cleartext = False
        stub.channel = None
        stub.hosts = {}
        stub.servers = (self._own_resolver(person),)
        person.aim = None
        self._identify(person, self._world.vantages[person.vantage].addresses)
        person.via = None

    def _own_resolver(self, person: Person) -> Address:
        return self._waypoints.resolver_address(self._world.resolver_of(person.vantage))

    def _identify(self, person: Person, addresses: tuple[Address, ...]) -> None:
        has_ipv6 = any(is_ipv6(address) for address in addresses)
        person.probe.identity = person.probe.identity._replace(has_ipv6=has_ipv6)

    # --- names ------------------------------------------------------------------------------

    async def _ask_another(self, person: Person, choice: Choice) -> None:
        assert choice.by is not None
        person.stub.servers = (self._waypoints.resolver_address(choice.by),)

    async def _by_tls(self, person: Person, choice: Choice) -> None:
        from simulator.roles.resolver.channel import resolver_context
        from simulator.roles.resolver.dot import DotChannel

        server, hostname = self._encrypted(choice)
        strict = choice.kind == "dot-strict"
        context = resolver_context(self.root_certificate, "dot") if strict else None
        person.stub.channel = DotChannel(server, _DOT_PORT, hostname, context, strict)

    async def _by_https(self, person: Person, choice: Choice) -> None:
        from simulator.roles.resolver.channel import resolver_context
        from simulator.roles.resolver.doh import DohChannel
        from simulator.wire.doh import PATH

        server, hostname = self._encrypted(choice)
        context = resolver_context(self.root_certificate, "http/1.1")
        person.stub.channel = DohChannel(server, _HTTPS_PORT, hostname, PATH, context)

    def _encrypted(self, choice: Choice) -> tuple[Address, str]:
        """Return the address of a resolver, noted down beforehand, and its certified name."""
        assert choice.by is not None
        hostname = self._world.resolvers[choice.by].hostname
        assert hostname is not None, "choose() takes only resolvers with a name"
        return self._waypoints.resolver_address(choice.by), hostname

    async def _write_down(self, person: Person, choice: Choice) -> None:
        """Somebody wrote down every address while the names still led there."""
        person.stub.hosts = {
            name: self._world.hosts[site.host].addresses
            for own, site in self._world.sites.items()
            for name in (own, *site.aliases)
        }

    # --- the web ----------------------------------------------------------------------------

    async def _in_clear(self, person: Person, choice: Choice) -> None:
        person.probe.cleartext = True

    async def _to_the_mirror(self, person: Person, choice: Choice) -> None:
        mirrors = {
            site.mirror_of: name for name, site in self._world.sites.items() if site.mirror_of
        }

        def aim(url: str) -> str:
            host = _host_of(url)
            if host not in mirrors:
                raise LabError(message("{name} has no mirror", name=host))
            scheme, separator, rest = url.rpartition("://")
            path = rest[len(rest.split("/", 1)[0]) :]
            return f"{scheme}{separator}{mirrors[host]}{path}"

        person.aim = aim

    async def _by_a_front(self, person: Person, choice: Choice) -> None:
        fronts = {
            customer: edge.fronts[0]
            for edge in self._world.edges.values()
            for customer in edge.customers
        }

        def aim(url: str) -> str:
            host = _host_of(url)
            if host not in fronts:
                raise LabError(message("no content network serves {name}", name=host))
            person.probe.front = fronts[host]
            return url

        person.aim = aim

    # --- proxies and relays -----------------------------------------------------------------

    async def _by_proxy(self, person: Person, choice: Choice) -> None:
        from simulator.roles.proxy.client import ConnectRoute, SocksRoute

        assert choice.by is not None
        address, port = await self._waypoints.proxy(choice.by)
        socks = choice.kind == "socks-proxy"
        person.probe.route = SocksRoute(address, port) if socks else ConnectRoute(address, port)

    async def _by_relays(self, person: Person, choice: Choice) -> None:
        from simulator.roles.onion.client import OnionRoute

        relays = await self._waypoints.circuit(relays_of(self._world))
        route = OnionRoute(relays, self._random_for(f"{person.vantage}/onion"))
        person.probe.route = route
        person.close_route = route.close

    # --- tunnels ----------------------------------------------------------------------------

    async def _by_tunnel(self, person: Person, choice: Choice) -> None:
        from simulator.roles.vpn.service import VpnClient
        from simulator.wire.obfuscation import TUNNEL_MTU as DISGUISED_MTU
        from simulator.wire.wireguard import TUNNEL_MTU, public_key

        assert choice.by is not None
        exit_id, vantage = choice.by, person.vantage
        vpn_exit = await self._waypoints.exit(exit_id)
        key = self._random_for(f"{vantage}/{exit_id}/key").randbytes(32)
        addresses = self._waypoints.customer(vpn_exit, public_key(key))
        endpoint = self._waypoints.exit_endpoint(exit_id)
        disguise = self._waypoints.disguise(exit_id, vantage)
        mtu = TUNNEL_MTU if disguise is None else DISGUISED_MTU
        tunnel = ClientTunnel(person.host, addresses, endpoint[0], mtu)
        client = VpnClient(
            tunnel,
            endpoint,
            key,
            vpn_exit.public_key,
            self._now,
            self._random_for(f"{vantage}/{exit_id}"),
            calendar_start=self._calendar_start * 1_000_000,
            obfuscator=disguise,
        )
        tunnel.taps = person.tunnel_taps
        person.tunnel, person.client = tunnel, client
        resolver = self._world.vpn_exits[exit_id].resolver
        person.stub.servers = (self._waypoints.resolver_address(resolver),)
        self._identify(person, tunnel.addresses)
        await self._run_on(person.host, client.start())
        if not await client.connected():
            raise WayBlocked(
                message(
                    "{vantage} gets no tunnel to {exit}: the exit at {address} does not answer",
                    vantage=vantage,
                    exit=exit_id,
                    address=endpoint[0],
                ),
                "generic_timeout_error",
            )


def _host_of(url: str) -> str:
    host = urlsplit(url if "//" in url else f"//{url}").hostname or url
    return host.removesuffix(".")
