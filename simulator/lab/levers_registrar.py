"""Levers on a name at its registrar. Those that change the name at its registry go there by EPP
where the world says so."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from simulator.errors import LabError
from simulator.lab.carried import (
    Carried,
    Details,
    LeverRefused,
    Shared,
    Undo,
    insist_done,
    told_of,
)
from simulator.roles.registrar.conduct import TRANSFER_LOCK
from simulator.roles.registrar.logic import STAFF
from simulator.values import Lever, Message, message

if TYPE_CHECKING:
    from simulator.lab.holders import Holders
    from simulator.lab.registration import Registration
    from simulator.roles.registrar.desk import Desk
    from simulator.roles.registrar.logic import Registrar
    from simulator.roles.registrar.requests import Done


class RegistrarLevers:
    """The hands of registrars. Each raises `LabError` with the reason where it cannot be done."""

    def __init__(self, who: Holders, registration: Registration) -> None:
        self._who = who
        self._registration = registration
        self._shared = Shared()

    async def client_hold(
        self, key: str, operator: str, domain: str, warn: Callable[[], Message | None]
    ) -> Carried:
        """Put clientHold on; ``warn`` says what goes dark with it."""
        registrar = (await self._sponsor(operator, domain)).id

        async def put() -> tuple[Message | None, Details]:
            details = await self._at_registrar(registrar, lambda desk: desk.hold(domain))
            return warn(), details

        async def take() -> None:
            await self._at_registrar(registrar, lambda desk: desk.release(domain))

        what = (Lever.CLIENT_HOLD.value, domain, registrar)
        return await self._shared.carry(key, what, put, take)

    async def freeze_account(self, key: str, operator: str, domain: str) -> Carried:
        """Freeze the account that holds the name, and so all names in it."""
        registrar = await self._sponsor(operator, domain)
        account = registrar.holder(domain)
        if account is None:
            raise LabError(message("{name} is in no customer's account", name=domain))

        async def put() -> tuple[Message | None, Details]:
            insist_done(registrar.freeze(account), "-")
            names = " ".join(registrar.portfolio(account))
            return None, (("account", account), ("names", names))

        async def take() -> None:
            insist_done(registrar.thaw(account), "-")

        what = (Lever.ACCOUNT_FREEZE.value, registrar.id, account)
        return await self._shared.carry(key, what, put, take)

    async def refuse_transfer(self, key: str, operator: str, domain: str) -> Carried:
        """Keep the name: locked against transfer, and no transfer approved.

        The lock is no registry lock: a registry that moves the name goes past it.
        """
        registrar = await self._sponsor(operator, domain)
        locked = False

        async def lock(wanted: bool) -> Details:
            return await self._at_registrar(
                registrar.id, lambda desk: desk.lock_transfer(domain, wanted)
            )

        async def put() -> tuple[Message | None, Details]:
            nonlocal locked
            locked = TRANSFER_LOCK in self._who.object(domain).statuses
            details = () if locked else await lock(True)
            insist_done(registrar.keep(domain), "-")
            return None, details

        async def take() -> None:
            if not locked:
                await lock(False)
            insist_done(registrar.keep(domain, False), "-")

        what = (Lever.TRANSFER_REFUSAL.value, domain, registrar.id)
        return await self._shared.carry(key, what, put, take)

    async def redelegate(
        self, operator: str, domain: str, nameservers: tuple[str, ...], keep_ds: bool
    ) -> tuple[Undo, Details]:
        """Give the name to other nameservers, without its DS records unless they are kept."""
        registrar = (await self._sponsor(operator, domain)).id
        before = self._who.object(domain)

        async def change(to: tuple[str, ...], *, remove_ds: bool) -> Details:
            return await self._at_registrar(
                registrar,
                lambda desk: desk.change_nameservers(STAFF, domain, to, remove_ds=remove_ds),
            )

        async def undo() -> None:
            await change(before.nameservers, remove_ds=False)
            if not keep_ds and before.ds:
                await self._at_registrar(registrar, lambda desk: desk.vouch(domain, before.ds))

        return undo, await change(nameservers, remove_ds=not keep_ds)

    async def _sponsor(self, operator: str, domain: str) -> Registrar:
        """Return the registrar that has a name; refuse if it is another's, with what that
        registrar learns when it asks the registry."""
        try:
            return self._who.registrar(operator, domain)
        except LabError as error:
            details = await self.what_the_registry_says(operator, domain)
            raise LeverRefused(error.message, details) from error

    async def what_the_registry_says(self, operator: str, name: str) -> Details:
        """Have an operator that is a registrar ask by EPP who has a name; nothing from others."""
        own = ".".join(name.split(".")[-2:])
        registrar = self._registration.registrar_of(operator, own.rpartition(".")[2])
        if registrar is None:
            return ()
        done = await self._registration.at(registrar, lambda desk: desk.inquire(own))
        return told_of(done, "domain info")

    async def _at_registrar(
        self, registrar: str, work: Callable[[Desk], Coroutine[Any, Any, Done]]
    ) -> Details:
        """Have a registrar change a name at its registry; return what that answered."""
        return insist_done(await self._registration.at(registrar, work), "domain update")
