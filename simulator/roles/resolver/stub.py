"""The resolver inside a client: asks a recursive resolver, as getaddrinfo of glibc does.

No cache and no search list: the name is asked for as it stands.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from simulator.errors import LabError
from simulator.roles.resolver.exchange import Dial, Exchange, port_53
from simulator.values import Address, ExtendedError, Instant, Now, message
from simulator.wire.dns_names import DnsFormatError, canonical, text_to_labels
from simulator.wire.dns_values import DnsMessage, Question, Record

TIMEOUT_SECONDS = 5.0
ATTEMPTS = 2
"""``timeout`` and ``attempts`` of resolv.conf(5), with glibc's defaults."""

_FAILURES = {
    "NXDOMAIN": "dns_nxdomain_error",
    "REFUSED": "dns_refused_error",
    "SERVFAIL": "dns_servfail_error",
}
_NETWORK_FAILURES = {
    errno.ECONNREFUSED: "connection_refused",
    errno.ECONNRESET: "connection_reset",
    errno.EHOSTUNREACH: "host_unreachable",
    errno.ENETUNREACH: "network_unreachable",
}


class Answer(NamedTuple):
    """What became of one question.

    ``rcode`` is None if nobody replied, ``resolver`` is who did (None for the hosts file);
    ``failure`` is an OONI failure string, or None if there are ``records`` of the type.
    """

    question: Question
    rcode: str | None = None
    records: tuple[Record, ...] = ()
    addresses: tuple[Address, ...] = ()
    extended_error: ExtendedError | None = None
    resolver: Address | None = None
    began: Instant = 0
    ended: Instant = 0
    failure: str | None = None


class Addresses(NamedTuple):
    """What became of the search for a name's addresses; ``failure`` is None if there are any.

    ``rcode``, ``extended_error`` and ``resolver`` are those of the answer that decided.
    """

    name: str
    addresses: tuple[Address, ...]
    failure: str | None
    rcode: str | None
    extended_error: ExtendedError | None
    resolver: Address | None
    began: Instant
    ended: Instant
    answers: tuple[Answer, ...]


