"""A web_connectivity measurement as OONI's published data formats have it (df-000 to df-008).

The models read leniently, for files come from ten years of programs: unknown keys are kept,
absent ones are None or empty, and ``false`` stands for "no failure", as it did once. What
*we* write is held to the letter by `simulator.ooni.strict`.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from simulator.values import Address

Item = TypeVar("Item")


def _none_is_empty(value: Any) -> Any:
    return () if value is None else value


def _false_is_none(value: Any) -> Any:
    return None if value is False else value


Many: TypeAlias = Annotated[tuple[Item, ...], BeforeValidator(_none_is_empty)]
"""A list that may be null."""
Failure: TypeAlias = Annotated[str | None, BeforeValidator(_false_is_none)]
"""An OONI failure string, or None for success."""


class Part(BaseModel):
    """What all parts of a measurement have in common."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class Event(Part):
    """What df-002, df-005, df-006 and df-008 say of anything that happened.

    ``t0`` and ``t`` are its beginning and its end in seconds since the start; operations on
    one endpoint at one depth share a ``transaction_id``, and 0 stands for an unknown one.
    """

    failure: Failure = None
    t0: float | None = None
    t: float | None = None
    tags: Many[str] = ()
    transaction_id: int | None = None

    @property
    def depth(self) -> int | None:
        """After how many redirects it happened (tag ``depth=N``), None if it does not say."""
        text = self.tag("depth")
        return int(text) if text is not None and text.isdecimal() and len(text) < 4 else None

    def tag(self, name: str) -> str | None:
        """Return the value of a tag ``name=value``, or None."""
        start = f"{name}="
        return next((tag[len(start) :] for tag in self.tags if tag.startswith(start)), None)


class Answer(Part):
    """A record of an answer (df-002)."""

    answer_type: str | None = None
    ipv4: str | None = None
    ipv6: str | None = None
    hostname: str | None = None
    asn: int | None = None
    as_org_name: str | None = None
    ttl: float | None = None

    @property
    def address(self) -> Address | None:
        """The address, of an A or AAAA record."""
        found = {"A": self.ipv4, "AAAA": self.ipv6}.get(self.answer_type or "")
        return found or None


class Query(Event):
    """A DNS lookup (df-002). ``getaddrinfo`` is one ``ANY`` query with all that it found."""

    engine: str | None = None
    hostname: str | None = None
    query_type: str | None = None
    resolver_address: str | None = None
    rcode: int | None = None
    raw_response: str | None = None
    answers: Many[Answer] = ()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses found, in the order of the answer."""
        return tuple([answer.address for answer in self.answers if answer.address is not None])


class TcpStatus(Part):
    """What came of a TCP connect."""

    failure: Failure = None
    success: bool | None = None


class TcpConnect(Event):
    """A TCP connect (df-005). Its failure is in ``status``."""

    ip: str | None = None
    port: int | None = None
    status: TcpStatus = TcpStatus()

    @property
    def endpoint(self) -> str:
        """``192.0.2.7:443`` or ``[2001:db8::7]:443``."""
        return endpoint(self.ip or "", self.port or 0)


class Binary(Part):
    """Octets, in base64."""

    format: str | None = None
    data: str | None = None


class TlsHandshake(Event):
    """A TLS handshake (df-006); ``network`` is ``udp`` for QUIC."""

    network: str | None = None
    address: str | None = None
    server_name: str | None = None
    outer_server_name: str | None = None
    echconfig: str | None = None
    tls_version: str | None = None
    cipher_suite: str | None = None
    negotiated_protocol: str | None = None
    no_tls_verify: bool | None = None
    peer_certificates: Many[Binary] = ()


class NetworkEvent(Event):
    """Something on a socket (df-008)."""

    operation: str | None = None
    address: str | None = None
    proto: str | None = None
    num_bytes: int | None = None


Body: TypeAlias = str | Binary | None
"""Text where it is UTF-8, else octets in base64."""
Headers: TypeAlias = dict[str, Any] | None
HeadersList: TypeAlias = Many[tuple[str, Any]]


class HttpRequest(Part):
    """The request of an exchange (df-001)."""

    url: str | None = None
    method: str | None = None
    headers: Headers = None
    headers_list: HeadersList = ()
    body: Body = None
    body_is_truncated: bool | None = None
    tor: dict[str, Any] | None = None
    x_transport: str | None = None


class HttpResponse(Part):
    """The response of an exchange (df-001)."""

    code: int | None = None
    headers: Headers = None
    headers_list: HeadersList = ()
    body: Body = None
    body_is_truncated: bool | None = None

    @property
    def header_names(self) -> tuple[str, ...]:
        """The names of its fields in lower case, each once."""
        names = [*(self.headers or {}), *(name for name, _ in self.headers_list)]
        return tuple(dict.fromkeys(name.lower() for name in names))


class HttpExchange(Event):
    """A request and what came back (df-001). A measurement lists the newest first."""

    network: str | None = None
    address: str | None = None
    alpn: str | None = None
    request: HttpRequest | None = None
    response: HttpResponse | None = None


# --- what the test helper says --------------------------------------------------------------


class ControlDns(Part):
    """The test helper's lookup. ``dns_name_error`` is its word for NXDOMAIN."""

    failure: Failure = None
    addrs: Many[str] = ()


