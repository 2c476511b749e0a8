"""The lab's curl: each stage of a visit, its exit codes, and every way that it can be told."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.measures import (
    AddressAction,
    AddressMeasure,
    DnsLie,
    DnsMeasure,
    HttpAction,
    HttpMeasure,
    SniAction,
    SniMeasure,
)

COCO = "198.18.20.10"


def test_a_page_goes_to_standard_output_and_nothing_else(terminal: Any) -> None:
    said = terminal("curl https://coco.xg/")
    assert "<title>Coco, chat without registration</title>" in said.out
    assert (said.status, said.err) == (0, "")


def test_verbose_tells_every_stage_in_order(terminal: Any) -> None:
    said = terminal("curl -4v https://coco.xg/ -o /dev/null")
    lines = [line for line in said.err.splitlines() if " date: " not in line]
    assert said.out == ""
    assert lines == [
        f"*   Trying {COCO}:443...",
        f"* Connected to coco.xg ({COCO}) port 443 (#0)",
        "* ALPN: offers http/1.1",
        "* TLSv1.3 (OUT), TLS handshake, Client hello (1):",
        "* TLSv1.3 (IN), TLS handshake, Server hello (2):",
        "* TLSv1.3 (IN), TLS handshake, Encrypted Extensions (8):",
        "* TLSv1.3 (IN), TLS handshake, Certificate (11):",
        "* TLSv1.3 (IN), TLS handshake, CERT verify (15):",
        "* TLSv1.3 (IN), TLS handshake, Finished (20):",
        "* TLSv1.3 (OUT), TLS change cipher, Change cipher spec (1):",
        "* TLSv1.3 (OUT), TLS handshake, Finished (20):",
        "* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384",
        "* ALPN: server did not agree on a protocol. Uses default.",
        "* Server certificate:",
        "*  subject: CN=coco.xg",
        '*  subjectAltName: host "coco.xg" matched cert\'s "coco.xg"',
        "*  issuer: O=Takedown Lab; CN=Takedown Lab Root",
        "*  SSL certificate verify ok.",
        "* using HTTP/1.x",
        "> GET / HTTP/1.1",
        "> Host: coco.xg",
        "> User-Agent: curl/7.88-lab",
        "> Accept: */*",
        "> ",
        "< HTTP/1.1 200 OK",
        "< Content-Type: text/html; charset=utf-8",
        "< Date: Mon, 24 Jun 2024 06:00:00 GMT",
        "< Server: takedown-lab",
        "< Content-Length: 564",
        "< ",
        "* Connection #0 to host coco.xg left intact",
    ]


def test_head_and_redirects(terminal: Any) -> None:
    first = terminal("curl -sI coco.xg").out
    assert first.startswith("HTTP/1.1 301 Moved Permanently\nLocation: https://coco.xg/\n")
    both = terminal("curl -sIL coco.xg").out
    assert both.count("HTTP/1.1 ") == 2
    noted = terminal("curl -svL http://coco.xg -o /dev/null").err
    assert "* Issue another request to this URL: 'https://coco.xg/'\n" in noted
    assert "(#1)" in noted
    stopped = terminal("curl -sSL --max-redirs 0 http://coco.xg")
    assert (stopped.status, stopped.err) == (47, "curl: (47) Maximum (0) redirects followed\n")


def test_a_lying_resolver_ends_with_6(terminal: Any) -> None:
    terminal.order(DnsMeasure("coco.xg", DnsLie.NXDOMAIN))
    said = terminal("curl https://coco.xg/")
    assert (said.status, said.err) == (6, "curl: (6) Could not resolve host: coco.xg\n")


def test_a_forged_address_ends_with_60(terminal: Any) -> None:
    terminal.order(DnsMeasure("coco.xg", DnsLie.FORGED))
    said = terminal("curl https://coco.xg/")
    assert said.status == 60
    assert said.err == (
        "curl: (60) SSL: no alternative certificate subject name matches target host name "
        "'coco.xg'\n"
    )
    assert "Stop" in terminal("curl -k https://coco.xg/").out
    assert terminal("curl -s https://coco.xg/").err == ""
    assert terminal("curl -sS https://coco.xg/").err != ""


def test_a_refused_a_silent_and_a_rejected_port(terminal: Any) -> None:
    refused = terminal(f"curl http://{COCO}:81/")
    assert refused.err == (
        f"curl: (7) Failed to connect to {COCO} port 81 after 50 ms: Couldn't connect to server\n"
    )
    terminal.order(AddressMeasure((COCO,)))
    silent = terminal("curl -4 -m 5 http://coco.xg/")
    assert silent.err == "curl: (28) Connection timed out after 5000 milliseconds\n"
    assert silent.seconds == 5.0
    limited = terminal("curl -4 --connect-timeout 2 http://coco.xg/")
    assert limited.status == 28
    assert "after 2000 ms: Timeout was reached" in limited.err
    patient = terminal(f"curl http://{COCO}/")
    assert patient.status == 28
    assert patient.seconds == 127.0


def test_a_rejected_address(terminal: Any) -> None:
    terminal.order(AddressMeasure((COCO,), AddressAction.REJECT))
    said = terminal(f"curl -v http://{COCO}/")
    assert said.status == 7
    assert "connect to 198.18.20.10 port 80 failed: No route to host" in said.err


def test_a_reset_after_the_client_hello_ends_with_35(terminal: Any) -> None:
    terminal.order(SniMeasure("clips.test"))
    said = terminal("curl -4v https://clips.test/")
    assert said.status == 35
    assert said.err.splitlines()[3:] == [
        "* TLSv1.3 (OUT), TLS handshake, Client hello (1):",
        "* Recv failure: Connection reset by peer",
        "* OpenSSL SSL_connect: Connection reset by peer in connection to clips.test:443",
        "* Closing connection 0",
        "curl: (35) Recv failure: Connection reset by peer",
    ]


def test_a_swallowed_client_hello_times_out(terminal: Any) -> None:
    terminal.order(SniMeasure("clips.test", SniAction.DROP))
    said = terminal("curl -m 3 https://clips.test/")
    assert (said.status, said.seconds) == (28, 3.0)
    assert said.err == "curl: (28) Connection timed out after 3000 milliseconds\n"


def test_cleartext_that_is_reset_or_answered_in_its_place(terminal: Any) -> None:
    terminal.order(HttpMeasure("palabre.test", action=HttpAction.RESET))
    said = terminal("curl http://palabre.test/")
    assert (said.status, said.err) == (
        56,
        "curl: (56) Recv failure: Connection reset by peer\n",
    )
    terminal.order(HttpMeasure("roses.test"))
    page = terminal("curl -i http://roses.test/")
    assert page.out.startswith("HTTP/1.1 451 Unavailable For Legal Reasons\n")
    failed = terminal("curl -f http://roses.test/")
    assert (failed.status, failed.out) == (22, "")
    assert failed.err == "curl: (22) The requested URL returned error: 451\n"


def test_addresses_and_hosts_can_be_put_by_hand(terminal: Any) -> None:
    terminal.order(DnsMeasure("coco.xg", DnsLie.NXDOMAIN))
    pinned = terminal(f"curl -v --resolve coco.xg:443:{COCO} https://coco.xg/ -o /dev/null")
    assert pinned.status == 0
    assert pinned.err.startswith(
        f"* Added coco.xg:443:{COCO} to DNS cache\n* Hostname coco.xg was found in DNS cache\n"
    )
    turned = terminal(f"curl -s --connect-to ::{COCO}:443 https://coco.xg/")
    assert "Coco, chat" in turned.out
    by_field = terminal(f"curl -s -H 'Host: roses.test' http://{COCO}/ -w '%{{http_code}}'")
    assert by_field.out.endswith("301")


def test_fields_can_be_changed_and_left_out(terminal: Any) -> None:
    said = terminal("curl -v -o /dev/null -A me -H 'Accept:' -H 'X-One: 1' http://coco.xg/").err
    sent = [line for line in said.splitlines() if line.startswith("> ")]
    assert sent == ["> GET / HTTP/1.1", "> Host: coco.xg", "> User-Agent: me", "> X-One: 1", "> "]


def test_write_out_tells_facts(terminal: Any) -> None:
    said = terminal(
        r"curl -4s -o /dev/null https://coco.xg/ -w '%{http_code} %{remote_ip} %{scheme}"
        r" %{time_namelookup} %{time_connect} %{time_appconnect} %{time_total}\n'"
    )
    assert said.out == f"200 {COCO} HTTPS 0.178000 0.228000 0.278000 0.328000\n"
    failed = terminal(r"curl -s http://nosuch.test/ -w '%{http_code}%%'")
    assert (failed.status, failed.out) == (6, "000%")
    assert terminal("curl -s coco.xg -w '%{nonsense}'").status == 2


def test_ipv6_goes_first_where_there_is_some(terminal: Any) -> None:
    code = "curl -sk https://coco.xg/ -o /dev/null -w '%{remote_ip}'"
    assert terminal(code).out == "2001:db8:20::10"
    assert terminal(code, "lyon").out == COCO
    terminal.order(AddressMeasure(("2001:db8:20::10",)))
    assert terminal(code).out == COCO  # the happy eyeballs of RFC 8305


@pytest.mark.parametrize(
    ("url", "status", "sentence"),
    [
        ("ftp://coco.xg/", 1, 'curl: (1) Protocol "ftp" not supported or disabled in libcurl'),
        ("http://", 3, "curl: (3) URL using bad/illegal format or missing URL"),
        ("http://[::1", 3, "curl: (3) URL using bad/illegal format or missing URL: http://[::1"),
        ("'http://a b/'", 3, "curl: (3) URL using bad/illegal format or missing URL"),
        ("http://a..b/", 6, "curl: (6) Could not resolve host: a..b"),
    ],
)
def test_urls_that_lead_nowhere(terminal: Any, url: str, status: int, sentence: str) -> None:
    said = terminal(f"curl {url}")
    assert (said.status, said.err) == (status, sentence + "\n")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("curl", "a URL is needed"),
        ("curl --http3 https://coco.xg/", "--http3 is not simulated in the lab"),
        ("curl --ech true https://coco.xg/", "--ech is not simulated in the lab"),
        ("curl -X POST https://coco.xg/", "-X POST is not simulated in the lab"),
        ("curl -sd x https://coco.xg/", "-d is not simulated in the lab"),
        ("curl --foo https://coco.xg/", "option --foo is unknown"),
        ("curl --resolve x https://coco.xg/", "--resolve takes host:port:address, not 'x'"),
        ("curl -x socks4://x:1 https://coco.xg/", "-x socks4:// is not simulated in the lab"),
        ("curl -m", "option -m requires a value"),
    ],
)
def test_what_is_not_taken_is_told(terminal: Any, line: str, sentence: str) -> None:
    said = terminal(line)
    assert said.status == 2
    assert said.err.splitlines()[0] == f"curl: {sentence}"


def test_no_file_is_written(terminal: Any) -> None:
    said = terminal("curl -o page.html https://coco.xg/")
    assert said.status == 2
    assert "writes no files" in said.err


# --- ways round ---------------------------------------------------------------------------

SITE = "t.co.test"
CODE = "-s -o /dev/null -w '%{http_code}'"


@pytest.mark.parametrize("via", ["doh", "dot-strict", "socks-proxy", "connect-proxy", "onion"])
def test_curl_goes_by_the_way_that_the_person_takes(crossing: Any, via: str) -> None:
    crossing.order(DnsMeasure(SITE, DnsLie.NXDOMAIN), _provider(crossing), _authority(crossing))
    assert crossing(f"curl {CODE} https://{SITE}/", "nantes").status == 6
    crossing.go_by(via, "nantes")
    said = crossing(f"curl {CODE} https://{SITE}/", "nantes")
    assert (said.status, said.out) == (0, "200")


def test_a_proxy_can_be_named(crossing: Any) -> None:
    socks, connect = _address(crossing, "socks-se"), _address(crossing, "connect-se")
    for option in (
        f"--socks5-hostname {socks}:1080",
        f"-x socks5h://{socks}",
        f"-x {connect}:8080",
    ):
        said = crossing(f"curl {CODE} {option} https://{SITE}/", "nantes")
        assert (said.status, said.out) == (0, "200"), option
    plain = crossing(f"curl -sv -o /dev/null -x {connect}:8080 http://{SITE}/", "nantes").err
    assert f"> GET http://{SITE}/ HTTP/1.1\n" in plain


def test_what_a_proxy_cannot_reach(crossing: Any) -> None:
    socks, connect = _address(crossing, "socks-se"), _address(crossing, "connect-se")
    by_socks = crossing(f"curl --socks5-hostname {socks} https://nosuch.test/", "nantes")
    assert by_socks.err == "curl: (97) cannot complete SOCKS5 connection to nosuch.test. (4)\n"
    by_connect = crossing(f"curl -x {connect}:8080 https://{SITE}:99/", "nantes")
    assert by_connect.err == "curl: (56) CONNECT tunnel failed: tcp connection_refused\n"
    no_proxy = crossing(f"curl -x {connect}:9 https://{SITE}/", "nantes")
    assert no_proxy.status == 7
    assert crossing(f"curl -x nosuch.test:1 https://{SITE}/", "nantes").status == 5


def test_names_can_be_asked_over_https(crossing: Any) -> None:
    doh = "--doh-url https://dns.open-one.test/dns-query"
    crossing.order(DnsMeasure(SITE, DnsLie.NXDOMAIN), _provider(crossing), _authority(crossing))
    said = crossing(f"curl {CODE} {doh} https://{SITE}/", "nantes")
    assert (said.status, said.out) == (0, "200")


def _address(terminal: Any, host: str) -> str:
    return str(terminal.lab.world.hosts[host].addresses[0])


def _provider(terminal: Any) -> str:
    world = terminal.lab.world
    return str(world.provider_of(world.vantages["nantes"].network))


def _authority(terminal: Any) -> str:
    world = terminal.lab.world
    country = world.country_of(world.vantages["nantes"].network)
    kinds = {key: each for key, each in world.authorities.items() if each.country == country}
    return next(key for key, each in kinds.items() if each.kind in ("court", "government"))
