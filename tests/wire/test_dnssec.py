"""DNSSEC on the wire: the RFCs' own examples, another library's judgement, and garbage."""

import base64
from random import Random

import dns.dnssec
import dns.name
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire import dnssec
from simulator.wire.dns import DnsFormatError, decode, encode
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record, make_query, reply_to
from simulator.wire.dnssec_data import write_dnskey, write_nsec, write_rrsig
from simulator.wire.dnssec_order import closest_encloser, lies_between, sort_key

# RFC 6605 section 6.1.
RFC_KEY = (
    "257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb"
    "krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA=="
)
RFC_DS = "55648 13 2 b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17"
RFC_RECORD = Record("www.example.net", "A", 3600, "192.0.2.1")
RFC_SIGNATURE = (
    "A 13 3 3600 20100909100439 20100812100439 55648 example.net "
    "qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw=="
)

KEY = dnssec.make_key(Random(1))
DATES = (1_719_000_000, 1_721_000_000)
ADDRESSES = (
    Record("clips.test", "A", 300, "192.0.2.10"),
    Record("clips.test", "A", 300, "192.0.2.9"),
)


def test_the_example_of_rfc_6605_is_verified() -> None:
    assert dnssec.key_tag(write_dnskey(RFC_KEY)) == 55648
    assert dnssec.matches_ds(RFC_DS, RFC_KEY, "example.net")
    assert not dnssec.matches_ds(RFC_DS, RFC_KEY, "example.test")
    signature = write_rrsig(RFC_SIGNATURE)
    assert dnssec.verify((RFC_RECORD,), signature, RFC_KEY)
    assert not dnssec.verify((RFC_RECORD._replace(data="192.0.2.2"),), signature, RFC_KEY)
    assert not dnssec.verify((RFC_RECORD,), signature, KEY.data)


def test_the_order_of_rfc_4034_section_6_1() -> None:
    names = ["example", "a.example", "yljkjljk.a.example", "z.a.example", "zabc.a.example"]
    names += ["z.example", "\\001.z.example", "*.z.example", "\\200.z.example"]
    assert sorted(set(names), key=sort_key) == names


def test_gaps_between_names() -> None:
    """The end of the chain leads back to the top of the zone, and holds no other zone's names."""
    assert lies_between("b.test", "a.test", "c.test")
    assert lies_between("x.a.test", "a.test", "c.test")
    assert not lies_between("a.test", "a.test", "c.test")
    assert not lies_between("c.test", "a.test", "c.test")
    assert lies_between("z.test", "c.test", "test")
    assert lies_between("z.test", "test", "test"), "a zone of one name"
    assert not lies_between("z.tesu", "c.test", "test")
    assert not lies_between("b.test", "c.test", "test")
    assert closest_encloser("x.y.a.test", "a.test", "c.test") == "a.test"
    assert closest_encloser("b.test", "a.test", "test") == "test"
    assert closest_encloser("x.b.test", "a.test", "y.b.test") == "b.test"


def test_the_same_random_makes_the_same_key_and_the_same_signature() -> None:
    again = dnssec.make_key(Random(1))
    assert again == KEY
    assert repr(KEY) == f"ZoneKey(data={KEY.data!r}, tag={KEY.tag})", (
        "the private half is not shown"
    )
    first, second = (dnssec.sign(ADDRESSES, key, "clips.test", *DATES) for key in (KEY, again))
    assert first == second
    assert dnssec.make_key(Random(2)).tag != KEY.tag


def other_library_validates(records: tuple[Record, ...], signature: Record) -> None:
    """Have dnspython judge a signature; it raises if it does not hold."""
    owner = f"{records[0].name}."
    data = [record.data for record in records]
    signed = dns.rrset.from_text(owner, 300, "IN", records[0].type, *data)
    zone, rest = "clips.test.", signature.data.split()
    rest[7] = zone
    signatures = dns.rrset.from_text(owner, 300, "IN", "RRSIG", " ".join(rest))
    keys = {dns.name.from_text(zone): dns.rrset.from_text(zone, 300, "IN", "DNSKEY", KEY.data)}
    dns.dnssec.validate(signed, signatures, keys, now=1_720_000_000)


