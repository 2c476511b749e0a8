"""The log of transforms: one entry for each, with the client's id where a client sent one."""

from __future__ import annotations

import ssl
from typing import cast

import pytest

from simulator.journal import Journal
from simulator.roles.registry.epp_commands import Commands
from simulator.roles.registry.epp_service import EppServer
from simulator.roles.registry.epp_session import EppAccount, EppAccounts, Session
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.transform_log import TransformLog
from simulator.values import DAY
from simulator.wire.epp.command import Body, Command, write_command
from simulator.wire.epp.domain_commands import DomainCreate
from simulator.wire.epp.host_commands import HostCreate
from simulator.wire.epp.objects import Delete, Info, Kind, Transfer, TransferOperation
from simulator.wire.epp.session import Login


class Desk:
    """A server for .xg with its log, and a registrar that is logged in."""

    def __init__(self) -> None:
        self.now = 0
        self.journal = Journal(lambda: self.now)
        self.registry = Registry("xg", "xg-registry")
        self.registry.accredit("candie")
        accounts = EppAccounts([EppAccount("candie", "secret", "candie")])
        log = TransformLog(self.registry, self.journal, lambda: self.now)
        context = cast(ssl.SSLContext, None)
        self.server = EppServer(self.registry, accounts, context, (), lambda: self.now, log)
        self.session = Session(accounts, Commands(self.registry))
        self.say(Login("candie", "secret"))

    def say(self, body: Body) -> None:
        self.send(write_command(Command(body, f"C-{len(self.journal) + 1}")))

    def send(self, document: bytes) -> None:
        self.server.answer(self.session, document)

    def noted(self) -> list[tuple[str, ...]]:
        return [(entry.what, *map(str, entry.details.values())) for entry in self.journal][1:]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_comes_by_epp_is_noted_once_and_queries_are_not(desk: Desk) -> None:
    desk.say(HostCreate("ns.far.example"))
    desk.say(Info(Kind.HOST, "ns.far.example"))
    desk.say(Transfer(Kind.DOMAIN, TransferOperation.QUERY, "coco.xg"))
    desk.say(Delete(Kind.DOMAIN, "coco.xg"))
    assert desk.noted() == [
        ("epp command", "host:create", "ns.far.example", "candie", "1000", "C-2", "XG-000002"),
        ("epp command", "domain:delete", "coco.xg", "candie", "2303", "C-3", "XG-000005"),
    ]


def test_what_time_did_before_a_command_has_an_entry_of_its_own_before_it(desk: Desk) -> None:
    desk.say(DomainCreate("coco.xg", "let-me-in", 1, (), "R"))
    desk.now = 400 * DAY
    desk.say(Delete(Kind.DOMAIN, "coco.xg"))
    renewed, deleted = desk.noted()[1:]
    assert renewed == (
        "registry command", "domain:renew", "coco.xg", "xg-registry", "1000", "XG-000003",
        "autoRenew", str(365 * 86_400.0),
    )  # fmt: skip
    assert deleted == (
        "epp command", "domain:delete", "coco.xg", "candie", "1001", "C-3", "XG-000004",
    )  # fmt: skip


UNREADABLE_RENEW = (
    "<renew><domain:renew {d}><domain:name>Coco.XG</domain:name>"
    "<domain:curExpDate>soon</domain:curExpDate></domain:renew></renew>"
)
UNREADABLE_TRANSFER = (
    "<transfer op='sell'><domain:transfer {d}><domain:name>coco.xg</domain:name>"
    "</domain:transfer></transfer>"
)


@pytest.mark.parametrize(
    ("command", "about", "code"),
    [
        (UNREADABLE_RENEW, ("domain:renew", "coco.xg"), 2005),
        (UNREADABLE_TRANSFER, ("domain:transfer", "coco.xg"), 2005),
        ("<delete><domain:delete {d}/></delete>", ("domain:delete", ""), 2003),
    ],
)
def test_a_transform_that_cannot_be_read_is_noted_with_what_it_was_about(
    desk: Desk, command: str, about: tuple[str, str], code: int
) -> None:
    desk.send(_document(command))
    assert desk.noted() == [("epp command", *about, "candie", str(code), "C-9", "XG-000002")]


@pytest.mark.parametrize(
    "command",
    ["<info><domain:info {d}/></info>", "<dance/>", "<delete><x xmlns='urn:none'/></delete>"],
)
def test_what_is_no_transform_and_cannot_be_read_is_not_noted(desk: Desk, command: str) -> None:
    desk.send(_document(command))
    assert desk.noted() == []


def _document(command: str) -> bytes:
    written = command.format(d='xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"')
    return (
        '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command>'
        f"{written}<clTRID>C-9</clTRID></command></epp>"
    ).encode()
