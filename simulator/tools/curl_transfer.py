"""One transfer of curl: a connection, TLS, a request, the response; and its transcript."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import NamedTuple

import h11

from simulator.net.packets import literal_address
from simulator.roles.probe.certificates import (
    browser_context,
    is_for,
    onlooker_context,
    read_certificate,
)
from simulator.tools.certificate_text import certificate_text
from simulator.tools.curl_connecting import Connected, Connector
from simulator.tools.curl_failures import (
    BAD_CERTIFICATE,
    EMPTY_REPLY,
    PARTIAL,
    RECEIVE_FAILED,
    TIMED_OUT,
    TLS_FAILED,
    WEIRD_REPLY,
    CurlFailure,
)
from simulator.tools.curl_options import CurlOptions, Url
from simulator.tools.kernel_words import in_words
from simulator.tools.machine import Machine
from simulator.tools.stream import Stream
from simulator.tools.tls_messages import TlsMessage, listen

AGENT = "curl/7.88-lab"
BODY_LIMIT = 1 << 24
"""Octets of a body that are kept."""


class Fetched(NamedTuple):
    """A response, and when each stage was over, in seconds of lab time."""

    status: int
    headers: tuple[tuple[str, str], ...]
    head: str
    """The head as it came, line ends included."""
    body: bytes
    address: str
    resolved_at: float
    connected_at: float
    secured_at: float
    first_octet_at: float
    ended_at: float

    def header(self, name: str) -> str | None:
        """Return the first field of a name, or None."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Transfer:
    """Fetches one URL. ``note`` takes a line for ``-v``."""

    def __init__(
        self,
        machine: Machine,
        options: CurlOptions,
        url: Url,
        number: int,
        note: Callable[[str], None],
    ) -> None:
        self._machine = machine
        self._options = options
        self._url = url
        self._number = number
        self._note = note
        self._connector = Connector(machine, options, note)
        self._stream: Stream | None = None
        self._received = 0
        self._exchanging = False
        self._finished = False

    async def run(self, deadline: float | None) -> Fetched:
        """Return the response; raise `CurlFailure`. ``deadline`` is an instant of the loop.

        The connection stays open until `finish`, so that what came is shown before its end.
        """
        began = self._machine.now
        try:
            async with asyncio.timeout_at(deadline):
                return await self._fetch()
        except TimeoutError:
            self._drop()
            took = round((self._machine.now - began) * 1000)
            raise self._failed(TIMED_OUT, self._timeout_text(took)) from None
        except BaseException as error:
            self._drop()
            if isinstance(error, CurlFailure):
                self._note(f"* Closing connection {self._number}")
            raise

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.abort()

    async def finish(self, fetched: Fetched) -> None:
        """End the connection. A real curl might use it again; ours says farewell at once."""
        assert self._stream is not None
        if fetched.header("connection") == "close":
            self._note(f"* Closing connection {self._number}")
        else:
            host = self._url.place.host
            self._note(f"* Connection #{self._number} to host {host} left intact")
        self._finished = True
        await self._stream.close()

    def _timeout_text(self, took: int) -> str:
        if self._exchanging:
            got = f"with {self._received} bytes received"
            return f"Operation timed out after {took} milliseconds {got}"
        if self._stream is None and self._connector.phase == "resolving":
            return f"Resolving timed out after {took} milliseconds"
        return f"Connection timed out after {took} milliseconds"

    def _failed(self, status: int, text: str) -> CurlFailure:
        self._note(f"* {text}")
        if status == TIMED_OUT:
            self._note(f"* Closing connection {self._number}")
        return CurlFailure(status, text)

    async def _fetch(self) -> Fetched:
        connected = await self._connector.connect(self._url, self._number)
        self._stream = stream = connected.stream
        if self._url.scheme == "https":
            await self._secure(stream)
        secured_at = self._machine.now
        self._exchanging = True
        return await self._exchange(stream, connected, secured_at)

    # --- TLS --------------------------------------------------------------------------------

    async def _secure(self, stream: Stream) -> None:
        options, host = self._options, self._url.place.host
        if options.insecure:
            context = onlooker_context()
            context.set_alpn_protocols(["http/1.1"])
        else:
            context = browser_context(self._machine.lab.web.authority.root_pem)
        self._note("* ALPN: offers http/1.1")
        if options.verbose:
            listen(context, self._tell)
        try:
            tls = await stream.secure(context, host)
        except ssl.SSLCertVerificationError as error:
            text = f"SSL certificate problem: {error.verify_message}"
            raise self._failed(BAD_CERTIFICATE, text) from error
        except ssl.SSLEOFError as error:
            text = f"OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to {self._url.place}"
            raise self._failed(TLS_FAILED, text) from error
        except ssl.SSLError as error:
            why = (error.reason or str(error)).replace("_", " ").lower()
            raise self._failed(TLS_FAILED, f"OpenSSL: {why}") from error
        except OSError as error:
            self._note(f"* Recv failure: {in_words(error)}")
            self._note(
                f"* OpenSSL SSL_connect: {in_words(error)} in connection to {self._url.place}"
            )
            raise CurlFailure(TLS_FAILED, f"Recv failure: {in_words(error)}") from error
        self._show_session(tls)

    def _tell(self, heard: TlsMessage) -> None:
        if not self._finished:
            what = f"{heard.kind}, {heard.name} ({heard.number}):"
            self._note(f"* {heard.version} ({heard.direction}), {what}")

    def _show_session(self, tls: ssl.SSLObject) -> None:
        cipher = tls.cipher()
        self._note(f"* SSL connection using {tls.version()} / {cipher[0] if cipher else '?'}")
        protocol = tls.selected_alpn_protocol()
        if protocol is None:
            self._note("* ALPN: server did not agree on a protocol. Uses default.")
        else:
            self._note(f"* ALPN: server accepted {protocol}")
        der = tls.getpeercert(True) or b""
        self._check_name(der)

    def _check_name(self, der: bytes) -> None:
        host, text, seen = self._url.place.host, certificate_text(der), read_certificate(der)
        if text is None or seen is None:
            raise self._failed(BAD_CERTIFICATE, "SSL: couldn't get peer certificate")
        self._note("* Server certificate:")
        self._note(f"*  subject: {'; '.join(text.subject)}")
        self._note(f"*  start date: {text.begins}")
        self._note(f"*  expire date: {text.ends}")
        if is_for(seen, host):
            if not self._options.insecure:
                matched = host if host in seen.names else f"*.{host.partition('.')[2]}"
                kind = "IP address" if literal_address(host) else "host"
                self._note(f'*  subjectAltName: {kind} "{host}" matched cert\'s "{matched}"')
        elif not self._options.insecure:
            self._note(f"*  subjectAltName does not match {host}")
            what = "ipv4 address" if literal_address(host) else "host name"
            text_ = f"SSL: no alternative certificate subject name matches target {what} '{host}'"
            raise self._failed(BAD_CERTIFICATE, text_)
        self._note(f"*  issuer: {'; '.join(text.issuer)}")
        if self._options.insecure:
            self._note("*  SSL certificate verification was not done (-k)")
        else:
            self._note("*  SSL certificate verify ok.")
        self._note("* using HTTP/1.x")

    # --- HTTP -------------------------------------------------------------------------------

    async def _exchange(self, stream: Stream, connected: Connected, secured_at: float) -> Fetched:
        connection = h11.Connection(h11.CLIENT)
        try:
            request = h11.Request(
                method=self._options.method,
                target=self._url.text if connected.by_proxy_request else self._url.target,
                headers=self._headers(),
            )
            octets = connection.send(request) or b""
        except h11.LocalProtocolError as error:
            raise CurlFailure(3, f"URL using bad/illegal format or missing URL: {error}") from error
        for line in octets.decode("latin-1").split("\r\n")[:-1]:
            self._note(f"> {line}")
        stream.write(octets)
        connection.send(h11.EndOfMessage())
        response, first_at, body = await self._response(stream, connection)
        head = _head_text(response)
        for line in head.split("\r\n")[:-1]:
            self._note(f"< {line}")
        pairs = tuple([(k.decode("latin-1"), v.decode("latin-1")) for k, v in response.headers])
        return Fetched(
            response.status_code,
            pairs,
            head,
            body,
            connected.address,
            connected.resolved_at,
            connected.connected_at,
            secured_at,
            first_at,
            self._machine.now,
        )

    def _headers(self) -> list[tuple[str, str]]:
        """Return the fields that curl sends of itself, as -A and -H change them."""
        agent = AGENT if self._options.agent is None else self._options.agent
        fields = {"host": ("Host", self._url.authority), "user-agent": ("User-Agent", agent)}
        fields["accept"] = ("Accept", "*/*")
        for text in self._options.headers:
            name, mark, value = text.partition(":")
            key = name.strip().lower()
            if mark and value.strip():
                fields[key] = (name.strip(), value.strip())
            else:  # "Name:" takes a field away
                fields.pop(key, None)
        return [field for field in fields.values() if field[1]]

    async def _response(
        self, stream: Stream, connection: h11.Connection
    ) -> tuple[h11.Response, float, bytes]:
        response: h11.Response | None = None
        body: list[bytes] = []
        first_at = 0.0
        while True:
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError as error:
                raise self._broken(response, str(error)) from error
            if event is h11.NEED_DATA:
                data = await self._read(stream)
                first_at = first_at or self._machine.now
                try:
                    connection.receive_data(data)
                except h11.RemoteProtocolError as error:
                    raise self._broken(response, str(error)) from error
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
                if sum(map(len, body)) > BODY_LIMIT:
                    raise self._failed(63, "Maximum file size exceeded")
            elif isinstance(event, h11.EndOfMessage):
                assert response is not None
                return response, first_at, b"".join(body)
            elif not isinstance(event, h11.InformationalResponse):
                raise self._broken(response, "the connection closed")

    async def _read(self, stream: Stream) -> bytes:
        try:
            data = await stream.read()
        except ssl.SSLError as error:
            raise self._failed(RECEIVE_FAILED, f"OpenSSL SSL_read: {error.reason}") from error
        except OSError as error:
            raise self._failed(RECEIVE_FAILED, f"Recv failure: {in_words(error)}") from error
        self._received += len(data)
        return data

    def _broken(self, response: h11.Response | None, why: str) -> CurlFailure:
        if response is not None:
            return self._failed(PARTIAL, "transfer closed with outstanding read data remaining")
        if not self._received:
            return self._failed(EMPTY_REPLY, "Empty reply from server")
        return self._failed(WEIRD_REPLY, f"Received no HTTP: {why}")


def _head_text(response: h11.Response) -> str:
    version = response.http_version.decode("ascii")
    reason = response.reason.decode("latin-1")
    lines = [f"HTTP/{version} {response.status_code} {reason}".rstrip()]
    for name, value in response.headers.raw_items():
        lines.append(f"{name.decode('latin-1')}: {value.decode('latin-1')}")
    return "".join(f"{line}\r\n" for line in lines) + "\r\n"
