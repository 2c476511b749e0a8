"""DNS over HTTPS on the virtual Internet: both sides of RFC 8484, and servers that misbehave."""

import asyncio
import base64
from typing import Any

import pytest

from simulator.roles.probe.certificates import browser_context
from simulator.roles.resolver.doh import DohChannel
from simulator.serving.tls import TlsServerProtocol, open_tls_connection
from simulator.values import MILLISECOND, SECOND, Drop, Redirect, Reset
from simulator.wire.dns import encode
from simulator.wire.dns_values import Question, make_query, reply_to

PUBLIC, IMPOSTOR, NAME = "198.51.100.53", "192.0.2.53", "dns.public.example"
TRUE, FORGED = "203.0.113.80", "192.0.2.99"
ROUND_TRIP = 20 * MILLISECOND
QUERY = encode(make_query(0, Question("clips.test", "A"), recursion_desired=True))
DNS = "Content-Type: application/dns-message\r\n"
CHUNKED = DNS + "Transfer-Encoding: chunked\r\n"


def doh(setting: Any, path: str = "/dns-query") -> DohChannel:
    return DohChannel(PUBLIC, 443, NAME, path, setting.trust)


def told(found: Any) -> list[tuple[str, str | None]]:
    return [(answer.engine, answer.failure) for answer in found.answers]


def test_doh_is_not_poisoned_where_port_53_is(setting: Any) -> None:
    setting.open_doors()
    setting.impostor("dns.home.example")
    setting.meddle(53, Redirect(IMPOSTOR))
    assert setting.look_up().addresses == (FORGED,)
    setting.stub.channel = doh(setting)
    found = setting.look_up()
    assert (found.addresses, found.failure, found.resolver) == ((TRUE,), None, PUBLIC)
    assert told(found) == [("doh", None), ("doh", "dns_no_answer")]


def test_both_questions_go_over_one_connection_with_id_0(setting: Any) -> None:
    """TCP, TLS, then one question after the other: four round trips."""
    setting.open_doors()
    setting.stub.channel = doh(setting)
    found = setting.look_up()
    assert found.ended - found.began == 4 * ROUND_TRIP
    assert [(query.id, query.question.type) for query in setting.public.asked] == [
        (0, "A"),
        (0, "AAAA"),
    ]
    assert setting.ports() == [443]
    assert len({p.body.source_port for _, p in setting.tap.packets if p.source != PUBLIC}) == 1


def test_nothing_is_reset_and_nothing_lingers(setting: Any) -> None:
    setting.open_doors()
    setting.stub.channel = doh(setting)
    setting.look_up()
    setting.settle()
    assert setting.resets() == 0
    assert setting.client.connections == setting.machine.connections == {}


@pytest.mark.parametrize(
    ("name", "trusted", "failure"),
    [
        ("dns.home.example", True, "ssl_invalid_hostname"),
        (NAME, False, "ssl_unknown_authority"),
    ],
)
def test_an_impostor_is_asked_nothing(
    setting: Any, stranger: Any, name: str, trusted: bool, failure: str
) -> None:
    """With a browser's context too, which leaves the name to be compared by us."""
    setting.open_doors()
    liar = setting.impostor(name) if trusted else setting.impostor(name, stranger)
    setting.meddle(443, Redirect(IMPOSTOR))
    for context in (setting.trust, browser_context(setting.root_pem)):
        setting.stub.channel = DohChannel(PUBLIC, 443, NAME, "/dns-query", context)
        assert told(setting.look_up()) == [("doh", failure)] * 2
    assert liar.asked == setting.public.asked == []
    assert setting.ports() == [443]


def test_a_browsers_context_is_good_enough(setting: Any) -> None:
    setting.open_doors()
    context = browser_context(setting.root_pem)
    setting.stub.channel = DohChannel(PUBLIC, 443, NAME, "/dns-query", context)
    assert setting.look_up().addresses == (TRUE,)


def test_where_443_is_dropped_it_gives_up_after_five_seconds(setting: Any) -> None:
    setting.open_doors()
    setting.meddle(443, Drop())
    setting.stub.channel = doh(setting)
    found = setting.look_up()
    assert told(found) == [("doh", "generic_timeout_error")] * 2
    assert found.ended - found.began == 5 * SECOND


def test_a_reset_is_told_as_such(setting: Any) -> None:
    setting.open_doors()
    setting.meddle(443, Reset())
    setting.stub.channel = doh(setting)
    assert setting.look_up().failure == "connection_refused"


