"""Commands carried out on a registry, one after the other (RFC 5730 section 2.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from simulator.roles.registry import epp_commands_domain as domains
from simulator.roles.registry import epp_commands_objects as others
from simulator.roles.registry.epp_commands_domain import answered
from simulator.roles.registry.epp_shown import (
    Calendar,
    change_data,
    dnssec_data,
    message_data,
    transfer_data,
)
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import Code as RegistryCode
from simulator.roles.registry.objects import Result
from simulator.values import Instant, message
from simulator.wire.epp.command import Body
from simulator.wire.epp.contact_commands import ContactCreate, ContactUpdate
from simulator.wire.epp.domain_commands import DomainCreate, DomainRenew, DomainUpdate
from simulator.wire.epp.errors import EppError
from simulator.wire.epp.greeting import Greeting
from simulator.wire.epp.host_commands import HostCreate, HostUpdate
from simulator.wire.epp.object_data import Availability, Checked
from simulator.wire.epp.objects import Check, Delete, Info, Kind, Transfer, TransferOperation
from simulator.wire.epp.response import Queue, Response
from simulator.wire.epp.results import Code
from simulator.wire.epp.session import PollAck, PollRequest

_WHY_NOT: Final = {
    RegistryCode.EXISTS: message("In use"),
    RegistryCode.VALUE_SYNTAX: message("Not a valid name"),
    RegistryCode.POLICY: message("Not registered here"),
}
"""Why a name is not to be had; RFC 5731 section 4 allows 32 characters."""


class Commands:
    """A registry as its EPP server asks it; ``calendar_start`` is instant 0 since 1970."""

    def __init__(self, registry: Registry, calendar_start: int = 0) -> None:
        self._registry = registry
        self._calendar = Calendar(calendar_start)
        self.server = registry.id

    def greeting(self, now: Instant) -> Greeting:
        """Return what the server says of itself."""
        return Greeting(self.server, self._calendar.moment(now))

    def server_transaction(self) -> str:
        """Return a svTRID that no other answer has."""
        return self._registry.new_transaction()

    def answer(self, actor: str, body: Body, now: Instant) -> Response:
        """Carry a command out in the name of ``actor``."""
        try:
            return self._answer(actor, body, now)
        except EppError as error:
            return Response(error.code, str(error.reason))

    def _answer(self, actor: str, body: Body, now: Instant) -> Response:
        registry, calendar = self._registry, self._calendar
        match body:
            case Check():
                return self._check(body, now)
            case Info():
                return self._info(actor, body, now)
            case Delete():
                return self._delete(actor, body, now)
            case Transfer():
                return self._transfer(actor, body, now)
            case PollRequest():
                return self._poll(actor, now)
            case PollAck():
                return self._acknowledge(actor, body)
            case DomainCreate():
                return domains.create(registry, calendar, actor, body, now)
            case DomainUpdate():
                return domains.update(registry, calendar, actor, body, now)
            case DomainRenew():
                return domains.renew(registry, calendar, actor, body, now)
            case HostCreate():
                return others.host_create(registry, calendar, actor, body, now)
            case HostUpdate():
                return others.host_update(registry, actor, body, now)
            case ContactCreate():
                return others.contact_create(registry, calendar, actor, body, now)
            case ContactUpdate():
                return others.contact_update(registry, actor, body, now)
        raise AssertionError(f"the session answers {body}")

    def _check(self, body: Check, now: Instant) -> Response:
        results = []
        for name in body.names:
            result = self._availability(body.kind, name, now)
            reason = None if result.succeeded else str(_WHY_NOT.get(result.code, result.reason))
            results.append(Availability(name, result.succeeded, reason))
        return Response(Code.DONE, data=Checked(body.kind, tuple(results)))

    def _availability(self, kind: Kind, name: str, now: Instant) -> Result:
        if kind is Kind.DOMAIN:
            return self._registry.check(name, now)
        if kind is Kind.HOST:
            return self._registry.host_check(name)
        return self._registry.contact_check(name)

    def _info(self, actor: str, body: Info, now: Instant) -> Response:
        registry, calendar = self._registry, self._calendar
        if body.kind is Kind.DOMAIN:
            return domains.info(registry, calendar, actor, body, now)
        if body.kind is Kind.HOST:
            return others.host_info(registry, calendar, body)
        return others.contact_info(registry, calendar, actor, body, now)

    def _delete(self, actor: str, body: Delete, now: Instant) -> Response:
        if body.kind is Kind.DOMAIN:
            return answered(self._registry.delete(actor, body.name, now))
        if body.kind is Kind.HOST:
            return answered(self._registry.host_delete(actor, body.name, now=now))
        return answered(self._registry.contact_delete(actor, body.name, now))

    # --- transfers --------------------------------------------------------------------

    def _transfer(self, actor: str, body: Transfer, now: Instant) -> Response:
        if body.operation is TransferOperation.REQUEST:
            result = self._request_transfer(actor, body, now)
        elif body.operation is TransferOperation.QUERY:
            result = self._query_transfer(actor, body, now)
        else:
            result = self._answers(body)(actor, body.name, now)
        if result.transfer is None:
            return answered(result)
        return answered(result, transfer_data(body.kind, result.transfer, self._calendar))

    def _request_transfer(self, actor: str, body: Transfer, now: Instant) -> Result:
        if body.authorization is None:
            raise EppError(
                Code.PARAMETER_MISSING,
                message("a transfer is asked for with the authorization information"),
            )
        if body.kind is Kind.DOMAIN:
            return self._registry.transfer_request(
                actor, body.name, body.authorization, now, years=body.years
            )
        return self._registry.contact_transfer_request(actor, body.name, body.authorization, now)

    def _query_transfer(self, actor: str, body: Transfer, now: Instant) -> Result:
        query = (
            self._registry.transfer_query
            if body.kind is Kind.DOMAIN
            else self._registry.contact_transfer_query
        )
        return query(actor, body.name, now, authorization=body.authorization)

    def _answers(self, body: Transfer) -> Callable[[str, str, Instant], Result]:
        registry = self._registry
        if body.kind is Kind.DOMAIN:
            return {
                TransferOperation.APPROVE: registry.transfer_approve,
                TransferOperation.REJECT: registry.transfer_reject,
                TransferOperation.CANCEL: registry.transfer_cancel,
            }[body.operation]
        return {
            TransferOperation.APPROVE: registry.contact_transfer_approve,
            TransferOperation.REJECT: registry.contact_transfer_reject,
            TransferOperation.CANCEL: registry.contact_transfer_cancel,
        }[body.operation]

    # --- messages ---------------------------------------------------------------------

    def _poll(self, actor: str, now: Instant) -> Response:
        first = self._registry.poll_request(actor, now)
        if first is None:
            return Response(Code.NO_MESSAGES)
        calendar = self._calendar
        count = self._registry.poll_count(actor)
        return Response(
            Code.ACK_TO_DEQUEUE,
            queue=Queue(count, first.id, calendar.moment(first.queued), str(first.text)),
            data=message_data(first, self._registry.tld, calendar),
            dnssec=None if first.domain is None else dnssec_data(first.domain),
            change=None if first.change is None else change_data(first.change, calendar),
        )

    def _acknowledge(self, actor: str, body: PollAck) -> Response:
        result = self._registry.poll_ack(actor, body.id)
        if not result.succeeded:
            return answered(result)
        return Response(Code.DONE, queue=Queue(self._registry.poll_count(actor), body.id))
