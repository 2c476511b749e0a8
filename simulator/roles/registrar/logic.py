"""A registrar: it serves its customers, and obeys (or refuses) those who want a name gone.

It acts on names through registries only. What it can do to a name is what a sponsor can:
clientHold, the client locks, other nameservers. A registry's lock binds it like anybody.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from simulator.errors import LabError
from simulator.roles.registrar.client import Answer, RegistryClient
from simulator.values import Address, Instant, Message, message

STAFF: Final = "staff"
"""The actor that stands for the registrar's own hand: an order or its terms of service."""

HOLD: Final = "clientHold"
UPDATE_LOCK: Final = "clientUpdateProhibited"
LOCKS: Final = ("clientDeleteProhibited", "clientTransferProhibited", UPDATE_LOCK)

_ALPHABET = string.ascii_letters + string.digits
_EXISTS = 2302


@dataclass(frozen=True, slots=True)
class Account:
    """A customer. A frozen account can change nothing and take nothing away."""

    id: str
    registrant: str
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a request; ``code`` is the registry's, or None if it was never asked."""

    done: bool
    reason: Message
    code: int | None = None
    authorization: str | None = None


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
        self._random = random
        self._accounts: dict[str, Account] = {}
        self._portfolio: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Registrar {self.id} accounts={len(self._accounts)} names={len(self._portfolio)}>"

    # --- customers ------------------------------------------------------------------

    def open_account(self, account: str, registrant: str) -> Account:
        """Take a customer in. `LabError` if the id is taken or is the registrar's own hand."""
        if account == STAFF or account in self._accounts:
            raise LabError(message("the account '{account}' is taken", account=account))
        opened = Account(account, registrant)
        self._accounts[account] = opened
        return opened

    def freeze(self, account: str) -> Done:
        """Let an account change nothing more; its names go on resolving."""
        return self._set_frozen(account, True)

    def thaw(self, account: str) -> Done:
        """Give a frozen account its rights back."""
        return self._set_frozen(account, False)

    def _set_frozen(self, account: str, frozen: bool) -> Done:
        held = self._accounts.get(account)
        if held is None:
            return _no_account(account)
        self._accounts[account] = replace(held, frozen=frozen)
        if frozen:
            return Done(True, message("the account {account} is frozen", account=account))
        return Done(True, message("the account {account} is free again", account=account))

    def portfolio(self, account: str) -> tuple[str, ...]:
        """Return the names that an account holds, in the order in which it got them."""
        return tuple(name for name, holder in self._portfolio.items() if holder == account)

    def holder(self, name: str) -> str | None:
        """Return the account that holds a name here, or None."""
        return self._portfolio.get(name)

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
        refusal = self._no_customer(account)
        registry = self._registry(name)
        if refusal is not None or registry is None:
            return refusal or self._no_registry(name)
        created = registry.create(
            self.id,
            name,
            now,
            registrant=self._accounts[account].registrant,
            authorization=self._authorization(),
            years=years,
        )
        if created.code >= 2000:
            return _passed_on(created)
        self._portfolio[name] = account
        move = _Move(own_hand=False, remove_ds=False)
        return self._delegate(registry, name, nameservers, dict(glue), now, move)

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
        refusal = self._may_touch(actor, name)
        registry = self._registry(name)
        if refusal is not None or registry is None:
            return refusal or self._no_registry(name)
        move = _Move(own_hand=actor == STAFF, remove_ds=remove_ds)
        return self._delegate(registry, name, nameservers, dict(glue), now, move)

    def hold(self, name: str, now: Instant) -> Done:
        """Put clientHold on a name: by the registrar's own hand, on an order or its terms."""
        return self._own_statuses(name, now, add=(HOLD,))

    def release(self, name: str, now: Instant) -> Done:
        """Take clientHold off a name."""
        return self._own_statuses(name, now, remove=(HOLD,))

    def lock(self, actor: str, name: str, now: Instant) -> Done:
        """Put the three client locks on a name. It goes on resolving."""
        return self._may_touch(actor, name) or self._own_statuses(name, now, add=LOCKS)

    def unlock(self, actor: str, name: str, now: Instant) -> Done:
        """Take the client locks off a name."""
        return self._may_touch(actor, name) or self._own_statuses(name, now, remove=LOCKS)

    # --- transfers ------------------------------------------------------------------

    def transfer_out(self, account: str, name: str, now: Instant) -> Done:
        """Give a customer a fresh authInfo with which another registrar can ask for the name."""
        refusal = self._may_touch(account, name)
        registry = self._registry(name)
        if refusal is not None or registry is None:
            return refusal or self._no_registry(name)
        authorization = self._authorization()
        answer = registry.update(self.id, name, now, authorization=authorization)
        if answer.code >= 2000:
            return _passed_on(answer)
        return Done(
            True,
            message("{name} may leave with its authorization information", name=name),
            int(answer.code),
            authorization,
        )

    def transfer_in(self, account: str, name: str, authorization: str, now: Instant) -> Done:
        """Ask for a customer's name at its present registrar."""
        refusal = self._no_customer(account)
        registry = self._registry(name)
        if refusal is not None or registry is None:
            return refusal or self._no_registry(name)
        return _passed_on(registry.transfer_request(self.id, name, authorization, now))

    def answer_transfer(self, name: str, approve: bool, now: Instant) -> Done:
        """Let a name go, or keep it: the losing registrar's word. A frozen account's name stays."""
        refusal = self._may_touch(STAFF, name)
        registry = self._registry(name)
        if refusal is not None or registry is None:
            return refusal or self._no_registry(name)
        if not approve:
            return _passed_on(registry.transfer_reject(self.id, name, now))
        if self._accounts[self._portfolio[name]].frozen:
            return _frozen(self._portfolio[name])
        answer = _passed_on(registry.transfer_approve(self.id, name, now))
        if answer.done:
            del self._portfolio[name]
        return answer

    def received(self, account: str, name: str, now: Instant) -> Done:
        """Enter a name whose transfer has gone through in a customer's portfolio."""
        refusal = self._no_customer(account)
        registry = self._registry(name)
        if refusal is not None or registry is None:
            return refusal or self._no_registry(name)
        seen = registry.info(self.id, name, now)
        if seen.domain is None:
            return _passed_on(seen)
        if seen.domain.sponsor != self.id:
            return Done(False, message("{name} is still at another registrar", name=name))
        self._portfolio[name] = account
        return Done(True, message("{name} has arrived", name=name), int(seen.code))

    # --- inside ---------------------------------------------------------------------

    def _delegate(
        self,
        registry: RegistryClient,
        name: str,
        nameservers: tuple[str, ...],
        glue: dict[str, tuple[Address, ...]],
        now: Instant,
        change: _Move,
    ) -> Done:
        for nameserver in nameservers:
            made = registry.host_create(self.id, nameserver, glue.get(nameserver, ()))
            if made.code >= 2000 and made.code != _EXISTS:
                return _passed_on(made)
        seen = registry.info(self.id, name, now)
        if seen.domain is None:
            return _passed_on(seen)
        old = seen.domain.nameservers
        update = _Update(
            add_nameservers=tuple(server for server in nameservers if server not in old),
            remove_nameservers=tuple(server for server in old if server not in nameservers),
            remove_ds=tuple(seen.domain.ds) if change.remove_ds else (),
        )
        return self._send(registry, name, update, change.own_hand, now)

    def _own_statuses(
        self, name: str, now: Instant, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()
    ) -> Done:
        refusal = self._may_touch(STAFF, name)
        registry = self._registry(name)
        if refusal is not None or registry is None:
            return refusal or self._no_registry(name)
        return self._send(registry, name, _Update(add, remove), True, now)

    def _send(
        self, registry: RegistryClient, name: str, update: _Update, own_hand: bool, now: Instant
    ) -> Done:
        """Send an update. The registrar's own hand lifts its own update lock for it, and only
        that: in a command of its own, as RFC 5731 section 2.3 wants it, and puts it back."""
        seen = registry.info(self.id, name, now)
        locked = seen.domain is not None and UPDATE_LOCK in seen.domain.statuses
        if not own_hand or not locked or update.unlocks:
            return _passed_on(update.send(registry, self.id, name, now))
        opened = registry.update(self.id, name, now, remove_statuses=(UPDATE_LOCK,))
        if opened.code >= 2000:
            return _passed_on(opened)
        answer = update.send(registry, self.id, name, now)
        registry.update(self.id, name, now, add_statuses=(UPDATE_LOCK,))
        return _passed_on(answer)

    def _authorization(self) -> str:
        return "".join(self._random.choices(_ALPHABET, k=16))

    def _registry(self, name: str) -> RegistryClient | None:
        return self._registries.get(name.partition(".")[2])

    def _no_registry(self, name: str) -> Done:
        return Done(
            False,
            message("{registrar} has no registry for {name}", registrar=self.id, name=name),
        )

    def _no_customer(self, account: str) -> Done | None:
        held = self._accounts.get(account)
        if held is None:
            return _no_account(account)
        return _frozen(account) if held.frozen else None

    def _may_touch(self, actor: str, name: str) -> Done | None:
        holder = self._portfolio.get(name)
        if holder is None:
            return Done(
                False,
                message("{registrar} does not hold {name}", registrar=self.id, name=name),
            )
        if actor == STAFF:
            return None
        if actor != holder:
            return Done(
                False, message("{name} is not in the account {account}", name=name, account=actor)
            )
        return self._no_customer(actor)