def test_a_resolver_that_keeps_silent_is_a_timeout_and_then_a_504(setting: Any) -> None:
    setting.open_doors()
    setting.public.answer = lambda query: None
    setting.stub.channel = doh(setting)
    found = setting.look_up()
    assert told(found) == [("doh", "generic_timeout_error")] * 2
    assert found.ended - found.began == 2 * ROUND_TRIP + 5 * SECOND
    assert raw(setting, get(base64url(QUERY))).startswith(b"HTTP/1.1 504 ")


def test_another_path_serves_no_dns(setting: Any) -> None:
    setting.open_doors()
    setting.stub.channel = doh(setting, "/resolve")
    assert told(setting.look_up()) == [("doh", "http_unexpected_status_code")] * 2


# --- the server, by hand ------------------------------------------------------------


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def get(value: str, method: str = "GET", path: str = "/dns-query") -> bytes:
    return f"{method} {path}?dns={value} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()


def post(body: bytes, fields: str = DNS, method: str = "POST", length: int | None = None) -> bytes:
    if fields != CHUNKED:
        fields += f"Content-Length: {len(body) if length is None else length}\r\n"
    return f"{method} /dns-query HTTP/1.1\r\nHost: {NAME}\r\n{fields}\r\n".encode() + body


def raw(setting: Any, *pieces: bytes, pause: float = 0) -> bytes:
    """Send pieces to the DoH port and return what comes back until the answer is in."""

    async def exchange() -> bytes:
        reader, writer = await open_tls_connection(PUBLIC, 443, setting.trust, NAME)
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause)
        answer = b""
        try:
            async with asyncio.timeout(100):
                while not complete(answer):
                    data = await reader.read(65536)
                    if not data:
                        break
                    answer += data
        finally:
            writer.close()
        return answer

    found: bytes = setting.on(setting.client, exchange())
    return found


def complete(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return bool(end) and len(body) >= int(fields.get(b"content-length", b"0"))


def test_the_answer_to_a_get_is_that_to_a_post(setting: Any) -> None:
    """Word for word, with the media type and how long it is fresh (RFC 8484 section 5.1)."""
    setting.open_doors()
    expected = setting.public.answer(
        make_query(0, Question("clips.test", "A"), recursion_desired=True)
    )
    for request in (get(base64url(QUERY)), post(QUERY)):
        head, _, body = raw(setting, request).partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert lines[0] == "HTTP/1.1 200 OK"
        assert "Content-Type: application/dns-message" in lines
        assert "Cache-Control: max-age=300" in lines
        assert "Date: Thu, 01 Jan 1970 00:00:00 GMT" in lines
        assert body == encode(expected)


def test_a_denial_is_fresh_for_as_long_as_its_soa_says(setting: Any) -> None:
    setting.open_doors()
    query = encode(make_query(0, Question("clips.test", "AAAA"), recursion_desired=True))
    assert b"Cache-Control: max-age=60\r\n" in raw(setting, post(query))
    setting.public.answer = lambda query: reply_to(query, "SERVFAIL")
    assert b"Cache-Control: max-age=0\r\n" in raw(setting, post(query))


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (get(base64url(QUERY) + "="), 400),
        (get(""), 400),
        (get("!!!"), 400),
        (get("A"), 400),
        (get(base64url(QUERY[:11])), 400),
        (get(base64url(QUERY) + "&dns=" + base64url(QUERY)), 400),
        (get(base64url(QUERY[:2] + b"\x81" + QUERY[3:])), 400),
        (b"GET /dns-query HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"garbage\r\n\r\n", 400),
        (get(base64url(QUERY), path="/"), 404),
        (get(base64url(QUERY), "DELETE"), 405),
        (post(QUERY, method="PUT"), 405),
        (post(QUERY, ""), 415),
        (post(QUERY, "Content-Type: application/dns-json\r\n"), 415),
        (post(b""), 400),
        (post(b"x" * 65_536), 413),
        (post(b"", length=1 << 40), 413),
        (post(b"10000\r\n" + bytes(0x10000) + b"\r\n10\r\n", CHUNKED), 413),
        (post(QUERY[:20], length=30), 408),
    ],
)  # fmt: skip
def test_what_asks_nothing_is_refused_in_the_words_of_http(
    setting: Any, request_bytes: bytes, status: int
) -> None:
    setting.open_doors()
    answer = raw(setting, request_bytes)
    assert answer.split()[1] == str(status).encode(), answer[:200]
    assert (b"Allow: GET, HEAD, POST\r\n" in answer) is (status == 405)
    assert setting.public.asked == []


