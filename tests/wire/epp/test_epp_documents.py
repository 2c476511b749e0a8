"""Documents as they stand on the wire: frames, exact XML, and what is refused with which code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.epp.change_poll import Case, ChangeData
from simulator.wire.epp.command import Command, read_command, write_command
from simulator.wire.epp.domain_commands import DomainCreate, DomainUpdate
from simulator.wire.epp.domain_data import DomainData
from simulator.wire.epp.errors import EppError, FrameError
from simulator.wire.epp.frames import LIMIT, Frames, framed
from simulator.wire.epp.moments import read_date, read_moment, write_date, write_moment
from simulator.wire.epp.objects import Check, Info, Kind
from simulator.wire.epp.response import Queue, Response, read_response, write_response
from simulator.wire.epp.restore import Restore
from simulator.wire.epp.results import WORDS, Code
from simulator.wire.epp.secdns import DnssecChange, DnssecData

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
EPP = 'xmlns="urn:ietf:params:xml:ns:epp-1.0"'
DOMAIN = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"'
SECDNS = 'xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.1"'
AT = 1_719_302_400_000_000  # 2024-06-25T08:00:00Z


# --- frames -----------------------------------------------------------------------------


def test_a_frame_counts_its_own_four_octets() -> None:
    assert framed(b"<epp/>") == b"\x00\x00\x00\x0a<epp/>"


@given(st.lists(st.binary(min_size=1, max_size=40)), st.integers(1, 9))
def test_frames_come_out_whole_however_they_come_in(documents: list[bytes], size: int) -> None:
    stream = b"".join(map(framed, documents))
    frames, found = Frames(), []
    for start in range(0, len(stream), size):
        found += frames.received(stream[start : start + size])
    assert found == documents


@pytest.mark.parametrize("size", [0, 3, 4, LIMIT + 1, 2**32 - 1])
def test_a_length_that_no_frame_has_is_refused_at_once(size: int) -> None:
    with pytest.raises(FrameError) as refused:
        Frames().received(size.to_bytes(4, "big"))
    assert refused.value.code == Code.FAILED_CLOSING


# --- exact documents --------------------------------------------------------------------


def test_a_domain_create_is_written_in_the_order_of_the_schema() -> None:
    create = DomainCreate(
        "coco.xg", "a<b&c", 2, ("ns1.coco.xg", "ns2.coco.xg"), "R-1",
        (("admin", "A-1"), ("tech", "T-1")), DnssecData(("12345 13 2 AB",)),
    )  # fmt: skip
    assert write_command(Command(create, "ABC-1")).decode() == HEAD + (
        f"<epp {EPP}><command><create><domain:create {DOMAIN}>"
        '<domain:name>coco.xg</domain:name><domain:period unit="y">2</domain:period>'
        "<domain:ns><domain:hostObj>ns1.coco.xg</domain:hostObj>"
        "<domain:hostObj>ns2.coco.xg</domain:hostObj></domain:ns>"
        "<domain:registrant>R-1</domain:registrant>"
        '<domain:contact type="admin">A-1</domain:contact>'
        '<domain:contact type="tech">T-1</domain:contact>'
        "<domain:authInfo><domain:pw>a&lt;b&amp;c</domain:pw></domain:authInfo>"
        f"</domain:create></create><extension><secDNS:create {SECDNS}><secDNS:dsData>"
        "<secDNS:keyTag>12345</secDNS:keyTag><secDNS:alg>13</secDNS:alg>"
        "<secDNS:digestType>2</secDNS:digestType><secDNS:digest>AB</secDNS:digest>"
        "</secDNS:dsData></secDNS:create></extension><clTRID>ABC-1</clTRID></command></epp>"
    )


def test_an_update_removes_before_it_adds_ds_data() -> None:
    update = DomainUpdate(
        "coco.xg", dnssec=DnssecChange(DnssecData(("1 13 2 AB",)), remove_all=True)
    )
    written = write_command(Command(update)).decode()
    assert "<domain:chg /></domain:update></update><extension>" in written
    assert written.index("<secDNS:rem><secDNS:all>true</secDNS:all>") < written.index(
        "<secDNS:add><secDNS:dsData>"
    )


def test_a_change_poll_message_is_written_as_the_rfc_has_it() -> None:
    response = Response(
        Code.ACK_TO_DEQUEUE,
        queue=Queue(1, "201", AT, "Registry initiated update of domain."),
        data=DomainData("coco.xg", "D1-XG", "candie", ("serverHold",)),
        change=ChangeData("update", AT, "XG-12345", "Court", Case("custom", "12/24", "court"),
                          "Court order", "before"),
        client_transaction="ABC-1",
        server_transaction="XG-12346",
    )  # fmt: skip
    assert write_response(response).decode() == HEAD + (
        f'<epp {EPP}><response><result code="1301">'
        '<msg lang="en">Command completed successfully; ack to dequeue</msg></result>'
        '<msgQ count="1" id="201"><qDate>2024-06-25T08:00:00.000000Z</qDate>'
        '<msg lang="en">Registry initiated update of domain.</msg></msgQ>'
        f"<resData><domain:infData {DOMAIN}><domain:name>coco.xg</domain:name>"
        '<domain:roid>D1-XG</domain:roid><domain:status s="serverHold" />'
        "<domain:clID>candie</domain:clID></domain:infData></resData><extension>"
        '<changePoll:changeData state="before" '
        'xmlns:changePoll="urn:ietf:params:xml:ns:changePoll-1.0">'
        "<changePoll:operation>update</changePoll:operation>"
        "<changePoll:date>2024-06-25T08:00:00.000000Z</changePoll:date>"
        "<changePoll:svTRID>XG-12345</changePoll:svTRID><changePoll:who>Court</changePoll:who>"
        '<changePoll:caseId type="custom" name="court">12/24</changePoll:caseId>'
        "<changePoll:reason>Court order</changePoll:reason></changePoll:changeData></extension>"
        "<trID><clTRID>ABC-1</clTRID><svTRID>XG-12346</svTRID></trID></response></epp>"
    )


def test_a_refusal_gives_its_reason_beside_the_words_of_the_code() -> None:
    written = write_response(
        Response(Code.STATUS_PROHIBITS, "it is locked", server_transaction="X")
    )
    assert (
        '<result code="2304"><msg lang="en">Object status prohibits operation</msg><extValue>'
        '<value><undef /></value><reason lang="en">it is locked</reason></extValue></result>'
    ) in written.decode()


def test_grace_periods_of_an_info_and_of_a_restore_have_elements_of_their_own() -> None:
    shown = DomainData("coco.xg", "D1-XG", "candie")
    info = Response(Code.DONE, data=shown, grace=("addPeriod",), server_transaction="X")
    update = Response(Code.DONE, grace=("pendingRestore",), server_transaction="X")
    assert b"<rgp:infData" in write_response(info)
    assert b"<rgp:upData" in write_response(update)


def test_every_code_has_words() -> None:
    assert set(WORDS) == set(Code)


# --- what is read, and what is refused --------------------------------------------------


def command(body: str, extension: str = "") -> bytes:
    ext = f"<extension>{extension}</extension>" if extension else ""
    return f"<epp {EPP}><command>{body}{ext}<clTRID>ABC-1</clTRID></command></epp>".encode()


def test_names_are_read_in_lower_case_and_without_white_space() -> None:
    name = "<domain:name> COCO.XG\n</domain:name>"
    body = f"<check><domain:check {DOMAIN}>{name}</domain:check></check>"
    assert read_command(command(body)) == Command(Check(Kind.DOMAIN, ("coco.xg",)), "ABC-1")


@pytest.mark.parametrize(
    "name", ["\u00a0coco.xg", "coco.xg\u00a0", "\u2003coco.xg", "\u212aoko.xg"]
)
def test_only_what_xml_calls_white_space_is_taken_off_and_only_ascii_is_folded(name: str) -> None:
    """Another registrar's name must not be met by a name that only looks like it."""
    checked = f"<domain:name>\t{name} </domain:name>"
    body = f"<check><domain:check {DOMAIN}>{checked}</domain:check></check>"
    assert read_command(command(body)).body == Check(Kind.DOMAIN, (name,))
    servers = f"<domain:ns><domain:hostObj>{name}</domain:hostObj></domain:ns>"
    update = f"<domain:name>COCO.XG</domain:name><domain:add>{servers}</domain:add>"
    body = f"<update><domain:update {DOMAIN}>{update}</domain:update></update>"
    read = read_command(command(body)).body
    assert isinstance(read, DomainUpdate)
    assert (read.name, read.add_nameservers) == ("coco.xg", (name,))