class ControlTcp(Part):
    """The test helper's connect to an endpoint."""

    status: bool | None = None
    failure: Failure = None


class ControlTls(Part):
    """The test helper's handshake with an endpoint."""

    server_name: str | None = None
    status: bool | None = None
    failure: Failure = None


class ControlHttp(Part):
    """The test helper's page. ``body_length`` and ``status_code`` are -1 after a failure."""

    failure: Failure = None
    status_code: int | None = None
    body_length: int | None = None
    title: str | None = None
    headers: Headers = None


class IpInfo(Part):
    """What the test helper knows of an address. Flags (ts-017): 1 the probe found it, 2 the
    helper did, 4 it is a bogon, 8 a handshake proved it valid for the name."""

    asn: int | None = None
    flags: int | None = None


class Control(Part):
    """The test helper's reply."""

    dns: ControlDns | None = None
    tcp_connect: dict[str, ControlTcp] | None = None
    tls_handshake: dict[str, ControlTls] | None = None
    quic_handshake: dict[str, Any] | None = None
    http_request: ControlHttp | None = None
    http3_request: dict[str, Any] | None = None
    ip_info: dict[str, IpInfo | None] | None = None


class ControlRequest(Part):
    """What the probe asked the test helper."""

    http_request: str | None = None
    http_request_headers: dict[str, Any] | None = None
    tcp_connect: Many[str] = ()
    x_quic_enabled: bool | None = None


# --- the whole ------------------------------------------------------------------------------


class Keys(Part):
    """``test_keys``: what was seen, and what the program that saw it made of it."""

    agent: str | None = None
    client_resolver: str | None = None
    retries: int | None = None
    socksproxy: str | None = None
    queries: Many[Query] = ()
    tcp_connect: Many[TcpConnect] = ()
    tls_handshakes: Many[TlsHandshake] = ()
    network_events: Many[NetworkEvent] = ()
    requests: Many[HttpExchange] = ()
    control: Control | None = None
    x_control_request: ControlRequest | None = None
    control_failure: Failure = None
    dns_experiment_failure: Failure = None
    dns_consistency: str | None = None
    http_experiment_failure: Failure = None
    body_proportion: float | None = None
    body_length_match: bool | None = None
    headers_match: bool | None = None
    status_code_match: bool | None = None
    title_match: bool | None = None
    blocking: str | bool | None = None
    accessible: bool | None = None


class TestHelper(Part):
    """Where the test helper was."""

    __test__ = False  # not a test of ours, whatever its name

    address: str | None = None
    type: str | None = None


class Measurement(Part):
    """One measurement (df-000)."""

    data_format_version: str | None = None
    input: str | None = None
    measurement_start_time: str | None = None
    test_start_time: str | None = None
    test_name: str | None = None
    test_version: str | None = None
    test_runtime: float | None = None
    test_helpers: dict[str, TestHelper | str] | None = None
    probe_asn: str | None = None
    probe_cc: str | None = None
    probe_ip: str | None = None
    probe_network_name: str | None = None
    resolver_asn: str | None = None
    resolver_ip: str | None = None
    resolver_network_name: str | None = None
    report_id: str | None = None
    software_name: str | None = None
    software_version: str | None = None
    extensions: dict[str, int] | None = None
    annotations: dict[str, Any] | None = None
    test_keys: Keys


def endpoint(address: Address, port: int) -> str:
    """Return an address and a port as OONI writes them: IPv6 in brackets."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