@dataclass(frozen=True, slots=True)
class _Move:
    """How a delegation is changed: by the registrar's own hand or not, with the DS or not."""

    own_hand: bool
    remove_ds: bool


@dataclass(frozen=True, slots=True)
class _Update:
    """One update command, before it is sent."""

    add_statuses: tuple[str, ...] = ()
    remove_statuses: tuple[str, ...] = ()
    add_nameservers: tuple[str, ...] = ()
    remove_nameservers: tuple[str, ...] = ()
    remove_ds: tuple[str, ...] = ()

    @property
    def unlocks(self) -> bool:
        """Whether the command takes the update lock off, and does nothing but such things."""
        alone = self == _Update(remove_statuses=self.remove_statuses)
        return alone and UPDATE_LOCK in self.remove_statuses

    def send(self, registry: RegistryClient, actor: str, name: str, now: Instant) -> Answer:
        return registry.update(
            actor,
            name,
            now,
            add_statuses=self.add_statuses,
            remove_statuses=self.remove_statuses,
            add_nameservers=self.add_nameservers,
            remove_nameservers=self.remove_nameservers,
            remove_ds=self.remove_ds,
        )


def _passed_on(answer: Answer) -> Done:
    return Done(answer.code < 2000, answer.reason, int(answer.code))


def _no_account(account: str) -> Done:
    return Done(False, message("there is no account {account}", account=account))


def _frozen(account: str) -> Done:
    return Done(False, message("the account {account} is frozen", account=account))