def test_prefixes_are_the_clients_to_choose() -> None:
    octets = (
        b'<e:epp xmlns:e="urn:ietf:params:xml:ns:epp-1.0"><e:command><e:info>'
        b'<info xmlns="urn:ietf:params:xml:ns:domain-1.0"><name hosts="sub">coco.xg</name></info>'
        b"</e:info></e:command></e:epp>"
    )
    assert read_command(octets) == Command(Info(Kind.DOMAIN, "coco.xg", hosts="sub"))


def update(inner: str, extension: str = "") -> bytes:
    return command(
        f"<update><domain:update {DOMAIN}><domain:name>coco.xg</domain:name>{inner}"
        "</domain:update></update>",
        extension,
    )


def secdns(inner: str, attributes: str = "") -> bytes:
    return update("", f"<secDNS:update {SECDNS}{attributes}>{inner}</secDNS:update>")


DS = (
    "<secDNS:dsData><secDNS:keyTag>{}</secDNS:keyTag><secDNS:alg>13</secDNS:alg>"
    "<secDNS:digestType>2</secDNS:digestType><secDNS:digest>{}</secDNS:digest></secDNS:dsData>"
)
RGP = '<rgp:update xmlns:rgp="urn:ietf:params:xml:ns:rgp-1.0">{}</rgp:update>'
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + command("<logout/>")


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", 2001),
        (b"<epp/>", 2001),
        (BOMB, 2001),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + command("<logout/>"), 2001),
        (b'<?xml version="1.0" encoding="no-such-thing"?><epp/>', 2001),
        (b"<a>" * 100_000, 2001),
        (b"<a>" * 100_000 + b"</a>" * 100_000, 2001),
        (command(""), 2001),
        (command("<logout/><logout/>"), 2001),
        (command("<frobnicate/>"), 2000),
        (command('<poll op="later"/>'), 2005),
        (command('<poll op="ack"/>'), 2003),
        (command("<login><clID>x</clID></login>"), 2003),
        (command('<info><x:info xmlns:x="urn:example:weather"/></info>'), 2307),
        (command(f"<info><domain:info {DOMAIN}/></info>"), 2003),
        (command(f"<info><domain:check {DOMAIN}/></info>"), 2001),
        (command(f'<transfer op="steal"><domain:transfer {DOMAIN}><domain:name>a.xg</domain:name>'
                 "</domain:transfer></transfer>"), 2005),
        (command('<transfer op="query"><host:transfer xmlns:host="urn:ietf:params:xml:ns:host-1.0">'
                 "<host:name>ns.a.xg</host:name></host:transfer></transfer>"), 2101),
        (command('<renew><host:renew xmlns:host="urn:ietf:params:xml:ns:host-1.0">'
                 "<host:name>ns.a.xg</host:name></host:renew></renew>"), 2101),
        (update("<domain:add><domain:ns><domain:hostAttr/></domain:ns></domain:add>"), 2102),
        (update("<domain:add><domain:colour/></domain:add>"), 2001),
        (update("<domain:add><domain:status/></domain:add>"), 2003),
        (update("", '<fee:update xmlns:fee="urn:example:fee"/>'), 2103),
        (update("", RGP.format('<rgp:restore op="maybe"/>')), 2005),
        (update("", RGP.format('<rgp:restore op="report"/>')), 2003),
        (secdns("<secDNS:chg><secDNS:maxSigLife>1</secDNS:maxSigLife></secDNS:chg>"), 2102),
        (secdns("", ' urgent="true"'), 2102),
        (secdns(f"<secDNS:add>{DS.format(65536, 'AB')}</secDNS:add>"), 2005),
        (secdns(f"<secDNS:add>{DS.format(1, 'ABC')}</secDNS:add>"), 2005),
        (secdns(f"<secDNS:add>{DS.format(1, 'é')}</secDNS:add>"), 2005),
        (command(f"<create><domain:create {DOMAIN}><domain:name>a.xg</domain:name>"
                 '<domain:period unit="m">12</domain:period></domain:create></create>'), 2003),
    ],
)  # fmt: skip
def test_what_is_refused_has_its_code(octets: bytes, code: int) -> None:
    with pytest.raises(EppError) as refused:
        read_command(octets)
    assert refused.value.code == code


