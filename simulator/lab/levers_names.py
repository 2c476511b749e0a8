"""Levers on a name: at its registrar, at its registry, and with whoever serves its zone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from simulator.errors import LabError
from simulator.lab.carried import Carried, Details, LeverRefused, Pull, Shared, Undo, insist_code
from simulator.lab.holders import Holders
from simulator.lab.levers_registrar import RegistrarLevers
from simulator.roles.registry.objects import SERVER
from simulator.values import Instant, Lever, Message, message

if TYPE_CHECKING:
    from simulator.lab.names import Names
    from simulator.lab.registration import Registration
    from simulator.lab.running import RunOn
    from simulator.lab.web import Web
    from simulator.roles.registry.objects import Result
    from simulator.roles.registry.poll import Cause
    from simulator.values import Now
    from simulator.world.models import World

SEIZURES = "seizures"
"""The account that seized names get at a registrar of the authorities."""
DARK = ("clientHold", "serverHold", "pendingDelete")


class NameLevers:
    """The hands of registrars, registries and operators of zones."""

    def __init__(
        self,
        world: World,
        names: Names,
        web: Web,
        registration: Registration,
        now: Now,
        run_on: RunOn,
    ) -> None:
        self._world = world
        self._names = names
        self._web = web
        self._registration = registration
        self._now = now
        self._run_on = run_on
        self._who = Holders(world, names, now)
        self._shared = Shared()
        self._registrars = RegistrarLevers(self._who, registration)
        self._redelegated: dict[str, str] = {}
        """By registered name, the operator that gave it to the authorities' nameservers."""
        self._changed: dict[str, str] = {}
        """By name, the operator of its zone that leads it to a banner."""

    async def carry_out(
        self,
        key: str,
        operator: str,
        lever: Lever,
        name: str,
        banner: str | None,
        registrar: str | None,
        keep_ds: bool,
        cause: Cause,
    ) -> Carried:
        """Do what an operator was told; ``banner`` is a banner's id, ``registrar`` that of one
        who gets the name, ``keep_ds`` has a redelegation leave the DS records behind. ``cause``
        is what a registry tells the registrars concerned.
        `LabError` with the reason where it cannot be done."""
        order = Pull(key, operator, cause)
        try:
            domain = self._who.registered(name)
        except LabError as error:
            details = await self._registrars.what_the_registry_says(operator, name)
            raise LeverRefused(error.message, details) from error
        if lever is Lever.REDELEGATION:
            return await self._redelegate(order, domain, self.banner(banner), keep_ds)
        if lever is Lever.TRANSFER:
            return await self._transfer(order, domain, registrar, banner)
        if lever is Lever.RECORD_CHANGE:
            return await self._change_records(operator, domain, name, self.banner(banner))
        return await _SIMPLE[lever](self, order, domain)

    def banner(self, banner: str | None) -> str:
        """Return a banner's id: the world's only one unless stated."""
        banners = list(self._world.banners)
        if banner is None and len(banners) != 1:
            raise LabError(message("name the banner: the world has {count}", count=len(banners)))
        return banners[0] if banner is None else banner

    # --- the registrar --------------------------------------------------------------------

    async def _client_hold(self, order: Pull, domain: str) -> Carried:
        warn = partial(self._a_hold_excludes_a_banner, domain)
        return await self._registrars.client_hold(order.key, order.operator, domain, warn)

    async def _account_freeze(self, order: Pull, domain: str) -> Carried:
        return await self._registrars.freeze_account(order.key, order.operator, domain)

    async def _transfer_refusal(self, order: Pull, domain: str) -> Carried:
        return await self._registrars.refuse_transfer(order.key, order.operator, domain)

    # --- the registry ---------------------------------------------------------------------

    async def _server_hold(self, order: Pull, domain: str) -> Carried:
        self._who.insist_on_registry(order.operator, domain)
        registry, cause = self._names.registry_of(domain), order.cause

        async def put() -> tuple[Message | None, Details]:
            hold = partial(registry.hold, cause=cause)
            details = self._by_registry(domain, "domain update", hold)
            return self._a_hold_excludes_a_banner(domain), details

        async def take() -> None:
            insist_code(registry.release(domain, self._now(), cause=cause), "domain update")

        return await self._shared.carry(order.key, (Lever.SERVER_HOLD.value, domain), put, take)

    async def _registry_lock(self, order: Pull, domain: str) -> Carried:
        self._who.insist_on_registry(order.operator, domain)
        registry, cause = self._names.registry_of(domain), order.cause

        async def put() -> tuple[Message | None, Details]:
            lock = partial(registry.lock, cause=cause)
            return None, self._by_registry(domain, "domain update", lock)

        async def take() -> None:
            insist_code(registry.unlock(domain, self._now(), cause=cause), "domain update")

        return await self._shared.carry(order.key, (Lever.REGISTRY_LOCK.value, domain), put, take)

    async def _cancellation(self, order: Pull, domain: str) -> Carried:
        """Delete the name. The registry undoes it as long as redemption lasts, not after."""
        self._who.insist_on_registry(order.operator, domain)
        registry, cause = self._names.registry_of(domain), order.cause
        cancel = partial(registry.cancel_registration, cause=cause)
        details = self._by_registry(domain, "domain delete", cancel)

        async def undo() -> None:
            undone = registry.undo_cancellation(domain, self._now(), cause=cause)
            insist_code(undone, "domain update")

        warning = None
        if self._leads_to_banner(domain):
            warning = message(
                "the banner of {name} goes dark with it: a cancelled name is in no zone",
                name=domain,
            )
        return Carried(undo, warning, details)

    async def _transfer(
        self, order: Pull, domain: str, registrar: str | None, banner: str | None
    ) -> Carried:
        """Move the name to a registrar of the authorities; with a banner, to their nameservers."""
        self._who.insist_on_registry(order.operator, domain)
        if banner is not None:
            self._insist_on_own_nameservers(domain)
        registry, agency = self._names.registry_of(domain), self._agency(domain, registrar)
        cause = order.cause
        before = self._names.registrars[self._who.object(domain).sponsor]
        account, by_epp = before.holder(domain), self._is_told(before.id, domain)
        nameservers = () if banner is None else self._world.banners[banner].nameservers
        details = self._by_registry(
            domain,
            "domain transfer",
            lambda name, now: registry.reassign(
                name, agency, now, nameservers=nameservers, cause=cause
            ),
        )
        self._enter(agency, domain)
        if not by_epp:
            before.books.strike(domain)
        lead_back = await self._lead_to_banner(order.operator, domain, banner)

        async def give_back() -> None:
            undone = registry.undo_reassignment(domain, self._now(), cause=cause)
            insist_code(undone, "domain transfer")
            self._names.registrars[agency].books.strike(domain)
            if account is not None and not by_epp:
                before.books.enter(domain, account)
            lead_back()

        return Carried(give_back, None, details)

    def _by_registry(
        self, domain: str, command: str, act: Callable[[str, Instant], Result]
    ) -> Details:
        """Have the registry's own hand act; return what came of it, and who will be told."""
        now = self._now()
        before = self._names.registry_of(domain).info(SERVER, domain, now).domain
        result = act(domain, now)
        details = insist_code(result, command)
        sponsors = [one.sponsor for one in (before, result.domain) if one is not None]
        told = [one for one in dict.fromkeys(sponsors) if self._is_told(one, domain)]
        if not result.changed or not told:
            return details
        return (*details, ("poll message for", ", ".join(told)))

    def _is_told(self, registrar: str, domain: str) -> bool:
        """Whether a registrar learns by EPP what becomes of a name, and does its books itself."""
        return self._registration.speaks_epp(registrar, domain.rpartition(".")[2])

    def _agency(self, domain: str, registrar: str | None) -> str:
        """Return the registrar that gets a name: that of a public body unless stated."""
        tld = domain.rpartition(".")[2]
        if registrar is not None:
            return registrar
        public = [
            own
            for own, entry in self._world.registrars.items()
            if tld in entry.registries
            and self._world.operators[entry.operator].kind == "public-body"
        ]
        if len(public) != 1:
            raise LabError(
                message(
                    "name the registrar: {count} of .{tld} belong to authorities",
                    count=len(public),
                    tld=tld,
                )
            )
        return public[0]

    def _enter(self, agency: str, domain: str) -> None:
        registrar = self._names.registrars[agency]
        if registrar.books.no_customer(SEIZURES) is not None:
            registrar.open_account(SEIZURES, SEIZURES)
        registrar.books.enter(domain, SEIZURES)

    # --- the banner -----------------------------------------------------------------------

    async def _redelegate(self, order: Pull, domain: str, banner: str, keep_ds: bool) -> Carried:
        """Give the name to the authorities' nameservers, which lead to their banner.

        With ``keep_ds`` the parent goes on vouching for keys that those servers have not.
        """
        self._insist_on_own_nameservers(domain)
        if keep_ds and not self._who.object(domain).ds:
            raise LabError(message("{name} has no DS records to leave behind", name=domain))
        servers, operator = self._world.banners[banner].nameservers, order.operator
        if self._world.operators[operator].kind == "registrar":
            undo, details = await self._registrars.redelegate(operator, domain, servers, keep_ds)
        else:
            undo, details = self._redelegate_as_registry(order, domain, servers, keep_ds)
        warning = self._nobody_sees(domain) or _left_behind(domain, keep_ds)
        lead_back = await self._lead_to_banner(operator, domain, banner)

        async def give_back() -> None:
            await undo()
            lead_back()

        return Carried(give_back, warning, details)

    async def _lead_to_banner(
        self, operator: str, domain: str, banner: str | None
    ) -> Callable[[], None]:
        """Serve a banner for a name and all below it; return how to stop that."""
        if banner is None:
            return lambda: None
        entry = self._world.banners[banner]
        self._redelegated[domain] = operator
        addresses = self._world.hosts[entry.host].addresses
        self._names.serve_seized(domain, entry.nameservers, addresses)
        under = self._web.names_under(domain)
        stop_showing = await self._web.show_seized(banner, under, self._run_on)

        def lead_back() -> None:
            self._redelegated.pop(domain, None)
            self._names.stop_serving_seized(domain, entry.nameservers)
            stop_showing()

        return lead_back

    def _redelegate_as_registry(
        self, order: Pull, domain: str, nameservers: tuple[str, ...], keep_ds: bool
    ) -> tuple[Undo, Details]:
        self._who.insist_on_registry(order.operator, domain)
        registry, cause = self._names.registry_of(domain), order.cause
        details = self._by_registry(
            domain,
            "domain update",
            lambda name, now: registry.redelegate(
                name, nameservers, now, keep_ds=keep_ds, cause=cause
            ),
        )

        async def undo() -> None:
            undone = registry.undo_redelegation(domain, self._now(), cause=cause)
            insist_code(undone, "domain update")

        return undo, details

    async def _change_records(self, operator: str, domain: str, name: str, banner: str) -> Carried:
        """Lead one name to the banner in its own zone: the delegation, mail and other names
        stay as they are."""
        self._insist_on_zone(operator, domain)
        self._insist_on_own_nameservers(domain)
        if name in self._changed:
            raise LabError(message("{name} leads to the banner already", name=name))
        warning = self._nobody_sees(domain)
        addresses = self._world.hosts[self._world.banners[banner].host].addresses
        nameservers = self._world.domains[domain].nameservers
        before = self._names.lead(domain, nameservers, name, addresses)
        self._changed[name] = operator
        stop_showing = await self._web.show_seized(banner, (name,), self._run_on)
        told = " ".join(f"{record.type} {record.data}" for record in before)

        async def put_back() -> None:
            self._names.put_back(domain, nameservers, name, before)
            del self._changed[name]
            stop_showing()

        return Carried(put_back, warning, (("records before", told),))

    def _insist_on_zone(self, operator: str, domain: str) -> None:
        hosts = [
            self._world.nameservers[server].host
            for server in self._world.domains[domain].nameservers
        ]
        owners = tuple(dict.fromkeys(self._world.operator_of(host) for host in hosts))
        if operator not in owners:
            raise LabError(
                message(
                    "{operator} does not serve the zone of {name}: {owners} does",
                    operator=operator,
                    name=domain,
                    owners=", ".join(owners),
                )
            )

    def _insist_on_own_nameservers(self, domain: str) -> None:
        if domain in self._redelegated:
            raise LabError(
                message(
                    "{name} leads to the authorities' nameservers already: {operator} gave it",
                    name=domain,
                    operator=self._redelegated[domain],
                )
            )

    # --- a hold and a banner exclude each other -------------------------------------------

    def _leads_to_banner(self, domain: str) -> bool:
        changed = any(self._world.domain_of(name) == domain for name in self._changed)
        return domain in self._redelegated or changed

    def _a_hold_excludes_a_banner(self, domain: str) -> Message | None:
        """Warn of a name held, and so out of the zone, while it leads to a banner."""
        if not self._leads_to_banner(domain):
            return None
        return message(
            "the banner of {name} goes dark with it: a hold and a banner exclude each other",
            name=domain,
        )

    def _nobody_sees(self, domain: str) -> Message | None:
        """Warn of a banner for a name that is out of the zone."""
        status = next((own for own in self._who.object(domain).statuses if own in DARK), None)
        if status is None:
            return None
        if status == "pendingDelete":
            return message(
                "{name} is cancelled and in no zone: nobody sees the banner", name=domain
            )
        return message(
            "{name} has {status} and is not in the zone, so nobody sees the banner: a hold and"
            " a banner exclude each other",
            name=domain,
            status=str(status),
        )


def _left_behind(domain: str, keep_ds: bool) -> Message | None:
    """Warn of what a careless redelegation does to those who validate."""
    if not keep_ds:
        return None
    return message(
        "the DS records of {name} stay: whoever validates sees neither the site nor the banner",
        name=domain,
    )


_SIMPLE: dict[Lever, Callable[[NameLevers, Pull, str], Coroutine[Any, Any, Carried]]] = {
    Lever.CLIENT_HOLD: NameLevers._client_hold,
    Lever.ACCOUNT_FREEZE: NameLevers._account_freeze,
    Lever.TRANSFER_REFUSAL: NameLevers._transfer_refusal,
    Lever.SERVER_HOLD: NameLevers._server_hold,
    Lever.REGISTRY_LOCK: NameLevers._registry_lock,
    Lever.CANCELLATION: NameLevers._cancellation,
}
NAME_LEVERS = (*_SIMPLE, Lever.REDELEGATION, Lever.TRANSFER, Lever.RECORD_CHANGE)
