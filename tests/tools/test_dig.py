"""The lab's dig: what it asks, and what it says of every kind of answer and of none."""

from __future__ import annotations

from typing import Any

from simulator.measures import AddressMeasure, DnsLie, DnsMeasure
from simulator.values import Lever


def test_an_answer_in_full(terminal: Any) -> None:
    said = terminal("dig coco.xg")
    head, _, rest = said.out.partition("id: ")
    assert head == (
        "\n; <<>> DiG 9.18-lab <<>> coco.xg\n;; global options: +cmd\n;; Got answer:\n"
        ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, "
    )
    assert rest.partition("\n")[2] == (
        ";; flags: qr rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n"
        "\n"
        ";; OPT PSEUDOSECTION:\n"
        "; EDNS: version: 0, flags:; udp: 1232\n"
        ";; QUESTION SECTION:\n"
        ";coco.xg.\t\t\tIN\tA\n"
        "\n"
        ";; ANSWER SECTION:\n"
        "coco.xg.\t\t3600\tIN\tA\t198.18.20.10\n"
        "\n"
        ";; Query time: 178 msec\n"
        ";; SERVER: 198.18.1.53#53(198.18.1.53) (UDP)\n"
        ";; WHEN: Mon Jun 24 08:00:00 +02 2024\n"
        ";; MSG SIZE  rcvd: 52\n"
        "\n"
    )
    assert (said.status, said.err) == (0, "")


def test_a_lie_with_its_extended_error(terminal: Any) -> None:
    lie = DnsMeasure("coco.xg", DnsLie.NXDOMAIN, extended_error=16, extra_text="court order")
    terminal.order(lie)
    said = terminal("dig coco.xg")
    assert "status: NXDOMAIN" in said.out
    assert "; EDE: 16 (Censored): (court order)\n" in said.out
    assert terminal("dig @198.51.100.1 coco.xg +short").out == "198.18.20.10\n"


def test_short_prints_the_data_alone(terminal: Any) -> None:
    assert terminal("dig clips.test aaaa +short").out == "2001:db8:21::10\n"
    assert terminal("dig nosuch.test +short").out == ""
    identified = terminal("dig @198.51.100.1 clips.test +short +identify").out
    assert identified == "198.18.21.10 from server 198.51.100.1 in 66 ms.\n"


def test_a_server_by_name_is_looked_up_first(terminal: Any) -> None:
    said = terminal("dig @ns1.polder.test clips.test +norecurse")
    assert ";; flags: qr aa; QUERY" in said.out
    assert ";; SERVER: 198.18.21.53#53(ns1.polder.test) (UDP)\n" in said.out
    assert "; (1 server found)\n" in said.out


def test_sections_can_be_chosen(terminal: Any) -> None:
    answer = "clips.test.\t\t300\tIN\tA\t198.18.21.10\n"
    assert terminal("dig clips.test +noall +answer").out == answer
    stated = terminal("dig clips.test +noall +question").out
    assert stated == ";clips.test.\t\t\tIN\tA\n"


def test_a_trace_follows_the_referrals_from_the_root(terminal: Any) -> None:
    lines = terminal("dig +trace +nodnssec coco.xg").out.splitlines()
    assert lines[3:] == [
        ".\t\t\t86400\tIN\tNS\ta.root.test.",
        ";; Received 52 bytes from 198.18.1.53#53(198.18.1.53) in 30 ms",
        "",
        "xg.\t\t\t86400\tIN\tNS\tns1.nic.xg.",
        lines[7],
        "",
        "coco.xg.\t\t10800\tIN\tNS\tns1.rila.test.",
        lines[10],
        "",
        "coco.xg.\t\t3600\tIN\tA\t198.18.20.10",
        ";; Received 52 bytes from 198.18.20.53#53(ns1.rila.test) in 50 ms",
        "",
    ]
    assert lines[7].startswith(";; Received 102 bytes from 198.18.30.1#53(a.root.test) in ")


def test_a_trace_shows_who_vouches_for_whom(terminal: Any) -> None:
    """As dig does, +trace asks for signatures: DS and its absence are told at each cut."""
    told = terminal("dig +trace coco-twin.xg").out
    assert "xg.\t\t\t86400\tIN\tDS\t5654 13 2 5E65F84FD466938E15B9524E5DADE47BB2A8E06C" in told
    assert "coco-twin.xg.\t\t3600\tIN\tDS\t16417 13 2 " in told
    assert "coco-twin.xg.\t\t3600\tIN\tRRSIG\tA 13 2 3600 20240711000000 20240619230000 " in told
    unsigned = terminal("dig +trace coco.xg").out
    assert "coco.xg.\t\t900\tIN\tNSEC\tcoco-twin.xg. NS RRSIG NSEC" in unsigned


def test_a_validating_resolver_is_asked_in_many_ways(terminal: Any) -> None:
    """AD for what stands up to the check; DO brings the signatures along."""
    asked = "dig @203.0.113.2 coco-twin.xg"
    assert ";; flags: qr rd ra ad; QUERY: 1, ANSWER: 1," in terminal(asked).out
    signed = terminal(f"{asked} +dnssec").out
    assert ";; flags: qr rd ra ad; QUERY: 1, ANSWER: 2," in signed
    assert "; EDNS: version: 0, flags: do; udp: 1232\n" in signed
    assert ";; flags: qr rd ra; QUERY" in terminal(f"{asked} +noadflag").out
    assert ";; flags: qr rd ra cd; QUERY" in terminal(f"{asked} +cd").out.replace(" ad cd", " cd")


