"""A visit as a measurement: the format to the letter, and the table's word on it."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.ooni.classify import classify
from simulator.ooni.command import Circumstances, Taken, write_measurements
from simulator.ooni.format import Measurement
from simulator.ooni.read import read_file
from simulator.ooni.record import Holder
from simulator.ooni.result import examine
from simulator.ooni.strict import shortcomings
from simulator.ooni.surroundings import holders, surroundings
from simulator.ooni.write import Surroundings, measurement
from simulator.values import (
    SECOND,
    ConnectSeen,
    ExchangeSeen,
    HandshakeSeen,
    Observation,
    QuerySeen,
)

SITE, HERE, FORGED = "clips.test", "192.0.2.10", "198.51.100.66"
START = datetime.datetime(2024, 5, 14, 18, tzinfo=datetime.timezone(datetime.timedelta(hours=11)))
HOSTING, PROVIDER = Holder(64500, "Clips Hosting"), Holder(64501, "Lagoon Access")
PLACE = Surroundings(PROVIDER, {HERE: HOSTING, FORGED: PROVIDER, "198.51.100.53": PROVIDER}.get)
HEADERS = (("x-clips", "1"), ("set-cookie", "a=1"), ("set-cookie", "b=2"))
PAGE = b"<title>Clips, little films</title>" + b"." * 200


def asked(
    address: str | None = HERE, at: int = 2 * SECOND, failure: str | None = None
) -> QuerySeen:
    """A question that took half a second."""
    answers = () if address is None else (("A", address, 300),)
    rcode = {"dns_nxdomain_error": "NXDOMAIN"}.get(failure or "", "NOERROR")
    end = at + SECOND // 2
    return QuerySeen(
        SITE, "A", "udp", "198.51.100.53", at, end, rcode, answers, None, failure, b"x"
    )


def visit(**fields: Any) -> Observation:
    """A visit that began two seconds after the start."""
    common = {"at": 2 * SECOND, "ended": 5 * SECOND, "vantage": "noumea", "country": "NC"}
    common |= {"via": None, "url": f"https://{SITE}/", "resolver": "198.51.100.53"}
    return Observation(**(common | fields))


def secure(**fields: Any) -> Observation:
    """A visit that reached the site over TLS."""
    at = 3 * SECOND
    url = f"https://{SITE}/"
    seen = {
        "queries": (asked(),),
        "addresses": (HERE,),
        "connects": (ConnectSeen(1, HERE, 443, at, at),),
        "handshakes": (HandshakeSeen(1, HERE, 443, SITE, at, at, "TLSv1.3", "AES", (b"\x30",)),),
        "exchanges": (
            ExchangeSeen(1, url, HERE, 443, at, at, (("host", SITE),), 200, HEADERS, PAGE),
        ),
        "status": 200,
        "page": "site",
        "title": "Clips, little films",
        "final_url": url,
    }
    return visit(**(seen | fields))


def written(observation: Observation, control: Observation | None = None) -> dict[str, Any]:
    """Return the measurement of a visit, which must be to the letter."""
    document = measurement(observation, control, start=START, surroundings=PLACE)
    assert shortcomings(document) == ()
    return json.loads(json.dumps(document))


def test_the_top_level_is_as_df_000_has_it() -> None:
    document = written(secure(), secure())
    keys = document.pop("test_keys")
    assert document == {
        "annotations": {"lab": "takedown-lab", "virtual": "true", "vantage": "noumea"},
        "data_format_version": "0.2.0",
        "extensions": {
            "dnst": 0,
            "httpt": 0,
            "netevents": 0,
            "tcpconnect": 0,
            "tlshandshake": 0,
        },
        "input": "https://clips.test/",
        "measurement_start_time": "2024-05-14 07:00:02",
        "probe_asn": "AS64501",
        "probe_cc": "NC",
        "probe_ip": "127.0.0.1",
        "probe_network_name": "Lagoon Access",
        "report_id": document["report_id"],
        "resolver_asn": "AS64501",
        "resolver_ip": "198.51.100.53",
        "resolver_network_name": "Lagoon Access",
        "software_name": "takedown-lab",
        "software_version": "0",
        "test_helpers": {"backend": {"address": "https://test-helper.example/", "type": "https"}},
        "test_name": "web_connectivity",
        "test_runtime": 3.0,
        "test_start_time": "2024-05-14 07:00:00",
        "test_version": "0.5.28",
    }
    assert (keys["blocking"], keys["accessible"]) == (False, True)
    assert keys["dns_consistency"] == "consistent"


def test_the_report_id_is_the_runs_and_the_probes() -> None:
    def report(seed: int = 0, **fields: Any) -> str:
        seen = secure(**fields)
        document = measurement(seen, None, start=START, surroundings=PLACE, seed=seed)
        return str(document["report_id"])

    first = report()
    assert first.startswith("20240514T070000Z_webconnectivity_NC_64501_n1_")
    assert report(at=3 * SECOND) == first
    assert report(seed=1) != first
    assert report(vantage="paris") != first


def test_a_lookup_is_one_getaddrinfo_and_each_question() -> None:
    queries = written(secure())["test_keys"]["queries"]
    answer = {"answer_type": "A", "ipv4": HERE, "asn": 64500, "as_org_name": "Clips Hosting"}
    assert queries == [
        {
            "engine": "getaddrinfo",
            "failure": None,
            "hostname": SITE,
            "query_type": "ANY",
            "resolver_address": "",
            "answers": [answer | {"ttl": None}],
            "t0": 0.0,
            "t": 0.5,
            "tags": ["classic", "depth=0"],
            "transaction_id": 1,
        },
        {
            "engine": "udp",
            "failure": None,
            "hostname": SITE,
            "query_type": "A",
            "resolver_address": "198.51.100.53:53",
            "answers": [answer | {"ttl": 300}],
            "t0": 0.0,
            "t": 0.5,
            "tags": ["depth=0"],
            "transaction_id": 10001,
            "rcode": 0,
            "raw_response": "eA==",
        },
    ]


@pytest.mark.parametrize(
    ("engine", "server", "where"),
    [
        ("tcp", "2001:db8::53", "[2001:db8::53]:53"),
        ("dot", "192.0.2.53", "192.0.2.53:853"),
        ("doh", "192.0.2.53", "https://192.0.2.53/dns-query"),
        ("doh", "2001:db8::53", "https://[2001:db8::53]/dns-query"),
    ],
)
def test_each_engine_has_its_own_way_to_name_a_resolver(
    engine: str, server: str, where: str
) -> None:
    query = asked()._replace(engine=engine, server=server)
    queries = written(secure(queries=(query,)))["test_keys"]["queries"]
    assert queries[1]["resolver_address"] == where


def test_a_hosts_file_is_the_systems_own_answer() -> None:
    query = asked()._replace(engine="hosts", server=None, raw=b"")
    queries = written(secure(queries=(query,)))["test_keys"]["queries"]
    assert [one["engine"] for one in queries] == ["getaddrinfo"]


def test_one_connection_shares_its_transaction() -> None:
    keys = written(secure())["test_keys"]
    shared = {"tags": ["classic", "depth=0", "fetch_body=true"], "transaction_id": 40001}
    for name in ("tcp_connect", "tls_handshakes", "requests"):
        (entry,) = keys[name]
        assert entry.items() >= shared.items(), name
    assert [event["operation"] for event in keys["network_events"]] == [
        "connect",
        "tls_handshake_start",
        "tls_handshake_done",
        "http_transaction_start",
        "http_transaction_done",
    ]


def test_of_several_fields_with_one_name_the_map_has_the_first() -> None:
    (entry,) = written(secure())["test_keys"]["requests"]
    assert entry["response"]["headers"] == {"x-clips": "1", "set-cookie": "a=1"}
    assert len(entry["response"]["headers_list"]) == 3


def test_a_body_that_is_no_text_is_written_in_base64() -> None:
    seen = secure()
    exchange = seen.exchanges[0]._replace(body=b"\xff")
    (entry,) = written(replace(seen, exchanges=(exchange,)))["test_keys"]["requests"]
    assert entry["response"]["body"] == {"format": "base64", "data": "/w=="}


# --- what the table says of it --------------------------------------------------------------


def judged(observation: Observation, control: Observation | None) -> tuple[Any, ...]:
    found = classify(Measurement.model_validate(written(observation, control)))
    return found.row, found.blocking, found.accessible, found.dns_consistency


def test_a_refused_lookup_is_dns() -> None:
    failed = visit(
        stage="dns",
        failure="dns_nxdomain_error",
        queries=(asked(None, failure="dns_nxdomain_error"),),
        final_url=f"https://{SITE}/",
    )
    assert judged(failed, secure()) == (11, "dns", False, "inconsistent")
    # The test helper calls it by another name, and that is agreement.
    assert judged(failed, failed) == (10, False, False, "consistent")
    assert judged(failed, None) == (9, False, True, None)
    empty = replace(failed, failure="dns_no_answer")
    assert judged(empty, empty) == (10, False, False, "consistent")


def test_a_silent_address_is_tcp_ip() -> None:
    silent = secure(
        connects=(ConnectSeen(1, HERE, 443, 3, 4, "generic_timeout_error"),),
        handshakes=(),
        exchanges=(),
        stage="tcp",
        failure="generic_timeout_error",
    )
    assert judged(silent, secure()) == (8, "tcp_ip", False, "consistent")
    assert judged(silent, silent) == (8, False, False, "consistent")


def test_a_cut_handshake_is_http_failure() -> None:
    cut = secure(
        handshakes=(HandshakeSeen(1, HERE, 443, SITE, 3, 4, failure="connection_reset"),),
        exchanges=(),
        stage="tls",
        failure="connection_reset",
    )
    assert judged(cut, secure()) == (6, "http-failure", False, "consistent")


def test_a_forged_address_is_dns_although_the_test_helper_never_tried_it() -> None:
    lied = secure(
        queries=(asked(FORGED),),
        addresses=(FORGED,),
        connects=(ConnectSeen(1, FORGED, 443, 3, 4),),
        handshakes=(HandshakeSeen(1, FORGED, 443, SITE, 3, 4, failure="ssl_invalid_hostname"),),
        exchanges=(),
        stage="tls",
        failure="ssl_invalid_hostname",
    )
    assert judged(lied, secure()) == (7, "dns", False, "inconsistent")


def test_https_tried_before_a_page_over_http_is_a_check_of_the_address() -> None:
    url = f"http://{SITE}/"
    fell_back = secure(
        url=url,
        final_url=url,
        connects=(
            ConnectSeen(1, HERE, 443, 3 * SECOND, 3 * SECOND),
            ConnectSeen(2, HERE, 80, 4 * SECOND, 4 * SECOND),
        ),
        handshakes=(HandshakeSeen(1, HERE, 443, SITE, 3, 4, failure="connection_reset"),),
        exchanges=(ExchangeSeen(2, url, HERE, 80, 4 * SECOND, 4 * SECOND, (), 200, HEADERS, PAGE),),
    )
    document = written(fell_back, fell_back)
    assert document["input"] == url
    tags = [entry["tags"][-1] for entry in document["test_keys"]["tcp_connect"]]
    assert tags == ["fetch_body=false", "fetch_body=true"]
    assert judged(fell_back, fell_back)[0] == 3


def test_https_that_never_connected_is_a_check_too() -> None:
    url, silence = f"http://{SITE}/", "generic_timeout_error"
    silent = secure(
        url=url,
        final_url=url,
        connects=(
            ConnectSeen(1, HERE, 443, 3, 4, silence),
            ConnectSeen(2, HERE, 80, 4, 5, silence),
        ),
        handshakes=(),
        exchanges=(),
        stage="tcp",
        failure=silence,
    )
    document = written(silent, None)
    assert document["input"] == url
    tags = [entry["tags"][-1] for entry in document["test_keys"]["tcp_connect"]]
    assert tags == ["fetch_body=false", "fetch_body=true"]


def test_redirects_count_the_depth_and_the_newest_request_is_first() -> None:
    first, second = f"http://{SITE}/", f"https://{SITE}/"
    moved = secure(
        connects=(
            ConnectSeen(1, HERE, 80, 3 * SECOND, 3 * SECOND),
            ConnectSeen(2, HERE, 443, 4 * SECOND, 4 * SECOND),
        ),
        handshakes=(HandshakeSeen(2, HERE, 443, SITE, 4 * SECOND, 4 * SECOND),),
        exchanges=(
            ExchangeSeen(1, first, HERE, 80, 3 * SECOND, 4 * SECOND, (), 301),
            ExchangeSeen(2, second, HERE, 443, 4 * SECOND, 5 * SECOND, (), 200, HEADERS, PAGE),
        ),
    )
    document = written(moved, moved)
    assert document["input"] == first
    requests = document["test_keys"]["requests"]
    assert [entry["request"]["url"] for entry in requests] == [second, first]
    assert [entry["tags"][1] for entry in requests] == ["depth=1", "depth=0"]
    # The test helper speaks of the first request only.
    assert list(document["test_keys"]["control"]["tcp_connect"]) == ["192.0.2.10:80"]


def test_a_control_that_failed_says_so_as_the_test_helper_does() -> None:
    down = secure(exchanges=(), status=None, stage="http", failure="connection_reset")
    control = written(secure(), down)["test_keys"]["control"]
    assert control["http_request"] == {
        "failure": "connection_reset",
        "status_code": -1,
        "body_length": -1,
        "title": "",
        "headers": {},
    }
    assert control["ip_info"] == {HERE: {"asn": 64500, "flags": 11}}


def test_no_control_is_a_control_failure() -> None:
    keys = written(secure())["test_keys"]
    assert keys["control"] is None
    assert keys["control_failure"] == "unknown_failure: no test helper"


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda one: one.pop("probe_cc"), "measurement.probe_cc: absent"),
        (lambda one: one.update(extra=1), "measurement.extra: unknown"),
        (
            lambda one: one["test_keys"]["tcp_connect"][0].pop("ip"),
            "measurement.test_keys.tcp_connect[0].ip: absent",
        ),
        (
            lambda one: one["test_keys"].update(queries=3),
            "test_keys.queries: Input should be a valid tuple",
        ),
    ],
)
def test_what_is_not_to_the_letter_is_found(spoil: Any, fault: str) -> None:
    document = written(secure(), secure())
    spoil(document)
    assert shortcomings(document) == (fault,)


# --- in the lab -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lesson() -> Any:
    """The headline lesson, run, with its first visit as the control of all."""
    from simulator.scenario.loader import find_scenario, load_scenario
    from simulator.scenario.runner import ScenarioRun

    run = ScenarioRun(load_scenario(find_scenario("block_vs_seizure")))
    list(run.steps())
    yield run
    run.close()


def test_every_visit_of_a_lesson_is_written_to_the_letter(lesson: Any, tmp_path: Path) -> None:
    taken = [Taken(step.id, seen) for step in lesson.done for seen in step.observations]
    control = taken[0].observation
    taken = [one._replace(control=control) for one in taken]
    common = Circumstances("block_vs_seizure", lesson.world, lesson.date(0), version="0.1.0")
    paths = write_measurements(tmp_path / "ooni", taken, common)
    visits = [one for one in taken if not one.observation.url.startswith("dns:")]
    assert len(paths) == len(visits) == len(set(paths))
    assert paths[0].name == "block_vs_seizure-before-paris.json"
    for path, one in zip(paths, visits, strict=True):
        assert shortcomings(json.loads(path.read_text(encoding="utf-8"))) == (), path
        (found,) = read_file(path)
        assert isinstance(found, Measurement)
        result = examine(found)
        assert result.agrees
        assert result.virtual
        if one.observation.page == "site":
            assert result.classification.accessible is True, path
            assert result.diagnosis.cause == "accessible", path


def test_what_is_written_is_the_same_each_time(lesson: Any, tmp_path: Path) -> None:
    taken = [Taken("s", lesson.done[0].observations[0])] * 2
    common = Circumstances("A b/c", lesson.world, lesson.date(0))
    first, second = write_measurements(tmp_path, taken, common)
    assert (first.name, second.name) == ("a_b_c-s-paris.json", "a_b_c-s-paris-2.json")
    assert first.read_bytes() == second.read_bytes()


def test_a_world_tells_who_holds_an_address(lesson: Any) -> None:
    world = lesson.world
    place = surroundings(world, "paris", holders(world))
    network = world.networks[world.vantages["paris"].network]
    assert place.home.asn == network.asn
    first = str(network.prefixes[0]).split("/")[0]
    assert holders(world)(first) == place.home
    assert holders(world)("127.0.0.1") is None
    assert holders(world)("no address") is None