SIGNED = [
    ADDRESSES,
    (Record("clips.test", "AAAA", 300, "2001:db8::80"),),
    (Record("clips.test", "NS", 300, "ns1.hoster.example."),),
    (Record("clips.test", "SOA", 300, "ns1.clips.test. host.clips.test. 1 2 3 4 5"),),
    (Record("clips.test", "MX", 300, "10 mail.clips.test."),),
    (Record("clips.test", "TXT", 300, '"b"'), Record("clips.test", "TXT", 300, '"a" "c"')),
    (Record("_x._tcp.clips.test", "SRV", 300, "1 2 443 www.clips.test."),),
    (Record("clips.test", "DNSKEY", 300, KEY.data),),
    (Record("a.clips.test", "NSEC", 300, "b.clips.test. A TXT RRSIG NSEC TYPE4660"),),
    (Record("*.clips.test", "A", 300, "192.0.2.1"),),
    (Record("a.clips.test", "TYPE65280", 300, "\\# 3 010203"),),
]


@pytest.mark.parametrize("records", SIGNED, ids=lambda records: records[0].type)
def test_another_library_accepts_our_signatures(records: tuple[Record, ...]) -> None:
    """Canonical form (RFC 4034 section 6) is where signers go wrong: names, order, lengths."""
    signature = dnssec.sign(records, KEY, "clips.test", *DATES)
    other_library_validates(records, signature)
    assert dnssec.verify(records[::-1], write_rrsig(signature.data), KEY.data)
    with pytest.raises(dns.dnssec.ValidationFailure):
        other_library_validates((records[0]._replace(name="other.test"),), signature)


@pytest.mark.parametrize("digest_type", [1, 2, 4])
def test_another_library_makes_the_same_ds(digest_type: int) -> None:
    key = dns.rrset.from_text("clips.test.", 300, "IN", "DNSKEY", KEY.data)[0]
    policy = dns.dnssec.Policy()  # its own would refuse SHA-1, which is no reason to miscount
    policy.ok_to_create_ds = policy.ok_to_validate_ds = lambda algorithm: True
    name = dns.name.from_text("clips.test.")
    made = dns.dnssec.make_ds(name, key, digest_type, policy=policy)
    assert dnssec.ds_of(KEY, "clips.test", digest_type) == made.to_text().replace(
        made.digest.hex(), made.digest.hex().upper()
    )
    assert dnssec.matches_ds(made.to_text(), KEY.data, "clips.test")


def test_a_wildcards_signature_holds_for_what_it_stands_for() -> None:
    records = (Record("*.clips.test", "A", 300, "192.0.2.1"),)
    signature = write_rrsig(dnssec.sign(records, KEY, "clips.test", *DATES).data)
    assert signature.labels == 2
    expanded = (records[0]._replace(name="x.y.clips.test"),)
    assert dnssec.verify(expanded, signature, KEY.data)
    assert not dnssec.verify((records[0]._replace(name="x.other.test"),), signature, KEY.data)
    assert not dnssec.verify((records[0]._replace(name="test"),), signature, KEY.data)


def test_ttls_do_not_matter_to_a_signature() -> None:
    """A cache counts them down; the original one is in the signature (RFC 4034 section 3.1.4)."""
    signature = write_rrsig(dnssec.sign(ADDRESSES, KEY, "clips.test", *DATES).data)
    later = tuple(record._replace(ttl=7) for record in ADDRESSES)
    assert dnssec.verify(later, signature, KEY.data)


def test_which_ds_records_are_of_use() -> None:
    assert dnssec.is_supported(RFC_DS)
    assert not dnssec.is_supported("55648 8 2 abcd")
    assert not dnssec.is_supported("55648 13 3 abcd")
    assert not dnssec.matches_ds("55648 13 3 abcd", RFC_KEY, "example.net")


@pytest.mark.parametrize(
    "record",
    [
        Record("clips.test", "DNSKEY", 60, RFC_KEY),
        Record("www.example.net", "RRSIG", 60, RFC_SIGNATURE),
        Record("", "NSEC", 60, "aaa NS SOA RRSIG NSEC DNSKEY"),
        Record("a.test", "NSEC", 60, ". A TYPE1234 TYPE65280"),
        Record("a.test", "NSEC", 60, "a.test"),
    ],
    ids=lambda record: record.type,
)
def test_each_type_comes_back(record: Record) -> None:
    message = DnsMessage(1, response=True, answers=(record,))
    assert decode(encode(message)) == message


def test_nsec3_is_carried_and_not_read() -> None:
    record = Record("abc.test", "NSEC3", 60, "\\# 3 010203")
    message = DnsMessage(1, response=True, authority=(record,))
    assert decode(encode(message)) == message


