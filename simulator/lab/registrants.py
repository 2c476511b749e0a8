"""Registrants: what the holders of names do at their registrars, at the counter or by its web
site, from where they sit."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import LabError
from simulator.lab.carried import Details, told_of
from simulator.lab.holders import Holders
from simulator.lab.registration import CUSTOMER_PASSWORD
from simulator.lab.words import unknown
from simulator.values import Address, Instant, Message, OutcomeState, message
from simulator.wire.dns_names import is_within

if TYPE_CHECKING:
    from simulator.lab.lab import Lab
    from simulator.roles.registrar.desk import Desk
    from simulator.roles.registrar.requests import Done

PENDING = 1001
"""Done, but for somebody's word (RFC 5730 section 3)."""


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """What became of a registrant's request at one registrar.

    ``act`` is ``register``, ``move``, ``lock``, ``unlock``, ``transfer-out`` (the old
    registrar's part of a transfer) or ``transfer-in`` (the new one's); ``vantage`` is where the
    registrant sat, or None at the counter; ``code`` is the registry's EPP result code, None if
    it was never asked.
    """

    act: str
    registrar: str
    account: str
    name: str
    vantage: str | None
    state: OutcomeState
    at: Instant
    reason: Message
    code: int | None
    details: Details = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request in its two forms: what the desk is told, and the web site's form."""

    act: str
    registrar: str
    account: str
    name: str
    work: Callable[[Desk], Coroutine[Any, Any, Done]]
    path: str
    fields: Mapping[str, tuple[str, ...]]
    command: str


