"""RDAP questions and answers: what RFC 9082 asks and RFC 9083 answers, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.roles.directory.logic import Reply, answer, too_many
from simulator.wire.rdap import DomainSeen, Event, read_bootstrap, read_domain


def asked(directory: Any, target: str) -> tuple[int, Any]:
    reply = answer(directory, target, 0)
    return reply.status, json.loads(reply.body)


def headers(reply: Reply) -> dict[str, str]:
    return dict(reply.headers)


# --- domains ------------------------------------------------------------------------------------


def test_a_domain_is_told_with_its_hold(directory: Any) -> None:
    reply = answer(directory, "/domain/coco.xg", 0)
    assert reply.status == 200
    assert headers(reply) == {
        "Content-Type": "application/rdap+json",
        "Access-Control-Allow-Origin": "*",
    }
    assert read_domain(reply.body) == DomainSeen(
        "coco.xg",
        ("server hold", "server transfer prohibited"),
        (
            Event("registration", "2024-06-22T05:00:00Z"),
            Event("last changed", "2024-06-25T05:00:00Z"),
            Event("expiration", "2025-06-22T05:00:00Z"),
            Event("last update of RDAP database", "2024-06-25T05:00:00Z"),
        ),
        ("ns1.coco.xg", "ns1.polder.test"),
        "Candie Names",
        signed=True,
        holder="Prism Example Ltd",
    )


def test_the_document_has_what_section_5_3_wants(directory: Any) -> None:
    _, found = asked(directory, "/domain/coco.xg")
    assert found["rdapConformance"] == ["rdap_level_0", "redacted"]
    assert (found["objectClassName"], found["handle"]) == ("domain", "D1-XG")
    assert found["port43"] == "whois.nic.xg"
    assert found["links"] == [
        {
            "value": "https://rdap.nic.xg/domain/coco.xg",
            "rel": "self",
            "href": "https://rdap.nic.xg/domain/coco.xg",
            "type": "application/rdap+json",
        }
    ]
    assert found["secureDNS"] == {
        "delegationSigned": True,
        "dsData": [{"keyTag": 12345, "algorithm": 13, "digestType": 2, "digest": "AB" * 32}],
    }
    assert found["nameservers"][0]["ipAddresses"] == {
        "v4": ["198.18.20.53"],
        "v6": ["2001:db8:20::53"],
    }
    assert "ipAddresses" not in found["nameservers"][1]
    registrar, registrant = found["entities"]
    assert registrar["roles"] == ["registrar"]
    assert registrar["publicIds"] == [{"type": "IANA Registrar ID", "identifier": "9001"}]
    assert registrar["entities"][0]["roles"] == ["abuse"]
    assert registrant["roles"] == ["registrant", "administrative"]


@pytest.mark.parametrize("written", ["COCO.xg", "coco.xg.", "c%6Fco.xg"])
def test_a_name_may_be_written_in_other_ways(directory: Any, written: str) -> None:
    assert asked(directory, f"/domain/{written}")[1]["ldhName"] == "coco.xg"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/domain/nobody.xg", 404),
        ("/domain/www.coco.xg", 404),  # not an object of the registry's
        ("/domain/coco.xf", 404),  # nobody is known who would know
        ("/domain/coco..xg", 400),
        ("/domain/caf%C3%A9.xg", 400),
        ("/domain/", 400),
        ("/domain/a/b", 400),
        ("/", 400),
        ("/domain/" + "a" * 3000, 400),
        ("/ip/192.0.2.1", 501),
        ("/autnum/64496", 501),
        ("/nameserver/ns9.coco.xg", 404),
        ("/nameserver/%20", 400),
        ("/entity/nobody", 404),
        ("/domains", 400),
        ("/domains?name=", 400),
        ("/domains?name=coco.xg&nsIp=198.18.20.53", 400),
        ("/domains?nsIp=nowhere", 400),
        ("/domains?name=c*.xg", 422),  # half of the register
        ("/domains?name=*.xg", 422),
        ("/domains?name=co*o.xg", 422),
        ("/domains?name=co*.*", 422),
    ],
)
def test_what_is_refused_is_refused_with_an_error_object(
    directory: Any, target: str, status: int
) -> None:
    got, found = asked(directory, target)
    assert (got, found["errorCode"]) == (status, status)
    assert found["title"]
    assert found["description"][0]


def test_a_name_of_another_registry_is_sent_there(directory: Any) -> None:
    reply = answer(directory, "/domain/clips.test", 0)
    assert reply.status == 301
    assert headers(reply)["Location"] == "https://rdap.nic.test/domain/clips.test"


def test_asking_too_often_is_answered_with_a_time(directory: Any) -> None:
    reply = too_many(7)
    assert (reply.status, headers(reply)["Retry-After"]) == (429, "7")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60), st.sampled_from(["/domain/", "/domains?name=", "/", "/entities?fn="]))
def test_any_target_gets_an_answer(directory: Any, text: str, before: str) -> None:
    reply = answer(directory, before + text, 0)
    assert reply.status in (200, 301, 400, 404, 422, 501)
    assert isinstance(json.loads(reply.body), dict)


# --- redaction -----------------------------------------------------------------------------------


def test_the_person_is_kept_back_and_said_to_be(directory: Any) -> None:
    _, found = asked(directory, "/domain/coco.xg")
    registrant = found["entities"][1]
    assert registrant["vcardArray"] == [
        "vcard",
        [
            ["version", {}, "text", "4.0"],
            ["fn", {}, "text", ""],
            ["org", {}, "text", "Prism Example Ltd"],
            ["adr", {"cc": "NL"}, "text", ["", "", "", "", "South", "", ""]],
        ],
    ]
    assert "Ada" not in json.dumps(found)
    assert [one["name"]["description"] for one in found["redacted"]] == [
        "Registrant Name",
        "Registrant Street",
        "Registrant City",
        "Registrant Postal Code",
        "Registrant Phone",
        "Registrant Email",
    ]
    assert found["redacted"][0] == {
        "name": {"description": "Registrant Name"},
        "postPath": "$.entities[?(@.handle=='C1-XG')].vcardArray[1][?(@[0]=='fn')][3]",
        "pathLang": "jsonpath",
        "method": "emptyValue",
        "reason": {"description": "Server policy"},
    }
    assert "prePath" in found["redacted"][-1]


def test_another_policy_shows_all(make_directory: Any) -> None:
    _, found = asked(make_directory(redacts=False), "/entity/C1-XG")
    card = found["vcardArray"][1]
    assert ["fn", {}, "text", "Ada Example"] in card
    assert ["tel", {"type": "voice"}, "uri", "tel:+999.1"] in card
    assert ["1 Invented Street", "Second floor"] in card[3][3]
    assert "redacted" not in found


def test_what_a_contact_wants_shown_is_shown(directory: Any, register: Any) -> None:
    register.entities["C1-XG"] = replace(register.entities["C1-XG"], disclosed=("name", "email"))
    _, found = asked(directory, "/entity/C1-XG")
    assert ["email", {}, "text", "ada@prism.example"] in found["vcardArray"][1]
    assert "Contact Name" not in [one["name"]["description"] for one in found["redacted"]]


def test_what_a_contact_wants_kept_back_is_under_any_policy(
    make_directory: Any, register: Any
) -> None:
    wish = replace(register.entities["C1-XG"], undisclosed=("organization", "voice"))
    register.entities["C1-XG"] = wish
    _, found = asked(make_directory(redacts=False), "/entity/C1-XG")
    kinds = [entry[0] for entry in found["vcardArray"][1]]
    assert kinds == ["version", "fn", "adr", "email"]
    names = [one["name"]["description"] for one in found["redacted"]]
    assert names == ["Contact Organization", "Contact Phone"]


# --- searches -------------------------------------------------------------------------------------


def names(found: Any, kind: str) -> list[str]:
    return [one.get("ldhName") or one["handle"] for one in found[f"{kind}SearchResults"]]


@pytest.mark.parametrize(
    ("target", "kind", "expected"),
    [
        ("/domains?name=coc*.xg", "domain", ["coco.xg"]),
        ("/domains?name=co*", "domain", ["coco.xg"]),
        ("/domains?name=COCO.XG", "domain", ["coco.xg"]),
        ("/domains?name=coc*.xf", "domain", []),
        ("/domains?nsLdhName=ns1.polder.test", "domain", ["coco.xg", "garden.xg"]),
        ("/domains?nsIp=2001:db8:20:0::53", "domain", ["coco.xg"]),
        ("/nameservers?name=ns*.coco.xg", "nameserver", ["ns1.coco.xg"]),
        ("/nameservers?ip=198.18.20.53", "nameserver", ["ns1.coco.xg"]),
        ("/entities?fn=candie*", "entity", ["candie-names"]),
        ("/entities?handle=C1*", "entity", ["C1-XG"]),
    ],
)
def test_a_search_finds(directory: Any, target: str, kind: str, expected: list[str]) -> None:
    status, found = asked(directory, target)
    assert (status, names(found, kind)) == (200, expected)


def test_a_search_does_not_find_what_is_kept_back(directory: Any, make_directory: Any) -> None:
    """Else one could guess at a name until it hits."""
    assert names(asked(directory, "/entities?fn=ada*")[1], "entity") == []
    shown = make_directory(redacts=False)
    assert names(asked(shown, "/entities?fn=ada*")[1], "entity") == ["C1-XG"]


def test_a_search_that_finds_more_than_is_shown_says_so(make_directory: Any) -> None:
    target = "/domains?nsLdhName=ns1.polder.test"
    _, found = asked(make_directory(results=1), target)
    assert names(found, "domain") == ["coco.xg"]
    notice = found["notices"][-1]
    assert notice["type"] == "result set truncated due to unexplainable reasons"
    _, found = asked(make_directory(results=2), target)
    assert len(found["notices"]) == 1


# --- help, bootstrap -----------------------------------------------------------------------------


def test_help_says_what_may_be_asked(directory: Any) -> None:
    status, found = asked(directory, "/help")
    assert status == 200
    assert found["notices"][1]["title"] == "RDAP directory of .xg"
    assert "2 characters" in found["notices"][1]["description"][-1]


def test_the_bootstrap_file_leads_to_the_directories(bootstrap: Any, directory: Any) -> None:
    reply = answer(bootstrap, "/rdap/dns.json", 0)
    assert headers(reply)["Content-Type"] == "application/json"
    assert read_bootstrap(reply.body) == bootstrap.services
    assert json.loads(reply.body)["publication"] == "2024-06-25T05:00:00Z"
    assert asked(directory, "/rdap/dns.json")[0] == 400
    assert answer(bootstrap, "/domain/coco.xg", 0).status == 301
    assert asked(bootstrap, "/domain/coco.xf")[0] == 404
    assert asked(bootstrap, "/help")[1]["notices"][1]["title"] == "RDAP bootstrap"
    assert asked(bootstrap, "/entity/candie-names")[0] == 501
