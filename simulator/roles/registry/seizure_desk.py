"""Seizures: what the registry's own hand does to a name, each in one transaction.

Every order leaves an undo record. Each undo takes back what its own order did, leaves what
others in force need, and is refused where a later order stands in its way.
"""

from __future__ import annotations

from simulator.roles.registry import cancellation, locks, reassignment, seizure
from simulator.roles.registry.answers import absent
from simulator.roles.registry.locks import Outcome
from simulator.roles.registry.notices import Deed
from simulator.roles.registry.objects import SERVER, Domain, Redelegation, Result
from simulator.roles.registry.poll import Cause
from simulator.roles.registry.register import Register
from simulator.roles.registry.undo import Records, UndoRecord, in_force
from simulator.roles.registry.updates import wrong_count
from simulator.values import Instant

_NO_CAUSE = Cause()


class SeizureDesk(Register):
    """Carries out orders. ``cause`` is what the registrars concerned are told (RFC 8590)."""

    def redelegation_of(self, name: str) -> Redelegation | None:
        """Return the undo record of a redelegated name."""
        return in_force(self._records(name), Redelegation)

    def seizures_of(self, name: str) -> tuple[UndoRecord, ...]:
        """Return the undo records in force on a name, in the order of the orders."""
        return self._records(name)

    # --- hold -----------------------------------------------------------------------

    def hold(self, name: str, now: Instant, *, cause: Cause = _NO_CAUSE) -> Result:
        """Set serverHold by order: the name leaves the zone at the next publication.

        2304 when it is on hold by order already. On a redelegated name the reason warns
        that the banner goes dark.
        """
        deed = Deed(SERVER, "domain update", name, now, cause)
        domain = self._get(name, now)
        if domain is None:
            return self._keep(deed, absent(name))
        return self._seized(deed, domain, locks.hold(domain, self._records(name), now))

    def release(self, name: str, now: Instant, *, cause: Cause = _NO_CAUSE) -> Result:
        """Take a hold by order off (2002 when there is none)."""
        deed = Deed(SERVER, "domain update", name, now, cause)
        domain = self._get(name, now)
        if domain is None:
            return self._keep(deed, absent(name))
        return self._seized(deed, domain, locks.release(domain, self._records(name), now))

    # --- registry lock --------------------------------------------------------------

    def lock(self, name: str, now: Instant, *, cause: Cause = _NO_CAUSE) -> Result:
        """Set the three server locks, by the registry's own hand: no EPP command opens them.

        2304 when the name has a registry lock already. A transfer under way is ended.
        """
        deed = Deed(SERVER, "domain update", name, now, cause)
        domain = self._get(name, now)
        if domain is None:
            return self._keep(deed, absent(name))
        return self._seized(deed, domain, locks.lock(domain, self._records(name), now))

    def unlock(self, name: str, now: Instant, *, cause: Cause = _NO_CAUSE) -> Result:
        """Take the registry lock off (2002 when there is none)."""
        deed = Deed(SERVER, "domain update", name, now, cause)
        domain = self._get(name, now)
        if domain is None:
            return self._keep(deed, absent(name))
        return self._seized(deed, domain, locks.unlock(domain, self._records(name), now))

    # --- redelegation ---------------------------------------------------------------

    def redelegate(
        self,
        name: str,
        nameservers: tuple[str, ...],
        now: Instant,
        *,
        lift_holds: bool = False,
        keep_ds: bool = False,
        cause: Cause = _NO_CAUSE,
    ) -> Result:
        """Give a name to an agency's nameservers, by the registry's own hand, in one transaction.

        Nameservers outside the TLD become host objects at need. The zone follows at the
        next publication of the schedule: nothing is expedited. 2304 for a name on hold
        (unless ``lift_holds``), for one already redelegated, and for one being deleted.
        ``keep_ds`` leaves the DS records of the old keys where they are, by mistake.
        """
        deed = Deed(SERVER, "domain update", name, now, cause)
        domain = self._get(name, now)
        refusal = absent(name) if domain is None else self._wrong_servers(nameservers)
        if domain is None or refusal is not None:
            return self._keep(deed, refusal or absent(name))
        distinct = tuple(dict.fromkeys(nameservers))
        records = self._records(name)
        outcome = seizure.redelegate(domain, records, distinct, lift_holds, now, keep_ds=keep_ds)
        return self._delegated(deed, domain, distinct, outcome)

    def undo_redelegation(self, name: str, now: Instant, *, cause: Cause = _NO_CAUSE) -> Result:
        """Put a redelegated name back as it stood (2002 when it is not redelegated).

        2304 while the name is being deleted, or delegated by a later order.
        """
        deed = Deed(SERVER, "domain update", name, now, cause)
        domain = self._get(name, now)
        if domain is None:
            return self._keep(deed, absent(name))
        return self._seized(deed, domain, seizure.restore(domain, self._records(name), now))

    # --- transfer to a registrar of the authorities ---------------------------------

    def reassign(
        self,
        name: str,
        registrar: str,
        now: Instant,
        *,
        registrant: str | None = None,
        nameservers: tuple[str, ...] = (),
        lift_holds: bool = False,
        cause: Cause = _NO_CAUSE,
    ) -> Result:
        """Move a name to a registrar of the authorities, and lock it there, renewal included.

        Without ``nameservers`` it stays delegated (and held) as it is; with them every DS
        goes. 2303 for a registrar that is not accredited, 2304 for a name moved already.
        """
        deed = Deed(SERVER, "domain transfer", name, now, cause)
        domain = self._get(name, now)
        if domain is None:
            return self._keep(deed, absent(name))
        refusal = (
            (absent(registrar) if registrar not in self._registrars else None)
            or self._wrong_servers(nameservers)
            or self._wrong_contacts(registrant, ())
        )
        if refusal is not None:
            return self._keep(deed, refusal)
        distinct = tuple(dict.fromkeys(nameservers))
        outcome = reassignment.reassign(
            domain, self._records(name), registrar, registrant, distinct, lift_holds, now
        )
        return self._delegated(deed, domain, distinct, outcome)

    def undo_reassignment(self, name: str, now: Instant, *, cause: Cause = _NO_CAUSE) -> Result:
        """Give a moved name back to its former registrar (2002 when it was not moved)."""
        deed = Deed(SERVER, "domain transfer", name, now, cause)
        domain = self._get(name, now)
        if domain is None:
            return self._keep(deed, absent(name))
        return self._seized(deed, domain, reassignment.give_back(domain, self._records(name), now))

    # --- cancellation ---------------------------------------------------------------

    def cancel_registration(self, name: str, now: Instant, *, cause: Cause = _NO_CAUSE) -> Result:
        """Delete a name past its locks (1001). After redemption and pendingDelete it is free,
        for anybody to register: its former operator, too.

        2305 where other names are served by hosts under it.
        """
        deed = Deed(SERVER, "domain delete", name, now, cause)
        domain = self._get(name, now)
        if domain is None:
            return self._keep(deed, absent(name))
        outcome = cancellation.cancel(
            domain, self._records(name), self._others_lean_on(name), self.policy, now
        )
        return self._seized(deed, domain, outcome)

    def undo_cancellation(self, name: str, now: Instant, *, cause: Cause = _NO_CAUSE) -> Result:
        """Take a cancellation back, in redemption only (2304 afterwards, 2303 once purged)."""
        deed = Deed(SERVER, "domain update", name, now, cause, "restore")
        domain = self._get(name, now)
        if domain is None:
            return self._keep(deed, absent(name))
        return self._seized(deed, domain, cancellation.undo(domain, self._records(name), now))

    # --- inside ---------------------------------------------------------------------

    def _records(self, name: str) -> Records:
        return self._seizures.get(name, ())

    def _wrong_servers(self, nameservers: tuple[str, ...]) -> Result | None:
        new = [server for server in nameservers if server not in self._hosts]
        known = [server for server in nameservers if server in self._hosts]
        return (
            self._hosts.wrong_foreign(new)
            or self._hosts.unusable(known, self._domains)
            or wrong_count(nameservers)
        )

    def _delegated(
        self, deed: Deed, domain: Domain, nameservers: tuple[str, ...], outcome: Outcome
    ) -> Result:
        if outcome[0].succeeded:
            for server in nameservers:
                if server not in self._hosts:
                    self._hosts.create(SERVER, server, (), self._domains, deed.now)
        return self._seized(deed, domain, outcome)

    def _seized(self, deed: Deed, domain: Domain, outcome: Outcome) -> Result:
        result, records = outcome
        if result.succeeded:
            self._seizures[deed.name] = records
            if not records:
                del self._seizures[deed.name]
        after = result.domain
        if domain.transfer is not None and after is not None and after.transfer is None:
            self._end_transfer(domain, deed.now)
        return self._keep(deed, result, tell=True)
