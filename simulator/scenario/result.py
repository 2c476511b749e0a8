"""The result of a run, as ``--json`` writes it: an outward contract, changed only on purpose."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from simulator.world.fields import Model


class TimingResult(Model):
    """A stage of a visit, in seconds of lab time since the start of the lab."""

    stage: Literal["dns", "tcp", "tls", "http"]
    began: float
    ended: float
    detail: str = ""


class CertificateResult(Model):
    """The certificate that the server showed."""

    subject: str
    names: tuple[str, ...]
    issuer: str


class ExtendedErrorResult(Model):
    """An extended DNS error (RFC 8914)."""

    code: int
    text: str = ""


class ObservationResult(Model):
    """One visit or lookup as seen from one vantage point."""

    step: str
    at: float
    ended: float
    vantage: str
    country: str
    via: str | None
    url: str
    stage: Literal["dns", "tcp", "tls", "http"] | None
    failure: str | None
    resolver: str | None
    addresses: tuple[str, ...]
    address: str | None
    rcode: str | None
    extended_error: ExtendedErrorResult | None
    certificate: CertificateResult | None
    status: int | None
    page: Literal["site", "block_page", "seizure_banner", "other"] | None
    title: str
    final_url: str
    redirects: tuple[str, ...]
    timings: tuple[TimingResult, ...]
    diagnosis: str
    confidence: Literal["certain", "likely", "cannot tell"]
    evidence: tuple[str, ...]
    actor: str | None
    ways: tuple[str, ...]


class OrderResult(Model):
    """What became of an order at one operator."""

    step: str
    by: str
    to: str
    lever: str
    """A lever or a measure: ``host-takeover``, ``dns:nxdomain``, ``address:drop``."""
    name: str | None
    outcome: Literal["executed", "refused", "pending"]
    at: float
    reason: str
    lifted: bool = False
    """Whether this tells of the order's end: taken back, withdrawn before it took effect, or,
    where ``outcome`` is ``refused``, not: it cannot be, another order keeps it, or there is
    nothing to lift; ``reason`` says which."""
    code: int | None = None
    """The EPP result code that decided, where a registry was asked."""
    details: dict[str, str] = Field(default={})
    """What the operator's own systems answered: command, result, clTRID, svTRID, undo record."""


class CopyResult(Model):
    """A server that was copied: when, by whose order, what is lost, what it can tell of."""

    step: str
    site: str
    machine: str
    by: str
    began: float
    ended: float
    file: str
    last_hash: str
    lost: tuple[str, ...]
    tells: tuple[str, ...]


class RequestResult(Model):
    """What became of a registrant's request at one registrar."""

    step: str
    act: Literal["register", "move", "lock", "unlock", "transfer-out", "transfer-in"]
    registrar: str
    registrant: str
    name: str
    vantage: str | None
    outcome: Literal["executed", "refused", "pending"]
    at: float
    reason: str
    code: int | None
    details: dict[str, str]


class MessageResult(Model):
    """A message that a registrar fetched from its queue at a registry (RFC 5730, RFC 8590)."""

    step: str
    at: float
    registrar: str
    registry: str
    """The top-level domain."""
    id: str
    text: str
    name: str
    operation: str | None
    state: str | None
    """``before`` or ``after`` a change by the registry's own hand."""
    transaction: str | None
    """The svTRID of that change."""
    reason: str | None


class RecordResult(Model):
    """What a public directory said of a name."""

    step: str
    at: float
    vantage: str
    kind: Literal["rdap", "whois"]
    name: str
    server: str
    failure: str | None
    exists: bool
    statuses: tuple[str, ...]
    registrar: str | None
    nameservers: tuple[str, ...]
    holder: str | None = None


class ExpectationResult(Model):
    """One expectation of the author beside what was seen."""

    step: str
    passed: bool
    expected: str
    got: str
    why: str


class ReactionResult(Model):
    """What a site operator did; ``noticed`` is when it first saw the reason."""

    step: str
    at: float
    by: str
    act: Literal["mirror", "move-name", "new-brand", "move-host", "re-register"]
    target: str
    outcome: Literal["executed", "refused", "pending"]
    reason: str
    noticed: float


class ReachResult(Model):
    """From where a site opened: one visit from each vantage point."""

    site: str
    reached_from: tuple[str, ...]
    closed_from: tuple[str, ...]


class LogResult(Model):
    """What the first machine's log gained since the count before, and whose hands it is in."""

    requests: int
    addresses: tuple[str, ...]
    hands: Literal["operator", "police", "banner", "off"]


class ModelledResult(Model):
    """People, as spans from the least shares to the most. Arithmetic, not measurement."""

    sites: dict[str, tuple[int, int]]
    kept: tuple[int, int]
    looking: tuple[int, int]
    gave_up: tuple[int, int]
    visits_missed: int


class AudienceResult(Model):
    """One count of a site's people."""

    step: str
    at: float
    site: str
    people: int
    measured: tuple[ReachResult, ...]
    log: LogResult
    modelled: ModelledResult


class Result(Model):
    """All that a run gives."""

    model_config = ConfigDict(title="Takedown Lab result")

    schema_version: Literal[1] = Field(default=1, alias="schema")
    scenario: str
    seed: int
    lab_seconds: float
    observations: tuple[ObservationResult, ...]
    orders: tuple[OrderResult, ...]
    expectations: tuple[ExpectationResult, ...]
    copies: tuple[CopyResult, ...] = ()
    requests: tuple[RequestResult, ...] = ()
    messages: tuple[MessageResult, ...] = ()
    records: tuple[RecordResult, ...] = ()
    reactions: tuple[ReactionResult, ...] = ()
    audiences: tuple[AudienceResult, ...] = ()
