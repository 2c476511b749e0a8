"""What is written is read back as it was, and no octets bring the readers down."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.epp import command as commands
from simulator.wire.epp.change_poll import Case, ChangeData
from simulator.wire.epp.command import Command, read_command, write_command
from simulator.wire.epp.contact_commands import (
    ContactCreate,
    ContactUpdate,
    Disclosure,
    Postal,
    PostalAddress,
    PostalChange,
)
from simulator.wire.epp.contact_data import ContactData
from simulator.wire.epp.domain_commands import DomainCreate, DomainRenew, DomainUpdate
from simulator.wire.epp.domain_data import DomainData, Renewed
from simulator.wire.epp.errors import EppError
from simulator.wire.epp.greeting import Greeting
from simulator.wire.epp.host_commands import HostCreate, HostUpdate
from simulator.wire.epp.host_data import HostData
from simulator.wire.epp.object_data import Availability, Checked, Created, TransferData
from simulator.wire.epp.objects import Check, Delete, Info, Kind, Transfer, TransferOperation
from simulator.wire.epp.response import Queue, Response, read_response, write_response
from simulator.wire.epp.restore import Report, Restore
from simulator.wire.epp.results import WORDS, Code
from simulator.wire.epp.secdns import DnssecChange, DnssecData, KeyData
from simulator.wire.epp.session import Hello, Login, Logout, PollAck, PollRequest

DAY = 86_400_000_000
names = st.from_regex(r"[a-z0-9]{1,12}(\.[a-z]{2,6}){1,2}", fullmatch=True)
words = st.from_regex(r"[A-Za-z0-9<>&\"' éß中-]{1,20}", fullmatch=True).map(str.strip).filter(bool)
statuses = st.lists(st.sampled_from(["ok", "clientHold", "serverHold"]), max_size=2).map(tuple)
moments = st.integers(0, 4_000_000_000_000_000)
addresses = st.lists(
    st.sampled_from(["192.0.2.1", "198.51.100.7", "2001:db8::1", "3fff::a"]), max_size=3
).map(tuple)
hosts = st.lists(names, max_size=3).map(tuple)
contacts = st.lists(
    st.tuples(st.sampled_from(["admin", "tech", "billing"]), words), max_size=2
).map(tuple)
years = st.none() | st.integers(0, 99)
maybe = st.none() | words
kinds = st.sampled_from(Kind)
ds = st.builds(
    lambda tag, algorithm, kind, digest: f"{tag} {algorithm} {kind} {digest.hex().upper()}",
    st.integers(0, 65535), st.integers(0, 255), st.integers(0, 255),
    st.binary(min_size=1, max_size=48),
)  # fmt: skip
keys = st.builds(
    KeyData, st.integers(0, 65535), st.integers(0, 255), st.integers(0, 255),
    st.just("AwEAAcA="),
)  # fmt: skip
dnssec = st.lists(ds, max_size=3).map(lambda found: DnssecData(tuple(found))) | st.lists(
    keys, max_size=2
).map(lambda found: DnssecData((), tuple(found)))
changes = st.builds(DnssecChange, dnssec, dnssec) | st.builds(
    DnssecChange, dnssec, remove_all=st.just(True)
)
reports = st.builds(Report, words, words, moments, moments, words, st.tuples(words, words), maybe)
places = st.builds(
    PostalAddress, words, st.just("GG"), st.lists(words, max_size=3).map(tuple), maybe, maybe
)
forms = st.sampled_from(["int", "loc"])
postal = st.builds(Postal, words, places, maybe, forms)
moved = st.lists(st.builds(PostalChange, forms, maybe, maybe, st.none() | places), max_size=2).map(
    tuple
)
disclosures = st.none() | st.builds(
    Disclosure, st.booleans(), st.lists(st.sampled_from(["name:int", "voice", "email"])).map(tuple)
)
addressed = st.lists(postal, min_size=1, max_size=2).map(tuple)

bodies = st.one_of(
    st.just(Hello()),
    st.just(Logout()),
    st.just(PollRequest()),
    st.builds(PollAck, st.from_regex(r"[0-9]{1,6}", fullmatch=True)),
    st.builds(Login, words, words, maybe),
    st.builds(Check, kinds, st.lists(names, min_size=1, max_size=4).map(tuple)),
    st.builds(Info, st.sampled_from([Kind.HOST, Kind.CONTACT]), names, maybe),
    st.builds(Info, st.just(Kind.DOMAIN), names, maybe, st.sampled_from(["all", "none"])),
    st.builds(Delete, kinds, names),
    st.builds(
        Transfer, st.just(Kind.DOMAIN), st.sampled_from(TransferOperation), names, maybe, years
    ),
    st.builds(DomainCreate, names, words, years, hosts, maybe, contacts, st.none() | dnssec),
    st.builds(DomainRenew, names, st.integers(0, 20_000).map(lambda day: day * DAY), years),
    st.builds(
        DomainUpdate, names, statuses, statuses, hosts, hosts, contacts, contacts, maybe, maybe,
        st.none() | changes, st.none() | st.builds(Restore, st.none() | reports),
    ),
    st.builds(HostCreate, names, addresses),
    st.builds(HostUpdate, names, addresses, addresses, statuses, statuses, st.none() | names),
    st.builds(ContactCreate, words, addressed, words, words, maybe, maybe,
              disclosures),
    st.builds(ContactUpdate, words, statuses, statuses, moved, maybe, maybe, maybe, maybe,
              disclosures),
)  # fmt: skip

at = st.none() | moments
data = st.one_of(
    st.none(),
    st.builds(
        DomainData, names, words, words, statuses, maybe, contacts, hosts, hosts, maybe, at, maybe,
        at, at, at, maybe,
    ),
    st.builds(HostData, names, words, words, statuses, addresses, maybe, at, maybe, at, at),
    st.builds(
        ContactData, words, words, words, addressed, maybe, statuses, maybe, maybe, maybe, at,
        maybe, at, at, maybe, disclosures,
    ),
    st.builds(
        Checked, kinds, st.lists(st.builds(Availability, names, st.booleans(), maybe)).map(tuple)
    ),
    st.builds(Created, kinds, names, moments, at),
    st.builds(Renewed, names, at),
    st.builds(
        TransferData, st.just(Kind.DOMAIN), names, st.just("pending"), words, moments, words,
        moments, at,
    ),
)  # fmt: skip
cases = st.builds(Case, st.just("udrp"), words) | st.builds(Case, st.just("custom"), words, words)
told = st.builds(
    ChangeData, words, moments, words, words, st.none() | cases, maybe,
    st.sampled_from(["before", "after"]), maybe,
)  # fmt: skip
queues = st.builds(Queue, st.integers(0, 99), words, at, maybe)
responses = st.builds(
    Response, st.sampled_from(Code), maybe, st.none() | queues, data, st.none() | dnssec,
    st.lists(st.just("redemptionPeriod"), max_size=2).map(tuple), st.none() | told, maybe, words,
)  # fmt: skip
greetings = st.builds(Greeting, words, moments)


@given(st.builds(Command, bodies, maybe))
def test_a_command_is_read_as_it_was_written(command: Command) -> None:
    wanted = Command(Hello()) if command.body == Hello() else command
    assert read_command(write_command(command)) == wanted
    assert commands.name_of_command(command.body)


@given(responses | greetings)
def test_an_answer_is_read_as_it_was_written(response: Response | Greeting) -> None:
    assert read_response(write_response(response)) == response


def fault(read: Callable[[bytes], object], octets: bytes) -> Code | None:
    """Return the code of the reader's own error, or None where it returned a value."""
    try:
        assert read(octets) is not None
    except EppError as error:
        return error.code
    return None


