"""dig: asks one server one question, and shows the reply as it came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.net.packets import is_ipv6, literal_address
from simulator.tools.dig_asking import Asker, Endpoint, Heard, NoReply
from simulator.tools.dig_options import DigOptions, read_dig
from simulator.tools.dig_text import (
    greeting,
    record_line,
    reply_lines,
    short_lines,
    statistics,
)
from simulator.tools.machine import Machine, Output
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record

USAGE = (
    "dig [@server] [name] [type] [-4|-6] [-p port] [-x address] [+short] [+norecurse] [+tcp]"
    " [+tls] [+https[=path]] [+dnssec] [+cd] [+trace] [+time=s] [+tries=n] [+noall +answer …]"
)
UNREACHED, NO_ADDRESS = 9, 1
"""What dig ends with when no server answered, or when @server has no address."""
_MOST_REFERRALS = 20


async def dig(machine: Machine, arguments: Sequence[str], output: Output) -> int:
    """Run dig on a machine and return its exit status."""
    return await _Dig(machine, read_dig(arguments), output).run()


class _Dig:
    def __init__(self, machine: Machine, options: DigOptions, output: Output) -> None:
        self._machine = machine
        self._options = options
        self._output = output
        self._asker = Asker(machine, options)

    async def run(self) -> int:
        options = self._options
        endpoints = await self._servers()
        if not endpoints:
            self._output.complain(f"dig: couldn't get address for '{options.server}': not found")
            return NO_ADDRESS
        if options.trace:
            return await self._trace(endpoints)
        query = self._query(options.name, options.type, recurse=options.recurse)
        heard = await self._ask_all(endpoints, query)
        if heard is None:
            return UNREACHED
        self._show(heard, len(endpoints))
        return 0

    # --- whom to ask ------------------------------------------------------------------------

    async def _servers(self) -> list[Endpoint]:
        server = self._options.server
        if server is None:
            return [
                Endpoint(address, address, self._asker.port)
                for address in self._machine.servers
                if self._fits(address)
            ]
        return await self._endpoints(server)

    def _fits(self, address: str) -> bool:
        return self._options.version in (None, 6 if is_ipv6(address) else 4)

    async def _endpoints(self, name: str) -> list[Endpoint]:
        """Return the addresses of a server by name, those that the machine can reach."""
        literal = literal_address(name)
        if literal is not None:
            return [Endpoint(name, literal, self._asker.port)] if self._fits(literal) else []
        versions = (4, 6) if self._machine.has_ipv6 else (4,)
        found = await self._machine.resolve(name, versions)
        addresses = () if found is None else found.addresses
        return [Endpoint(name, each, self._asker.port) for each in addresses if self._fits(each)]

    # --- asking -----------------------------------------------------------------------------

    def _query(self, name: str, kind: str, *, recurse: bool) -> DnsMessage:
        options = self._options
        return DnsMessage(
            self._machine.random.getrandbits(16),
            recursion_desired=recurse,
            question=Question(name, kind, options.network_class),
            edns=Edns(dnssec_ok=options.dnssec) if options.edns else None,
            authentic_data=options.adflag,
            checking_disabled=options.cdflag,
        )

    async def _ask_all(self, endpoints: Sequence[Endpoint], query: DnsMessage) -> Heard | None:
        """Try each server, and all of them again, until one replies; tell each failure."""
        for _ in range(self._options.tries):
            for endpoint in endpoints:
                try:
                    heard = await self._asker.ask(endpoint, query)
                    if heard.reply.truncated and heard.carrier == "UDP":
                        heard = await self._again_by_stream(endpoint, query, heard)
                except NoReply as error:
                    self._tell_failure(endpoint, query, error)
                else:
                    return heard
        if self._asker.carrier == "UDP":
            self._lines(greeting(self._options, len(endpoints)))
            self._output.line(";; no servers could be reached")
        return None

    async def _again_by_stream(self, endpoint: Endpoint, query: DnsMessage, heard: Heard) -> Heard:
        if self._options.ignore:
            return heard
        if self._options.shown["comments"] and not self._options.short:
            self._output.line(";; Truncated, retrying in TCP mode.")
        return await self._asker.ask(endpoint, query, "TCP")

    def _tell_failure(self, endpoint: Endpoint, query: DnsMessage, error: NoReply) -> None:
        if self._asker.carrier == "UDP":
            place = f"{endpoint.address}#{endpoint.port}"
            self._output.line(f";; communications error to {place}: {error.why}")
            return
        assert query.question is not None
        name = query.question.name or "."
        self._output.line(f";; Connection to {endpoint} for {name} failed: {error.why}.")
        self._output.line(";; no servers could be reached")

    # --- showing ----------------------------------------------------------------------------

    def _lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._output.line(line)

    def _show(self, heard: Heard, servers: int) -> None:
        options = self._options
        if options.short:
            self._lines(short_lines(heard, options))
            return
        if options.shown["cmd"]:
            self._lines(greeting(options, servers))
        self._lines(reply_lines(heard, options))
        if options.shown["stats"]:
            self._lines(statistics(heard, self._machine.date()))

    # --- from the root ----------------------------------------------------------------------

    async def _trace(self, endpoints: Sequence[Endpoint]) -> int:
        """Ask for the root's nameservers, then follow the referrals down to an answer."""
        options = self._options
        self._lines(greeting(options))
        heard = await self._ask_all(endpoints, self._query("", "NS", recurse=True))
        if heard is None:
            return UNREACHED
        self._step(heard, heard.reply.answers)
        zone, servers = "", heard.reply.answers
        for _ in range(_MOST_REFERRALS):
            query = self._query(options.name, options.type, recurse=False)
            heard = await self._ask_in_turn(servers, query)
            if heard is None:
                return UNREACHED
            reply = heard.reply
            self._step(heard, reply.answers or reply.authority)
            servers = tuple([each for each in reply.authority if each.type == "NS"])
            if reply.answers or not servers or reply.authoritative:
                return 0
            below = servers[0].name
            if below == zone or not is_within(below, zone) or not is_within(options.name, below):
                self._output.line(";; BAD REFERRAL")
                return 0
            zone = below
        return 0

    async def _ask_in_turn(self, servers: Sequence[Record], query: DnsMessage) -> Heard | None:
        endpoints = [
            endpoint
            for record in servers
            if record.type == "NS"
            for endpoint in await self._endpoints(record.data)
        ]
        if not endpoints:
            names = ", ".join(record.data for record in servers if record.type == "NS")
            self._output.complain(f"dig: couldn't get address for '{names}': not found")
            return None
        return await self._ask_all(endpoints, query)

    def _step(self, heard: Heard, records: Sequence[Record]) -> None:
        self._lines(map(record_line, records))
        took = round(heard.seconds * 1000)
        self._output.line(
            f";; Received {len(heard.octets)} bytes from {heard.endpoint} in {took} ms"
        )
        self._output.line()
