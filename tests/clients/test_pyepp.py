"""pyepp, a client that nobody here wrote, takes a name through its whole life at our server.

It runs as a process of its own: its licence is its own, and so is its view of EPP.
"""

from __future__ import annotations

import asyncio
import datetime
import importlib.util
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulator.roles.certification.logic import Authority, check_request
from simulator.roles.registry.epp_service import EppServer
from simulator.roles.registry.epp_session import EppAccount, EppAccounts
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import PostalInfo
from simulator.roles.registry.policy import Policy
from simulator.roles.registry.poll import Cause
from simulator.serving.certificates import TlsContexts
from simulator.values import SECOND

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(importlib.util.find_spec("pyepp") is None, reason="pyepp is not installed"),
]

LOOPBACK, NAME = "127.0.0.1", "localhost"
CALENDAR_START = 1_719_302_400  # 2024-06-25T08:00:00Z
TODAY = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - OpenSSL compares with it

BEGIN = """
import datetime, json, sys
from pyepp import *

def said(result, *fields):
    data = result.result_data
    shown = {field: getattr(data, field) for field in fields}
    print(json.dumps([result.code, result.reason, shown], default=plain), flush=True)
    return result

def plain(value):
    return getattr(value, "message", None) or value.address

def session(account):
    epp = EppCommunicator("localhost", sys.argv[1])
    epp.connect()
    epp.login(account, "secret-" + account, ["rgp-1.0", "changePoll-1.0"])
    return epp
"""

LIFE = '''
TRANSFER = """<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command>
  <transfer op="%s"><domain:transfer xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">
    <domain:name>coco.xg</domain:name></domain:transfer></transfer></command></epp>"""

candie = session("candie")
print(json.dumps(b"<svID>islands</svID>" in candie.hello()))
contacts, hosts, domains = Contact(candie), Host(candie), Domain(candie)
address = AddressData("1 High Street", "St Peter Port", "GG", postal_code="GY1 1AA")
print(json.dumps(contacts.check(["C-1"]).result_data))
said(contacts.create(ContactData(
    "C-1", "a@coco.example", PostalInfoData("Coco & Co", address=address), phone="+44.1481000000")))
said(contacts.update(ContactData("C-1", email="b@coco.example")))
said(contacts.info("C-1"), "id", "email", "phone", "sponsoring_client_id")
said(hosts.create(HostData("ns.far.example")))
print(json.dumps(hosts.check(["ns.far.example", "ns2.far.example"]).result_data))
print(json.dumps(domains.check(["coco.xg", "not a name.xg"]).result_data))
ds = DSRecordData(12345, 13, 2, "AB" * 32)
said(domains.create(DomainData("coco.xg", host=["ns.far.example"], registrant="C-1", tech="C-1",
                               password="first-secret", period=1, dns_sec=[ds])))
said(hosts.create(HostData("ns.coco.xg", [IPAddressData("192.0.2.53", "v4"),
                                          IPAddressData("2001:db8::53", "v6")])))
said(hosts.update("ns.coco.xg", remove_ip_address=[IPAddressData("192.0.2.53", "v4")],
                  add_status=["clientDeleteProhibited"]))
said(hosts.info("ns.coco.xg"), "status", "address")
said(domains.update("coco.xg", add_hosts=["ns.coco.xg"], remove_hosts=["ns.far.example"],
                    add_statuses=[("clientHold", "x"), ("clientTransferProhibited", "x")]))
info = said(domains.info("coco.xg"), "status", "host", "registrant", "tech", "expiry_date",
            "password")
print(json.dumps([ds.digest for ds in info.result_data.dns_sec]))
said(candie.execute("""<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><update>
  <domain:update xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">
    <domain:name>coco.xg</domain:name></domain:update></update>
  <extension><secDNS:update xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.1">
    <secDNS:rem><secDNS:all>true</secDNS:all></secDNS:rem></secDNS:update></extension>
  </command></epp>"""))
said(domains.info("coco.xg"), "dns_sec")
said(domains.renew("coco.xg", datetime.date(2025, 6, 25), 2))
said(domains.renew("coco.xg", datetime.date(2025, 6, 25), 2))

loire = EppCommunicator("localhost", sys.argv[1])
loire.connect()
said(loire.execute("""<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login>
  <clID>loire</clID><pw>secret-loire</pw><newPW>secret-changed</newPW>
  <options><version>1.0</version><lang>en</lang></options>
  <svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI>
    <objURI>urn:example:params:xml:ns:nobody-knows-this-1.0</objURI>
    <svcExtension><extURI>urn:ietf:params:xml:ns:rgp-1.0</extURI>
      <extURI>urn:example:params:xml:ns:nor-this-1.0</extURI></svcExtension></svcs>
  </login></command></epp>"""))
moving = Domain(loire)
said(moving.transfer("coco.xg", "first-secret"))
said(domains.update("coco.xg", remove_statuses=["clientHold", "clientTransferProhibited"]))
said(moving.transfer("coco.xg", "wrong-secret"))
said(moving.transfer("coco.xg", "first-secret"))
said(moving.update("coco.xg", add_statuses=[("clientHold", "x")]))
queue = Poll(candie)
first = said(queue.request(), "message_count", "messages")
said(queue.acknowledge(first.result_data.message_id), "message_count")
said(queue.request())
said(loire.execute(TRANSFER % "query"))
said(loire.execute(TRANSFER % "approve"))
said(candie.execute(TRANSFER % "reject"))
said(moving.transfer("coco.xg", "first-secret"))
said(loire.execute(TRANSFER % "cancel"))
said(moving.transfer("coco.xg", "first-secret"))
said(candie.execute(TRANSFER % "approve"))
said(domains.update("coco.xg", add_statuses=[("clientHold", "x")]))
said(Poll(loire).request(), "messages")

said(moving.delete("coco.xg"))
said(hosts.delete("ns.coco.xg"))
said(Host(loire).update("ns.coco.xg", remove_status=["clientDeleteProhibited"]))
said(moving.update("coco.xg", remove_hosts=["ns.coco.xg"]))
said(Host(loire).delete("ns.coco.xg"))
said(moving.delete("coco.xg"))
print(json.dumps(moving.check(["coco.xg"]).result_data))
said(moving.restore("coco.xg"))
when = datetime.datetime(2024, 6, 25, 8)
said(moving.restore_report("coco.xg", "before", "after", when, when, "a mistake", "one", "two"))
said(moving.info("coco.xg"), "status", "sponsoring_client_id")
said(loire.logout())
said(candie.logout())
'''

