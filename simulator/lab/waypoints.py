"""The machines that people go by: VPN exits, proxies, relays. Each starts when first used."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from simulator.lab.tunnel import ExitDevice
from simulator.net.packets import is_ipv6
from simulator.roles.resolver.stub import StubResolver
from simulator.values import Address

if TYPE_CHECKING:
    from simulator.journal import Journal
    from simulator.lab.running import RandomFor, RunOn
    from simulator.net import Host
    from simulator.roles.vpn.service import VpnExit
    from simulator.values import Now
    from simulator.wire.obfuscation import Obfuscator
    from simulator.wire.onion.descriptor import RelayDescriptor
    from simulator.world.models import World

DISGUISED_PORT = 443
"""Where an obfuscated exit listens: UDP towards 443 is everywhere, being QUIC's."""


class Waypoints:
    """What the world has for those who take another way."""

    def __init__(
        self,
        world: World,
        hosts: dict[str, Host],
        now: Now,
        journal: Journal,
        run_on: RunOn,
        random_for: RandomFor,
        calendar_start: int,
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._now = now
        self._journal = journal
        self._run_on = run_on
        self._random_for = random_for
        self._calendar_start = calendar_start
        self._exits: dict[str, VpnExit] = {}
        self._customers: dict[bytes, tuple[Address, ...]] = {}
        """Addresses inside the tunnel, by public key: a customer keeps them."""
        self._proxies: dict[str, tuple[Address, int]] = {}
        self._relays: dict[str, RelayDescriptor] = {}
        self._starting: dict[str, asyncio.Task[None]] = {}

    def resolver_address(self, resolver: str) -> Address:
        """Return where a resolver is asked."""
        return self._world.hosts[self._world.host_of_resolver(resolver)].addresses[0]

    def _stub(self, machine: str, resolver: str) -> StubResolver:
        """Return how a machine finds the addresses of a name: those that it can reach."""
        versions = [6 if is_ipv6(address) else 4 for address in self._hosts[machine].addresses]
        return StubResolver(
            (self.resolver_address(resolver),),
            now=self._now,
            random=self._random_for(f"{machine}/stub"),
            families=tuple(sorted(dict.fromkeys(versions))),
        )

    def _start(self, waypoint: str, host: Host, program: Coroutine[Any, Any, None]) -> None:
        self._starting[waypoint] = self._run_on(host, program)

    async def _started(self, waypoint: str) -> None:
        """Wait until a waypoint serves. Whoever is cancelled meanwhile leaves it to the others."""
        await asyncio.shield(self._starting[waypoint])

    # --- VPN exits --------------------------------------------------------------------------

    def exit_endpoint(self, exit_id: str) -> tuple[Address, int]:
        """Return the address and port at which an exit is called."""
        from simulator.roles.vpn.service import PORT

        port = DISGUISED_PORT if self._world.vpn_exits[exit_id].obfuscated else PORT
        return self._hosts[self._world.host_of_exit(exit_id)].addresses[0], port

    def disguise(self, exit_id: str, user: str) -> Obfuscator | None:
        """Return what wraps the packets between a user and an exit, if anything does."""
        if not self._world.vpn_exits[exit_id].obfuscated:
            return None
        from simulator.wire.obfuscation import Obfuscator

        key = self._random_for(f"{exit_id}/disguise").randbytes(32)
        return Obfuscator(key, self._random_for(f"{exit_id}/{user}/padding"))

    def customer(self, vpn_exit: VpnExit, public_key: bytes) -> tuple[Address, ...]:
        """Return a customer's addresses inside the tunnel."""
        if public_key not in self._customers:
            self._customers[public_key] = vpn_exit.add_client(public_key)
        return self._customers[public_key]

    async def exit(self, exit_id: str) -> VpnExit:
        """Return a VPN exit."""
        from simulator.roles.vpn.logic import TUNNEL_PREFIXES
        from simulator.roles.vpn.service import VpnExit

        found = self._exits.get(exit_id)
        if found is None:
            host = self._hosts[self._world.host_of_exit(exit_id)]
            versions = [is_ipv6(address) for address in host.addresses]
            found = self._exits[exit_id] = VpnExit(
                ExitDevice(host),
                self.exit_endpoint(exit_id),
                self._random_for(f"{exit_id}/key").randbytes(32),
                host.addresses,
                self._now,
                self._random_for(exit_id),
                name=exit_id,
                journal=self._journal,
                prefixes=tuple(p for p in TUNNEL_PREFIXES if is_ipv6(p) in versions),
                calendar_start=self._calendar_start * 1_000_000,
                obfuscator=self.disguise(exit_id, exit_id),
            )
            self._start(exit_id, host, found.start())
        await self._started(exit_id)
        return found

    # --- proxies ----------------------------------------------------------------------------

    async def proxy(self, proxy_id: str) -> tuple[Address, int]:
        """Return the address and port of a proxy."""
        found = self._proxies.get(proxy_id)
        if found is None:
            from simulator.roles.proxy.service import ConnectProxy, SocksProxy

            entry = self._world.proxies[proxy_id]
            machine = self._world.host_of("proxies", proxy_id)
            host, port = self._hosts[machine], entry.listens_at
            lookup = self._stub(machine, entry.resolver).addresses
            proxy = (
                SocksProxy(proxy_id, host.addresses, lookup, port=port, journal=self._journal)
                if entry.kind == "socks"
                else ConnectProxy(
                    proxy_id,
                    host.addresses,
                    lookup,
                    self._now,
                    port=port,
                    journal=self._journal,
                    calendar_start=self._calendar_start,
                )
            )
            found = self._proxies[proxy_id] = (host.addresses[0], port)
            self._start(proxy_id, host, proxy.start())
        await self._started(proxy_id)
        return found

    # --- relays -----------------------------------------------------------------------------

    async def circuit(self, relays: Sequence[str]) -> list[RelayDescriptor]:
        """Return what a client must know of relays, guard first."""
        return [await self._relay(relay) for relay in relays]

    async def _relay(self, relay_id: str) -> RelayDescriptor:
        found = self._relays.get(relay_id)
        if found is None:
            from simulator.roles.onion.service import PORT, Relay
            from simulator.wire.onion.descriptor import RelayKeys

            resolver = self._world.relays[relay_id].resolver
            machine = self._world.host_of("relays", relay_id)
            host = self._hosts[machine]
            stub = None if resolver is None else self._stub(machine, resolver)

            async def lookup(name: str) -> tuple[Address, ...]:
                assert stub is not None
                return (await stub.addresses(name)).addresses

            relay = Relay(
                relay_id,
                RelayKeys.generate(self._random_for(f"{relay_id}/keys")),
                (host.addresses[0], PORT),
                self._random_for(relay_id),
                lookup=None if stub is None else lookup,
                journal=self._journal,
            )
            found = self._relays[relay_id] = relay.descriptor
            self._start(relay_id, host, relay.start())
        await self._started(relay_id)
        return found
