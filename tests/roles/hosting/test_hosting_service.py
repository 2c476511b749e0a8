"""A web host on the virtual Internet: what it says, what it refuses, how it is switched off."""

import asyncio
from collections.abc import Coroutine, Iterator
from random import Random
from typing import Any

import pytest

from simulator.errors import LabError
from simulator.journal import Journal
from simulator.net import Host, LabLoop, Network
from simulator.roles.certification.service import CertificationAuthority
from simulator.roles.hosting import logic
from simulator.roles.hosting.service import CertificateRefused, WebHost
from simulator.values import DAY
from simulator.wire.banners import Banner, Service

SITE, AUTHORITY, VISITOR = "198.51.100.7", "198.51.100.53", "192.0.2.7"
BANNER = Banner("Lantern", (Service("Cyber Command", "CC", "FR"),), "A judge")
COCO = logic.Site("coco.xg", "Coco", https=False)


class Town:
    """A visitor, a web host and the certification authority."""

    def __init__(self) -> None:
        self.loop = LabLoop()
        fabric = self.loop.fabric
        home = fabric.add_network(Network("home", prefixes=["192.0.2.0/24"]))
        away = fabric.add_network(Network("away", prefixes=["198.51.100.0/24"]))
        fabric.topology.link(home, away, 10_000)
        self.visitor = Host(fabric, "visitor", home, (VISITOR,))
        self.machine = Host(fabric, "machine", away, (SITE,))
        self.authority_machine = Host(fabric, "authority", away, (AUTHORITY,))
        self.journal = Journal(fabric.now)
        self.names = {"coco.xg": SITE}
        self.server = WebHost(
            "machine",
            logic.hosting([COCO]),
            [SITE],
            fabric.now,
            calendar_start=1719302400,
            journal=self.journal,
        )
        self.authority = CertificationAuthority(self.lookup, Random(1), fabric.now)
        self.run(self.machine, self.server.start())
        self.run(self.authority_machine, self.authority.start([AUTHORITY]))

    async def lookup(self, name: str) -> list[str]:
        return [self.names[name]] if name in self.names else []

    def run(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def say(self, data: bytes, port: int = 80) -> bytes:
        """Send octets to the web host and return all that it answers."""

        async def talk() -> bytes:
            reader, writer = await asyncio.open_connection(SITE, port)
            writer.write(data)
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

        answer = self.run(self.visitor, talk())
        assert isinstance(answer, bytes)
        return answer

    def certify(self, *names: str, at: str = AUTHORITY, **options: Any) -> None:
        self.run(self.machine, self.server.obtain_certificate(names, (at, 80), **options))


@pytest.fixture
def town() -> Iterator[Town]:
    town = Town()
    yield town
    town.run(town.machine, town.server.stop())
    town.run(town.authority_machine, town.authority.stop())
    town.run(town.visitor, asyncio.sleep(200))
    town.loop.close()


def request(host: str, method: str = "GET") -> bytes:
    return f"{method} / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


def test_a_page_bears_the_date_of_the_lab_and_our_name(town: Town) -> None:
    head, _, body = town.say(request("coco.xg")).partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"HTTP/1.1 200 OK"
    assert b"Date: Tue, 25 Jun 2024 08:00:00 GMT" in head
    assert b"Server: takedown-lab" in head
    assert b'content="site coco.xg"' in body


def test_head_has_the_head_alone_and_other_methods_are_refused(town: Town) -> None:
    assert town.say(request("coco.xg", "HEAD")).endswith(b"\r\n\r\n")
    refused = town.say(request("coco.xg", "POST"))
    assert refused.startswith(b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno header at all\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: coco.xg\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: coco.xg\r\nTransfer-Encoding: chunked\r\n\r\n" + b"9" * 3000,
    ],
)
def test_garbage_is_answered_in_the_dress_of_the_lab_or_not_at_all(
    town: Town, data: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """No traceback on the terminal, no real date and no library's name on the wire."""
    answer = town.say(data + b"\r\n\r\n")
    if answer:
        assert answer.startswith((b"HTTP/1.0 400 ", b"HTTP/1.0 404 "))
        assert b"Date: Tue, 25 Jun 2024 08:00:00 GMT" in answer
        assert b"Server: takedown-lab" in answer
        assert b"aiohttp" not in answer
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_a_fault_of_ours_is_told_to_the_loop(town: Town) -> None:
    told: list[dict[str, Any]] = []
    town.loop.set_exception_handler(lambda _, context: told.append(context))
    town.server.state = None  # type: ignore[assignment]
    answer = town.say(request("coco.xg"))
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert [type(context["exception"]) for context in told] == [AttributeError]


def test_without_https_sites_the_port_is_closed_until_a_banner_needs_it(town: Town) -> None:
    with pytest.raises(ConnectionRefusedError):
        town.say(b"", port=443)
    town.run(town.machine, town.server.show_banner(BANNER, ["other.xg"]))
    assert town.say(b"no TLS at all\r\n", port=443) == b""
    assert b"seizure_banner other.xg" in town.say(request("other.xg"))
    assert b"site coco.xg" in town.say(request("coco.xg"))


def test_a_takeover_images_every_site_once_and_records_it(town: Town) -> None:
    before = town.server.state
    images = town.server.take_over(BANNER, seed=7)
    assert [image.site for image in images] == ["coco.xg"]
    assert [entry.what for entry in town.journal] == ["site imaged and replaced by a banner"]
    assert b"seizure_banner coco.xg" in town.say(request("coco.xg"))
    town.server.release()
    assert town.server.state == before


def test_a_takeover_of_a_stranger_changes_nothing(town: Town) -> None:
    before = town.server.state
    with pytest.raises(LabError, match="not hosted"):
        town.server.take_over(BANNER, ["coco.xg", "other.xg"])
    assert town.server.state is before
    assert len(town.journal) == 0


def test_the_power_is_cut_in_the_middle_of_a_connection(town: Town) -> None:
    async def interrupted() -> bytes:
        reader, writer = await asyncio.open_connection(SITE, 80)
        writer.write(b"GET / HTTP/1.1\r\n")
        await asyncio.sleep(1)
        await asyncio.get_running_loop().run_on(  # type: ignore[attr-defined]
            town.machine, town.server.stop()
        )
        try:
            return await reader.read()
        finally:
            writer.close()

    with pytest.raises(ConnectionResetError):
        town.run(town.visitor, interrupted())
    assert repr(town.server) == "<WebHost machine off 1 names>"
    with pytest.raises(ConnectionRefusedError):
        town.say(b"")
    town.run(town.machine, town.server.start())
    town.run(town.machine, town.server.start())
    assert b"site coco.xg" in town.say(request("coco.xg"))


def test_a_certificate_is_ordered_installed_and_recorded(town: Town) -> None:
    town.certify("coco.xg")
    assert town.server.has_certificate("coco.xg")
    assert town.server.state.challenges == {}
    assert [(entry.what, entry.details) for entry in town.journal] == [
        ("certificate installed", {"names": ["coco.xg"]})
    ]


def test_a_refusal_says_why_and_leaves_no_challenge(town: Town) -> None:
    with pytest.raises(CertificateRefused, match=r"gone\.xg does not resolve .* \(dns\)"):
        town.certify("gone.xg")
    assert not town.server.has_certificate("gone.xg")
    assert town.server.state.challenges == {}


def test_an_authority_that_is_not_there_is_told_as_such(town: Town) -> None:
    with pytest.raises(LabError, match=r"at 192\.0\.2\.7: .*Errno"):
        town.certify("coco.xg", at=VISITOR)


def test_an_authority_that_talks_nonsense_is_told_as_such(town: Town) -> None:
    """The web host itself plays the authority: it answers HTTP, but no order."""
    with pytest.raises(
        LabError, match=r"No certificate for coco\.xg from .*: the body is not JSON"
    ):
        town.certify("coco.xg", at=SITE)


def test_a_silent_authority_is_given_up_after_a_minute(town: Town) -> None:
    town.authority_machine.powered = False
    began = town.loop.clock.now
    with pytest.raises(LabError, match="TimeoutError"):
        town.certify("coco.xg", timeout=5)
    assert town.loop.clock.now == began + 5_000_000
    town.authority_machine.powered = True


def test_lab_time_decides_what_an_image_holds(town: Town) -> None:
    town.run(town.visitor, asyncio.sleep(2 * 24 * 3600))
    image = town.server.take_over(BANNER)[0]
    assert image.at == town.loop.clock.now
    assert image.at >= 2 * DAY
