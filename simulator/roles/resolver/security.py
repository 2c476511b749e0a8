"""What validation has found out about data (RFC 4035 section 4.3), and what of it a client sees.

Kept apart from validation itself, so that a resolver that does not validate need not load it.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from simulator.wire.dns_values import DnsMessage, Record, reply_to

if TYPE_CHECKING:
    from simulator.roles.resolver.cache import Outcome


class Security(enum.Enum):
    """The security status of data. What nobody has looked at has None."""

    SECURE = "secure"
    """An unbroken chain of signatures leads to it from a trust anchor."""
    INSECURE = "insecure"
    """It is proven that a zone on the way is not signed: nothing can be said."""
    BOGUS = "bogus"
    """There should be such a chain, and it is broken."""


def together(first: Security | None, second: Security | None) -> Security | None:
    """Return the status of two things told as one answer: that of the weaker."""
    for status in (Security.BOGUS, None, Security.INSECURE):
        if first is status or second is status:
            return status
    return Security.SECURE


def for_client(outcome: Outcome, query: DnsMessage) -> Outcome:
    """Return as much of a validating resolver's outcome as this client is to see.

    Bogus data go to none but those who validate for themselves (CD, RFC 4035 section 3.2.2);
    signatures and proofs go to those who asked for them (DO, section 3.2.1).
    """
    if outcome.security is Security.BOGUS:
        if not query.checking_disabled:
            return outcome._replace(rcode="SERVFAIL", answers=(), authority=(), security=None)
        outcome = outcome._replace(extended_errors=())
    if query.edns is not None and query.edns.dnssec_ok:
        return outcome
    assert query.question is not None, "an outcome is that of a question"
    kind = query.question.type
    return outcome._replace(
        answers=_plain(outcome.answers, kind), authority=_plain(outcome.authority, kind)
    )


def _plain(records: tuple[Record, ...], kind: str) -> tuple[Record, ...]:
    return tuple([one for one in records if one.type not in ("RRSIG", "NSEC") or one.type == kind])


# --- replies ------------------------------------------------------------------------


def plain_reply(query: DnsMessage, outcome: Outcome) -> DnsMessage:
    """Return the reply of a resolver that does not validate."""
    rcode, answers, authority, errors, _ = outcome
    return reply_to(
        query, rcode, answers, authority, recursion_available=True, extended_errors=errors
    )


def validated_reply(query: DnsMessage, outcome: Outcome) -> DnsMessage:
    """Return the reply of a resolver that validates.

    With AD where all is secure, for a client that knows what that means (RFC 6840 section 5.8).
    """
    reply = plain_reply(query, for_client(outcome, query))
    if outcome.security is not Security.SECURE:
        return reply
    knows = query.authentic_data or (query.edns is not None and query.edns.dnssec_ok)
    return reply._replace(authentic_data=knows)
