"""Who is told what: the messages that commands put in the registrars' queues."""

from __future__ import annotations

from typing import NamedTuple

from simulator.roles.registry.objects import SERVER, Contact, Domain, TransferData
from simulator.roles.registry.poll import Cause, ChangeData, PollQueues
from simulator.values import Instant, Message, message


class Deed(NamedTuple):
    """A transform command as it came: who, what, to which object, when, and in whose name.

    ``operation`` is the word of a change poll message, where it is not the command's.
    """

    actor: str
    command: str
    name: str
    now: Instant
    cause: Cause = Cause()
    operation: str = ""


class Notices(PollQueues):
    """The queues of one registry, and what it puts in them; ``registry`` is its id."""

    def __init__(self, registry: str) -> None:
        super().__init__()
        self._registry = registry

    def tell_change(
        self, deed: Deed, before: Domain, after: Domain, transaction: str, text: Message
    ) -> None:
        """Tell the sponsor what the registry's own hand did, and a new sponsor what it got."""
        for state, domain in (("before", before), ("after", after)):
            change = self._change(deed, transaction, state)
            self.put(before.sponsor, deed.now, text, domain=domain, change=change)
        if after.sponsor != before.sponsor:
            change = self._change(deed, transaction, "after")
            self.put(after.sponsor, deed.now, text, domain=after, change=change)

    def tell_purge(self, deed: Deed, domain: Domain, transaction: str) -> None:
        """Tell the last sponsor that a name is gone."""
        text = message("{name} is purged: the name is free", name=domain.name)
        change = self._change(deed, transaction, "after")
        self.put(domain.sponsor, deed.now, text, domain=domain, change=change)

    def tell_transfer(
        self, actor: str, held: Domain | Contact, data: TransferData, text: Message, now: Instant
    ) -> None:
        """Tell the other side of a transfer; both, where the registry acts."""
        for side in dict.fromkeys((held.sponsor, data.requester)):
            if side != actor:
                self.put(side, now, text, transfer=data)

    def tell_ended(self, held: Domain, data: TransferData, now: Instant) -> None:
        """Tell both sides that the registry's own hand ended a transfer."""
        text = message("{name} stays with its sponsor", name=held.name)
        self.tell_transfer(SERVER, held, data, text, now)

    def _change(self, deed: Deed, transaction: str, state: str) -> ChangeData:
        operation = deed.operation or deed.command.partition(" ")[2]
        who = deed.cause.who or self._registry
        return ChangeData(state, operation, "", deed.now, transaction, who, deed.cause)