SEIZED = """
candie = session("candie")
domains, queue = Domain(candie), Poll(candie)
for _ in range(2):
    told = said(queue.request(), "messages")
    print(json.dumps([word.encode() in told.raw_response for word in (
        'state="before"', 'state="after"', "Guernsey court", "12/2024",
        "secDNS:dsData", "serverUpdateProhibited")]))
    said(queue.acknowledge(told.result_data.message_id))
said(domains.info("coco.xg"), "status", "host", "dns_sec")
said(domains.update("coco.xg", add_hosts=["ns.far.example"]))
said(domains.delete("coco.xg"))
said(candie.logout())
"""


@pytest.fixture
async def server() -> AsyncIterator[tuple[int, Registry, Authority]]:
    authority = Authority("Lab Root", Random(1), TODAY)
    contexts = TlsContexts()
    key = check_request(contexts.keys.signing_request([NAME]), (NAME,))
    contexts.install([NAME], authority.issue((NAME,), key, TODAY))
    registry = Registry("xg", "islands", policy=Policy(registrants_are_contacts=True))
    accounts = EppAccounts()
    for name in ("candie", "loire"):
        registry.accredit(name)
        accounts.add(EppAccount(name, f"secret-{name}", name))
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = int(probe.getsockname()[1])
    served = EppServer(
        registry, accounts, contexts.listening, [(LOOPBACK, port)], lambda: 5 * SECOND,
        calendar_start=CALENDAR_START,
    )  # fmt: skip
    await served.start()
    yield port, registry, authority
    await served.stop()
    await asyncio.sleep(0)


