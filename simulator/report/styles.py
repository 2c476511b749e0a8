"""The few colours of the report. Each repeats what a shape and a word say already."""

from __future__ import annotations

from simulator.report.sights import Shape

TITLE = "bold"
HEADING = "bold cyan"
QUIET = "dim"
GOOD = "green"
BAD = "red"
LOUD = "bold red"

SHAPES = {
    Shape.SITE: GOOD,
    Shape.FOUND: GOOD,
    Shape.BANNER: "bold magenta",
    Shape.BLOCK_PAGE: "yellow",
    Shape.OTHER: "yellow",
    Shape.CERTIFICATE: "yellow",
    Shape.FAILURE: BAD,
}
