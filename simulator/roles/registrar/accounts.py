"""A registrar's books: its customers, the names that each holds, what an order keeps here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from simulator.errors import LabError
from simulator.roles.registrar.requests import Done
from simulator.values import message

STAFF: Final = "staff"
"""The actor that stands for the registrar's own hand: an order or its terms of service."""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer. A frozen account can change nothing and take nothing away."""

    id: str
    registrant: str
    frozen: bool = False


class Books:
    """Who may touch which name. Each refusal is a `Done` that says why, or None."""

    def __init__(self, registrar: str) -> None:
        self._registrar = registrar
        self._accounts: dict[str, Account] = {}
        self._portfolio: dict[str, str] = {}
        self._kept: dict[str, None] = {}
        self._former: dict[str, str] = {}
        """By name that has left, the account that it was in."""

    def __repr__(self) -> str:
        return f"<Books accounts={len(self._accounts)} names={len(self._portfolio)}>"

    @property
    def counts(self) -> tuple[int, int]:
        """How many accounts, how many names."""
        return len(self._accounts), len(self._portfolio)

    # --- customers --------------------------------------------------------------------

    def open_account(self, account: str, registrant: str) -> Account:
        """Take a customer in. `LabError` if the id is taken or is the registrar's own hand."""
        if account == STAFF or account in self._accounts:
            raise LabError(message("the account '{account}' is taken", account=account))
        opened = Account(account, registrant)
        self._accounts[account] = opened
        return opened

    def has_account(self, account: str) -> bool:
        """Whether somebody is a customer."""
        return account in self._accounts

    def accounts(self) -> tuple[str, ...]:
        """Return every customer, in the order in which they came."""
        return tuple(self._accounts)

    def account(self, account: str) -> Account:
        """Return a customer that is known to exist."""
        return self._accounts[account]

    def set_frozen(self, account: str, frozen: bool) -> Done:
        """Freeze an account, or give it its rights back."""
        held = self._accounts.get(account)
        if held is None:
            return _no_account(account)
        self._accounts[account] = replace(held, frozen=frozen)
        if frozen:
            return Done(True, message("the account {account} is frozen", account=account))
        return Done(True, message("the account {account} is free again", account=account))

    def no_customer(self, account: str) -> Done | None:
        """Refuse who is no customer, or a frozen one."""
        held = self._accounts.get(account)
        if held is None:
            return _no_account(account)
        return frozen(account) if held.frozen else None

    # --- names ------------------------------------------------------------------------

    def portfolio(self, account: str) -> tuple[str, ...]:
        """Return the names that an account holds, in the order in which it got them."""
        return tuple(name for name, holder in self._portfolio.items() if holder == account)

    def holder(self, name: str) -> str | None:
        """Return the account that holds a name here, or None."""
        return self._portfolio.get(name)

    def enter(self, name: str, account: str) -> None:
        """Write a name to an account."""
        self._portfolio[name] = account

    def strike(self, name: str) -> None:
        """Write a name off: it has left."""
        holder = self._portfolio.pop(name, None)
        if holder is not None:
            self._former[name] = holder
        self._kept.pop(name, None)

    def take_back(self, name: str) -> str | None:
        """Write a name that has come back to the account that it was in; None if in none."""
        former = self._former.get(name)
        if former is not None:
            self._portfolio[name] = former
        return former

    def may_touch(self, actor: str, name: str) -> Done | None:
        """Refuse who does not hold a name; `STAFF` may touch all that is here."""
        holder = self._portfolio.get(name)
        if holder is None:
            return Done(
                False,
                message("{registrar} does not hold {name}", registrar=self._registrar, name=name),
            )
        if actor == STAFF:
            return None
        if actor != holder:
            return Done(
                False, message("{name} is not in the account {account}", name=name, account=actor)
            )
        return self.no_customer(actor)

    # --- orders -----------------------------------------------------------------------

    def keep(self, name: str, kept: bool) -> None:
        """Note that an order forbids a name to leave, or that it no longer does."""
        if kept:
            self._kept[name] = None
        else:
            self._kept.pop(name, None)

    def may_leave(self, name: str) -> Done | None:
        """Refuse to let a name go that an order keeps here, or that is a frozen account's."""
        if name in self._kept:
            return Done(
                False,
                message(
                    "{name} is under an order and stays with {registrar}",
                    name=name,
                    registrar=self._registrar,
                ),
            )
        holder = self._portfolio.get(name)
        return None if holder is None or not self._accounts[holder].frozen else frozen(holder)


def frozen(account: str) -> Done:
    """Return the refusal of what a frozen account may not do."""
    return Done(False, message("the account {account} is frozen", account=account))


def _no_account(account: str) -> Done:
    return Done(False, message("there is no account {account}", account=account))
