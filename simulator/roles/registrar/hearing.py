"""What a registrar makes of the messages in its queue (RFC 5730 section 2.9.2.3, RFC 8590)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from simulator.roles.registrar.accounts import Books
from simulator.roles.registrar.conduct import Conduct
from simulator.roles.registrar.requests import Done, Steps
from simulator.values import message
from simulator.wire.epp.change_poll import ChangeData
from simulator.wire.epp.domain_data import DomainData
from simulator.wire.epp.object_data import TransferData
from simulator.wire.epp.objects import Kind
from simulator.wire.epp.response import Data, Response

_APPROVED: Final = ("clientApproved", "serverApproved")
_PURGE: Final = "autoPurge"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of the queue: its id, its words, and what it is about.

    ``document`` is the answer to the poll as it came, for whoever wants to read it whole.
    """

    id: str
    text: str
    data: Data | None = None
    change: ChangeData | None = None
    document: bytes = field(default=b"", repr=False)

    @property
    def name(self) -> str:
        """The domain that it is about, or an empty text."""
        if isinstance(self.data, TransferData) and self.data.kind is not Kind.DOMAIN:
            return ""
        return self.data.name if isinstance(self.data, TransferData | DomainData) else ""


def notice_from(response: Response, document: bytes) -> Notice | None:
    """Return the message in an answer to a poll, or None if there is none.

    ``document`` is what ``response`` was read from.
    """
    queue = response.queue
    if queue is None or queue.text is None:
        return None
    return Notice(queue.id, queue.text, response.data, response.change, document)


def hear(notice: Notice, registrar: str, books: Books, conduct: Conduct) -> Steps:
    """Act on a message: answer a transfer, enter a name that came, strike one that left, take
    back one that the registry gives back.

    A request that an order or a frozen account forbids is rejected; one for a name whose
    authInfo its holder has asked for is approved; any other is left to the registry's time.
    """
    name, data = notice.name, notice.data
    if isinstance(data, TransferData) and name:
        return (yield from _transfer(data, registrar, books, conduct))
    gone = isinstance(data, DomainData) and data.sponsor != registrar
    purged = notice.change is not None and notice.change.operation == _PURGE
    told_after = notice.change is None or notice.change.state == "after"
    held = books.holder(name) is not None
    if held and told_after and (gone or purged):
        books.strike(name)
        return Done(True, message("{name} is no longer here", name=name))
    came = isinstance(data, DomainData) and not (held or gone or purged)
    if came and told_after and books.take_back(name) is not None:
        return Done(True, message("{name} is back", name=name))
    return Done(True, message("noted"))


def _transfer(data: TransferData, registrar: str, books: Books, conduct: Conduct) -> Steps:
    name = data.name
    mine = data.requester == registrar
    if data.status in _APPROVED and mine:
        account = conduct.awaited_by(name)
        if account is not None:
            return (yield from conduct.received(account, name))
    elif data.status in _APPROVED:
        books.strike(name)
        return Done(True, message("{name} is no longer here", name=name))
    elif data.status == "pending" and not mine and books.holder(name) is not None:
        if books.may_leave(name) is not None:
            return (yield from conduct.answer_transfer(name, approve=False))
        if conduct.is_leaving(name):
            return (yield from conduct.answer_transfer(name, approve=True))
    return Done(True, message("noted"))
