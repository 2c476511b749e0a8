"""What does not stand up to validation (DNSSEC), in sentences; and answers past their time.

Each sentence is the word of whoever validated: the resolver's, or that of the visitor's own
machine. Why signatures do not fit, a validator knows less than its words suggest: a lie on the
way and a mistake of those who keep the zone look the same to it.
"""

from __future__ import annotations

from simulator.roles.probe.evidence import DnsSaid, Evidence
from simulator.values import ExtendedError, Message, Observation, message

NO_MATCHING_KEY = 9
_BOGUS = {
    6: message("Whoever validates refuses the answer: its signature does not fit (error 6)."),
    7: message("Whoever validates refuses the answer: its signatures have run out (error 7)."),
    8: message("Whoever validates refuses the answer: its signatures are not valid yet (error 8)."),
    9: message(
        "Whoever validates refuses the answer: the zone above vouches for a key that the zone's "
        "own servers do not have (error 9)."
    ),
    10: message(
        "Whoever validates refuses the answer: it bears no signature, and the zone above says that "
        "it should (error 10)."
    ),
    11: message("Whoever validates refuses the answer: its key may not sign zones (error 11)."),
    12: message(
        "Whoever validates refuses the answer: nothing that is signed proves it (error 12)."
    ),
}
"""By INFO-CODE of RFC 8914: why an answer is bogus."""
_STALE = {
    3: message(
        "The resolver says that its answer has run out and that it could ask nobody (extended "
        "error 3)."
    ),
    19: message(
        "The resolver says that it remembers a denial that has run out, and could ask nobody "
        "(extended error 19)."
    ),
}


def why_bogus(error: ExtendedError | None) -> Message | None:
    """Return why an answer was refused, if it was for its signatures."""
    return None if error is None else _BOGUS.get(error.code)


def why_stale(error: ExtendedError | None) -> Message | None:
    """Return the resolver's word that it tells what it remembers of before, if it gave it."""
    return None if error is None else _STALE.get(error.code)


def is_bogus(answer: Observation | DnsSaid | None) -> bool:
    """Tell whether a visit or a question ended because the answer was bogus."""
    return (
        answer is not None
        and answer.rcode == "SERVFAIL"
        and why_bogus(answer.extended_error) is not None
    )


def met_bogus(evidence: Evidence) -> ExtendedError | None:
    """Return why the name is bogus to the subject, or to its resolver; None if it is not."""
    for answer in (evidence.subject, evidence.own_answer):
        if answer is not None and is_bogus(answer):
            return answer.extended_error
    return None


def left_behind(evidence: Evidence) -> list[Message]:
    """Return what validators make of a name that leads to others' servers now."""
    error = met_bogus(evidence)
    word = why_bogus(error)
    if error is None or word is None:
        return []
    if error.code != NO_MATCHING_KEY:
        return [word]
    return [
        word,
        message(
            "Its DS records were left behind when it was led elsewhere: whoever validates sees "
            "neither the site nor the banner."
        ),
    ]
