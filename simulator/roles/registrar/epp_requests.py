"""A registrar's requests as EPP commands, and what it reads of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulator.roles.registrar.requests import (
    CreateRequest,
    HostRequest,
    InfoRequest,
    Request,
    TransferRequest,
    TransferStep,
    UpdateRequest,
)
from simulator.values import Message, message
from simulator.wire.epp.command import Body
from simulator.wire.epp.domain_commands import DomainCreate, DomainUpdate
from simulator.wire.epp.domain_data import DomainData
from simulator.wire.epp.host_commands import HostCreate
from simulator.wire.epp.objects import Info, Kind, Transfer, TransferOperation
from simulator.wire.epp.response import Response
from simulator.wire.epp.results import WORDS
from simulator.wire.epp.secdns import DnssecChange, DnssecData

_OPERATIONS: Final = {
    TransferStep.REQUEST: TransferOperation.REQUEST,
    TransferStep.APPROVE: TransferOperation.APPROVE,
    TransferStep.REJECT: TransferOperation.REJECT,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a registrar reads of a domain object."""

    sponsor: str
    statuses: tuple[str, ...]
    nameservers: tuple[str, ...]
    ds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EppAnswer:
    """What came back: see `simulator.roles.registrar.requests.Answer`."""

    code: int
    reason: Message
    domain: Seen | None = None
    transaction: str = ""


def command_for(request: Request) -> Body:
    """Return the command that asks for it."""
    match request:
        case InfoRequest(name):
            return Info(Kind.DOMAIN, name)
        case CreateRequest(name, registrant, authorization, years):
            return DomainCreate(name, authorization, years, registrant=registrant)
        case HostRequest(name, addresses):
            return HostCreate(name, addresses)
        case TransferRequest(step, name, authorization):
            return Transfer(Kind.DOMAIN, _OPERATIONS[step], name, authorization or None)
        case UpdateRequest():
            return _update(request)
    raise AssertionError(request)


def _update(request: UpdateRequest) -> DomainUpdate:
    change = DnssecChange(DnssecData(request.add_ds), DnssecData(request.remove_ds))
    return DomainUpdate(
        request.name,
        request.add_statuses,
        request.remove_statuses,
        request.add_nameservers,
        request.remove_nameservers,
        authorization=request.authorization,
        dnssec=None if change == DnssecChange() else change,
    )


def answer_from(response: Response) -> EppAnswer:
    """Return what a registrar reads of an answer."""
    return EppAnswer(
        int(response.code),
        message("the registry answers: {text}", text=response.reason or WORDS[response.code]),
        _seen(response),
        response.server_transaction,
    )


def _seen(response: Response) -> Seen | None:
    data = response.data
    if not isinstance(data, DomainData):
        return None
    ds = () if response.dnssec is None else response.dnssec.ds
    return Seen(data.sponsor, data.statuses, data.nameservers, ds)
