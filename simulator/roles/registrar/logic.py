"""A registrar: it serves its customers, and obeys (or refuses) those who want a name gone.

Here it acts on its registries directly and at one instant, as the lab does when it sets a
world up; `simulator.roles.registrar.service` does the same over EPP.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from simulator.roles.registrar.accounts import STAFF, Account, Books
from simulator.roles.registrar.client import RegistryClient, carry_out
from simulator.roles.registrar.conduct import HOLD, LOCKS, UPDATE_LOCK, Conduct
from simulator.roles.registrar.requests import Done, Steps
from simulator.values import Address, Instant, message

__all__ = ["HOLD", "LOCKS", "STAFF", "UPDATE_LOCK", "Account", "Done", "Registrar"]


class Registrar:
    """One registrar, with its accounts and the names that they hold.

    ``registries`` are those that it is accredited with; ``random`` makes the authInfo.
    """

    def __init__(
        self,
        id: str,  # noqa: A002  the word that worlds and orders use
        registries: Iterable[RegistryClient],
        random: random.Random,
    ) -> None:
        self.id = id
        self._registries = {registry.tld: registry for registry in registries}
        self.books = Books(id)
        self.conduct = Conduct(id, self.books, random)

    def __repr__(self) -> str:
        accounts, names = self.books.counts
        return f"<Registrar {self.id} accounts={accounts} names={names}>"

    # --- customers ------------------------------------------------------------------

    def open_account(self, account: str, registrant: str) -> Account:
        """Take a customer in. `LabError` if the id is taken or is the registrar's own hand."""
        return self.books.open_account(account, registrant)

    def freeze(self, account: str) -> Done:
        """Let an account change nothing more; its names go on resolving."""
        return self.books.set_frozen(account, True)

    def thaw(self, account: str) -> Done:
        """Give a frozen account its rights back."""
        return self.books.set_frozen(account, False)

    def portfolio(self, account: str) -> tuple[str, ...]:
        """Return the names that an account holds, in the order in which it got them."""
        return self.books.portfolio(account)

    def holder(self, name: str) -> str | None:
        """Return the account that holds a name here, or None."""
        return self.books.holder(name)

    # --- names ----------------------------------------------------------------------

    def register(
        self,
        account: str,
        name: str,
        nameservers: tuple[str, ...],
        now: Instant,
        *,
        glue: tuple[tuple[str, tuple[Address, ...]], ...] = (),
        years: int = 1,
    ) -> Done:
        """Register a name for a customer, and delegate it.

        ``glue`` gives the addresses of nameservers that lie under the registry's TLD; one
        that lies under the new name itself can be made only once the name exists.
        """
        steps = self.conduct.register(account, name, nameservers, dict(glue), years)
        return self.carry_out(steps, name, now)

    def change_nameservers(
        self,
        actor: str,
        name: str,
        nameservers: tuple[str, ...],
        now: Instant,
        *,
        glue: tuple[tuple[str, tuple[Address, ...]], ...] = (),
        remove_ds: bool = True,
    ) -> Done:
        """Delegate a name elsewhere, and drop its DS: those of the old keys would break it.

        The actor is the holding account, or `STAFF` for an order; no registry lock is set,
        so a holder whose account is not frozen can point the name back.
        """
        steps = self.conduct.change_nameservers(actor, name, nameservers, dict(glue), remove_ds)
        return self.carry_out(steps, name, now)

    def hold(self, name: str, now: Instant) -> Done:
        """Put clientHold on a name: by the registrar's own hand, on an order or its terms."""
        return self.carry_out(self.conduct.set_hold(name, True), name, now)

    def release(self, name: str, now: Instant) -> Done:
        """Take clientHold off a name."""
        return self.carry_out(self.conduct.set_hold(name, False), name, now)

    def lock(self, actor: str, name: str, now: Instant) -> Done:
        """Put the three client locks on a name. It goes on resolving."""
        return self.carry_out(self.conduct.set_locks(actor, name, True), name, now)

    def unlock(self, actor: str, name: str, now: Instant) -> Done:
        """Take the client locks off a name."""
        return self.carry_out(self.conduct.set_locks(actor, name, False), name, now)

    # --- transfers ------------------------------------------------------------------

    def keep(self, name: str, kept: bool = True) -> Done:
        """Let a name not leave, on an order; or let it leave again."""
        refusal = self.books.may_touch(STAFF, name)
        if refusal is not None:
            return refusal
        self.books.keep(name, kept)
        if kept:
            return Done(
                True, message("{name} may not leave {registrar}", name=name, registrar=self.id)
            )
        return Done(
            True, message("{name} may leave {registrar} again", name=name, registrar=self.id)
        )

    def transfer_out(self, account: str, name: str, now: Instant) -> Done:
        """Give a customer a fresh authInfo with which another registrar can ask for the name."""
        return self.carry_out(self.conduct.transfer_out(account, name), name, now)

    def transfer_in(self, account: str, name: str, authorization: str, now: Instant) -> Done:
        """Ask for a customer's name at its present registrar."""
        return self.carry_out(self.conduct.transfer_in(account, name, authorization), name, now)

    def answer_transfer(self, name: str, approve: bool, now: Instant) -> Done:
        """Let a name go, or keep it: the losing registrar's word. A frozen account's name stays."""
        return self.carry_out(self.conduct.answer_transfer(name, approve), name, now)

    def received(self, account: str, name: str, now: Instant) -> Done:
        """Enter a name whose transfer has gone through in a customer's portfolio."""
        return self.carry_out(self.conduct.received(account, name), name, now)

    # --- steps ----------------------------------------------------------------------

    def carry_out(self, steps: Steps, name: str, now: Instant) -> Done:
        """Take all steps at the registry of a name, directly and at one instant."""
        registry = self._registries.get(name.partition(".")[2])
        if registry is None:
            return no_registry(self.id, name)
        return carry_out(steps, registry, self.id, now)


def no_registry(registrar: str, name: str) -> Done:
    """Return the refusal for a name under a TLD that a registrar is not accredited with."""
    return Done(
        False,
        message("{registrar} has no registry for {name}", registrar=registrar, name=name),
    )
