"""A stub resolver that believes no resolver: it validates what it is told (RFC 4035 section 4.9).

As a laptop does that runs its own validator behind the provider's resolver. It asks with DO
and CD, so that it gets the signatures, and bogus data too. The resolver has to pass signatures on,
as one that validates does; behind one that strips them every signed name is bogus.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from random import Random

from simulator.roles.resolver.cache import Outcome
from simulator.roles.resolver.security import Security
from simulator.roles.resolver.stub import Answer, StubResolver
from simulator.roles.resolver.validation import Fetch, Validation, Verdict
from simulator.roles.resolver.validation_trust import TrustAnchor, Validator
from simulator.values import Address, Now
from simulator.wire.dns import decode
from simulator.wire.dns_values import DnsMessage, Question


class ValidatingStub(StubResolver):
    """Asks as a `StubResolver` does; what is bogus fails as SERVFAIL, with the reason."""

    def __init__(
        self,
        servers: Sequence[Address],
        *,
        now: Now,
        random: Random,
        trust_anchors: Iterable[TrustAnchor],
        calendar_start: int = 0,
    ) -> None:
        super().__init__(servers, now=now, random=random)
        self._validator = Validator(trust_anchors, calendar_start)

    def _queries(self, questions: Sequence[Question]) -> list[DnsMessage]:
        queries = self._exchange.queries(questions, recursion_desired=True, dnssec_ok=True)
        return [query._replace(checking_disabled=True) for query in queries]

    async def _ask(self, questions: Sequence[Question]) -> list[Answer]:
        return await asyncio.gather(*map(self._validated, await super()._ask(questions)))

    async def _validated(self, answer: Answer) -> Answer:
        if answer.rcode not in ("NOERROR", "NXDOMAIN"):
            return answer
        verdict = await self._judge(answer.question, _outcome(answer))
        if verdict.security is Security.BOGUS:
            return answer._replace(
                rcode="SERVFAIL",
                records=(),
                addresses=(),
                extended_error=verdict.error,
                ended=self._now(),
                failure="dns_servfail_error",
            )
        plain = tuple([one for one in answer.records if one.type != "RRSIG"])
        return answer._replace(records=plain, ended=self._now())

    async def _judge(self, question: Question, outcome: Outcome) -> Verdict:
        validation = Validation(self._validator, question, outcome)
        step = validation.next_step(self._now())
        while isinstance(step, Fetch):
            [found] = await super()._ask([step.question])
            validation.fetched(step.question, _outcome(found))
            step = validation.next_step(self._now())
        return step


def _outcome(answer: Answer) -> Outcome:
    """Return what came for one question, as a validator looks at it."""
    if answer.rcode not in ("NOERROR", "NXDOMAIN"):
        return Outcome("SERVFAIL")
    reply = decode(answer.raw)
    return Outcome(reply.rcode, reply.answers, reply.authority)
