"""Encrypted DNS is cut where it is known to be, by address or by name."""

from typing import Any

import pytest

from simulator.measures import AddressAction, EncryptedDnsMeasure
from simulator.roles.isp.encrypted_dns import EncryptedDnsRule
from simulator.values import PASS, Drop, IcmpKind, Reject, Reset

KNOWN = "198.51.100.8"


def rule(action: AddressAction = AddressAction.DROP, **more: Any) -> EncryptedDnsRule:
    return EncryptedDnsRule(
        "order/0", EncryptedDnsMeasure((KNOWN,), ("dns.test",), action=action, **more)
    )


@pytest.mark.parametrize(
    ("action", "by_address", "by_name"),
    [
        (AddressAction.DROP, Drop(), Drop()),
        (AddressAction.RESET, Reset(), Reset(both_ways=True)),
        (AddressAction.REJECT, Reject(IcmpKind.PROHIBITED), Reset(both_ways=True)),
    ],
)
def test_a_known_address_is_cut_at_once_and_a_known_name_at_its_hello(
    dialogue: Any, client_hello: Any, action: AddressAction, by_address: Any, by_name: Any
) -> None:
    one_rule = rule(action)
    for port in (443, 853):
        assert dialogue(one_rule, port, server=KNOWN).open()[0] == by_address
    elsewhere = dialogue(one_rule, 8853)
    assert elsewhere.open() == [PASS] * 3
    assert elsewhere.say(client_hello("dns.test")) == by_name
    assert elsewhere.seen == "sni dns.test"


def test_other_ports_of_the_address_and_other_names_pass(
    dialogue: Any, client_hello: Any, datagram: Any
) -> None:
    one_rule = rule()
    assert datagram(one_rule, b"", 53, destination=KNOWN) == (PASS, None)
    for name in ("plain.test", "www.dns.test", None):
        talk = dialogue(one_rule, 443)
        talk.open()
        assert talk.say(client_hello(name)) == PASS


def test_by_udp_the_ports_are_cut_as_well(datagram: Any) -> None:
    assert datagram(rule(), b"", 853, destination=KNOWN) == (Drop(), None)


def test_without_names_or_without_addresses_the_other_still_works(
    dialogue: Any, client_hello: Any
) -> None:
    by_address = EncryptedDnsRule("order/0", EncryptedDnsMeasure((KNOWN,)))
    assert dialogue(by_address, 853, server=KNOWN).open()[0] == Drop()
    talk = dialogue(by_address, 853)
    talk.open()
    assert talk.say(client_hello("dns.test")) == PASS
    by_name = EncryptedDnsRule("order/0", EncryptedDnsMeasure((), ("dns.test",)))
    talk = dialogue(by_name, 853, server=KNOWN)
    talk.open()
    assert talk.say(client_hello("dns.test")) == Drop()