async def run(script: str, port: int, authority: Authority, folder: Path) -> list[Any]:
    root = folder / "root.pem"
    root.write_text(authority.root_pem)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BEGIN + script, str(port)),
        env={**os.environ, "SSL_CERT_FILE": str(root), "PYTHONWARNINGS": "ignore"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return [json.loads(line) for line in out.splitlines()]


EXPECTED: list[Any] = [
    True,
    {"C-1": {"avail": True, "reason": None}},
    [1000, None, {}],
    [1000, None, {}],
    [
        1000,
        None,
        {
            "id": "C-1",
            "email": "b@coco.example",
            "phone": "+44.1481000000",
            "sponsoring_client_id": "candie",
        },
    ],
    [1000, None, {}],
    {
        "ns.far.example": {"avail": False, "reason": "In use"},
        "ns2.far.example": {"avail": True, "reason": None},
    },
    {
        "coco.xg": {"avail": True, "reason": None},
        "not a name.xg": {"avail": False, "reason": "Not a valid name"},
    },
    [1000, None, {}],
    [1000, None, {}],
    [1000, None, {}],
    [
        1000,
        None,
        {
            "status": ["clientDeleteProhibited"],
            "address": ["2001:db8::53"],
        },
    ],
    [1000, None, {}],
    [
        1000,
        None,
        {
            "status": ["clientHold", "clientTransferProhibited"],
            "host": ["ns.coco.xg"],
            "registrant": "C-1",
            "tech": "C-1",
            "expiry_date": "2025-06-25T08:00:05.000000Z",
            "password": "first-secret",
        },
    ],
    ["ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"],
    [1000, None, {}],
    [1000, None, {"dns_sec": None}],
    [1000, None, {}],
    [2004, "this is not the present expiry of coco.xg", {}],
    [1000, None, {}],
    [2304, "coco.xg has the status clientTransferProhibited, which prohibits this", {}],
    [1000, None, {}],
    [2202, "the authorization information for coco.xg is wrong", {}],
    [1001, None, {}],
    [2201, "loire does not sponsor coco.xg", {}],
    [
        1301,
        None,
        {
            "message_count": 1,
            "messages": ["the transfer of coco.xg awaits its sponsor"],
        },
    ],
    [1000, None, {"message_count": 0}],
    [1300, None, {}],
    [1000, None, {}],
    [2201, "the transfer of coco.xg is not for loire to answer", {}],
    [1000, None, {}],
    [1001, None, {}],
    [1000, None, {}],
    [1001, None, {}],
    [1000, None, {}],
    [2201, "candie does not sponsor coco.xg", {}],
    [
        1301,
        None,
        {"messages": ["coco.xg stays with its sponsor"]},
    ],
    [2305, "coco.xg has hosts under it: ns.coco.xg", {}],
    [2201, "candie does not sponsor ns.coco.xg", {}],
    [1000, None, {}],
    [1000, None, {}],
    [1000, None, {}],
    [1001, None, {}],
    {"coco.xg": {"avail": False, "reason": "In use"}},
    [1000, None, {}],
    [1000, None, {}],
    [1000, None, {"status": ["inactive"], "sponsoring_client_id": "loire"}],
    [1500, None, {}],
    [1500, None, {}],
]


async def test_a_full_life_cycle(server: tuple[int, Registry, Authority], tmp_path: Path) -> None:
    port, _registry, authority = server
    assert await run(LIFE, port, authority, tmp_path) == EXPECTED


async def test_it_is_told_of_a_seizure_and_can_do_nothing_about_it(
    server: tuple[int, Registry, Authority], tmp_path: Path
) -> None:
    port, registry, authority = server
    create(registry)
    cause = Cause("Guernsey court", case="12/2024")
    assert registry.redelegate("coco.xg", ("ns.seized.example",), 0, cause=cause).succeeded
    locks = ["serverDeleteProhibited", "serverTransferProhibited", "serverUpdateProhibited"]
    assert await run(SEIZED, port, authority, tmp_path) == [
        [1301, None, {"messages": ["coco.xg is redelegated and locked"]}],
        [True, False, True, True, True, False],
        [1000, None, {}],
        [1301, None, {"messages": ["coco.xg is redelegated and locked"]}],
        [False, True, True, True, False, True],
        [1000, None, {}],
        [1000, None, {"status": locks, "host": ["ns.seized.example"], "dns_sec": None}],
        [2304, "coco.xg has the status serverUpdateProhibited, which prohibits this", {}],
        [2304, "coco.xg has the status serverDeleteProhibited, which prohibits this", {}],
        [1500, None, {}],
    ]


def create(registry: Registry) -> None:
    """Have candie register a signed name."""
    postal = PostalInfo("int", "Coco & Co", "St Peter Port", "GG")
    assert registry.contact_create(
        "candie", "C-1", 0, postal=(postal,), email="a@coco.example", authorization="contact-secret"
    ).succeeded
    assert registry.host_create("candie", "ns.far.example").succeeded
    ds = "12345 13 2 " + "ab" * 32
    done = registry.create(
        "candie", "coco.xg", 0, registrant="C-1", authorization="first-secret",
        nameservers=("ns.far.example",), ds=(ds,),
    )  # fmt: skip
    assert done.succeeded, done
    registry.poll_clear()
