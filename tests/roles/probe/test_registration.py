"""Asking a registry's directory: the file once, the name by HTTPS, and nothing else believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.roles.probe.evidence import Registration
from simulator.roles.probe.registration import Bootstrap
from simulator.values import ExchangeSeen, Observation
from simulator.wire.rdap import Service, encode, write_bootstrap

FILE = "https://bootstrap.nic.test/rdap/dns.json"
COCO = "https://rdap.nic.xg/domain/coco.xg"
SERVICES = [Service(("xg",), ("https://rdap.nic.xg/",))]
RECORD = {
    "objectClassName": "domain",
    "ldhName": "coco.xg",
    "status": ["server hold"],
    "events": [{"eventAction": "registration", "eventDate": "2024-06-22T05:00:00Z"}],
    "nameservers": [{"ldhName": "ns1.polder.test"}],
    "entities": [{"roles": ["registrar"], "handle": "candie-names"}],
}


class Visitor:
    """Somebody to whom URLs answer as told; what was asked is kept."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            FILE: (200, encode(write_bootstrap(SERVICES, "2024-06-25T05:00:00Z"))),
            COCO: (200, json.dumps(RECORD).encode()),
        }
        self.asked: list[str] = []
        self.final = "https:"
        self.truncated = False

    async def visit(self, url: str) -> Observation:
        self.asked.append(url)
        answer = self.answers.get(url)
        if answer is None:
            return Observation(
                0, "control", "CH", None, url, stage="dns", failure="dns_nxdomain_error"
            )
        status, body = answer
        seen = ExchangeSeen(
            0, url, "192.0.2.1", 443, 0, 1, status=status, body=body, truncated=self.truncated
        )
        final = url.replace("https:", self.final)
        return Observation(0, "control", "CH", None, url, final_url=final, exchanges=(seen,))


async def look_up(visitor: Visitor, name: str = "coco.xg") -> Registration | None:
    return await Bootstrap(FILE).look_up(visitor, name)


async def test_a_name_is_told_with_all_that_counts() -> None:
    assert await look_up(Visitor()) == Registration(
        "coco.xg",
        True,
        ("server hold",),
        (("registration", "2024-06-22T05:00:00Z"),),
        ("ns1.polder.test",),
        "candie-names",
    )


async def test_the_file_is_fetched_once() -> None:
    visitor, bootstrap = Visitor(), Bootstrap(FILE)
    await bootstrap.look_up(visitor, "coco.xg")
    await bootstrap.look_up(visitor, "coco.xg")
    assert visitor.asked == [FILE, COCO, COCO]


async def test_a_file_that_was_not_to_be_had_is_tried_again() -> None:
    visitor, bootstrap = Visitor(), Bootstrap(FILE)
    file = visitor.answers.pop(FILE)
    assert await bootstrap.look_up(visitor, "coco.xg") is None
    visitor.answers[FILE] = file
    assert await bootstrap.look_up(visitor, "coco.xg") is not None


async def test_no_such_name_is_an_answer() -> None:
    visitor = Visitor()
    visitor.answers[COCO] = (404, b"{}")
    assert await look_up(visitor) == Registration("coco.xg", exists=False)


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        (FILE, (200, b"<html>")),
        (FILE, (500, b"")),
        (COCO, None),
        (COCO, (429, b"{}")),
        (COCO, (200, b"<html>")),
        (COCO, (200, json.dumps({**RECORD, "ldhName": "other.xg"}).encode())),
    ],
)
async def test_what_is_no_answer_says_nothing(url: str, answer: Any) -> None:
    visitor = Visitor()
    visitor.answers[url] = answer
    assert await look_up(visitor) is None


async def test_neither_clear_text_nor_a_part_is_believed() -> None:
    visitor = Visitor()
    visitor.final = "http:"
    assert await look_up(visitor) is None
    visitor = Visitor()
    visitor.truncated = True
    assert await look_up(visitor) is None


async def test_a_name_without_a_directory_is_not_asked_about() -> None:
    visitor = Visitor()
    assert await look_up(visitor, "coco.xf") is None
    assert visitor.asked == [FILE]
