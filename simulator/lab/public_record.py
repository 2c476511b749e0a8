"""What anybody can look up of a name: the registry's RDAP or WHOIS, from somebody's machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from simulator.errors import LabError
from simulator.lab.directory_names import bootstrap_url, whois_name
from simulator.net.packets import is_ipv6
from simulator.roles.probe.registration import Bootstrap
from simulator.values import Address, Instant, message
from simulator.wire.failures import of_connection
from simulator.wire.rdap import epp_status
from simulator.wire.whois import LONGEST_ANSWER, PORT, read_domain

if TYPE_CHECKING:
    from simulator.lab.lab import Lab
    from simulator.lab.people import Person

Kind: TypeAlias = Literal["rdap", "whois"]
PATIENCE = 60.0
"""Seconds that an answer may take."""
NO_DIRECTORY = "http_request_failed"


class PublicRecord(NamedTuple):
    """What a directory said of a name at one time.

    ``statuses`` are EPP status values, ``registrar`` is the registrar's id if the world knows
    one of that name, else what the directory calls it, ``holder`` the organization that it
    names; empty and None for a name that nobody has. ``failure`` is in OONI's words, or None.
    """

    at: Instant
    vantage: str
    kind: Kind
    name: str
    server: str
    failure: str | None = None
    exists: bool = False
    statuses: tuple[str, ...] = ()
    registrar: str | None = None
    nameservers: tuple[str, ...] = ()
    holder: str | None = None


async def look_up(lab: Lab, kind: Kind, name: str, vantage: str) -> PublicRecord:
    """Ask about a registered name; `LabError` in a world whose registries have no directory."""
    if not lab.world.has_directories():
        raise LabError(message("no registry of this world has a directory"))
    person = lab.people.person(vantage)
    ask = _by_rdap if kind == "rdap" else _by_whois
    found = await lab.run_on(person.host, ask(lab, person, name))
    registrar = _registrar_called(lab, found.registrar)
    found = found._replace(registrar=registrar)
    lab.journal.record(
        vantage,
        "looked into a directory",
        kind=kind,
        name=name,
        failure=found.failure,
        exists=found.exists,
        statuses=list(found.statuses),
        registrar=registrar,
        nameservers=list(found.nameservers),
        holder=found.holder,
    )
    return found


async def _by_rdap(lab: Lab, person: Person, name: str) -> PublicRecord:
    url = bootstrap_url(lab.world, lab.names, lab.now) or ""
    asked = PublicRecord(lab.now, person.vantage, "rdap", name, url)
    told = await Bootstrap(url).look_up(person.probe, name)
    if told is None:
        return asked._replace(failure=NO_DIRECTORY)
    return asked._replace(
        exists=told.exists,
        statuses=tuple(map(epp_status, told.statuses)),
        registrar=told.registrar,
        nameservers=told.nameservers,
        holder=told.holder,
    )


async def _by_whois(lab: Lab, person: Person, name: str) -> PublicRecord:
    server = whois_name(name.rpartition(".")[2])
    asked = PublicRecord(lab.now, person.vantage, "whois", name, server)
    found = await person.stub.addresses(server)
    has_ipv6 = any(is_ipv6(address) for address in person.host.addresses)
    usable = [address for address in found.addresses if has_ipv6 or not is_ipv6(address)]
    failure = found.failure or "dns_no_answer"
    for address in sorted(usable, key=is_ipv6, reverse=True):
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await _ask(address, name)
        except OSError as error:
            failure = of_connection(error)
            continue
        told = read_domain(answer)
        if told is None:
            return asked
        return asked._replace(
            exists=True,
            statuses=told.statuses,
            registrar=told.registrar,
            nameservers=told.nameservers,
            holder=told.holder,
        )
    return asked._replace(failure=failure)


async def _ask(address: Address, name: str) -> bytes:
    reader, writer = await asyncio.open_connection(address, PORT)
    try:
        writer.write(f"{name}\r\n".encode())
        answer = b""
        while len(answer) < LONGEST_ANSWER and (data := await reader.read(1 << 14)):
            answer += data
        return answer
    finally:
        writer.close()


def _registrar_called(lab: Lab, told: str | None) -> str | None:
    for registrar, entry in lab.world.registrars.items():
        if told in (registrar, lab.world.operators[entry.operator].name.en):
            return registrar
    return told
