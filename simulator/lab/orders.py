"""What came of an order: a value for reports, results and expectations."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.errors import LabError
from simulator.measures import (
    AddressMeasure,
    DnsInjection,
    DnsInterception,
    DnsLie,
    DnsMeasure,
    EdgeRefusal,
    EncryptedDnsMeasure,
    FingerprintMeasure,
    HttpMeasure,
    Measure,
    PolicyZone,
    ResolverWithdrawal,
    Shutdown,
    SniMeasure,
)
from simulator.values import Instant, Lever, Message, OutcomeState, message


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """One order at one operator.

    ``at`` is when it was executed or refused, for a pending one when it was given; ``key`` is
    what it can be lifted by. ``source`` and ``doubtful`` are those of the rule that decided.
    """

    key: str
    by: str
    to: str
    action: str
    name: str | None
    state: OutcomeState
    at: Instant
    reason: Message
    path: tuple[Message, ...] = ()
    source: str = ""
    doubtful: bool = False
    details: tuple[tuple[str, str], ...] = ()
    """What the operator's own systems answered, by field: EPP command, result code, undo record."""
    nothing_to_lift: bool = False
    """Of a lift: whether nothing was in force any more, or ever."""

    @property
    def code(self) -> int | None:
        """The EPP result code that decided, or None where no registry was asked."""
        result = dict(self.details).get("result")
        return None if result is None else int(result)


def action_label(action: Measure | Lever) -> str:
    """Return an action in one word: ``host-takeover``, ``dns:nxdomain``, ``address:drop``."""
    if isinstance(action, Lever):
        return action.value
    kind, of = _KINDS[type(action)]
    return kind if of is None else f"{kind}:{getattr(action, of).value}"


_KINDS: dict[type[Measure], tuple[str, str | None]] = {
    DnsMeasure: ("dns", "lie"),
    PolicyZone: ("rpz", None),
    ResolverWithdrawal: ("withdrawal", "lie"),
    DnsInjection: ("injection", "lie"),
    DnsInterception: ("interception", None),
    AddressMeasure: ("address", "action"),
    EncryptedDnsMeasure: ("encrypted-dns", "action"),
    HttpMeasure: ("http", "action"),
    SniMeasure: ("sni", "action"),
    FingerprintMeasure: ("fingerprint", None),
    Shutdown: ("shutdown", None),
    EdgeRefusal: ("edge", None),
}
"""What a measure is called, and which of its fields says how."""


def check_action(action: object) -> None:
    """Refuse what is no action, before it travels far from whoever wrote it."""
    if isinstance(action, Lever):
        return
    if not isinstance(action, Measure):
        raise LabError(
            message("an order is about a measure or a Lever, not {given}", given=repr(action))
        )
    if isinstance(action, AddressMeasure):
        prefixes: object = action.prefixes
        if isinstance(prefixes, str):
            raise LabError(message("the prefixes of an AddressMeasure are a tuple of texts"))
    if not isinstance(action, DnsMeasure):
        return
    if not isinstance(action.lie, DnsLie):
        raise LabError(
            message(
                "'{given}' is no lie; a DnsMeasure takes one of DnsLie: {known}",
                given=action.lie,
                known=", ".join(lie.name for lie in DnsLie),
            )
        )
