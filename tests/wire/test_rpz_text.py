"""Response policy zones: owner names and records against what they mean, both ways."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.dns_names import labels_to_text
from simulator.wire.master_file import ZoneTextError
from simulator.wire.rpz import (
    USUAL_SOA,
    Action,
    BadRule,
    LocalRecord,
    ResponsePolicyZone,
    Rule,
    Trigger,
    TriggerKind,
    owner_of,
    trigger_of,
)
from simulator.wire.rpz_text import read, write

TRIGGERS = [
    ("clips.test", TriggerKind.QNAME, "clips.test"),
    ("*.clips.test", TriggerKind.QNAME, "*.clips.test"),
    ("*", TriggerKind.QNAME, "*"),
    ("32.7.2.0.192.rpz-ip", TriggerKind.IP, "192.0.2.7/32"),
    ("24.0.2.0.192.rpz-nsip", TriggerKind.NSIP, "192.0.2.0/24"),
    ("25.128.2.0.192.rpz-client-ip", TriggerKind.CLIENT_IP, "192.0.2.128/25"),
    ("128.7.zz.db8.2001.rpz-ip", TriggerKind.IP, "2001:db8::7/128"),
    ("48.zz.1.db8.2001.rpz-ip", TriggerKind.IP, "2001:db8:1::/48"),
    ("128.1.zz.rpz-ip", TriggerKind.IP, "::1/128"),
    ("128.zz.rpz-ip", TriggerKind.IP, "::/128"),
    ("128.1.0.0.1.zz.db8.2001.rpz-ip", TriggerKind.IP, "2001:db8::1:0:0:1/128"),
    ("128.8.7.6.5.4.3.db8.2001.rpz-ip", TriggerKind.IP, "2001:db8:3:4:5:6:7:8/128"),
    ("ns1.hoster.example.rpz-nsdname", TriggerKind.NSDNAME, "ns1.hoster.example"),
    ("*.hoster.example.rpz-nsdname", TriggerKind.NSDNAME, "*.hoster.example"),
]


@pytest.mark.parametrize(("owner", "kind", "what"), TRIGGERS)
def test_each_trigger_and_its_owner_name(owner: str, kind: TriggerKind, what: str) -> None:
    assert trigger_of(owner) == Trigger(kind, what)
    assert owner_of(Trigger(kind, what)) == owner


@pytest.mark.parametrize(
    ("record", "action"),
    [
        ("CNAME .", Action.NXDOMAIN),
        ("CNAME *.", Action.NODATA),
        ("CNAME rpz-passthru.", Action.PASSTHRU),
        ("CNAME clips.test.", Action.PASSTHRU),
        ("CNAME rpz-drop.", Action.DROP),
        ("CNAME rpz-tcp-only.", Action.TCP_ONLY),
        ("CNAME garden.test.", Action.LOCAL_DATA),
        ("CNAME *.garden.test.", Action.LOCAL_DATA),
        ("A 192.0.2.7", Action.LOCAL_DATA),
    ],
)
def test_each_action_and_its_record(record: str, action: Action) -> None:
    [rule] = read(f"clips.test {record}").rules
    assert (rule.trigger, rule.action) == (Trigger(TriggerKind.QNAME, "clips.test"), action)
    assert bool(rule.records) == (action is Action.LOCAL_DATA)


def test_a_wildcard_that_leads_to_its_own_name_is_a_walled_garden() -> None:
    """BIND takes only a plain name that leads to itself for the old PASSTHRU."""
    [rule] = read("*.clips.test CNAME *.clips.test.").rules
    assert rule.records == (LocalRecord("CNAME", 300, "*.clips.test"),)


def test_records_of_one_name_make_one_rule_with_one_ttl_a_type() -> None:
    zone = read('x 30 A 192.0.2.7\nx 99 A 192.0.2.8\nX 30 A 192.0.2.7\nx 7 TXT "why"')
    assert zone.rules == (
        Rule(
            Trigger(TriggerKind.QNAME, "x"),
            Action.LOCAL_DATA,
            (
                LocalRecord("A", 30, "192.0.2.7"),
                LocalRecord("A", 30, "192.0.2.8"),
                LocalRecord("TXT", 7, '"why"'),
            ),
        ),
    )


def test_soa_and_ns_may_be_left_out_but_are_always_written() -> None:
    assert read("") == ResponsePolicyZone("rpz", (), USUAL_SOA)
    assert write(read("clips.test CNAME .", "Block.List.")) == (
        "block.list. 300 IN SOA localhost. nobody.localhost. 1 3600 600 86400 60\n"
        "block.list. 300 IN NS localhost.\n"
        "clips.test.block.list. 300 IN CNAME .\n"
    )
    zone = read("@ SOA a.test. b.test. 7 1 1 1 1\n@ NS a.test.")
    assert zone.soa == "a.test b.test 7 1 1 1 1"


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("\nx CNAME rpz-passthru", 2, "write rpz-passthru. instead"),
        ("x CNAME rpz-nothing.", 1, "rpz-nothing. is no action: there are ., *., rpz-passthru."),
        ("x.rpz-nsname CNAME .", 1, "rpz-nsname is no kind of trigger: there are rpz-client-ip"),
        ("rpz-ip CNAME .", 1, "rpz-ip names nothing that could trigger"),
        ("33.7.2.0.192.rpz-ip CNAME .", 1, "write 32.7.2.0.192 for 192.0.2.7/32"),
        ("24.7.2.0.192.rpz-ip CNAME .", 1, "has host bits set"),
        ("0.0.0.0.0.rpz-ip CNAME .", 1, "a prefix has at least one bit"),
        ("96.0.0.ffff.zz.rpz-ip CNAME .", 1, "an IPv4 address is written as one"),
        ("128.7.0.zz.db8.2001.rpz-ip CNAME .", 1, "write 128.7.zz.db8.2001"),
        ("128.zz.1.zz.rpz-ip CNAME .", 1, "is no prefix"),
        ("clips.test. CNAME .", 1, "lies outside the zone rpz: leave out its final dot"),
        ("@ A 192.0.2.7", 1, "at the top of the zone triggers nothing"),
        ("x CNAME .\ny CNAME .\ny A 192.0.2.7", 2, "a CNAME record stands alone"),
        ("x NS a.test.", 1, "a NS record orders nothing"),
        ("@ SOA a. b. 1 1 1 1 1\n@ SOA a. b. 1 1 1 1 1", 2, "a zone has one SOA record"),
    ],
)
def test_what_bind_would_silently_ignore_is_refused_with_a_remedy(
    text: str, line: int, fault: str
) -> None:
    with pytest.raises(ZoneTextError) as caught:
        read(text)
    assert caught.value.line == line
    assert fault in str(caught.value)


@pytest.mark.parametrize("origin", [".", "", "a..b", "é"])
def test_a_policy_zone_needs_a_name(origin: str) -> None:
    with pytest.raises(ZoneTextError, match="a policy zone needs a name"):
        read("x CNAME .", origin)


# --- round trips --------------------------------------------------------------------

_LABELS = st.one_of(
    st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True).map(str.encode),
    st.binary(min_size=1, max_size=6),
)
_NAMES = st.lists(_LABELS, min_size=1, max_size=4).map(labels_to_text)
_QNAMES = st.one_of(_NAMES, _NAMES.map("*.{}".format), st.just("*")).filter(
    lambda name: not name.rpartition(".")[2].startswith("rpz-")
)


def _prefix(address: int, bits: int, width: int) -> str:
    kind = ipaddress.IPv4Network if width == 32 else ipaddress.IPv6Network
    return str(kind((address >> (width - bits) << (width - bits), bits)))


_PREFIXES = st.one_of(
    st.builds(_prefix, st.integers(0, 2**32 - 1), st.integers(1, 32), st.just(32)),
    st.builds(_prefix, st.integers(2**96, 2**128 - 1), st.integers(1, 128), st.just(128)),
    st.builds(_prefix, st.integers(0, 7).map(lambda i: 1 << 16 * i), st.just(128), st.just(128)),
)
_TRIGGERS = st.one_of(
    st.builds(Trigger, st.just(TriggerKind.QNAME), _QNAMES),
    st.builds(Trigger, st.just(TriggerKind.NSDNAME), _QNAMES),
    st.builds(
        Trigger,
        st.sampled_from([TriggerKind.IP, TriggerKind.NSIP, TriggerKind.CLIENT_IP]),
        _PREFIXES,
    ),
)
_DATA = [
    LocalRecord("A", 5, "192.0.2.7"),
    LocalRecord("A", 5, "192.0.2.8"),
    LocalRecord("AAAA", 0, "2001:db8::7"),
    LocalRecord("TXT", 60, '"a;b (c) @ \\"d\\"" "\\010"'),
    LocalRecord("MX", 60, "10 ."),
    LocalRecord("SRV", 60, "1 2 3 mail.test"),
    LocalRecord("TYPE65280", 60, "\\# 2 abcd"),
]
_ALIASES = ["garden.test", "*.garden.test", "*.test", "odd\\046label\\000.test"]
_RULES = st.one_of(
    st.builds(
        Rule, _TRIGGERS, st.sampled_from([*Action]).filter(lambda a: a.value != "local-data")
    ),
    st.builds(
        Rule,
        _TRIGGERS,
        st.just(Action.LOCAL_DATA),
        st.lists(st.sampled_from(_DATA), min_size=1, unique=True).map(tuple),
    ),
    st.builds(
        Rule,
        _TRIGGERS,
        st.just(Action.LOCAL_DATA),
        st.sampled_from(_ALIASES).map(lambda target: (LocalRecord("CNAME", 60, target),)),
    ),
)
_ZONES = st.builds(
    ResponsePolicyZone,
    st.sampled_from(["rpz", "block.list.test", "odd@"]),
    st.lists(_RULES, max_size=5, unique_by=lambda rule: rule.trigger).map(tuple),
    st.sampled_from([USUAL_SOA, ". root.test 4294967295 1 2 3 0"]),
)


@given(_ZONES)
def test_what_is_written_is_read_back(zone: ResponsePolicyZone) -> None:
    assert read(write(zone), zone.origin) == zone


_WORDS = st.one_of(
    st.sampled_from(
        [
            "x",
            "*.x",
            "32.7.2.0.192.rpz-ip",
            "9.zz.rpz-nsip",
            "n.rpz-nsdname",
            "@",
            "CNAME",
            "A",
            "NS",
        ]
    ),
    st.sampled_from(
        ["SOA", "TXT", ".", "*.", "rpz-drop.", "x.", "192.0.2.7", "\n", '"', "60", "$ORIGIN", "zz"]
    ),
)


@given(st.one_of(st.text(), st.lists(_WORDS, max_size=24).map(" ".join)))
def test_any_text_is_a_zone_or_an_error_with_a_line(text: str) -> None:
    try:
        zone = read(text)
    except ZoneTextError as error:
        line = error.line
    else:
        line = 1
        assert read(write(zone)) == zone
    assert 1 <= line <= text.count("\n") + 1


@given(st.text(alphabet="0123456789abcdefz.rpz-i", max_size=40))
def test_any_owner_name_is_a_trigger_or_a_bad_rule(owner: str) -> None:
    try:
        trigger = trigger_of(owner)
    except BadRule:
        return
    assert owner_of(trigger) == owner
