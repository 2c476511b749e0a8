"""The registry of one top-level domain, as its registrars and its own hand use it.

Every operation takes who acts (a registrar's id, or `SERVER` for the registry itself)
and the instant, and returns a `Result` with an EPP result code. Nothing here knows XML,
a socket or a clock.

What follows from time alone (a transfer that nobody answered, an expiry, the end of a
deleted name) is settled when the name is next touched. None of it changes the zone, so
nobody can see the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from simulator.errors import LabError
from simulator.roles.registry import lifetimes, seizure, transfers, updates
from simulator.roles.registry.hosts import HostTable, is_name
from simulator.roles.registry.objects import (
    SERVER,
    YEAR,
    Code,
    Domain,
    Redelegation,
    Result,
)
from simulator.roles.registry.statuses import settled
from simulator.roles.registry.updates import Change
from simulator.roles.registry.zone import Ttls, delegations
from simulator.values import MINUTE, Address, Duration, Instant, message
from simulator.wire.dns_values import Record


class Registry:
    """One TLD: ``tld`` as text without dot, ``id`` as the journal and the orders name it."""

    def __init__(
        self,
        tld: str,
        id: str,  # noqa: A002  the word that worlds and orders use
        *,
        publication_interval: Duration = 30 * MINUTE,
        ttls: Ttls | None = None,
        first_serial: int = 1,
    ) -> None:
        assert publication_interval > 0
        self.tld = tld
        self.id = id
        self.publication_interval = publication_interval
        self._ttls = Ttls() if ttls is None else ttls
        self._registrars: dict[str, None] = {}
        self._domains: dict[str, Domain] = {}
        self._hosts = HostTable(tld)
        self._redelegations: dict[str, Redelegation] = {}
        self._created = 0
        self._listeners: list[Callable[[], None]] = []
        self._serial = first_serial - 1
        self._records: tuple[Record, ...] | None = None
        self._stale = True

    def __repr__(self) -> str:
        return f"<Registry .{self.tld} domains={len(self._domains)} hosts={len(self._hosts)}>"

    def accredit(self, registrar: str) -> None:
        """Let a registrar in. `LabError` for the name that stands for the registry's own hand."""
        if registrar == SERVER:
            raise LabError(
                message(
                    "a registrar cannot be called '{name}': that is the registry's own hand",
                    name=SERVER,
                )
            )
        self._registrars[registrar] = None

    def listen(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called after every change that may touch the zone."""
        self._listeners.append(listener)

    # --- the zone -------------------------------------------------------------------

    def zone_records(self) -> tuple[int, tuple[Record, ...]]:
        """Return the serial and the delegations as the objects now stand.

        The serial rises by one with each zone that differs from the one handed out before.
        """
        if self._stale:
            records = delegations(self.tld, self._domains.values(), self._hosts, self._ttls)
            if records != self._records:
                self._records = records
                self._serial += 1
            self._stale = False
        assert self._records is not None
        return self._serial, self._records

    def next_publication(self, now: Instant) -> Instant:
        """Return the first instant of the schedule after ``now``: a multiple of the interval."""
        return (now // self.publication_interval + 1) * self.publication_interval

    # --- queries --------------------------------------------------------------------

    def check(self, name: str, now: Instant) -> Result:
        """Tell whether a name is free: 1000, or the code that `create` would refuse it with."""
        refusal = self._wrong_name(name)
        if refusal is not None:
            return refusal
        if self._get(name, now) is not None:
            return Result(Code.EXISTS, message("{name} is registered", name=name))
        return Result(Code.DONE, message("{name} is free", name=name))

    def info(
        self, actor: str, name: str, now: Instant, *, authorization: str | None = None
    ) -> Result:
        """Return the object; its authInfo only to its sponsor or to who gives the right one."""
        domain = self._get(name, now)
        if domain is None:
            return _absent(name)
        if authorization not in (None, domain.authorization):
            return Result(
                Code.WRONG_AUTHORIZATION,
                message("the authorization information for {name} is wrong", name=name),
            )
        if actor not in (SERVER, domain.sponsor) and authorization is None:
            domain = replace(domain, authorization="")
        return Result(Code.DONE, message("{name} is registered", name=name), domain=domain)

    def host_info(self, name: str) -> Result:
        """Return a host object."""
        host = self._hosts.get(name)
        if host is None:
            return _absent(name)
        return Result(Code.DONE, message("the host {name} exists", name=name), host=host)

    def redelegation_of(self, name: str) -> Redelegation | None:
        """Return the undo record of a redelegated name."""
        return self._redelegations.get(name)

    # --- domains --------------------------------------------------------------------

    def create(
        self,
        actor: str,
        name: str,
        now: Instant,
        *,
        registrant: str,
        authorization: str,
        years: int = 1,
        contacts: tuple[tuple[str, str], ...] = (),
        nameservers: tuple[str, ...] = (),
        ds: tuple[str, ...] = (),
    ) -> Result:
        """Register a free name for ``years``; its nameservers exist as hosts (2303 otherwise)."""
        refusal = (
            self._not_accredited(actor)
            or self._wrong_name(name)
            or lifetimes.wrong_period(years)
            or self._missing_hosts(nameservers)
            or _wrong_delegation(nameservers, ds)
        )
        if refusal is not None:
            return refusal
        if self._get(name, now) is not None:
            return Result(Code.EXISTS, message("{name} is registered", name=name))
        self._created += 1
        domain = Domain(
            name=name,
            roid=f"D{self._created}-{self.tld.upper()}",
            sponsor=actor,
            registrant=registrant,
            authorization=authorization,
            created=now,
            updated=now,
            expires=now + years * YEAR,
            contacts=contacts,
            nameservers=tuple(dict.fromkeys(nameservers)),
            statuses=settled((), bool(nameservers)),
            ds=ds,
        )
        return self._keep(
            Result(Code.DONE, message("{name} is registered", name=name), True, domain)
        )

    def update(
        self,
        actor: str,
        name: str,
        now: Instant,
        *,
        add_statuses: tuple[str, ...] = (),
        remove_statuses: tuple[str, ...] = (),
        add_nameservers: tuple[str, ...] = (),
        remove_nameservers: tuple[str, ...] = (),
        add_ds: tuple[str, ...] = (),
        remove_ds: tuple[str, ...] = (),
        registrant: str | None = None,
        authorization: str | None = None,
    ) -> Result:
        """Change a domain. What is already so is no error: 1000, unchanged."""
        domain = self._sponsored(actor, name, now)
        if isinstance(domain, Result):
            return domain
        if (refusal := self._missing_hosts(add_nameservers)) is not None:
            return refusal
        change = Change(
            add_statuses, remove_statuses, add_nameservers, remove_nameservers, add_ds, remove_ds,
            registrant, authorization,
        )  # fmt: skip
        return self._keep(updates.update(domain, actor, change, name in self._redelegations, now))

    def delete(self, actor: str, name: str, now: Instant) -> Result:
        """Take a name out of the zone; it is purged after redemption and pending delete (1001)."""
        domain = self._sponsored(actor, name, now)
        if isinstance(domain, Result):
            return domain
        return self._keep(lifetimes.delete(domain, actor, self._hosts.under(name), now))

    def renew(
        self, actor: str, name: str, current_expiry: Instant, years: int, now: Instant
    ) -> Result:
        """Prolong a registration; naming its present expiry guards against doing it twice."""
        domain = self._sponsored(actor, name, now)
        if isinstance(domain, Result):
            return domain
        return self._keep(lifetimes.renew(domain, actor, current_expiry, years, now))

    # --- transfers ------------------------------------------------------------------

    def transfer_request(self, actor: str, name: str, authorization: str, now: Instant) -> Result:
        """Ask for a name of another registrar, with its authInfo."""
        if (refusal := self._not_accredited(actor)) is not None:
            return refusal
        domain = self._get(name, now)
        if domain is None:
            return _absent(name)
        return self._keep(transfers.request(domain, actor, authorization, now))

    def transfer_approve(self, actor: str, name: str, now: Instant) -> Result:
        """Let a name go to the registrar that asked for it."""
        return self._answer_transfer(transfers.approve, actor, name, now)

    def transfer_reject(self, actor: str, name: str, now: Instant) -> Result:
        """Keep a name that another registrar asked for."""
        return self._answer_transfer(transfers.reject, actor, name, now)

    def transfer_cancel(self, actor: str, name: str, now: Instant) -> Result:
        """Take one's own request back."""
        return self._answer_transfer(transfers.cancel, actor, name, now)

    def _answer_transfer(
        self,
        answer: Callable[[Domain, str, Instant], Result],
        actor: str,
        name: str,
        now: Instant,
    ) -> Result:
        domain = self._get(name, now)
        return _absent(name) if domain is None else self._keep(answer(domain, actor, now))

    # --- hosts ----------------------------------------------------------------------

    def host_create(self, actor: str, name: str, addresses: tuple[Address, ...] = ()) -> Result:
        """Add a nameserver; inside the TLD with its addresses, outside without."""
        return self._not_accredited(actor) or self._noted(
            self._hosts.create(actor, name, addresses, self._domains)
        )

    def host_update(self, actor: str, name: str, addresses: tuple[Address, ...]) -> Result:
        """Replace a nameserver's addresses, and so its glue."""
        return self._noted(self._hosts.update(actor, name, addresses))

    def host_delete(self, actor: str, name: str) -> Result:
        """Remove a nameserver that no name uses, nor any undo record."""
        used = [host for domain in self._domains.values() for host in domain.nameservers]
        used += [host for undo in self._redelegations.values() for host in undo.nameservers]
        return self._noted(self._hosts.delete(actor, name, used))

    # --- seizure --------------------------------------------------------------------

    def redelegate(
        self,
        name: str,
        nameservers: tuple[str, ...],
        now: Instant,
        *,
        lift_holds: bool = False,
    ) -> Result:
        """Give a name to an agency's nameservers, by the registry's own hand, in one transaction.

        Nameservers outside the TLD become host objects at need. The zone follows at the
        next publication of the schedule: nothing is expedited. 2304 for a name on hold
        (unless ``lift_holds``), for one already redelegated, and for one being deleted.
        """
        domain = self._get(name, now)
        if domain is None:
            return _absent(name)
        if name in self._redelegations:
            return Result(
                Code.STATUS_PROHIBITS, message("{name} is already redelegated", name=name)
            )
        new = tuple(nameserver for nameserver in nameservers if nameserver not in self._hosts)
        if (refusal := self._hosts.wrong_foreign(new)) is not None:
            return refusal
        result = seizure.redelegate(domain, nameservers, lift_holds, now)
        if result.undo is None:
            return result
        for nameserver in new:
            self._hosts.create(SERVER, nameserver, (), self._domains)
        self._redelegations[name] = result.undo
        return self._keep(result)

    def undo_redelegation(self, name: str, now: Instant) -> Result:
        """Put a redelegated name back as it stood (2002 when it is not redelegated)."""
        record = self._redelegations.get(name)
        domain = self._get(name, now)
        if record is None or domain is None:
            return Result(Code.COMMAND_USE, message("{name} is not redelegated", name=name))
        del self._redelegations[name]
        return self._keep(seizure.restore(domain, record, now))

    # --- inside ---------------------------------------------------------------------

    def _get(self, name: str, now: Instant) -> Domain | None:
        """Return a domain after what time alone did to it."""
        domain = self._domains.get(name)
        if domain is None:
            return None
        if domain.purged_at is not None and now >= domain.purged_at:
            del self._domains[name]
            self._redelegations.pop(name, None)
            return None
        if domain.transfer is not None and now >= domain.transfer.approved_at:
            self._keep(transfers.approve(domain, SERVER, domain.transfer.approved_at))
            domain = self._domains[name]
        renewed = lifetimes.renewed_by_itself(domain, now)
        if renewed is not domain:
            self._domains[name] = renewed
        return renewed

    def _sponsored(self, actor: str, name: str, now: Instant) -> Domain | Result:
        domain = self._get(name, now)
        if domain is None:
            return _absent(name)
        if actor in (SERVER, domain.sponsor):
            return domain
        return Result(
            Code.NOT_AUTHORISED,
            message("{actor} does not sponsor {name}", actor=actor, name=name),
        )

    def _keep(self, result: Result) -> Result:
        if result.changed and result.domain is not None:
            before = self._domains.get(result.domain.name)
            if before is not None and before.sponsor != result.domain.sponsor:
                self._hosts.hand_over(before.name, result.domain.sponsor)
            self._domains[result.domain.name] = result.domain
        return self._noted(result)

    def _noted(self, result: Result) -> Result:
        if result.changed:
            self._stale = True
            for listener in self._listeners:
                listener()
        return result

    def _not_accredited(self, actor: str) -> Result | None:
        if actor == SERVER or actor in self._registrars:
            return None
        return Result(
            Code.NOT_AUTHORISED,
            message("{actor} is not accredited with .{tld}", actor=actor, tld=self.tld),
        )

    def _wrong_name(self, name: str) -> Result | None:
        if not is_name(name):
            return Result(Code.VALUE_SYNTAX, message("'{name}' is not a domain name", name=name))
        if name.partition(".")[2] == self.tld:
            return None
        return Result(
            Code.POLICY,
            message("{name} is not directly under .{tld}", name=name, tld=self.tld),
        )

    def _missing_hosts(self, nameservers: Iterable[str]) -> Result | None:
        missing = next((name for name in nameservers if name not in self._hosts), None)
        return None if missing is None else _absent(missing)


def _absent(name: str) -> Result:
    return Result(Code.DOES_NOT_EXIST, message("{name} does not exist", name=name))


def _wrong_delegation(nameservers: tuple[str, ...], ds: tuple[str, ...]) -> Result | None:
    return updates.wrong_count(nameservers) or updates.wrong_ds(ds)
