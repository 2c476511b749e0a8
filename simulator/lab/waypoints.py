"""The machines that people go by: VPN exits, proxies, relays. Each starts when first used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from simulator.lab.tunnel import ExitDevice
from simulator.net.packets import is_ipv6
from simulator.roles.resolver.stub import StubResolver
from simulator.values import Address

if TYPE_CHECKING:
    from simulator.journal import Journal
    from simulator.lab.running import RandomFor, RunOn
    from simulator.net import Host
    from simulator.roles.onion.client import RelayDescriptor
    from simulator.roles.vpn.service import VpnExit
    from simulator.values import Now
    from simulator.wire.obfuscation import Obfuscator
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

    def resolver_address(self, resolver: str) -> Address:
        """Return where a resolver is asked."""
        return self._world.hosts[self._world.host_of_resolver(resolver)].addresses[0]

    def _lookup(self, machine: str, resolver: str) -> Callable[[str], Awaitable[list[Address]]]:
        """Return how a machine finds the addresses of a name."""
        stub = StubResolver(
            (self.resolver_address(resolver),),
            now=self._now,
            random=self._random_for(f"{machine}/stub"),
        )
        versions = [is_ipv6(address) for address in self._hosts[machine].addresses]

        async def lookup(name: str) -> list[Address]:
            found = (await stub.addresses(name)).addresses
            return [address for address in found if is_ipv6(address) in versions]

        return lookup

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
            await self._run_on(host, found.start())
        return found