def test_an_extension_goes_with_its_own_command_only() -> None:
    body = (
        f"<delete><domain:delete {DOMAIN}><domain:name>a.xg</domain:name></domain:delete></delete>"
    )
    with pytest.raises(EppError) as refused:
        read_command(command(body, RGP.format('<rgp:restore op="request"/>')))
    assert (refused.value.code, refused.value.transaction) == (Code.COMMAND_USE, "ABC-1")


def test_a_restore_request_is_read_whatever_stands_in_chg() -> None:
    octets = update("<domain:chg/>", RGP.format('<rgp:restore op="request"/>'))
    assert read_command(octets).body == DomainUpdate("coco.xg", restore=Restore())


def test_a_client_passes_over_extensions_that_it_does_not_know() -> None:
    written = write_response(Response(Code.DONE, server_transaction="X"))
    more = b'<extension><fee:data xmlns:fee="urn:example:fee"/></extension><trID>'
    assert read_response(written.replace(b"<trID>", more)) == read_response(written)


# --- dates ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-06-25T08:00:00.0Z", AT),
        ("2024-06-25T08:00:00Z", AT),
        ("2024-06-25T10:00:00.000001234+02:00", AT + 1),
        ("1970-01-01T00:00:00Z", 0),
    ],
)
def test_dates_and_times_are_read_in_any_of_their_writings(text: str, moment: int) -> None:
    assert read_moment(text, "when") == moment


@pytest.mark.parametrize(
    "text", ["", "2024-06-25", "2024-06-25T08:00:00", "2024-13-25T08:00:00Z",
             "2024-06-25T08:00:00+99:00", "x"],
)  # fmt: skip
def test_what_is_no_date_and_time_is_refused(text: str) -> None:
    with pytest.raises(EppError):
        read_moment(text, "when")


@given(st.integers(0, 200_000))
def test_a_day_is_read_as_its_beginning(day: int) -> None:
    moment = day * 86_400_000_000
    assert read_date(write_date(moment + 5_000_000), "day") == moment
    assert read_moment(write_moment(moment), "day") == moment
