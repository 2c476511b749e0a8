"""The register: every object of one TLD, and all that keeping a change entails.

What follows from time alone (a transfer that nobody answered, an expiry, a restore without
its report, the end of a deleted name) is settled in its order when the name is next
touched, or for all names by `Register.settle`.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from simulator.errors import LabError
from simulator.roles.registry import events, lifetimes, restoring, transfers
from simulator.roles.registry.answers import absent, not_sponsored
from simulator.roles.registry.contacts import ContactTable
from simulator.roles.registry.events import Event, Transaction
from simulator.roles.registry.hosts import HostTable
from simulator.roles.registry.notices import Deed, Notices
from simulator.roles.registry.objects import SERVER, Code, Contact, Domain, Result, TransferData
from simulator.roles.registry.policy import Policy
from simulator.roles.registry.poll import PollMessage
from simulator.roles.registry.undo import Records, hosts_named, renamed
from simulator.values import Instant, message


class Register:
    """The objects of one TLD. `Registry` has the commands."""

    def __init__(
        self,
        tld: str,
        id: str,  # noqa: A002  the word that worlds and orders use
        policy: Policy,
    ) -> None:
        self.tld = tld
        self.id = id
        self.policy = policy
        self._registrars: dict[str, None] = {}
        self._domains: dict[str, Domain] = {}
        self._hosts = HostTable(tld)
        self._contacts = ContactTable(tld)
        self._polls = Notices(id)
        self._seizures: dict[str, Records] = {}
        self._history: dict[str, tuple[Event, ...]] = {}
        self._transfers: dict[tuple[str, str], TransferData] = {}
        """The last step of a transfer, by kind of object and name."""
        self._reports_due: dict[str, Instant] = {}
        self._purged: dict[str, None] = {}
        self._billed: Counter[str] = Counter()
        self._host_uses: Counter[str] = Counter()
        self._contact_uses: Counter[str] = Counter()
        self._turns: list[tuple[Instant, int, str]] = []
        self._counts: Counter[str] = Counter()
        self._stale = True
        self._listeners: list[Callable[[], None]] = []
        self._command_listeners: list[Callable[[Transaction], None]] = []

    # --- who listens, who is let in -----------------------------------------------------

    def accredit(self, registrar: str) -> None:
        """Let a registrar in. `LabError` for the name that stands for the registry's own hand."""
        if registrar == SERVER:
            raise LabError(
                message(
                    "a registrar cannot be called '{name}': that is the registry's own hand",
                    name=SERVER,
                )
            )
        self._registrars[registrar] = None
        self._polls.open(registrar)

    def listen(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called after every change that may touch the zone."""
        self._listeners.append(listener)

    def listen_to_commands(self, listener: Callable[[Transaction], None]) -> None:
        """Have ``listener`` called with every transform command, refused ones included."""
        self._command_listeners.append(listener)

    def new_transaction(self) -> str:
        """Return a fresh svTRID: for a query, which is not recorded (RFC 5730 section 2.6)."""
        self._counts["transaction"] += 1
        return f"{self.tld.upper()}-{self._counts['transaction']:06d}"

    def billed(self, registrar: str) -> int:
        """Return the registration years that a registrar was billed, less those given back."""
        return self._billed[registrar]

    # --- the poll queue -------------------------------------------------------------------

    def poll_request(self, registrar: str, now: Instant | None = None) -> PollMessage | None:
        """Return the oldest message of a registrar's queue; with ``now``, what is due by then."""
        if now is not None:
            self.settle(now)
        return self._polls.first(registrar)

    def poll_count(self, registrar: str) -> int:
        """Return how many messages a registrar has waiting."""
        return self._polls.count(registrar)

    def poll_ack(self, registrar: str, id: str) -> Result:  # noqa: A002  EPP's own word
        """Take the oldest message off the queue (2303 where that is not its id)."""
        if not self._polls.acknowledge(registrar, id):
            return Result(
                Code.DOES_NOT_EXIST, message("message {id} does not head the queue", id=id)
            )
        return Result(Code.DONE, message("message {id} is taken off the queue", id=id))

    def listen_to_messages(self, listener: Callable[[str], None]) -> None:
        """Have ``listener`` called with the registrar of each message that is queued."""
        self._polls.listen(listener)

    def poll_clear(self) -> None:
        """Empty every queue: for a world that has just been set up."""
        self._polls.clear()

    # --- time -----------------------------------------------------------------------------

    def settle(self, now: Instant) -> None:
        """Do what time alone does to any name, up to and with ``now``."""
        while self._turns and self._turns[0][0] <= now:
            _at, _number, name = heapq.heappop(self._turns)
            self._get(name, now)
            self._contact(name, now)

    def zone_turn(self) -> Instant | None:
        """Return when time alone may next change the zone, or None if it cannot."""
        if not self.policy.auto_renew:
            return self._turns[0][0] if self._turns else None
        return min(self._reports_due.values(), default=None)

    def _get(self, name: str, now: Instant) -> Domain | None:
        """Return a domain after what time alone did to it."""
        domain = self._domains.get(name)
        while domain is not None and (at := lifetimes.next_turn(domain)) <= now:
            self._turn(domain, at)
            domain = self._domains.get(name)
        return domain

    def _turn(self, domain: Domain, at: Instant) -> None:
        if domain.report_due == at:
            self._automatic(domain, "custom", restoring.lapsed(domain, self.policy, at), at)
        elif domain.purged_at == at:
            self._purge(domain, at)
        elif domain.transfer is not None and domain.transfer.approved_at == at:
            deed = Deed(SERVER, "domain transfer", domain.name, at)
            self._transferred(deed, domain, transfers.approve(domain, SERVER, self.policy, at))
        elif self.policy.auto_renew or self._others_lean_on(domain.name):
            # Where names expire, one whose hosts serve other names lives on instead: deleting
            # it would take those down (RFC 9874 collects what registries do about it).
            renewed = lifetimes.renewed_by_itself(domain, self.policy, at)
            self._automatic(domain, "autoRenew", renewed, at)
        else:
            self._end_transfer(domain, at)
            self._automatic(domain, "autoDelete", lifetimes.expired(domain, self.policy, at), at)

    def _automatic(self, domain: Domain, operation: str, result: Result, at: Instant) -> None:
        commands = {"autoRenew": "domain renew", "autoDelete": "domain delete"}
        deed = Deed(
            SERVER, commands.get(operation, "domain update"), domain.name, at, operation=operation
        )
        self._keep(deed, result, tell=True)

    def _purge(self, domain: Domain, at: Instant) -> None:
        del self._domains[domain.name]
        self._refer(domain, None)
        self._hosts.purge_under(domain.name)
        self._seizures.pop(domain.name, None)
        self._history.pop(domain.name, None)
        self._transfers.pop(("domain", domain.name), None)
        self._purged[domain.name] = None
        deed = Deed(SERVER, "domain delete", domain.name, at, operation="autoPurge")
        self._polls.tell_purge(deed, domain, self._logged(deed, Code.DONE))
        self._zone_changed()

    # --- keeping --------------------------------------------------------------------------

    def _keep(self, deed: Deed, result: Result, *, tell: bool = False) -> Result:
        """Keep what a command came to: the object, its events, bills, notices, the log.

        ``tell`` sends the sponsor a change poll message where the registry's own hand acted.
        """
        transaction = self._logged(deed, result.code)
        after = result.domain
        if result.changed and after is not None:
            before = self._domains.get(after.name)
            if before is not None:
                after = replace(after, updated_by=deed.actor)
            self._store(deed, before, after, transaction)
            if tell and deed.actor == SERVER and before is not None:
                self._polls.tell_change(deed, before, after, transaction, result.reason)
        for registrar, years in result.charges:
            self._billed[registrar] += years
        if result.changed and result.contact is None:
            self._zone_changed()
        return replace(result, transaction=transaction, domain=after)

    def _store(self, deed: Deed, before: Domain | None, after: Domain, transaction: str) -> None:
        self._domains[after.name] = after
        if before is not None and before.sponsor != after.sponsor:
            self._hosts.hand_over(after.name, before.sponsor, after.sponsor, deed.now)
        self._refer(before, after)
        new = tuple(
            Event(action, deed.now, deed.actor, transaction)
            for action in events.actions(before, after, after.name in self._purged)
        )
        self._history[after.name] = events.told(self._history.get(after.name, ()), new)
        self._reports_due.pop(after.name, None)
        if after.report_due is not None:
            self._reports_due[after.name] = after.report_due
        turn = lifetimes.next_turn(after)
        if before is None or lifetimes.next_turn(before) != turn:
            self._turn_at(turn, after.name)

    def _turn_at(self, at: Instant, name: str) -> None:
        self._counts["turn"] += 1
        heapq.heappush(self._turns, (at, self._counts["turn"], name))

    def _refer(self, before: Domain | None, after: Domain | None) -> None:
        """Count who refers to which host and contact."""
        for domain, step in ((before, -1), (after, 1)):
            if domain is not None:
                for host in domain.nameservers:
                    self._host_uses[host] += step
                for handle in (domain.registrant, *(handle for _, handle in domain.contacts)):
                    self._contact_uses[handle] += step

    def _logged(self, deed: Deed, code: int) -> str:
        transaction = self.new_transaction()
        if self._command_listeners:
            entry = Transaction(
                transaction,
                deed.now,
                deed.actor,
                deed.command,
                deed.name,
                int(code),
                deed.operation,
            )
            for listener in self._command_listeners:
                listener(entry)
        return transaction

    def _zone_changed(self) -> None:
        self._stale = True
        for listener in self._listeners:
            listener()

    # --- telling --------------------------------------------------------------------------

    def _transferred(self, deed: Deed, before: Domain | Contact, result: Result) -> Result:
        """Keep a step of a transfer and tell the other side; both, where the registry acts."""
        kept = self._keep(deed, result)
        data = result.transfer
        if data is None or not result.changed:
            return kept
        if result.contact is not None:
            self._contacts.keep(replace(result.contact, updated_by=deed.actor))
            self._turn_at(data.acts, before.name)
        self._transfers[deed.command.partition(" ")[0], before.name] = data
        self._polls.tell_transfer(deed.actor, before, data, result.reason, deed.now)
        return kept

    def _end_transfer(self, domain: Domain, now: Instant) -> TransferData | None:
        """Tell both sides that the registry's own hand ends a transfer, if one runs."""
        data = transfers.cancelled_by_registry(domain, now)
        if data is not None:
            self._transfers["domain", domain.name] = data
            self._polls.tell_ended(domain, data, now)
        return data

    # --- looking up -----------------------------------------------------------------------

    def _contact(self, handle: str, now: Instant) -> Contact | None:
        """Return a contact after the transfer that nobody answered."""
        contact = self._contacts.get(handle)
        if contact is None or contact.transfer is None or now < contact.transfer.approved_at:
            return contact
        at = contact.transfer.approved_at
        deed = Deed(SERVER, "contact transfer", handle, at)
        self._transferred(deed, contact, transfers.approve(contact, SERVER, self.policy, at))
        return self._contacts[handle]

    def _sponsored(self, actor: str, name: str, now: Instant) -> Domain | Result:
        domain = self._get(name, now)
        if domain is None:
            return absent(name)
        return not_sponsored(name, domain.sponsor, actor) or domain

    def _not_accredited(self, actor: str) -> Result | None:
        if actor == SERVER or actor in self._registrars:
            return None
        return Result(
            Code.NOT_AUTHORISED,
            message("{actor} is not accredited with .{tld}", actor=actor, tld=self.tld),
        )

    def _users(self, host: str) -> tuple[Domain, ...]:
        """Return the domains that are delegated to a host."""
        if not self._host_uses[host]:
            return ()
        return tuple(domain for domain in self._domains.values() if host in domain.nameservers)

    def _in_undo_record(self, host: str, but: str = "") -> bool:
        return any(
            host in hosts_named(record)
            for name, records in self._seizures.items()
            if name != but
            for record in records
        )

    def _others_lean_on(self, name: str) -> str | None:
        """Return a host under ``name`` that other names, or their undo records, need."""
        for host in self._hosts.under(name):
            others = [user for user in self._users(host) if user.name != name]
            if others or self._in_undo_record(host, but=name):
                return host
        return None

    def _rename_host(self, old: str, new: str) -> None:
        """Have delegations and undo records follow a host's new name."""
        for domain in self._users(old):
            names = tuple(new if name == old else name for name in domain.nameservers)
            moved = replace(domain, nameservers=names)
            self._domains[domain.name] = moved
            self._refer(domain, moved)
        for name, records in self._seizures.items():
            self._seizures[name] = tuple(renamed(record, old, new) for record in records)

    def _wrong_contacts(
        self, registrant: str | None, contacts: Iterable[tuple[str, str]]
    ) -> Result | None:
        handles = [handle for _role, handle in contacts]
        if registrant is not None and self.policy.registrants_are_contacts:
            handles.insert(0, registrant)
        missing = next((handle for handle in handles if handle not in self._contacts), None)
        return None if missing is None else absent(missing)