class Registrants:
    """The holders of a world's names, each with an account under the holder's name."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._holders = Holders(lab.world, lab.names, lab.fabric.now)
        self._owners = {name: entry.registrant.en for name, entry in lab.world.domains.items()}
        """By name, the account of whoever has it or had it last."""

    def __repr__(self) -> str:
        return f"<Registrants names={len(self._owners)}>"

    # --- what they do -----------------------------------------------------------------------

    async def register(
        self,
        registrar: str,
        name: str,
        registrant: str,
        nameservers: tuple[str, ...],
        *,
        vantage: str | None = None,
    ) -> RequestOutcome:
        """Register a free name. A registrant who is no customer yet becomes one."""
        self._known_registrar(registrar)
        self._become_customer(registrar, registrant)
        glue = self._glue(name, nameservers)
        outcome = await self._ask(
            _Asked(
                "register",
                registrar,
                registrant,
                name,
                lambda desk: desk.register(registrant, name, nameservers, glue=glue),
                "/domains",
                {"name": (name,), "nameserver": _with_glue(nameservers, glue)},
                "domain create",
            ),
            vantage,
        )
        if outcome.state is OutcomeState.EXECUTED:
            self._owners[name] = registrant
        return outcome

    async def move(
        self, name: str, nameservers: tuple[str, ...], *, vantage: str | None = None
    ) -> RequestOutcome:
        """Have a name delegated to other nameservers."""
        registrar, account = self._who_serves(name)
        glue = self._glue(name, nameservers)
        asked = _Asked(
            "move",
            registrar,
            account,
            name,
            lambda desk: desk.change_nameservers(account, name, nameservers, glue=glue),
            f"/domains/{name}/nameservers",
            {"nameserver": _with_glue(nameservers, glue)},
            "domain update",
        )
        return await self._ask(asked, vantage)

    async def lock(
        self, name: str, locked: bool = True, *, vantage: str | None = None
    ) -> RequestOutcome:
        """Have the client locks put on a name, or taken off."""
        registrar, account = self._who_serves(name)

        def work(desk: Desk) -> Coroutine[Any, Any, Done]:
            return desk.lock(account, name) if locked else desk.unlock(account, name)

        act = "lock" if locked else "unlock"
        path = f"/domains/{name}/{act}"
        return await self._ask(
            _Asked(act, registrar, account, name, work, path, {}, "domain update"), vantage
        )

    async def transfer(
        self, name: str, to: str, *, vantage: str | None = None
    ) -> tuple[RequestOutcome, ...]:
        """Take a name to another registrar: get its authInfo at the old one, show it at the new.

        The second outcome is missing where the old registrar gives none. A request that is
        accepted is pending: the old registrar hears of it when it fetches its messages next.
        """
        registrar, account = self._who_serves(name)
        self._known_registrar(to)
        leaving, authorization = await self._ask_for_more(
            _Asked(
                "transfer-out",
                registrar,
                account,
                name,
                lambda desk: desk.transfer_out(account, name),
                f"/domains/{name}/transfer-out",
                {},
                "domain update",
            ),
            vantage,
        )
        if authorization is None:
            return (leaving,)
        self._become_customer(to, account)
        arriving = await self._ask(
            _Asked(
                "transfer-in",
                to,
                account,
                name,
                lambda desk: desk.transfer_in(account, name, authorization),
                "/transfers",
                {"name": (name,), "authorization": (authorization,)},
                "domain transfer",
            ),
            vantage,
        )
        return leaving, arriving

    # --- who is who -------------------------------------------------------------------------

    def _who_serves(self, name: str) -> tuple[str, str]:
        """Return the registrar that a holder takes for its own, and the holder's account."""
        account = self._owners.get(name)
        if account is None:
            raise LabError(message("{name} is no registered name", name=name))
        for registrar, own in self._lab.names.registrars.items():
            if own.holder(name) == account:
                return registrar, account
        if name in self._lab.world.domains:
            return self._lab.world.domains[name].registrar, account
        return self._holders.object(name).sponsor, account

    def _known_registrar(self, registrar: str) -> None:
        known = self._lab.world.registrars
        if registrar not in known:
            raise LabError(unknown(message("registrar"), registrar, known))

    def _become_customer(self, registrar: str, account: str) -> None:
        if not self._lab.names.registrars[registrar].books.has_account(account):
            self._lab.registration.open_account(registrar, account)

    def _glue(
        self, name: str, nameservers: tuple[str, ...]
    ) -> tuple[tuple[str, tuple[Address, ...]], ...]:
        """Return the addresses of nameservers under the name's own top-level domain."""
        tld = name.rpartition(".")[2]
        for server in nameservers:
            if server not in self._lab.world.nameservers:
                raise LabError(unknown(message("nameserver"), server, self._lab.world.nameservers))
        return tuple(
            (server, self._lab.names.addresses_of(server))
            for server in nameservers
            if is_within(server, tld)
        )

    # --- asking -----------------------------------------------------------------------------

    async def _ask(self, asked: _Asked, vantage: str | None) -> RequestOutcome:
        outcome, _ = await self._ask_for_more(asked, vantage)
        return outcome

    async def _ask_for_more(
        self, asked: _Asked, vantage: str | None
    ) -> tuple[RequestOutcome, str | None]:
        """Ask, and return beside the outcome what is for the registrant's eyes alone."""
        lab = self._lab
        if vantage is None:
            done = await lab.registration.at(asked.registrar, asked.work)
        else:
            done = await self._by_web(asked, vantage)
        state = OutcomeState.EXECUTED if done.done else OutcomeState.REFUSED
        if done.code == PENDING:
            state = OutcomeState.PENDING
        lab.journal.record(
            vantage or asked.registrar,
            "registrant asked",
            act=asked.act,
            registrar=asked.registrar,
            name=asked.name,
            outcome=state.value,
            code=done.code,
            reason=str(done.reason),
        )
        outcome = RequestOutcome(
            asked.act,
            asked.registrar,
            asked.account,
            asked.name,
            vantage,
            state,
            lab.now,
            done.reason,
            done.code,
            told_of(done, asked.command),
        )
        return outcome, done.authorization

    async def _by_web(self, asked: _Asked, vantage: str) -> Done:
        """Ask by the registrar's web site; what keeps it from being reached is told in `Done`."""
        from simulator.lab.web_front import visit_front

        lab = self._lab
        front = lab.world.registrars[asked.registrar].front
        if front is None:
            raise LabError(
                message("{registrar} has no web site: leave 'from' out", registrar=asked.registrar)
            )
        person = lab.people.person(vantage)
        program = visit_front(
            person, front, asked.account, CUSTOMER_PASSWORD, asked.path, asked.fields
        )
        return await lab.run_on(person.host, program)


def _with_glue(
    nameservers: tuple[str, ...], glue: tuple[tuple[str, tuple[Address, ...]], ...]
) -> tuple[str, ...]:
    """Return nameservers as the web site's form takes them: ``ns1.coco.xg=192.0.2.53``."""
    addresses = dict(glue)
    return tuple(
        f"{server}={','.join(addresses[server])}" if server in addresses else server
        for server in nameservers
    )
