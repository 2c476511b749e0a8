"""Measures the matrix in front of somebody, or tells the story of one of its cells."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.matrix.catalogue import acts, ids, study_of, title
from simulator.matrix.cells import NO_WAY
from simulator.matrix.measuring import ways
from simulator.matrix.result import to_json
from simulator.matrix.working import measure_all
from simulator.report.files import check_writable
from simulator.report.measured import MatrixReport
from simulator.report.page import Page
from simulator.report.progress import Progress
from simulator.report.showing import write_out, write_text
from simulator.text import say
from simulator.values import message
from simulator.world.choices import CIRCUMVENTIONS, choose
from simulator.world.loader import built_in_world

if TYPE_CHECKING:
    import argparse

WORLD = "crossroads"
"""The world that is measured when none is named."""
_WORTHWHILE = 8
"""So many rows are quicker on two processors, counting what it takes to start a second."""


def show_matrix(options: argparse.Namespace, language: str) -> int:
    """Measure what was asked for; return the exit status. `LabError` for what cannot be."""
    _check_combination(options)
    if options.confusion is not None:
        return _show_confusion(options, language)
    world = built_in_world(options.world or WORLD)
    study_of(world)
    if options.explain is not None:
        from simulator.report.telling import tell_cell

        return tell_cell(world, options.explain, options, language)
    measures = options.measure or ids()
    for measure in measures:
        acts(measure, world)
    for via in options.via or ():
        if via not in (NO_WAY, *CIRCUMVENTIONS):
            choose(via, world)
    there, lacking = ways(world, options.via)
    if not there:
        raise LabError(
            message("the world has nothing for {ways}: no cell to measure", ways=", ".join(lacking))
        )
    _check_output(options)
    page = Page(sys.stderr if options.json == "-" else sys.stdout)
    processors = min(os.cpu_count() or 1, 2) if len(measures) >= _WORTHWHILE else 1
    with Progress(page, say(message("The lab is being built"), language)) as progress:

        def heard(measure: str, done: int, count: int) -> None:
            text = message(
                "Row {number} of {count}: {what}",
                number=done + 1,
                count=count,
                what=title(measure),
            )
            progress.say(say(text, language))

        rows = measure_all(
            world, measures, options.via, seed=options.seed, processors=processors, heard=heard
        )
    if options.json == "-":
        write_out(to_json(rows))
        return 0
    if options.json is not None:
        write_text(Path(options.json), to_json(rows))
    MatrixReport(world, page, language).write(rows)
    return 0


def _check_combination(options: argparse.Namespace) -> None:
    """Refuse options that would be ignored."""
    given = [
        f"--{name}"
        for name in ("world", "measure", "via", "json")
        if getattr(options, name, None) is not None
    ]
    alone = None
    if options.explain is not None:
        alone, clash = "--explain", [one for one in given if one != "--world"]
        clash += [] if options.confusion is None else ["--confusion"]
    elif options.confusion is not None:
        alone, clash = "--confusion", [one for one in given if one != "--json"]
        if options.confusion < 1:
            raise LabError(message("--confusion needs at least one world"))
    if alone is not None and clash:
        raise LabError(
            message("{option} does not go with {others}", option=alone, others=", ".join(clash))
        )


def _check_output(options: argparse.Namespace) -> None:
    if options.json not in (None, "-"):
        check_writable(Path(options.json))


def _show_confusion(options: argparse.Namespace, language: str) -> int:
    """Try every deed in random worlds; 1 if a diagnosis was wrong and said to be certain."""
    from simulator.matrix.confusion import confusion
    from simulator.report.confused import confusion_json, write_confusion

    _check_output(options)
    page = Page(sys.stderr if options.json == "-" else sys.stdout)
    with Progress(page, say(message("Random worlds are being built"), language)) as progress:

        def heard(done: int, count: int) -> None:
            text = message("Diagnosis {number} of {count}", number=done, count=count)
            progress.say(say(text, language))

        seeds = range(options.seed, options.seed + options.confusion)
        table = confusion(seeds, heard)
    if options.json == "-":
        write_out(confusion_json(table))
    else:
        if options.json is not None:
            write_text(Path(options.json), confusion_json(table))
        write_confusion(table, page, language)
    return 1 if table.wrong_certain else 0