class StubResolver:
    """Asks ``servers`` in turn. ``servers`` and ``hosts`` may be set anew at any time.

    ``hosts`` are the entries of a hosts file, by name in lower case without the trailing
    dot: they go before the DNS. ``families`` are those whose addresses are wanted, the
    preferred one first.
    """

    def __init__(
        self,
        servers: Sequence[Address],
        *,
        now: Now,
        random: Random,
        hosts: Mapping[str, Sequence[Address]] | None = None,
        families: tuple[int, ...] = (4, 6),
        dial: Dial = port_53,
        timeout: float = TIMEOUT_SECONDS,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.servers = tuple(servers)
        self.hosts = dict(hosts or {})
        self._now = now
        self._families = families
        self._exchange = Exchange(random, dial=dial)
        self._timeout = timeout
        self._attempts = attempts

    async def lookup(self, name: str, kind: str) -> Answer:
        """Ask for the records of one type. Raises `LabError` for what is no domain name."""
        [answer] = await self._ask([Question(_checked(name), kind)])
        return answer

    async def addresses(self, name: str, families: tuple[int, ...] | None = None) -> Addresses:
        """Ask for all addresses of a name: A and AAAA, from one socket, at the same time.

        ``families`` other than those of the resolver may be asked for, ``(4,)`` say. Raises
        `LabError` for what is no domain name.
        """
        name = _checked(name)
        wanted = families or self._families
        listed = self.hosts.get(name)
        if listed is not None:
            return self._from_hosts(name, listed, wanted)
        began = self._now()
        kinds = ["AAAA" if family == 6 else "A" for family in wanted]
        answers = await self._ask([Question(name, kind) for kind in kinds])
        found = tuple([address for answer in answers for address in answer.addresses])
        decisive = _decisive(answers)
        return Addresses(
            name,
            found,
            None if found else decisive.failure,
            decisive.rcode,
            decisive.extended_error,
            decisive.resolver,
            began,
            self._now(),
            tuple(answers),
        )

    def _from_hosts(
        self, name: str, listed: Sequence[Address], families: tuple[int, ...]
    ) -> Addresses:
        now = self._now()
        found = tuple(
            [one for family in families for one in listed if (":" in one) == (family == 6)]
        )
        failure = None if found else "dns_no_answer"
        return Addresses(name, found, failure, None, None, None, now, now, ())

    async def _ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Ask each server in turn, twice, until each question has a usable reply.

        SERVFAIL, REFUSED and the like make the next server's turn come, as in glibc;
        once every server has said so, asking again is no use.
        """
        began = self._now()
        settled = [Answer(question) for question in questions]
        open_ones = list(range(len(questions)))
        for _ in range(self._attempts):
            for server in self.servers:
                replies = await self._ask_server(server, [questions[one] for one in open_ones])
                still_open = []
                for index, reply in zip(open_ones, replies, strict=True):
                    question = questions[index]
                    if isinstance(reply, DnsMessage):
                        settled[index] = read_reply(question, reply, server)
                        if reply.rcode not in ("NOERROR", "NXDOMAIN"):
                            still_open.append(index)
                    else:
                        if settled[index].rcode is None:
                            settled[index] = Answer(question, failure=reply)
                        still_open.append(index)
                open_ones = still_open
                if not open_ones:
                    break
            if all(settled[index].rcode is not None for index in open_ones):
                break
        ended = self._now()
        return [answer._replace(began=began, ended=ended) for answer in settled]

    async def _ask_server(
        self, server: Address, questions: Sequence[Question]
    ) -> list[DnsMessage | str]:
        """Return each question's reply from one server, or the failure in its place."""
        queries = self._exchange.queries(questions, recursion_desired=True)
        try:
            replies = await self._exchange.by_datagram(server, queries, self._timeout)
        except OSError as error:
            return [_network_failure(error)] * len(questions)
        results: list[DnsMessage | str] = []
        for query, reply in zip(queries, replies, strict=True):
            if reply is None:
                results.append("generic_timeout_error")
            elif reply.truncated:
                results.append(await self._ask_by_stream(server, query))
            else:
                results.append(reply)
        return results

    async def _ask_by_stream(self, server: Address, query: DnsMessage) -> DnsMessage | str:
        try:
            return await self._exchange.by_stream(server, query, self._timeout)
        except OSError as error:
            return _network_failure(error)


def _checked(name: str) -> str:
    try:
        text_to_labels(name)
    except DnsFormatError as error:
        raise LabError(message("{name} is no domain name: {why}", name=name, why=str(error))) from (
            error
        )
    return canonical(name)


def _network_failure(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "generic_timeout_error"
    return _NETWORK_FAILURES.get(error.errno or 0) or f"unknown_failure: {error}"


def read_reply(question: Question, reply: DnsMessage, server: Address) -> Answer:
    """Return what a reply says about ``question``, with the failure string that goes with it.

    Addresses count only at the end of the chain of aliases that starts at the name.
    """
    name = question.name
    aliases = {
        record.name: canonical(record.data) for record in reply.answers if record.type == "CNAME"
    }
    while question.type != "CNAME" and name in aliases:
        name = aliases.pop(name)
    found = tuple([record for record in reply.answers if record[:2] == (name, question.type)])
    failure = None
    if reply.rcode != "NOERROR":
        failure = _FAILURES.get(reply.rcode, "dns_server_misbehaving")
    elif not found:
        failure = "dns_no_answer"
    errors = reply.edns.extended_errors if reply.edns is not None else ()
    return Answer(
        question,
        reply.rcode,
        reply.answers,
        tuple([record.data for record in found]) if question.type in ("A", "AAAA") else (),
        errors[0] if errors else None,
        server,
        failure=failure,
    )


def _decisive(answers: Sequence[Answer]) -> Answer:
    """Return the answer that tells most: one with addresses, else the first with a reason.

    That AAAA has no answer while A failed, or the other way round, says nothing.
    """
    for answer in answers:
        if answer.addresses:
            return answer
    for answer in answers:
        if answer.failure != "dns_no_answer":
            return answer
    return answers[0]
