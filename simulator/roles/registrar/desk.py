"""What a registrar does for its customers and on orders; `Desk` does it at its registries
directly, `simulator.roles.registrar.service` over EPP."""

from __future__ import annotations

from simulator.roles.registrar.logic import Registrar
from simulator.roles.registrar.requests import Done, Steps
from simulator.values import Address, Now


class Desk:
    """A registrar at work. Operations never raise for what is refused: `Done` says why.

    It shares the registrar's books: what the one enters, the other knows.
    """

    def __init__(self, registrar: Registrar, now: Now) -> None:
        self.registrar = registrar
        self._now = now

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.registrar.id}>"

    def portfolio(self, account: str) -> tuple[str, ...]:
        """Return the names that an account holds."""
        return self.registrar.portfolio(account)

    # --- names ------------------------------------------------------------------------

    async def register(
        self,
        account: str,
        name: str,
        nameservers: tuple[str, ...],
        *,
        glue: tuple[tuple[str, tuple[Address, ...]], ...] = (),
        years: int = 1,
    ) -> Done:
        """Register a name for a customer, and delegate it: see `Registrar.register`."""
        conduct = self.registrar.conduct
        return await self._do(name, conduct.register(account, name, nameservers, dict(glue), years))

    async def change_nameservers(
        self,
        actor: str,
        name: str,
        nameservers: tuple[str, ...],
        *,
        glue: tuple[tuple[str, tuple[Address, ...]], ...] = (),
        remove_ds: bool = True,
    ) -> Done:
        """Delegate a name elsewhere: see `Registrar.change_nameservers`."""
        conduct = self.registrar.conduct
        steps = conduct.change_nameservers(actor, name, nameservers, dict(glue), remove_ds)
        return await self._do(name, steps)

    async def vouch(self, name: str, ds: tuple[str, ...]) -> Done:
        """Put DS records on a name, by the registrar's own hand."""
        return await self._do(name, self.registrar.conduct.add_ds(name, ds))

    async def hold(self, name: str) -> Done:
        """Put clientHold on a name, by the registrar's own hand."""
        return await self._do(name, self.registrar.conduct.set_hold(name, True))

    async def release(self, name: str) -> Done:
        """Take clientHold off a name."""
        return await self._do(name, self.registrar.conduct.set_hold(name, False))

    async def lock(self, actor: str, name: str) -> Done:
        """Put the three client locks on a name."""
        return await self._do(name, self.registrar.conduct.set_locks(actor, name, True))

    async def unlock(self, actor: str, name: str) -> Done:
        """Take the client locks off a name; not for its holder while an order keeps it."""
        return await self._do(name, self.registrar.conduct.set_locks(actor, name, False))

    async def inquire(self, name: str) -> Done:
        """Ask the registry who has a name, whoever that is: see `Done.reason`."""
        return await self._do(name, self.registrar.conduct.inquire(name))

    # --- transfers --------------------------------------------------------------------

    async def lock_transfer(self, name: str, locked: bool = True) -> Done:
        """Put clientTransferProhibited on a name or take it off, by the registrar's own hand."""
        return await self._do(name, self.registrar.conduct.set_transfer_lock(name, locked))

    async def transfer_out(self, account: str, name: str) -> Done:
        """Give a customer a fresh authInfo, in `Done.authorization`."""
        return await self._do(name, self.registrar.conduct.transfer_out(account, name))

    async def transfer_in(self, account: str, name: str, authorization: str) -> Done:
        """Ask for a customer's name at its present registrar."""
        steps = self.registrar.conduct.transfer_in(account, name, authorization)
        return await self._do(name, steps)

    async def answer_transfer(self, name: str, approve: bool) -> Done:
        """Let a name go, or keep it."""
        return await self._do(name, self.registrar.conduct.answer_transfer(name, approve))

    async def received(self, account: str, name: str) -> Done:
        """Enter a name whose transfer has gone through."""
        return await self._do(name, self.registrar.conduct.received(account, name))

    # --- inside -----------------------------------------------------------------------

    async def _do(self, name: str, steps: Steps) -> Done:
        return self.registrar.carry_out(steps, name, self._now())