def test_what_is_bogus_is_told_with_its_reason(terminal: Any) -> None:
    terminal.impose("xg-registry", Lever.REDELEGATION, "coco-twin.xg", keep_ds=True)
    asked = "dig @203.0.113.2 coco-twin.xg"
    said = terminal(asked).out
    assert "status: SERVFAIL" in said
    assert "; EDE: 9 (DNSKEY Missing): (no DNSKEY of coco-twin.xg matches its DS record)\n" in said
    assert terminal(f"{asked} +cd +short").out == "192.0.2.10\n"


def test_a_trace_is_not_lied_to_by_the_providers_resolver(terminal: Any) -> None:
    terminal.order(DnsMeasure("coco.xg", DnsLie.NXDOMAIN))
    assert "198.18.20.10" in terminal("dig +trace coco.xg").out


def test_silence_is_told_try_by_try(terminal: Any) -> None:
    terminal.order(AddressMeasure(("198.51.100.1",)))
    said = terminal("dig @198.51.100.1 coco.xg +time=2 +tries=2")
    assert said.status == 9
    assert said.seconds == 4.0
    assert said.out == (
        ";; communications error to 198.51.100.1#53: timed out\n"
        ";; communications error to 198.51.100.1#53: timed out\n"
        "\n; <<>> DiG 9.18-lab <<>> @198.51.100.1 coco.xg +time=2 +tries=2\n"
        "; (1 server found)\n;; global options: +cmd\n;; no servers could be reached\n"
    )


def test_nobody_there_is_told_by_what_the_network_says(terminal: Any) -> None:
    nobody = terminal("dig @198.18.1.99 x.test +tries=1").out
    assert nobody.startswith(";; communications error to 198.18.1.99#53: host unreachable\n")
    no_service = terminal("dig @198.18.20.10 x.test +tries=1").out
    assert no_service.startswith(";; communications error to 198.18.20.10#53: connection refused\n")
    by_tcp = terminal("dig @198.18.20.10 x.test +tcp +tries=1").out
    assert by_tcp == (
        ";; Connection to 198.18.20.10#53(198.18.20.10) for x.test failed: connection refused.\n"
        ";; no servers could be reached\n"
    )


def test_a_server_without_an_address(terminal: Any) -> None:
    said = terminal("dig @nosuch.test coco.xg")
    assert (said.status, said.err) == (
        1,
        "dig: couldn't get address for 'nosuch.test': not found\n",
    )
    assert terminal("dig @198.51.100.1 -6 coco.xg").status == 1


def test_tcp_is_another_carrier_of_the_same_answer(terminal: Any) -> None:
    said = terminal("dig coco.xg +tcp +noall +answer +stats +nocmd").out
    assert "coco.xg.\t\t3600\tIN\tA\t198.18.20.10\n" in said
    assert ";; SERVER: 198.18.1.53#53(198.18.1.53) (TCP)\n" in said


def test_a_resolver_is_asked_over_tls_and_https(crossing: Any) -> None:
    for option, port, carrier in (("+tls", 853, "TLS"), ("+https", 443, "HTTPS")):
        said = crossing(f"dig @dns.open-one.test {option} bakery.test", "nantes")
        assert said.status == 0
        assert f";; SERVER: 198.51.100.1#{port}(dns.open-one.test) ({carrier})\n" in said.out
        assert "bakery.test.\t\t600\tIN\tA\t" in said.out or "\tIN\tA\t" in said.out
    elsewhere = crossing("dig @dns.open-one.test +https=/nothing bakery.test +tries=1", "nantes")
    assert elsewhere.status == 9
    assert "failed: HTTP status 404." in elsewhere.out


def test_a_reverse_question(terminal: Any) -> None:
    said = terminal("dig -x 198.18.20.10 +noall +question +nocmd").out
    assert said == ";10.20.18.198.in-addr.arpa.\tIN\tPTR\n"


def test_dig_reads_no_hosts_file(terminal: Any) -> None:
    terminal.order(DnsMeasure("coco.xg", DnsLie.NXDOMAIN))
    terminal.go_by("hosts-file")
    assert terminal("dig coco.xg +short").out == ""


def test_dig_goes_by_the_tunnel_and_asks_its_resolver(terminal: Any) -> None:
    terminal.order(DnsMeasure("coco.xg", DnsLie.NXDOMAIN))
    terminal.go_by("heron-nl")
    said = terminal("dig coco.xg").out
    assert "203.0.113.2#53(203.0.113.2) (UDP)" in said
    assert "198.18.20.10" in said


def test_two_questions_have_two_ids(terminal: Any) -> None:
    ids = [terminal("dig coco.xg").out.partition("id: ")[2].partition("\n")[0] for _ in range(2)]
    assert ids[0] != ids[1]