@given(st.binary(max_size=300))
def test_any_octets_give_a_value_or_the_readers_own_error(octets: bytes) -> None:
    assert fault(read_command, octets) == Code.SYNTAX
    assert fault(read_response, octets) == Code.SYNTAX


pieces = st.sampled_from(
    [b"<", b">", b"</", b"/>", b"epp", b"command", b"create", b"update", b"domain:", b"secDNS:",
     b"xmlns", b'="urn:ietf:params:xml:ns:epp-1.0"', b'="urn:ietf:params:xml:ns:domain-1.0"',
     b' op="', b'"', b"name", b"add", b"rem", b"chg", b"extension", b"clTRID", b"\xff", b"0"]
)  # fmt: skip


@given(st.builds(Command, bodies, maybe), st.data())
def test_a_command_with_a_piece_changed_is_still_a_value_or_an_error(
    command: Command, drawn: st.DataObject
) -> None:
    written = write_command(command)
    start = drawn.draw(st.integers(0, len(written)))
    end = min(len(written), start + drawn.draw(st.integers(0, 12)))
    assert fault(read_command, written[:start] + drawn.draw(pieces) + written[end:]) in (
        None,
        *WORDS,
    )


@given(responses, st.data())
def test_an_answer_with_a_piece_changed_is_still_a_value_or_an_error(
    response: Response, drawn: st.DataObject
) -> None:
    written = write_response(response)
    start = drawn.draw(st.integers(0, len(written)))
    end = min(len(written), start + drawn.draw(st.integers(0, 12)))
    assert fault(read_response, written[:start] + drawn.draw(pieces) + written[end:]) in (
        None,
        *WORDS,
    )


def test_text_that_xml_has_no_character_for_is_refused_when_it_is_written() -> None:
    with pytest.raises(EppError) as refused:
        write_command(Command(Login("candie", "pass\x00word")))
    assert refused.value.code == Code.VALUE_SYNTAX
