"""How a registrar serves its customers and obeys orders, step by step.

Each method returns `Steps`: whoever drives them puts the requests to the registry that
`registry_of` names, and sends the answers in. What a registrar can do to a name is what a
sponsor can: clientHold, the client locks, other nameservers. A registry's lock binds it
like anybody.
"""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from simulator.roles.registrar.accounts import STAFF, Books
from simulator.roles.registrar.requests import (
    Answer,
    CreateRequest,
    Done,
    HostRequest,
    InfoRequest,
    Steps,
    TransferRequest,
    TransferStep,
    UpdateRequest,
)
from simulator.values import Address, message

HOLD: Final = "clientHold"
UPDATE_LOCK: Final = "clientUpdateProhibited"
TRANSFER_LOCK: Final = "clientTransferProhibited"
LOCKS: Final = ("clientDeleteProhibited", TRANSFER_LOCK, UPDATE_LOCK)

Glue = Mapping[str, tuple[Address, ...]]
"""The addresses of nameservers that lie under the registry's TLD."""

_ALPHABET = string.ascii_letters + string.digits
_EXISTS = 2302
_FIRST_FAILURE = 2000


class Conduct:
    """One registrar's ways. ``random`` makes the authInfo."""

    def __init__(self, registrar: str, books: Books, random: random.Random) -> None:
        self._registrar = registrar
        self._books = books
        self._random = random
        self._awaited: dict[str, str] = {}
        self._leaving: dict[str, None] = {}

    # --- names ------------------------------------------------------------------------

    def register(
        self, account: str, name: str, nameservers: tuple[str, ...], glue: Glue, years: int
    ) -> Steps:
        """Register a name for a customer, and delegate it.

        A nameserver under the new name itself can be made only once the name exists.
        """
        if (refusal := self._books.no_customer(account)) is not None:
            return refusal
        registrant = self._books.account(account).registrant
        created = yield CreateRequest(name, registrant, self._authorization(), years)
        if created.code >= _FIRST_FAILURE:
            return _passed_on(created)
        self._books.enter(name, account)
        return (yield from self._delegate(name, nameservers, glue, _Move(own_hand=False)))

    def change_nameservers(
        self, actor: str, name: str, nameservers: tuple[str, ...], glue: Glue, remove_ds: bool
    ) -> Steps:
        """Delegate a name elsewhere, and drop its DS: those of the old keys would break it."""
        if (refusal := self._books.may_touch(actor, name)) is not None:
            return refusal
        move = _Move(actor == STAFF, remove_ds)
        return (yield from self._delegate(name, nameservers, glue, move))

    def add_ds(self, name: str, ds: tuple[str, ...]) -> Steps:
        """Have the parent vouch for a name's keys: by the registrar's own hand."""
        if (refusal := self._books.may_touch(STAFF, name)) is not None:
            return refusal
        return (yield from self._send(UpdateRequest(name, add_ds=ds), own_hand=True))

    def set_hold(self, name: str, held: bool) -> Steps:
        """Put clientHold on a name or take it off: by the registrar's own hand."""
        if held:
            return (yield from self._own_statuses(name, add=(HOLD,)))
        return (yield from self._own_statuses(name, remove=(HOLD,)))

    def set_transfer_lock(self, name: str, locked: bool) -> Steps:
        """Put the lock against transfer on a name or take it off: by the registrar's own hand."""
        if locked:
            return (yield from self._own_statuses(name, add=(TRANSFER_LOCK,)))
        return (yield from self._own_statuses(name, remove=(TRANSFER_LOCK,)))

    def set_locks(self, actor: str, name: str, locked: bool) -> Steps:
        """Put the three client locks on a name or take them off. It goes on resolving."""
        if (refusal := self._books.may_touch(actor, name)) is not None:
            return refusal
        if not locked and actor != STAFF and (kept := self._books.may_leave(name)) is not None:
            return kept
        if locked:
            return (yield from self._own_statuses(name, add=LOCKS))
        return (yield from self._own_statuses(name, remove=LOCKS))

    def look_up(self, actor: str, name: str) -> Steps:
        """Ask the registry how a name stands."""
        if (refusal := self._books.may_touch(actor, name)) is not None:
            return refusal
        return _passed_on((yield InfoRequest(name)))

    def inquire(self, name: str) -> Steps:
        """Ask the registry who has a name, whoever that is."""
        seen = yield InfoRequest(name)
        if seen.domain is None:
            return _passed_on(seen)
        sponsor = message("{name} is at {registrar}", name=name, registrar=seen.domain.sponsor)
        return Done(True, sponsor, int(seen.code), transaction=seen.transaction)

    # --- transfers --------------------------------------------------------------------

    def transfer_out(self, account: str, name: str) -> Steps:
        """Give a customer a fresh authInfo with which another registrar can ask for the name."""
        refusal = self._books.may_touch(account, name) or self._books.may_leave(name)
        if refusal is not None:
            return refusal
        authorization = self._authorization()
        answer = yield UpdateRequest(name, authorization=authorization)
        if answer.code >= _FIRST_FAILURE:
            return _passed_on(answer)
        self._leaving[name] = None
        return Done(
            True,
            message("{name} may leave with its authorization information", name=name),
            int(answer.code),
            authorization,
            answer.transaction,
        )

    def transfer_in(self, account: str, name: str, authorization: str) -> Steps:
        """Ask for a customer's name at its present registrar."""
        if (refusal := self._books.no_customer(account)) is not None:
            return refusal
        answer = yield TransferRequest(TransferStep.REQUEST, name, authorization)
        if answer.code < _FIRST_FAILURE:
            self._awaited[name] = account
        return _passed_on(answer)

    def answer_transfer(self, name: str, approve: bool) -> Steps:
        """Let a name go, or keep it: the losing registrar's word.

        What an order keeps here, or a frozen account holds, does not leave.
        """
        if (refusal := self._books.may_touch(STAFF, name)) is not None:
            return refusal
        if not approve:
            return _passed_on((yield TransferRequest(TransferStep.REJECT, name)))
        if (kept := self._books.may_leave(name)) is not None:
            return kept
        answer = _passed_on((yield TransferRequest(TransferStep.APPROVE, name)))
        if answer.done:
            self._leaving.pop(name, None)
            self._books.strike(name)
        return answer

    def received(self, account: str, name: str) -> Steps:
        """Enter a name whose transfer has gone through in a customer's portfolio."""
        if (refusal := self._books.no_customer(account)) is not None:
            return refusal
        seen = yield InfoRequest(name)
        if seen.domain is None:
            return _passed_on(seen)
        if seen.domain.sponsor != self._registrar:
            return Done(False, message("{name} is still at another registrar", name=name))
        self._awaited.pop(name, None)
        self._books.enter(name, account)
        return Done(
            True,
            message("{name} has arrived", name=name),
            int(seen.code),
            transaction=seen.transaction,
        )

    def awaited_by(self, name: str) -> str | None:
        """Return the account for which a name is asked of another registrar, or None."""
        return self._awaited.get(name)

    def is_leaving(self, name: str) -> bool:
        """Whether the holder has asked for the authInfo of a name."""
        return name in self._leaving

    # --- inside -----------------------------------------------------------------------

    def _delegate(
        self, name: str, nameservers: tuple[str, ...], glue: Glue, change: _Move
    ) -> Steps:
        for nameserver in nameservers:
            made = yield HostRequest(nameserver, glue.get(nameserver, ()))
            if made.code >= _FIRST_FAILURE and made.code != _EXISTS:
                return _passed_on(made)
        seen = yield InfoRequest(name)
        if seen.domain is None:
            return _passed_on(seen)
        old = seen.domain.nameservers
        update = UpdateRequest(
            name,
            add_nameservers=tuple(server for server in nameservers if server not in old),
            remove_nameservers=tuple(server for server in old if server not in nameservers),
            remove_ds=tuple(seen.domain.ds) if change.remove_ds else (),
        )
        return (yield from self._send(update, change.own_hand))

    def _own_statuses(
        self, name: str, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()
    ) -> Steps:
        if (refusal := self._books.may_touch(STAFF, name)) is not None:
            return refusal
        return (yield from self._send(UpdateRequest(name, add, remove), own_hand=True))

    def _send(self, update: UpdateRequest, own_hand: bool) -> Steps:
        """Send an update. The registrar's own hand lifts its own update lock for it, and only
        that: in a command of its own, as RFC 5731 section 2.3 wants it, and puts it back."""
        name = update.name
        seen = yield InfoRequest(name)
        locked = seen.domain is not None and UPDATE_LOCK in seen.domain.statuses
        if not own_hand or not locked or _unlocks(update):
            return _passed_on((yield update))
        opened = yield UpdateRequest(name, remove_statuses=(UPDATE_LOCK,))
        if opened.code >= _FIRST_FAILURE:
            return _passed_on(opened)
        answer = yield update
        yield UpdateRequest(name, add_statuses=(UPDATE_LOCK,))
        return _passed_on(answer)

    def _authorization(self) -> str:
        return "".join(self._random.choices(_ALPHABET, k=16))


@dataclass(frozen=True, slots=True)
class _Move:
    """How a delegation is changed: by the registrar's own hand or not, without the DS or with."""

    own_hand: bool
    remove_ds: bool = False


def _unlocks(update: UpdateRequest) -> bool:
    """Whether the command takes the update lock off, and does nothing but such things."""
    bare = replace(update, remove_statuses=()) == UpdateRequest(update.name)
    return bare and UPDATE_LOCK in update.remove_statuses


def _passed_on(answer: Answer) -> Done:
    code = int(answer.code)
    return Done(code < _FIRST_FAILURE, answer.reason, code, transaction=answer.transaction)
