"""What studies found when sites were closed, of other markets and in other years.

They stand beside what the lab reckons, and are not what it measured. From the facts that the
docs quote; what was measured for the case that the lab is named after: nothing was found.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.values import Message, message


class Published(NamedTuple):
    """One finding: the study, what was closed and when, what came of it."""

    study: str
    market: Message
    found: Message


PUBLISHED = (
    Published(
        "Vu et al., USENIX Security 2025",
        message("attacks for hire, domains seized, December 2022 and 2023"),
        message(
            "more than half of the sites were back, a day later at the median; in 2023 all were,"
            " after two days, and the new names had lost 80–90 % of the traffic; in 2022 the"
            " whole market fell by 20–40 % for at most six weeks or so"
        ),
    ),
    Published(
        "Collier et al., IMC 2019",
        message("attacks for hire, takedowns with arrests, December 2018"),
        message("attacks fell by a third, for ten weeks at least"),
    ),
    Published(
        "Danaher et al., 2016, 2019",
        message("films and series, blocking by providers, United Kingdom, 2012 to 2014"),
        message(
            "one site blocked: little changed in all. 53 sites: visits to them −90 %, copying in"
            " all −22 % among those who had used them"
        ),
    ),
    Published(
        "Poort et al., 2014",
        message("copied music and films, blocking of one site, Netherlands"),
        message("no net effect after six to ten months"),
    ),
    Published(
        "Washington Post, Childsafe.ai",
        message("sex advertising (Backpage), domain seized, arrests, a new law, April 2018"),
        message(
            "advertisements −87 %, and back after five to six months by figures that are not quite"
            " clear; each successor got 5–8 % of the visitors"
        ),
    ),
    Published(
        "Alowaisheq et al., NDSS 2019",
        message("more than 620,000 names taken down"),
        message("of those of the last ten months more than 14 % returned to the market"),
    ),
)
