"""The commands on domains (RFC 5731, RFC 3915, RFC 5910)."""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry import grace, lifetimes, restoring, updates
from simulator.roles.registry.answers import absent, wrong_authorization
from simulator.roles.registry.contacts import wrong_roles
from simulator.roles.registry.events import Event
from simulator.roles.registry.hosts import is_name
from simulator.roles.registry.notices import Deed
from simulator.roles.registry.objects import SERVER, YEAR, Code, Domain, Result
from simulator.roles.registry.poll import Cause
from simulator.roles.registry.register import Register
from simulator.roles.registry.restoring import RestoreReport
from simulator.roles.registry.statuses import GraceStatus, settled
from simulator.roles.registry.undo import moves_nameservers
from simulator.roles.registry.updates import Change
from simulator.values import Instant, message

_NO_CAUSE = Cause()


class DomainDesk(Register):
    """Takes the commands on domains from whoever may give them.

    ``cause`` is what the sponsor is told where the registry's own hand acts.
    """

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
            return absent(name)
        if authorization not in (None, domain.authorization):
            return wrong_authorization(name)
        if actor not in (SERVER, domain.sponsor) and authorization is None:
            domain = replace(domain, authorization="")
        return Result(Code.DONE, message("{name} is registered", name=name), domain=domain)

    def events(self, name: str, now: Instant) -> tuple[Event, ...]:
        """Return what befell a registered name, oldest first, and at the end when it expires."""
        domain = self._get(name, now)
        if domain is None:
            return ()
        return (*self._history[name], Event("expiration", domain.expires))

    def names(self) -> tuple[str, ...]:
        """Return every registered name, in the order of registration."""
        return tuple(self._domains)

    # --- transforms -----------------------------------------------------------------

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
        deed = Deed(actor, "domain create", name, now)
        taken = self._get(name, now) is not None
        refusal = (
            self._not_accredited(actor)
            or self._wrong_name(name)
            or lifetimes.wrong_period(years)
            or self._hosts.unusable(nameservers, self._domains)
            or wrong_roles(contacts)
            or self._wrong_contacts(registrant, contacts)
            or updates.wrong_count(nameservers)
            or updates.wrong_ds(ds)
        )
        if refusal is not None:
            return self._keep(deed, refusal)
        if taken:
            return self._keep(deed, Result(Code.EXISTS, message("{name} is registered", name=name)))
        self._counts["domain"] += 1
        domain = Domain(
            name=name,
            roid=f"D{self._counts['domain']}-{self.tld.upper()}",
            sponsor=actor,
            registrant=registrant,
            authorization=authorization,
            created=now,
            updated=now,
            expires=now + years * YEAR,
            contacts=tuple(dict.fromkeys(contacts)),
            nameservers=tuple(dict.fromkeys(nameservers)),
            statuses=settled((), bool(nameservers)),
            ds=tuple(dict.fromkeys(ds)),
            created_by=actor,
        )
        domain = grace.begun(domain, GraceStatus.ADD, years, self.policy.add_grace, now)
        done = message("{name} is registered", name=name)
        return self._keep(deed, Result(Code.DONE, done, True, domain, charges=((actor, years),)))

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
        remove_all_ds: bool = False,
        add_contacts: tuple[tuple[str, str], ...] = (),
        remove_contacts: tuple[tuple[str, str], ...] = (),
        registrant: str | None = None,
        authorization: str | None = None,
        cause: Cause = _NO_CAUSE,
    ) -> Result:
        """Change a domain. What is already so is no error: 1000, unchanged.

        A host or contact that is not there is refused with 2303.
        """
        deed = Deed(actor, "domain update", name, now, cause)
        change = Change(
            add_statuses, remove_statuses, add_nameservers, remove_nameservers, add_ds, remove_ds,
            registrant, authorization, add_contacts, remove_contacts, remove_all_ds,
        )  # fmt: skip
        return self._keep(deed, self._updated(deed, change), tell=True)

    def _updated(self, deed: Deed, change: Change) -> Result:
        domain = self._sponsored(deed.actor, deed.name, deed.now)
        if isinstance(domain, Result):
            return domain
        new_hosts = [name for name in change.add_nameservers if name not in domain.nameservers]
        refusal = (
            self._hosts.unusable(new_hosts, self._domains)
            or wrong_roles(change.add_contacts)
            or self._wrong_contacts(change.registrant, change.add_contacts)
        )
        if refusal is not None:
            return refusal
        redelegated = any(map(moves_nameservers, self._seizures.get(deed.name, ())))
        return updates.update(domain, deed.actor, change, redelegated, deed.now)

    def delete(self, actor: str, name: str, now: Instant, *, cause: Cause = _NO_CAUSE) -> Result:
        """Take a name out of the zone; it is purged after redemption and pending delete (1001)."""
        deed = Deed(actor, "domain delete", name, now, cause)
        domain = self._sponsored(actor, name, now)
        if isinstance(domain, Result):
            return self._keep(deed, domain)
        under = self._hosts.under(name)
        result = lifetimes.delete(domain, actor, under, self.policy, now)
        kept = self._keep(deed, result, tell=True)
        self._get(name, now)
        return kept

    def renew(
        self,
        actor: str,
        name: str,
        current_expiry: Instant,
        years: int,
        now: Instant,
        *,
        cause: Cause = _NO_CAUSE,
    ) -> Result:
        """Prolong a registration; naming its present expiry guards against doing it twice."""
        deed = Deed(actor, "domain renew", name, now, cause)
        domain = self._sponsored(actor, name, now)
        if isinstance(domain, Result):
            return self._keep(deed, domain)
        result = lifetimes.renew(domain, actor, current_expiry, years, self.policy, now)
        return self._keep(deed, result, tell=True)

    def restore_request(
        self, actor: str, name: str, now: Instant, *, cause: Cause = _NO_CAUSE
    ) -> Result:
        """Begin to bring a name back from redemption; its report is awaited (RFC 3915)."""
        deed = Deed(actor, "domain update", name, now, cause, "restore")
        domain = self._sponsored(actor, name, now)
        if isinstance(domain, Result):
            return self._keep(deed, domain)
        return self._keep(deed, restoring.request(domain, actor, self.policy, now), tell=True)

    def restore_report(
        self,
        actor: str,
        name: str,
        report: RestoreReport,
        now: Instant,
        *,
        cause: Cause = _NO_CAUSE,
    ) -> Result:
        """Report on a restore; with that the name lives again."""
        deed = Deed(actor, "domain update", name, now, cause, "restore")
        domain = self._sponsored(actor, name, now)
        if isinstance(domain, Result):
            return self._keep(deed, domain)
        return self._keep(deed, restoring.report(domain, actor, report, now), tell=True)

    def _wrong_name(self, name: str) -> Result | None:
        if not is_name(name):
            return Result(Code.VALUE_SYNTAX, message("'{name}' is not a domain name", name=name))
        if name.partition(".")[2] == self.tld:
            return None
        return Result(
            Code.POLICY,
            message("{name} is not directly under .{tld}", name=name, tld=self.tld),
        )
