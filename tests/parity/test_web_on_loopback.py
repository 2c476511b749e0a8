"""The web roles unchanged on real loopback sockets: certificate, visit, takeover, block page."""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random

import pytest

from simulator.roles.certification.service import CertificationAuthority
from simulator.roles.hosting import logic
from simulator.roles.hosting.service import CertificateRefused, WebHost
from simulator.roles.probe.certificates import browser_context
from simulator.roles.probe.service import Identity, Probe
from simulator.values import SECOND, ExtendedError
from simulator.wire.banners import Banner, BlockPage, Service

LOOPBACK = "127.0.0.1"
HOST = "198.51.100.7"
BANNER_HOST = "198.51.100.66"
BLOCK_HOST = "203.0.113.9"
BANNER = Banner(
    "Operation Lantern", (Service("Cyber Command", "CC", "FR"),), "Paris public prosecutor"
)
SITES = (
    logic.Site("coco.xg", "Coco", "fr", ("www.coco.xg",), hsts_seconds=3600, paragraphs=("Salut",)),
    logic.Site("garden.xg", "Garden"),
)


@dataclass(frozen=True)
class Answer:
    addresses: tuple[str, ...] = ()
    failure: str | None = None
    rcode: str | None = "NOERROR"
    extended_error: ExtendedError | None = None
    resolver: str | None = "192.0.2.53"
    answers: tuple[()] = ()


class Names:
    """A resolver over a table that the test may change."""

    def __init__(self, table: dict[str, str]) -> None:
        self.table = table

    async def addresses(self, name: str) -> Answer:
        address = self.table.get(name)
        if address is None:
            return Answer(failure="dns_nxdomain_error", rcode="NXDOMAIN")
        return Answer((address,))

    async def lookup(self, name: str) -> list[str]:
        return list((await self.addresses(name)).addresses)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


class World:
    """A web host, a banner host and a block page behind one loopback address."""

    def __init__(self) -> None:
        self.names = Names({"coco.xg": HOST, "www.coco.xg": HOST, "garden.xg": HOST})
        self.ports = {
            (address, port): free_port()
            for address in (HOST, BANNER_HOST, BLOCK_HOST)
            for port in (80, 443)
        }
        self.authority = CertificationAuthority(
            self.names.lookup, Random(1), self.now, dial=self.dial
        )
        self.order_port = free_port()
        self.host = self.machine(HOST, logic.hosting(SITES))
        self.banner_host = self.machine(BANNER_HOST, logic.showing_banner(BANNER, ["coco.xg"]))
        page = BlockPage("Ministry", "Provider One")
        self.block_host = self.machine(BLOCK_HOST, logic.showing_block_page(page), https=True)

    def now(self) -> int:
        return int(asyncio.get_running_loop().time() * SECOND)

    def dial(self, address: str, port: int) -> tuple[str, int]:
        return LOOPBACK, self.ports.get((address, port), 1)

    def machine(self, address: str, state: logic.HostState, https: bool | None = None) -> WebHost:
        return WebHost(
            address,
            state,
            [LOOPBACK],
            self.now,
            https=https,
            http_port=self.ports[address, 80],
            https_port=self.ports[address, 443],
        )

    def probe(self) -> Probe:
        context = browser_context(self.authority.root_pem)
        return Probe(self.names, context, self.now, Identity("paris", "FR"), dial=self.dial)

    async def certify(self, machine: WebHost, *names: str) -> None:
        await machine.obtain_certificate(names, (LOOPBACK, self.order_port))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    machines = (world.host, world.banner_host, world.block_host)
    await world.authority.start([LOOPBACK], world.order_port)
    for machine in machines:
        await machine.start()
    yield world
    for machine in machines:
        await machine.stop()
    await world.authority.stop()
    await asyncio.sleep(0)


async def test_a_site_is_certified_visited_seized_and_released(world: World) -> None:
    """The whole story of one name on sockets of the operating system."""
    await world.certify(world.host, "coco.xg", "www.coco.xg")
    probe = world.probe()

    before = await probe.visit("coco.xg")
    assert (before.page, before.status, before.diagnosis) == ("site", 200, "accessible")
    assert (before.stage, before.failure, before.title) == (None, None, "Coco")
    assert before.certificate is not None
    assert before.certificate.names == ("coco.xg", "www.coco.xg")
    assert before.certificate.issuer == "Takedown Lab Root"
    assert [timing.stage for timing in before.timings] == ["dns", "tcp", "tls", "http"]
    assert probe.hsts.covers("coco.xg", world.now())

    images = world.host.take_over(BANNER, ["coco.xg"])
    assert [image.site for image in images] == ["coco.xg"]
    seized = await probe.visit("https://www.coco.xg/")
    assert (seized.page, seized.diagnosis) == ("seizure_banner", "seized")

    world.host.release()
    after = await probe.visit("coco.xg")
    assert after.page == "site"


