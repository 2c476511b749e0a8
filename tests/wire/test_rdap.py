"""RDAP's words and files, written and read."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.rdap import (
    DomainSeen,
    RdapError,
    Service,
    directory_for,
    domain_url,
    encode,
    host_name,
    rdap_status,
    read_bootstrap,
    read_domain,
    write_bootstrap,
)

SERVICES = (
    Service(("xg", "xf"), ("http://rdap.nic.xg/", "https://rdap.nic.xg/")),
    Service(("co.xg",), ("https://rdap.co.xg",)),
)


@pytest.mark.parametrize(
    ("epp", "rdap"),
    [
        ("ok", "active"),
        ("linked", "associated"),
        ("inactive", "inactive"),
        ("serverHold", "server hold"),
        ("clientTransferProhibited", "client transfer prohibited"),
        ("pendingDelete", "pending delete"),
        ("redemptionPeriod", "redemption period"),
        ("autoRenewPeriod", "auto renew period"),
    ],
)
def test_statuses_have_the_names_of_rfc_8056(epp: str, rdap: str) -> None:
    assert rdap_status(epp) == rdap


def test_a_bootstrap_file_is_read_as_it_was_written() -> None:
    file = write_bootstrap(SERVICES, "2024-06-25T05:00:00Z")
    assert file["version"] == "1.0"
    assert read_bootstrap(encode(file)) == SERVICES


def test_the_longest_match_counts_and_https_alone() -> None:
    assert directory_for("coco.xg", SERVICES) == "https://rdap.nic.xg/"
    assert directory_for("clips.co.xg", SERVICES) == "https://rdap.co.xg"
    assert directory_for("coco.test", SERVICES) is None
    assert directory_for("coco.xg", [Service(("xg",), ("http://rdap.nic.xg/",))]) is None
    assert domain_url("https://rdap.co.xg", "a.co.xg") == "https://rdap.co.xg/domain/a.co.xg"


def test_host_names_are_made_canonical_or_refused() -> None:
    assert host_name("COCO.xg.") == "coco.xg"
    assert [host_name(text) for text in ("", ".", "a b.xg", "é.xg", "a..xg")] == [None] * 5


def test_a_domain_without_most_members_is_a_domain() -> None:
    assert read_domain(b'{"objectClassName":"domain","ldhName":"COCO.XG."}') == DomainSeen(
        "coco.xg"
    )


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"objectClassName":"domain"}',
        b'{"objectClassName":"entity","ldhName":"coco.xg"}',
        b'{"objectClassName":"domain","ldhName":"coco.xg","status":"ok"}',
        b'{"objectClassName":"domain","ldhName":"coco.xg","events":{}}',
        b" " * (1 << 20) + b"{}",
    ],
)
def test_what_is_no_domain_is_refused(document: bytes) -> None:
    with pytest.raises(RdapError):
        read_domain(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
KEYS = (
    *("objectClassName", "ldhName", "status", "events", "nameservers", "entities", "secureDNS"),
    "services",
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_octets_are_a_document_or_an_rdap_error(data: bytes) -> None:
    for read in (read_domain, read_bootstrap):
        with contextlib.suppress(RdapError):
            read(data)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_members_are_a_document_or_an_rdap_error(members: dict[str, Any]) -> None:
    members.setdefault("objectClassName", "domain")
    members.setdefault("ldhName", "coco.xg")
    for read in (read_domain, read_bootstrap):
        with contextlib.suppress(RdapError):
            read(json.dumps(members).encode())


@given(JSON)
def test_any_jcard_is_read_or_left_out(card: Any) -> None:
    entity = {"roles": ["registrar"], "handle": "x", "vcardArray": ["vcard", card]}
    document = {"objectClassName": "domain", "ldhName": "coco.xg", "entities": [entity]}
    assert isinstance(read_domain(json.dumps(document).encode()).registrar, str)
