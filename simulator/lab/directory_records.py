"""Registries' objects as their directories may read them: the lab's side of `Records`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from simulator.lab.directory_entities import (
    contact_record,
    holder_handle,
    own_handle,
    registrant_record,
)
from simulator.roles.directory.records import (
    DomainRecord,
    DsRecord,
    EntityRecord,
    EventRecord,
    NameserverRecord,
    Role,
)
from simulator.roles.registry import grace
from simulator.roles.registry.objects import SERVER, Domain, HostObject
from simulator.roles.registry.statuses import GraceStatus
from simulator.wire.dns_names import is_within

if TYPE_CHECKING:
    from simulator.roles.registry.logic import Registry
    from simulator.values import Instant

_ROLES = {"admin": "administrative", "tech": "technical"}


class RegistryRecords:
    """`simulator.roles.directory.records.Records` over registries, by TLD."""

    def __init__(
        self, registries: Mapping[str, Registry], registrars: Mapping[str, EntityRecord]
    ) -> None:
        self._registries = dict(registries)
        self._registrars = dict(registrars)
        self._holders: dict[str, str] = {}
        """Who stands behind the handles that were given out for a mere name."""

    @property
    def tlds(self) -> tuple[str, ...]:
        """The registries' top-level domains."""
        return tuple(self._registries)

    # --- domains ------------------------------------------------------------------------------

    def domain(self, name: str, now: Instant) -> DomainRecord | None:
        """Return a registered name."""
        registry = self._registry(name)
        if registry is None:
            return None
        domain = registry.info(SERVER, name, now).domain
        return None if domain is None else self._told(registry, domain, now)

    def domain_names(self, now: Instant) -> tuple[str, ...]:
        """Return every registered name that is not purged."""
        return tuple(sorted(domain.name for _, domain in self._domains(now)))

    def _domains(self, now: Instant) -> Iterator[tuple[Registry, Domain]]:
        for registry in self._registries.values():
            for name in registry.names():
                domain = registry.info(SERVER, name, now).domain
                if domain is not None:
                    yield registry, domain

    def _told(self, registry: Registry, domain: Domain, now: Instant) -> DomainRecord:
        servers = (registry.host_info(name).host for name in domain.nameservers)
        events = registry.events(domain.name, now)
        return DomainRecord(
            name=domain.name,
            handle=domain.roid,
            sponsor=self._sponsor(registry, domain.sponsor),
            statuses=_statuses(domain, now),
            events=tuple([EventRecord(event.action, event.at) for event in events]),
            contacts=tuple(self._contacts(registry, domain, now)),
            nameservers=tuple([self._host(registry, one) for one in servers if one is not None]),
            ds=tuple([_ds(text) for text in domain.ds]),
        )

    def _contacts(self, registry: Registry, domain: Domain, now: Instant) -> Iterator[Role]:
        yield Role("registrant", self._holder(registry, domain.registrant, now))
        for role, handle in domain.contacts:
            yield Role(_ROLES.get(role, role), handle)

    def _sponsor(self, registry: Registry, sponsor: str) -> str:
        handle = own_handle(registry.tld) if sponsor == SERVER else sponsor
        if handle not in self._registrars:
            self._registrars[handle] = EntityRecord(handle=handle, name=handle, kind="registrar")
        return handle

    # --- nameservers --------------------------------------------------------------------------

    def nameserver(self, name: str, now: Instant) -> NameserverRecord | None:
        """Return a nameserver: by the registry that it lies under, else by any that knows it."""
        own = self._registry(name)
        for registry in (own,) if own is not None else self._registries.values():
            host = registry.host_info(name).host
            if host is not None:
                return self._host(registry, host)
        return None

    def nameserver_names(self, now: Instant) -> tuple[str, ...]:
        """Return every host object's name."""
        names = (name for registry in self._registries.values() for name in registry.hosts())
        return tuple(sorted(dict.fromkeys(names)))

    def _host(self, registry: Registry, host: HostObject) -> NameserverRecord:
        return NameserverRecord(
            name=host.name,
            handle=host.roid,
            sponsor=self._sponsor(registry, host.sponsor),
            addresses=host.addresses,
            statuses=host.statuses,
        )

    # --- entities -----------------------------------------------------------------------------

    def entity(self, handle: str, now: Instant) -> EntityRecord | None:
        """Return a registrar, a contact object, or a registrant of whom only the name is known."""
        registrar = self._registrars.get(handle)
        if registrar is not None:
            return registrar
        for registry in self._registries.values():
            contact = registry.contact_info(SERVER, handle, now).contact
            if contact is not None:
                return contact_record(contact)
        if handle not in self._holders:
            self.entity_handles(now)
        name = self._holders.get(handle)
        return None if name is None else registrant_record(handle, name)

    def entity_handles(self, now: Instant) -> tuple[str, ...]:
        """Return every handle that stands behind some name."""
        used = [
            role.handle
            for registry, domain in self._domains(now)
            for role in self._contacts(registry, domain, now)
        ]
        return tuple(sorted(dict.fromkeys((*self._registrars, *used))))

    def _holder(self, registry: Registry, registrant: str, now: Instant) -> str:
        """Return a registrant's handle: a contact's own, or one that is made from the name."""
        if registry.contact_info(SERVER, registrant, now).contact is not None:
            return registrant
        handle = holder_handle(registrant, registry.tld)
        self._holders[handle] = registrant
        return handle

    # --- inside -------------------------------------------------------------------------------

    def _registry(self, name: str) -> Registry | None:
        return next((one for tld, one in self._registries.items() if is_within(name, tld)), None)


def _statuses(domain: Domain, now: Instant) -> tuple[str, ...]:
    """Return a name's statuses with its grace periods.

    The first of these is left out: a world's names are all entered as the lab is put up, and
    stand for names of many years.
    """
    periods = [one for one in grace.statuses(domain, now) if one is not GraceStatus.ADD]
    return tuple(dict.fromkeys(str(one) for one in (*domain.statuses, *periods)))


def _ds(text: str) -> DsRecord:
    key_tag, algorithm, digest_type, digest = text.split()
    return DsRecord(int(key_tag), int(algorithm), int(digest_type), digest)
