"""The commands on hosts (RFC 5732)."""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry.answers import absent
from simulator.roles.registry.hosts import HostChange, is_name
from simulator.roles.registry.notices import Deed
from simulator.roles.registry.objects import Code, Result
from simulator.roles.registry.register import Register
from simulator.roles.registry.statuses import HostStatus
from simulator.values import Address, Instant, message


class HostDesk(Register):
    """Takes the commands on hosts."""

    def host_check(self, name: str) -> Result:
        """Tell whether a host name is free: 1000, or 2302, or 2005 for what is no name."""
        if not is_name(name):
            return Result(Code.VALUE_SYNTAX, message("'{name}' is not a host name", name=name))
        if name in self._hosts:
            return Result(Code.EXISTS, message("the host {name} exists", name=name))
        return Result(Code.DONE, message("{name} is free", name=name))

    def host_info(self, name: str) -> Result:
        """Return a host object."""
        host = self._hosts.get(name)
        if host is None:
            return absent(name)
        if self._host_uses[name]:
            host = replace(host, statuses=(*host.statuses, HostStatus.LINKED))
        return Result(Code.DONE, message("the host {name} exists", name=name), host=host)

    def hosts(self) -> tuple[str, ...]:
        """Return every host's name, in the order of creation."""
        return tuple(self._hosts)

    def hosts_under(self, name: str) -> tuple[str, ...]:
        """Return the names of the hosts under a registered name."""
        return self._hosts.under(name)

    def host_create(
        self, actor: str, name: str, addresses: tuple[Address, ...] = (), *, now: Instant = 0
    ) -> Result:
        """Add a nameserver; inside the TLD with its addresses, outside without."""
        refusal = self._not_accredited(actor)
        return self._keep(
            Deed(actor, "host create", name, now),
            refusal or self._hosts.create(actor, name, addresses, self._domains, now),
        )

    def host_update(
        self, actor: str, name: str, addresses: tuple[Address, ...], *, now: Instant = 0
    ) -> Result:
        """Replace a nameserver's addresses, and so its glue."""
        host = self._hosts.get(name)
        had = () if host is None else host.addresses
        change = HostChange(
            add_addresses=tuple(address for address in addresses if address not in had),
            remove_addresses=tuple(address for address in had if address not in addresses),
        )
        return self.host_change(actor, name, change, now)

    def host_change(self, actor: str, name: str, change: HostChange, now: Instant) -> Result:
        """Change a nameserver's addresses, statuses or name; delegations follow a new name."""
        deed = Deed(actor, "host update", name, now)
        result = self._hosts.update(actor, name, change, self._domains, self._users(name), now)
        if result.changed and result.host is not None and result.host.name != name:
            self._rename_host(name, result.host.name)
        return self._keep(deed, result)

    def host_delete(self, actor: str, name: str, *, now: Instant = 0) -> Result:
        """Remove a nameserver that no name uses, nor any undo record."""
        used = self._host_uses[name] > 0 or self._in_undo_record(name)
        return self._keep(
            Deed(actor, "host delete", name, now), self._hosts.delete(actor, name, used)
        )
