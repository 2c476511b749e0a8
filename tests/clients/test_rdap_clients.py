"""Directories asked by clients that nobody here wrote: whois, whoisit, asyncwhois, on loopback.

The Python clients run as processes of their own, with the lab's names led to loopback and the
bootstrap file of the lab in place of IANA's.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulator.lab.directory_records import RegistryRecords
from simulator.roles.certification.service import CertificationAuthority
from simulator.roles.directory.publisher import Directory, Publisher
from simulator.roles.directory.records import EntityRecord
from simulator.roles.directory.service import DirectoryServer
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER
from simulator.values import DAY, SECOND
from simulator.wire.rdap import Service

pytestmark = pytest.mark.client
LOOPBACK = "127.0.0.1"
DIGEST = "AB" * 32
START = 1_719_291_600  # 25 June 2024, 05:00 UTC

LED_TO_LOOPBACK = """
import socket, sys, json, ssl
certificates, https, whois_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
real = socket.getaddrinfo
def getaddrinfo(host, *rest, **more):
    name = host.decode() if isinstance(host, bytes) else host
    assert name.endswith((".xg", ".test")) or name == "127.0.0.1", name
    return real("127.0.0.1", *rest, **more)
socket.getaddrinfo = getaddrinfo
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def registry() -> Registry:
    made = Registry("xg", "xg-registry")
    made.accredit("candie-names")
    made.host_create(SERVER, "ns1.polder.test")
    made.host_create(SERVER, "ns2.polder.test")
    made.create(
        "candie-names",
        "coco.xg",
        0,
        registrant="Prism Example Ltd",
        authorization="x",
        nameservers=("ns1.polder.test", "ns2.polder.test"),
        ds=(f"12345 13 2 {DIGEST}",),
    )
    locks = ("serverHold", "serverTransferProhibited")
    made.update(SERVER, "coco.xg", DAY, add_statuses=locks)
    return made


class World:
    """A directory and the bootstrap file on one machine."""

    def __init__(self, folder: Path) -> None:
        self.https, self.http, self.whois, self.orders = (free_port() for _ in range(4))
        self.authority = CertificationAuthority(
            self.lookup, Random(1), self.now, dial=lambda *_: (LOOPBACK, self.http)
        )
        self.certificates = folder / "root.pem"
        self.certificates.write_text(self.authority.root_pem, encoding="utf-8")
        url = f"https://rdap.nic.xg:{self.https}/"
        registrar = EntityRecord(
            handle="candie-names",
            name="Candie Names",
            kind="registrar",
            number="9001",
            abuse_email="abuse@candie-names.example",
        )
        records = RegistryRecords({"xg": registry()}, {"candie-names": registrar})
        publisher = Publisher("The registry of .xg", url, "whois.nic.xg", calendar_start=START)
        directory = Directory(publisher, records, (Service(("xg",), (url,)),), has_bootstrap=True)
        names = ["rdap.nic.xg", "bootstrap.nic.test"]
        self.server = DirectoryServer(
            "xg-directory",
            directory,
            names,
            [LOOPBACK],
            self.now,
            https_port=self.https,
            http_port=self.http,
            whois_port=self.whois,
        )

    def now(self) -> int:
        return int(asyncio.get_running_loop().time() * SECOND)

    async def lookup(self, name: str) -> list[str]:
        return ["198.51.100.7"]

    async def run(self, *command: str) -> str:
        """Run a program and return its output; it must succeed."""
        environment = {
            **os.environ,
            "SSL_CERT_FILE": str(self.certificates),
            "REQUESTS_CA_BUNDLE": str(self.certificates),
        }
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        out, error = await process.communicate()
        assert process.returncode == 0, error.decode()
        return out.decode()

    async def python(self, program: str) -> Any:
        """Run a client in a Python of its own and return the JSON that it prints."""
        arguments = (str(self.certificates), str(self.https), str(self.whois))
        said = await self.run(sys.executable, "-c", LED_TO_LOOPBACK + program, *arguments)
        return json.loads(said)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.authority.start([LOOPBACK], world.orders)
    await world.server.start()
    await world.server.obtain_certificate((LOOPBACK, world.orders))
    yield world
    await world.server.stop()
    await world.authority.stop()


def needs(module: str) -> Any:
    lacking = importlib.util.find_spec(module) is None
    return pytest.mark.skipif(lacking, reason=f"{module} is not installed")


