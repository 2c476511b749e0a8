"""The matrix as plain data, for ``--json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from simulator.matrix.catalogue import NOTHING
from simulator.matrix.cells import Cell, Row, losses
from simulator.values import SECOND

SCHEMA = 1


def to_json(rows: Sequence[Row]) -> str:
    """Return the JSON text; times are seconds of lab time.

    ``cells`` are the visits from the affected network, ``elsewhere`` the same from the
    unaffected one, ``collateral`` what innocent sites lose in the affected network.
    """
    return json.dumps(as_data(rows), indent=2, ensure_ascii=False) + "\n"


def as_data(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what `to_json` writes."""
    return {
        "schema": SCHEMA,
        "cells": [_cell(cell) for row in rows for cell in row.cells],
        "elsewhere": [_cell(cell) for row in rows for cell in row.elsewhere],
        "collateral": [
            {
                "measure": loss.measure,
                "site": loss.site,
                "outcome": loss.outcome.value,
                "failure": loss.failure,
                "page": loss.page,
            }
            for row in rows
            if row.measure != NOTHING
            for loss in losses(row)
        ],
        "lacking": list(rows[0].lacking) if rows else [],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "measure": cell.measure,
        "via": cell.via,
        "outcome": cell.outcome.value,
        "stage": cell.stage,
        "failure": cell.failure,
        "page": cell.page,
        "seconds": cell.duration / SECOND,
        "vantage": cell.seen.vantage,
    }
