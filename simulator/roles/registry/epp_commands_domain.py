"""The commands on domains, carried out (RFC 5731, RFC 5910, RFC 3915)."""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry.epp_shown import (
    Calendar,
    dnssec_data,
    domain_data,
    grace_of,
    hosts_under,
)
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import Domain, Result
from simulator.roles.registry.restoring import RestoreReport
from simulator.values import Instant, message
from simulator.wire.epp.domain_commands import DomainCreate, DomainRenew, DomainUpdate
from simulator.wire.epp.domain_data import Renewed
from simulator.wire.epp.errors import EppError
from simulator.wire.epp.moments import Moment, same_day
from simulator.wire.epp.object_data import Created
from simulator.wire.epp.objects import Info, Kind
from simulator.wire.epp.response import Data, Response
from simulator.wire.epp.restore import Report
from simulator.wire.epp.results import Code
from simulator.wire.epp.secdns import DnssecChange, DnssecData

_NO_EXPIRY = -1
"""An instant at which no registration of a lab ends."""


def answered(result: Result, data: Data | None = None) -> Response:
    """Return a result as an answer; the reason goes with what did not succeed."""
    reason = None if result.succeeded else str(result.reason)
    return Response(
        Code(result.code),
        reason,
        data=data if result.succeeded else None,
        server_transaction=result.transaction,
    )


def info(registry: Registry, calendar: Calendar, actor: str, body: Info, now: Instant) -> Response:
    """Show a domain."""
    result = registry.info(actor, body.name, now, authorization=body.authorization)
    domain = result.domain
    if not result.succeeded or domain is None:
        return answered(result)
    under = hosts_under(registry, body.name) if body.hosts in ("all", "sub") else ()
    shown = domain_data(domain, calendar, under)
    if body.hosts in ("sub", "none"):
        shown = replace(shown, nameservers=())
    return Response(Code.DONE, data=shown, dnssec=dnssec_data(domain), grace=grace_of(domain, now))


def create(
    registry: Registry, calendar: Calendar, actor: str, body: DomainCreate, now: Instant
) -> Response:
    """Register a name."""
    result = registry.create(
        actor,
        body.name,
        now,
        registrant=body.registrant or "",
        authorization=body.authorization,
        years=1 if body.years is None else body.years,
        contacts=body.contacts,
        nameservers=body.nameservers,
        ds=_ds(body.dnssec),
    )
    if result.domain is None:
        return answered(result)
    made = result.domain
    dates = calendar.moment(made.created), calendar.moment(made.expires)
    return answered(result, Created(Kind.DOMAIN, made.name, *dates))


def renew(
    registry: Registry, calendar: Calendar, actor: str, body: DomainRenew, now: Instant
) -> Response:
    """Prolong a registration. The day that the client names must be that of the expiry."""
    expiry = _expiry_on(registry, calendar, actor, body.name, body.current_expiry, now)
    years = 1 if body.years is None else body.years
    result = registry.renew(actor, body.name, expiry, years, now)
    if result.domain is None:
        return answered(result)
    return answered(result, Renewed(body.name, calendar.moment(result.domain.expires)))


def _expiry_on(
    registry: Registry, calendar: Calendar, actor: str, name: str, day: Moment, now: Instant
) -> Instant:
    domain = registry.info(actor, name, now).domain
    if domain is None or not same_day(calendar.moment(domain.expires), day):
        return _NO_EXPIRY
    return domain.expires


def update(
    registry: Registry, calendar: Calendar, actor: str, body: DomainUpdate, now: Instant
) -> Response:
    """Change a domain, or bring it back from redemption."""
    if body.restore is not None:
        return _restore(registry, calendar, actor, body, now)
    change = DnssecChange() if body.dnssec is None else body.dnssec
    held = registry.info(actor, body.name, now).domain
    return answered(
        registry.update(
            actor,
            body.name,
            now,
            add_statuses=body.add_statuses,
            remove_statuses=body.remove_statuses,
            add_nameservers=body.add_nameservers,
            remove_nameservers=body.remove_nameservers,
            add_contacts=body.add_contacts,
            remove_contacts=body.remove_contacts,
            add_ds=_ds(change.add),
            remove_ds=_as_kept(_ds(change.remove), held),
            remove_all_ds=change.remove_all,
            registrant=body.registrant,
            authorization=body.authorization,
        )
    )


def _restore(
    registry: Registry, calendar: Calendar, actor: str, body: DomainUpdate, now: Instant
) -> Response:
    assert body.restore is not None
    if body != DomainUpdate(body.name, restore=body.restore):
        raise EppError(Code.COMMAND_USE, message("a restore changes nothing else"))
    report = body.restore.report
    if report is None:
        result = registry.restore_request(actor, body.name, now)
    else:
        result = registry.restore_report(actor, body.name, _report(report, calendar), now)
    answer = answered(result)
    if not result.succeeded or result.domain is None:
        return answer
    return Response(
        answer.code,
        grace=grace_of(result.domain, now),
        server_transaction=answer.server_transaction,
    )


def _report(report: Report, calendar: Calendar) -> RestoreReport:
    return RestoreReport(
        report.before,
        report.after,
        calendar.instant(report.deleted),
        calendar.instant(report.restored),
        report.reason,
        report.statements,
        report.other or "",
    )


def _ds(data: DnssecData | None) -> tuple[str, ...]:
    """Take DS data only: a registry that took keys would have to choose the digest itself."""
    if data is None:
        return ()
    if data.keys:
        raise EppError(Code.POLICY, message("this registry takes DS data, not keys"))
    return data.ds


def _as_kept(gone: tuple[str, ...], held: Domain | None) -> tuple[str, ...]:
    """Return DS data in the writing in which the registry keeps it: digests know no case."""
    kept = () if held is None else held.ds
    written = {data.upper(): data for data in kept}
    return tuple(written.get(data.upper(), data) for data in gone)