@pytest.mark.skipif(shutil.which("whois") is None, reason="whois is not installed")
async def test_the_usual_whois_prints_the_record(world: World) -> None:
    said = await world.run("whois", "-h", LOOPBACK, "-p", str(world.whois), "COCO.xg")
    lines = said.splitlines()
    assert lines[0] == "Domain Name: coco.xg"
    for line in (
        "Registrar: Candie Names",
        "Domain Status: serverHold",
        "Registrant Organization: Prism Example Ltd",
        "Name Server: ns2.polder.test",
        "DNSSEC: signedDelegation",
    ):
        assert line in lines
    said = await world.run("whois", "-h", LOOPBACK, "-p", str(world.whois), "nobody.xg")
    assert said.startswith('No match for "NOBODY.XG".')


WHOISIT = """
import urllib.request, whoisit
context = ssl.create_default_context(cafile=certificates)
file = f"https://bootstrap.nic.test:{https}/rdap/dns.json"
dns = json.load(urllib.request.urlopen(file, context=context))
urls = dns["services"][0][1]
whoisit.load_bootstrap_data({
    "timestamp": 1719291600,
    "dns": dns,
    "asn": {"services": [[["64496-64511"], urls]]},
    "ipv4": {"services": [[["192.0.2.0/24"], urls]]},
    "ipv6": {"services": [[["2001:db8::/32"], urls]]},
    "object": {"services": [[["x@example.test"], ["XG"], urls]]},
}, from_json=False)
found = whoisit.domain("coco.xg")
try:
    whoisit.domain("nobody.xg")
except whoisit.errors.ResourceDoesNotExist as error:
    found["lacking"] = type(error).__name__
print(json.dumps(found, default=str))
"""


@needs("whoisit")
async def test_whoisit_finds_and_reads_the_directory(world: World) -> None:
    found = await world.python(WHOISIT)
    assert (found["name"], found["handle"]) == ("coco.xg", "D1-XG")
    assert found["status"] == ["server hold", "server transfer prohibited"]
    assert found["nameservers"] == ["ns1.polder.test", "ns2.polder.test"]
    assert found["registration_date"] == "2024-06-25 05:00:00+00:00"
    assert found["last_changed_date"] == "2024-06-26 05:00:00+00:00"
    assert found["expiration_date"] == "2025-06-25 05:00:00+00:00"
    assert found["dnssec"] is True
    assert found["whois_server"] == "whois.nic.xg"
    [registrar] = found["entities"]["registrar"]
    assert registrar["name"] == "Candie Names"
    assert found["lacking"] == "ResourceDoesNotExist"


ASYNCWHOIS = """
import asyncio, asyncwhois, httpx2, tldextract, whodap
from asyncwhois.query import Query
whodap.DNSClient._iana_uri = f"https://bootstrap.nic.test:{https}/rdap/dns.json"
Query.whois_port, Query.iana_server = whois_port, "whois.nic.xg"
suffixes = tldextract.TLDExtract(suffix_list_urls=(), extra_suffixes=("xg",), cache_dir=None)
context = ssl.create_default_context(cafile=certificates)

async def main():
    web = httpx2.AsyncClient(verify=context)
    client = asyncwhois.DomainClient(
        whodap_client=await whodap.DNSClient.new_aio_client(httpx_client=web),
        tldextract_obj=suffixes,
    )
    _, rdap = await client.aio_rdap("coco.xg")
    _, whois = await client.aio_whois("coco.xg")
    lacking = []
    for ask in (client.aio_rdap, client.aio_whois):
        try:
            await ask("nobody.xg")
        except Exception as error:
            lacking.append(type(error).__name__)
    await web.aclose()
    return {"rdap": rdap, "whois": whois, "lacking": lacking}

print(json.dumps(asyncio.run(main()), default=str))
"""


@needs("asyncwhois")
async def test_asyncwhois_reads_the_same_from_both(world: World) -> None:
    found = await world.python(ASYNCWHOIS)
    rdap, whois = found["rdap"], found["whois"]
    for record in (rdap, whois):
        assert record["domain_name"] == "coco.xg"
        assert record["registrar"] == "Candie Names"
        assert record["registrant_organization"] == "Prism Example Ltd"
        assert record["registrant_name"].startswith("REDACTED")
        assert record["created"].startswith("2024-06-25 05:00:00")
        assert record["updated"].startswith("2024-06-26 05:00:00")
        assert record["expires"].startswith("2025-06-25 05:00:00")
        assert record["name_servers"] == ["ns1.polder.test", "ns2.polder.test"]
    assert rdap["status"] == ["server hold", "server transfer prohibited"]
    assert whois["status"] == ["serverHold", "serverTransferProhibited"]
    assert found["lacking"] == ["NotFoundError", "NotFoundError"]
