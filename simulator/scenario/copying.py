"""The step in which investigators copy a server: by whose order, what it brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.scenario.expectations import Copy
from simulator.values import Lever, OutcomeState, message

if TYPE_CHECKING:
    from simulator.lab import Lab, OrderOutcome
    from simulator.roles.evidence.answers import Answer
    from simulator.scenario.models import Evidence

_IN_WORDS = ("log-window", "other-hosts")
"""Questions that are answered without rows."""


async def copy_server(
    lab: Lab, step: str, entry: Evidence, outcomes: Sequence[OrderOutcome], language: str
) -> Copy:
    """Copy a site's server, and let the time pass that this takes.

    ``outcomes`` are all so far: `LabError` if no executed order made the host let it be copied.
    """
    from simulator.lab.evidence import take_evidence
    from simulator.roles.evidence.answers import QUESTIONS, ask
    from simulator.roles.evidence.logic import open_dossier
    from simulator.wire.evidence import VOLATILITY

    began = lab.now
    by = _by(entry.site, outcomes)
    order = (*entry.first, *(name for name in VOLATILITY if name not in entry.first))
    filed = take_evidence(
        lab, entry.site, by=by, order=order, encrypted=entry.encrypted, language=language
    )
    await lab.wait_until(filed.ended)
    dossier = open_dossier(filed.data)
    tells = tuple(question for question in QUESTIONS if _tells(ask(dossier, question), question))
    file = entry.file or f"{step}-{entry.site}.jsonl"
    return Copy(
        entry.site,
        filed.machine,
        by,
        began,
        filed.ended,
        file,
        filed.data,
        filed.head,
        filed.lost,
        tells,
    )


def _tells(answer: Answer, question: str) -> bool:
    """Tell whether a copy has something to show for a question."""
    return bool(answer.rows or (question in _IN_WORDS and answer.tells))


def _by(site: str, outcomes: Sequence[OrderOutcome]) -> str:
    """Return the authority by whose order a server is copied."""
    for outcome in reversed(outcomes):
        ordered = outcome.action == Lever.IMAGING.value and outcome.name == site
        if ordered and outcome.state is OutcomeState.EXECUTED:
            return outcome.by
    raise LabError(
        message(
            "nobody may copy the server of {site}: no order to its host for its 'imaging' was"
            " executed",
            site=site,
        )
    )
