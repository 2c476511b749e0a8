"""The lab's whois: the registry's own words, and the failures that a real one prints."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.lab.directory import open_directories
from simulator.measures import AddressAction, AddressMeasure
from simulator.tools.whois import server_for

SERVER = "198.18.30.3"


@pytest.fixture
def registered(make_terminal: Callable[[Any], Any], crossroads: Any) -> Any:
    terminal = make_terminal(crossroads)
    terminal.lab.run(open_directories(terminal.lab))
    return terminal


def test_a_name_is_told_by_its_registry(registered: Any) -> None:
    said = registered("whois LIBRARY.xg", "nantes")
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "Domain Name: library.xg"
    assert "Domain Status: ok" in lines
    assert "Registrant Organization: a library (invented)" in lines
    assert "Registrant Name: REDACTED FOR PRIVACY" in lines
    assert "Name Server: ns1.fjord.test" in lines
    assert lines[-1].endswith("Everybody in it is invented.")


def test_a_name_that_nobody_has(registered: Any) -> None:
    said = registered("whois -H nobody.xg", "nantes")
    assert said.status == 0
    assert said.out.splitlines()[0] == 'No match for "NOBODY.XG".'
    assert said.out.splitlines()[-1].startswith(">>> Last update of WHOIS database: 2024-09-02T")


def test_a_server_may_be_named(registered: Any) -> None:
    said = registered("whois --verbose -h whois.nic.xg registrar candie-names", "nantes")
    assert said.out.startswith(
        'Using server whois.nic.xg.\nQuery string: "registrar candie-names"\n\n'
        "Registrar: Candie Names\n"
    )
    assert registered(f"whois -h {SERVER} library.xg", "nantes").out.startswith("Domain Name")


def test_curl_reads_the_directory_by_rdap(registered: Any) -> None:
    said = registered("curl -sL http://rdap.nic.xg/domain/library.xg", "nantes")
    found = json.loads(said.out)
    assert (found["ldhName"], found["status"]) == ("library.xg", ["active"])
    said = registered("curl -s -o /dev/null -w %{http_code} https://rdap.nic.xg/ip/x", "nantes")
    assert said.out == "501"


def test_a_lab_without_directories_has_no_whois_server(
    make_terminal: Callable[[Any], Any], crossroads: Any
) -> None:
    said = make_terminal(crossroads)("whois library.xg", "nantes")
    assert (said.status, said.err) == (
        2,
        "getaddrinfo(whois.nic.xg): Name or service not known\n",
    )


def test_failures_are_told_as_whois_does(registered: Any) -> None:
    said = registered(f"whois -h {SERVER} -p 44 library.xg", "nantes")
    assert (said.status, said.err) == (2, "connect: Connection refused\n")
    registered.order(AddressMeasure((SERVER,), AddressAction.DROP), "rivage-telecom", "court-fr")
    said = registered(f"whois -h {SERVER} library.xg", "nantes")
    assert (said.status, said.err, said.seconds) == (2, "Timeout.\n", 60.0)
    said = registered("whois candie", "nantes")
    assert (said.status, said.out) == (1, "No whois server is known for this kind of object.\n")


def test_it_is_asked_for_help_in_one_way(registered: Any) -> None:
    said = registered("whois --help", "nantes")
    assert said.out.startswith("whois: whois [-h host] [-p port]")
    assert registered("whois", "nantes").status == 2
    assert registered("whois -I library.xg", "nantes").err.startswith("whois: -I is not simulated")


def test_what_no_terminal_should_get_is_left_out(registered: Any) -> None:
    """A server says what it likes; a control sequence is not among it."""

    async def serve() -> asyncio.Server:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(b"one\x1b[2J\r\ntwo\xff\n")
            writer.close()

        return await asyncio.start_server(talk, "198.18.10.10", 43)

    lab = registered.lab
    lab.run(lab.loop.run_on(lab.fabric.hosts["polder-web-1"], serve()))
    assert registered("whois -h 198.18.10.10 x.xg", "nantes").out == "one[2J\ntwo\ufffd\n"


@pytest.mark.parametrize(
    ("question", "server"),
    [
        ("coco.xg", "whois.nic.xg"),
        ("www.coco.xg.", "whois.nic.xg"),
        ("coco", None),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
        ("nameserver ns1.coco.xg", None),
    ],
)
def test_the_server_follows_from_the_name(question: str, server: str | None) -> None:
    assert server_for(question) == server
