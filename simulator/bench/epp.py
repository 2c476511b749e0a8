"""What EPP costs: a registrar's commands, beside bare documents that go to and fro like them.

Both go between two machines of the built-in world, over a TLS session that stands already, one
command at a time as registrars send them. The bare ones are such documents as well: the XML
library writes and parses the question and the answer at both ends, and nobody looks at them.
What EPP adds is the schema's rules, the session's and the registry's, the journal, and the
registrar's own books: a third of the bare pace is the limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias
from xml.etree.ElementTree import Element, tostring

from simulator.bench.figures import Figure, paired
from simulator.lab import Lab
from simulator.serving.tls import TlsPorts, open_tls_connection
from simulator.values import message
from simulator.wire.epp.command import Command, write_command
from simulator.wire.epp.domain_data import DomainData
from simulator.wire.epp.objects import Info, Kind
from simulator.wire.epp.response import Response, write_response
from simulator.wire.epp.results import Code
from simulator.wire.epp.xml import parse

REGISTRAR, NAME = "candie-names", "coco.xg"
OFFICE, SERVER, SITE = "candie-office", "rila-web-1", "coco.xg"
ECHO_PORT = 7
"""RFC 862."""
ROUNDS = 25
COMMANDS = 4
"""Of a hold and its release: each is an info and an update."""

Line: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def epp_commands() -> Figure:
    """EPP commands per second over TLS, of bare documents over TLS."""
    with Lab.load() as lab:
        line = lab.run(_open_line(lab))
        commands, bare, ratio = paired(_commands(lab), _documents(lab, line))
        lab.run(_close(line))
    count = ROUNDS * COMMANDS
    return Figure(
        "epp-commands",
        message("EPP commands per second over TLS, of bare XML to and fro over TLS"),
        1 / ratio, 1 / 3, "", at_most=False,
        detail=f"{count / commands:,.0f}/s, {count / bare:,.0f}/s",
    )  # fmt: skip


def _commands(lab: Lab) -> Callable[[], None]:
    """Return work that puts a name on hold and takes it off, again and again, in one session."""

    async def story() -> None:
        for _ in range(ROUNDS):
            held = await lab.registration.at(REGISTRAR, lambda desk: desk.hold(NAME))
            freed = await lab.registration.at(REGISTRAR, lambda desk: desk.release(NAME))
            assert [one.code for one in (*held.commands, *freed.commands)] == [1000] * COMMANDS

    return lambda: lab.run(story())


# --- bare documents ---------------------------------------------------------------------


def _question() -> Element:
    return parse(write_command(Command(Info(Kind.DOMAIN, NAME), "candie-names-00001")))


def _answer() -> Element:
    data = DomainData(
        NAME, "D1-XG", REGISTRAR, ("ok",), "R1", (), ("ns1.rila.test",), (), REGISTRAR, 0, None,
        None, 0,
    )  # fmt: skip
    answer = Response(Code.DONE, data=data, client_transaction="candie-names-00001")
    return parse(write_response(answer))


class _Responder(asyncio.Protocol):
    """Parses whatever comes, which is one short record, and writes the one answer it has."""

    def __init__(self) -> None:
        self._answer = _answer()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        parse(data)
        self._transport.write(tostring(self._answer))


async def _open_line(lab: Lab) -> Line:
    machine = lab.hosts[SERVER]
    address = machine.addresses[0]
    ports = TlsPorts(lab.web.machines[SERVER].tls_context, _Responder)
    await lab.run_on(machine, ports.open([(address, ECHO_PORT)]))
    trust = lab.people.tls_context
    return await lab.run_on(lab.hosts[OFFICE], open_tls_connection(address, ECHO_PORT, trust, SITE))


async def _close(line: Line) -> None:
    line[1].close()
    await line[1].wait_closed()


def _documents(lab: Lab, line: Line) -> Callable[[], None]:
    """Return work that sends as many documents and waits for each answer."""
    reader, writer = line
    question, length = _question(), len(tostring(_answer()))

    async def exchange() -> None:
        for _ in range(ROUNDS * COMMANDS):
            writer.write(tostring(question))
            parse(await reader.readexactly(length))

    async def story() -> None:
        await lab.run_on(lab.hosts[OFFICE], exchange())

    return lambda: lab.run(story())