async def test_the_banner_host_gets_a_certificate_only_once_the_name_leads_to_it(
    world: World,
) -> None:
    """Domain validation follows the name: before redelegation the authority refuses."""
    with pytest.raises(CertificateRefused) as refused:
        await world.certify(world.banner_host, "coco.xg")
    assert refused.value.problem.kind == "unauthorized"

    world.names.table["coco.xg"] = BANNER_HOST
    without = await world.probe().visit("https://coco.xg/")
    assert (without.stage, without.failure) == ("tls", "ssl_failed_handshake")

    await world.certify(world.banner_host, "coco.xg")
    seen = await world.probe().visit("https://coco.xg/")
    assert (seen.page, seen.diagnosis) == ("seizure_banner", "seized")

    world.names.table["other.xg"] = BANNER_HOST
    unlisted = await world.probe().visit("http://other.xg/")
    assert (unlisted.page, unlisted.status) == ("other", 404)


async def test_a_block_page_over_https_fails_for_want_of_a_certificate(world: World) -> None:
    """A forged answer shows the page over HTTP only; over HTTPS the name is wrong."""
    await world.certify(world.host, "coco.xg")
    world.names.table["block.xf"] = BLOCK_HOST
    page_state = world.block_host.state
    await world.certify(world.block_host, "block.xf")
    assert world.block_host.state == page_state
    world.names.table["coco.xg"] = BLOCK_HOST

    typed = await world.probe().visit("coco.xg")
    assert (typed.stage, typed.failure) == ("tls", "ssl_invalid_hostname")
    assert typed.certificate is not None
    assert typed.certificate.names == ("block.xf",)
    assert typed.diagnosis == "cannot_tell"

    insisted = await world.probe().visit("http://coco.xg/")
    assert (insisted.page, insisted.status) == ("block_page", 200)
    assert insisted.diagnosis == "blocked.dns"
    assert insisted.final_url == "http://coco.xg/"


async def test_http_leads_to_https_and_a_stranger_on_the_same_machine_is_not_answered(
    world: World,
) -> None:
    await world.certify(world.host, "garden.xg")
    world.names.table["stranger.xg"] = HOST
    stranger = await world.probe().visit("https://stranger.xg/")
    assert stranger.failure == "ssl_invalid_hostname"
    plain = await world.probe().visit("http://stranger.xg/")
    assert (plain.status, plain.page, plain.diagnosis) == (404, "other", "cannot_tell")


async def test_power_off_refuses_and_power_on_serves_again(world: World) -> None:
    await world.certify(world.host, "coco.xg")
    await world.host.stop()
    off = await world.probe().visit("coco.xg")
    assert (off.stage, off.failure) == ("tcp", "connection_refused")
    assert [timing.detail for timing in off.timings[1:]] == ["connection_refused"] * 2
    await world.host.start()
    assert (await world.probe().visit("coco.xg")).page == "site"


@pytest.mark.client
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl_accepts_the_certificate_and_gets_the_site(
    world: World, tmp_path: object
) -> None:
    """A client that we did not write agrees on TLS, names and HTTP."""
    await world.certify(world.host, "coco.xg")
    root = f"{tmp_path}/root.pem"
    with open(root, "w") as file:  # noqa: ASYNC230, PTH123
        file.write(world.authority.root_pem)
    port = world.ports[HOST, 443]
    curl = await asyncio.create_subprocess_exec(
        "curl", "-sS", "--cacert", root, "--noproxy", "*",
        "--resolve", f"coco.xg:{port}:{LOOPBACK}", f"https://coco.xg:{port}/",
        "-w", "\n%{json}", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await curl.communicate()
    assert err == b""
    page, _, figures = out.rpartition(b"\n")
    assert b'content="site coco.xg www.coco.xg"' in page
    assert json.loads(figures)["ssl_verify_result"] == 0