def test_text_as_people_write_it() -> None:
    """Base64 and digests may be broken by spaces, dates may be seconds."""
    digest = RFC_DS.split()[3]
    broken = Record("x.test", "DS", 60, f"55648 13 2 {digest[:20].upper()} {digest[20:]}")
    assert decode(encode(DnsMessage(answers=(broken,)))).answers[0].data == RFC_DS
    head, _, key = RFC_KEY.rpartition(" ")
    spaced = Record("x.test", "DNSKEY", 60, f"{head} {key[:10]} {key[10:]}")
    assert decode(encode(DnsMessage(answers=(spaced,)))).answers[0].data == RFC_KEY
    assert write_rrsig(RFC_SIGNATURE.replace("20100909100439", "1284026679")).expiration == (
        write_rrsig(RFC_SIGNATURE).expiration
    )


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("DNSKEY", "257 3"),
        ("DNSKEY", "257 3 13 ???"),
        ("DNSKEY", "70000 3 13 AAAA"),
        ("RRSIG", "A 13 2 300"),
        ("RRSIG", RFC_SIGNATURE.replace("20100909100439", "20101309100439")),
        ("RRSIG", RFC_SIGNATURE.replace("20100909100439", "19500909100439")),
        ("RRSIG", RFC_SIGNATURE.replace("A 13", "NOTYPE 13")),
        ("NSEC", ""),
        ("NSEC", "a.test NOTYPE"),
    ],
)
def test_data_that_cannot_be(kind: str, data: str) -> None:
    with pytest.raises(DnsFormatError):
        encode(DnsMessage(answers=(Record("x.test", kind, 60, data),)))


@given(st.sampled_from([43, 46, 47, 48]), st.binary(max_size=80))
def test_arbitrary_data_are_read_or_refused(kind: int, data: bytes) -> None:
    """Whatever is accepted can be written again, and says the same then."""
    head = bytes.fromhex("0001 8000 0000 0001 0000 0000 00") + kind.to_bytes(2, "big")
    message = head + bytes.fromhex("0001 0000003c") + len(data).to_bytes(2, "big") + data
    try:
        read = decode(message)
    except DnsFormatError:
        return
    assert decode(encode(read)) == read


@given(
    st.integers(0, 0xFFFF),
    st.binary(min_size=1, max_size=70),
    st.integers(0, 255),
    st.binary(min_size=1, max_size=70),
)
def test_no_key_and_no_signature_upsets_the_verifier(
    flags: int, public: bytes, labels: int, made: bytes
) -> None:
    key = f"{flags} 3 13 {base64.b64encode(public).decode()}"
    signature = write_rrsig(RFC_SIGNATURE)._replace(labels=labels, signature=made)
    assert not dnssec.verify((RFC_RECORD,), signature, key)
    assert not dnssec.verify((RFC_RECORD,), signature, RFC_KEY)


def test_bits_of_the_header() -> None:
    """AD is the bit before CD, and CD the one before the rcode (RFC 6895 section 2)."""
    assert encode(DnsMessage(authentic_data=True))[2:4] == bytes.fromhex("0020")
    assert encode(DnsMessage(checking_disabled=True))[2:4] == bytes.fromhex("0010")
    both = DnsMessage(3, authentic_data=True, checking_disabled=True)
    assert decode(encode(both)) == both


def test_a_reply_repeats_cd_and_do_but_not_ad() -> None:
    query = make_query(1, Question("clips.test", "A"), recursion_desired=True, dnssec_ok=True)
    query = query._replace(checking_disabled=True, authentic_data=True)
    reply = reply_to(query)
    assert (reply.checking_disabled, reply.authentic_data) == (True, False)
    assert reply.edns == Edns(dnssec_ok=True)


def test_an_answer_that_loses_its_proof_says_so() -> None:
    """TC when the NSEC record for a wildcard's answer does not fit, though the answer does."""
    answer = Record("x.clips.test", "A", 300, "192.0.2.1")
    proof = Record("clips.test", "RRSIG", 300, RFC_SIGNATURE)
    message = DnsMessage(1, response=True, answers=(answer,), authority=(proof,))
    short = decode(encode(message, limit=100))
    assert (short.answers, short.authority, short.truncated) == ((answer,), (), True)
    plain = message._replace(authority=(Record("clips.test", "NS", 300, "x" * 60),))
    assert not decode(encode(plain, limit=100)).truncated


def test_names_in_data_are_in_full() -> None:
    """RFC 3597 section 4: a signer's name and a next name are never compressed."""
    message = DnsMessage(
        answers=(
            Record("clips.test", "RRSIG", 60, RFC_SIGNATURE.replace("example.net", "clips.test")),
            Record("clips.test", "NSEC", 60, "clips.test A"),
        )
    )
    assert encode(message).count(b"\5clips\4test\0") == 3
    assert write_nsec("clips.test A").following == "clips.test"
