"""A registry as a registrar asks it directly, without a wire between them."""

from __future__ import annotations

from typing import Protocol

from simulator.roles.registrar.requests import (
    Answer,
    CreateRequest,
    DomainSeen,
    Done,
    HostRequest,
    InfoRequest,
    Request,
    Steps,
    TransferRequest,
    TransferStep,
    UpdateRequest,
)
from simulator.values import Address, Instant

__all__ = ["Answer", "DomainSeen", "RegistryClient", "ask", "carry_out"]


class RegistryClient(Protocol):
    """The commands, each in the name of ``actor``, the registrar's id."""

    tld: str

    def info(self, actor: str, name: str, now: Instant) -> Answer:
        """Return a domain object."""

    def create(
        self,
        actor: str,
        name: str,
        now: Instant,
        *,
        registrant: str,
        authorization: str,
        years: int = 1,
        nameservers: tuple[str, ...] = (),
    ) -> Answer:
        """Register a name."""

    def update(
        self,
        actor: str,
        name: str,
        now: Instant,
        *,
        add_statuses: tuple[str, ...] = (),
        remove_statuses: tuple[str, ...] = (),
        add_nameservers: tuple[str, ...] = (),
        remove_nameservers: tuple[str, ...] = (),
        add_ds: tuple[str, ...] = (),
        remove_ds: tuple[str, ...] = (),
        authorization: str | None = None,
    ) -> Answer:
        """Change a name."""

    def transfer_request(self, actor: str, name: str, authorization: str, now: Instant) -> Answer:
        """Ask for a name of another registrar."""

    def transfer_approve(self, actor: str, name: str, now: Instant) -> Answer:
        """Let a name go."""

    def transfer_reject(self, actor: str, name: str, now: Instant) -> Answer:
        """Keep a name."""

    def host_create(self, actor: str, name: str, addresses: tuple[Address, ...] = ()) -> Answer:
        """Add a nameserver."""


def carry_out(steps: Steps, registry: RegistryClient, actor: str, now: Instant) -> Done:
    """Take all steps at one instant, and return what became of it."""
    try:
        request = next(steps)
        while True:
            request = steps.send(ask(registry, actor, request, now))
    except StopIteration as end:
        done: Done = end.value
        return done


def ask(registry: RegistryClient, actor: str, request: Request, now: Instant) -> Answer:
    """Put one request to a registry."""
    match request:
        case InfoRequest(name):
            return registry.info(actor, name, now)
        case CreateRequest(name, registrant, authorization, years):
            return registry.create(
                actor, name, now, registrant=registrant, authorization=authorization, years=years
            )
        case HostRequest(name, addresses):
            return registry.host_create(actor, name, addresses)
        case UpdateRequest(name):
            return _update(registry, actor, request, now)
        case TransferRequest(TransferStep.REQUEST, name, authorization):
            return registry.transfer_request(actor, name, authorization, now)
        case TransferRequest(TransferStep.APPROVE, name):
            return registry.transfer_approve(actor, name, now)
        case TransferRequest(TransferStep.REJECT, name):
            return registry.transfer_reject(actor, name, now)
    raise AssertionError(request)


def _update(registry: RegistryClient, actor: str, request: UpdateRequest, now: Instant) -> Answer:
    return registry.update(
        actor,
        request.name,
        now,
        add_statuses=request.add_statuses,
        remove_statuses=request.remove_statuses,
        add_nameservers=request.add_nameservers,
        remove_nameservers=request.remove_nameservers,
        add_ds=request.add_ds,
        remove_ds=request.remove_ds,
        authorization=request.authorization,
    )
