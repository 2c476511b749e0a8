"""The resolver inside a client: asks a recursive resolver, as getaddrinfo of glibc does.

No cache and no search list: the name is asked for as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from simulator.errors import LabError
from simulator.roles.resolver.channel import TIMEOUT_SECONDS, Channel, Heard
from simulator.roles.resolver.exchange import Dial, Exchange, port_53
from simulator.values import Address, ExtendedError, Instant, Now, message
from simulator.wire import failures
from simulator.wire.dns_names import DnsFormatError, canonical, text_to_labels
from simulator.wire.dns_values import DnsMessage, Question, Record

ATTEMPTS = 2
"""``attempts`` of resolv.conf(5), with glibc's default, as is its ``timeout`` of 5 s."""

_FAILURES = {
    "NXDOMAIN": "dns_nxdomain_error",
    "REFUSED": "dns_refused_error",
    "SERVFAIL": "dns_servfail_error",
}


class Answer(NamedTuple):
    """What became of one question.

    ``rcode`` is None if nobody replied, ``resolver`` is who did (None for the hosts file);
    ``failure`` is an OONI failure string, or None if there are ``records`` of the type.
    ``engine`` is how the reply came, or how it was last waited for (see
    `simulator.values.QuerySeen`), ``raw`` its bytes.
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
    engine: str = "udp"
    raw: bytes = b""


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
    """Asks ``servers`` in turn, at port 53, unless ``channel`` says whom to ask and how.

    ``servers``, ``channel`` and ``hosts`` may be set anew at any time.

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
        self.channel: Channel | None = None
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
        answers = tuple([_listed_answer(name, listed, family, now) for family in families])
        found = tuple([address for answer in answers for address in answer.addresses])
        failure = None if found else failures.NO_ANSWER
        return Addresses(name, found, failure, None, None, None, now, now, answers)

    def _queries(self, questions: Sequence[Question]) -> list[DnsMessage]:
        return self._exchange.queries(questions, recursion_desired=True)

    async def _ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Have each question answered, by the channel if there is one, else at port 53."""
        began = self._now()
        settled = [Answer(question, began=began) for question in questions]
        open_ones = list(range(len(questions)))
        servers, channel = self.servers, self.channel  # others may be set while we wait
        if channel is not None:
            open_ones = await self._ask_channel(channel, settled)
            servers = (channel.server,)
        if open_ones:
            await self._ask_servers(servers, settled, open_ones)
        return settled

    async def _ask_channel(self, channel: Channel, settled: list[Answer]) -> list[int]:
        """Settle what the channel settles; return what is left to port 53."""
        questions = [answer.question for answer in settled]
        queries = self._queries(questions)
        left = []
        for index, heard in enumerate(await channel.ask(queries)):
            settled[index] = _settled(settled[index], heard, channel.server, self._now())
            if heard.reply is None and not channel.strict:
                left.append(index)
        return left

    async def _ask_servers(
        self, servers: Sequence[Address], settled: list[Answer], open_ones: list[int]
    ) -> None:
        """Ask each server in turn, twice, until each open question has a usable reply.

        SERVFAIL, REFUSED and the like make the next server's turn come, as in glibc;
        once every server has said so, asking again is no use.
        """
        for _ in range(self._attempts):
            for server in servers:
                questions = [settled[index].question for index in open_ones]
                still_open = []
                replies = await self._ask_server(server, questions)
                for index, heard in zip(open_ones, replies, strict=True):
                    if heard.reply is not None or settled[index].rcode is None:
                        settled[index] = _settled(settled[index], heard, server, self._now())
                    if heard.reply is None or heard.reply.rcode not in ("NOERROR", "NXDOMAIN"):
                        still_open.append(index)
                open_ones = still_open
                if not open_ones:
                    return
            if all(settled[index].rcode is not None for index in open_ones):
                return

    async def _ask_server(self, server: Address, questions: Sequence[Question]) -> list[Heard]:
        """Return each question's reply from one server, or the failure in its place."""
        queries = self._queries(questions)
        try:
            replies = await self._exchange.replies_by_datagram(server, queries, self._timeout)
        except OSError as error:
            return [Heard("udp", failure=failures.of_connection(error))] * len(questions)
        results = []
        for query, reply in zip(queries, replies, strict=True):
            if reply is None:
                results.append(Heard("udp", failure=failures.TIMEOUT))
            elif reply.message.truncated:
                results.append(await self._ask_by_stream(server, query))
            else:
                results.append(Heard("udp", reply.message, reply.raw))
        return results

    async def _ask_by_stream(self, server: Address, query: DnsMessage) -> Heard:
        try:
            reply = await self._exchange.reply_by_stream(server, query, self._timeout)
        except OSError as error:
            return Heard("tcp", failure=failures.of_connection(error))
        return Heard("tcp", reply.message, reply.raw)


def _checked(name: str) -> str:
    try:
        text_to_labels(name)
    except DnsFormatError as error:
        raise LabError(message("{name} is no domain name: {why}", name=name, why=str(error))) from (
            error
        )
    return canonical(name)


def _listed_answer(name: str, listed: Sequence[Address], family: int, now: Instant) -> Answer:
    """Return what a hosts file says of one family of addresses; its lines know no TTL."""
    kind = "AAAA" if family == 6 else "A"
    found = tuple([one for one in listed if (":" in one) == (family == 6)])
    return Answer(
        Question(name, kind),
        records=tuple([Record(name, kind, 0, address) for address in found]),
        addresses=found,
        began=now,
        ended=now,
        failure=None if found else failures.NO_ANSWER,
        engine="hosts",
    )


def _settled(answer: Answer, heard: Heard, server: Address, now: Instant) -> Answer:
    """Return what became of the question of ``answer``, for which a reply came or failed to."""
    if heard.reply is None:
        return Answer(
            answer.question,
            began=answer.began,
            ended=now,
            failure=heard.failure,
            engine=heard.engine,
        )
    return read_reply(answer.question, heard, server, answer.began, now)


def read_reply(
    question: Question, heard: Heard, server: Address, began: Instant = 0, ended: Instant = 0
) -> Answer:
    """Return what a reply says about ``question``, with the failure string that goes with it.

    Addresses count only at the end of the chain of aliases that starts at the name.
    """
    engine, reply, raw, _ = heard
    assert reply is not None
    name = question.name
    aliases = {
        record.name: canonical(record.data) for record in reply.answers if record.type == "CNAME"
    }
    while question.type != "CNAME" and name in aliases:
        name = aliases.pop(name)
    found = tuple([record for record in reply.answers if record[:2] == (name, question.type)])
    failure = None
    if reply.rcode != "NOERROR":
        failure = _FAILURES.get(reply.rcode, failures.MISBEHAVING)
    elif not found:
        failure = failures.NO_ANSWER
    errors = reply.edns.extended_errors if reply.edns is not None else ()
    return Answer(
        question,
        reply.rcode,
        reply.answers,
        tuple([record.data for record in found]) if question.type in ("A", "AAAA") else (),
        errors[0] if errors else None,
        server,
        began,
        ended,
        failure,
        engine,
        raw,
    )


def _decisive(answers: Sequence[Answer]) -> Answer:
    """Return the answer that tells most: one with addresses, else the first with a reason.

    That AAAA has no answer while A failed, or the other way round, says nothing.
    """
    for answer in answers:
        if answer.addresses:
            return answer
    for answer in answers:
        if answer.failure != failures.NO_ANSWER:
            return answer
    return answers[0]
