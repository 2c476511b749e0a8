"""A small register: one company's name on hold, one person's, two registrars' worth of hosts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulator.roles.directory.policy import Policy
from simulator.roles.directory.publisher import Directory, Publisher
from simulator.roles.directory.records import (
    DomainRecord,
    DsRecord,
    EntityRecord,
    EventRecord,
    NameserverRecord,
    Role,
)
from simulator.values import DAY
from simulator.wire.rdap import Service

REGISTRAR = EntityRecord(
    handle="candie-names",
    name="Candie Names",
    kind="registrar",
    country="NL",
    abuse_email="abuse@candie-names.example",
    number="9001",
)
PERSON = EntityRecord(
    handle="C1-XG",
    name="Ada Example",
    organization="Prism Example Ltd",
    street=("1 Invented Street", "Second floor"),
    city="Nowhere",
    region="South",
    postal_code="00000",
    country="NL",
    voice="+999.1",
    email="ada@prism.example",
    is_person=True,
)
INSIDE = NameserverRecord(
    name="ns1.coco.xg",
    handle="H1-XG",
    sponsor="candie-names",
    addresses=("198.18.20.53", "2001:db8:20::53"),
)
OUTSIDE = NameserverRecord(name="ns1.polder.test", handle="H2-XG", sponsor="candie-names")
COCO = DomainRecord(
    name="coco.xg",
    handle="D1-XG",
    sponsor="candie-names",
    statuses=("serverHold", "serverTransferProhibited"),
    events=(
        EventRecord("registration", -3 * DAY),
        EventRecord("last changed", 0),
        EventRecord("expiration", 362 * DAY),
    ),
    contacts=(Role("registrant", "C1-XG"), Role("administrative", "C1-XG")),
    nameservers=(INSIDE, OUTSIDE),
    ds=(DsRecord(12345, 13, 2, "AB" * 32),),
)
GARDEN = replace(
    COCO, name="garden.xg", handle="D2-XG", statuses=("ok",), ds=(), nameservers=(OUTSIDE,)
)


class Register:
    """`Records` over dictionaries."""

    tlds = ("xg",)

    def __init__(self) -> None:
        self.domains = {one.name: one for one in (COCO, GARDEN)}
        self.nameservers = {one.name: one for one in (INSIDE, OUTSIDE)}
        self.entities = {one.handle: one for one in (REGISTRAR, PERSON)}

    def domain(self, name: str, now: int) -> DomainRecord | None:
        return self.domains.get(name)

    def nameserver(self, name: str, now: int) -> NameserverRecord | None:
        return self.nameservers.get(name)

    def entity(self, handle: str, now: int) -> EntityRecord | None:
        return self.entities.get(handle)

    def domain_names(self, now: int) -> tuple[str, ...]:
        return tuple(sorted(self.domains))

    def nameserver_names(self, now: int) -> tuple[str, ...]:
        return tuple(sorted(self.nameservers))

    def entity_handles(self, now: int) -> tuple[str, ...]:
        return tuple(sorted(self.entities))


START = 1_719_291_600  # 25 June 2024, 05:00 UTC
SERVICES = (
    Service(("xg",), ("https://rdap.nic.xg/",)),
    Service(("test",), ("http://rdap.nic.test/", "https://rdap.nic.test/")),
)


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def make_directory(register: Register) -> Any:
    def make(**policy: Any) -> Directory:
        publisher = Publisher(
            "The registry of .xg", "https://rdap.nic.xg/", "whois.nic.xg", Policy(**policy), START
        )
        return Directory(publisher, register, SERVICES)

    return make


@pytest.fixture
def directory(make_directory: Any) -> Directory:
    return make_directory()


@pytest.fixture
def bootstrap() -> Directory:
    publisher = Publisher("The root", "https://bootstrap.nic.test/", "", Policy(), START)
    return Directory(publisher, None, SERVICES, has_bootstrap=True)