def test_a_refused_body_does_not_become_the_next_request(setting: Any) -> None:
    """The rest of a body that nobody wants is not read as HTTP: the connection ends."""
    setting.open_doors()
    smuggled = post(QUERY)
    request = post(smuggled * 400, "Content-Type: text/plain\r\n")
    assert raw(setting, request[:1000], request[1000:]).count(b"HTTP/1.1 ") == 1
    assert setting.public.asked == []


def test_what_has_a_header_at_least_gets_a_dns_error(setting: Any) -> None:
    """That is the resolver's to say, with status 200 (RFC 8484 section 4.2.1)."""
    setting.open_doors()
    setting.public.answer = lambda query: reply_to(query, "FORMERR")
    assert raw(setting, post(QUERY)).startswith(b"HTTP/1.1 200 OK")


def test_head_tells_all_but_the_message(setting: Any) -> None:
    setting.open_doors()
    both = raw(setting, get(base64url(QUERY), "HEAD"), get(base64url(QUERY), path="/"))
    head, _, rest = both.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"Cache-Control: max-age=300" in head
    assert rest.startswith(b"HTTP/1.1 404 Not Found")


def test_closing_hangs_up(setting: Any) -> None:
    doors = setting.open_doors()
    setting.on(setting.machine, doors.close())
    setting.stub.channel = doh(setting)
    assert setting.look_up().failure == "connection_refused"
    setting.on(setting.machine, doors.start())
    assert setting.look_up().addresses == (TRUE,)


# --- the client, against servers that misbehave --------------------------------------


class Scripted(asyncio.Protocol):
    """Answers each request with the next line of its script, or hangs up."""

    def __init__(self, script: list[bytes]) -> None:
        self.script = script

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.script:
            self.transport.write(self.script.pop(0))
        else:
            self.transport.close()


def reply_bytes(kind: str = "A", name: str = "clips.test", identifier: int = 0) -> bytes:
    query = make_query(identifier, Question(name, kind), recursion_desired=True)
    return encode(reply_to(query))


def response(body: bytes, fields: str = DNS, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body


def against(setting: Any, *script: bytes) -> list[str | None]:
    """Look up at a server with that script, and return both failures."""
    left = list(script)
    context = setting.server_context(NAME)

    async def listen() -> None:
        await asyncio.get_running_loop().create_server(
            lambda: TlsServerProtocol(context, lambda: Scripted(left)), PUBLIC, 443
        )

    setting.on(setting.machine, listen())
    setting.stub.channel = doh(setting)
    return [answer.failure for answer in setting.look_up().answers]


GOOD, GOOD_TOO = response(reply_bytes()), response(reply_bytes("AAAA"))


@pytest.mark.parametrize(
    ("script", "failures"),
    [
        ([GOOD, GOOD_TOO], ["dns_no_answer", "dns_no_answer"]),
        ([response(reply_bytes(), DNS + "Connection: close\r\n"), GOOD_TOO],
         ["dns_no_answer", "dns_no_answer"]),
        ([GOOD], ["dns_no_answer", "eof_error"]),
        ([], ["eof_error", "eof_error"]),
        ([b"\0\1garbage\r\n\r\n"], ["http_request_failed", "http_request_failed"]),
        ([GOOD[:-3], b"ignored"], ["generic_timeout_error", "generic_timeout_error"]),
        ([response(b"", "", "451 Unavailable For Legal Reasons"), GOOD_TOO],
         ["http_unexpected_status_code", "dns_no_answer"]),
        ([response(b"<html>", "Content-Type: text/html\r\n"), GOOD_TOO],
         ["dns_server_misbehaving", "dns_no_answer"]),
        ([response(b"garbage"), GOOD_TOO], ["dns_server_misbehaving", "dns_no_answer"]),
        ([response(reply_bytes(name="other.test")), GOOD_TOO],
         ["dns_server_misbehaving", "dns_no_answer"]),
        ([response(reply_bytes(identifier=7)), GOOD_TOO],
         ["dns_server_misbehaving", "dns_no_answer"]),
        ([response(b"x" * 70_000), GOOD_TOO], ["dns_server_misbehaving", "dns_no_answer"]),
    ],
)  # fmt: skip
def test_the_client_says_what_is_wrong(
    setting: Any, script: list[bytes], failures: list[str]
) -> None:
    assert against(setting, *script) == failures
