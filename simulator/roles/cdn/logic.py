"""What an edge answers, and what it fetches from where.

An edge serves its customers' sites by the Host field, from each customer's own machine. Who
watches the way to it sees the name in the handshake, which may be another that the edge has
a certificate for: domain fronting, as long as the edge lets the two differ.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import h11

from simulator.errors import LabError
from simulator.values import Address, message
from simulator.wire.acme import CHALLENGE_PREFIX
from simulator.wire.pages import CONTENT_TYPE, draw_notice, draw_site
from simulator.wire.proxy_status import write_trouble
from simulator.wire.web import Request, Response

EDGE = "takedown-lab"
"""Our name in Via (RFC 9110 section 7.6.3), CDN-Loop (RFC 8586), Proxy-Status and Server."""
CDN_LOOP = "CDN-Loop"

Headers: TypeAlias = tuple[tuple[str, str], ...]
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_HTML: Headers = (("Content-Type", CONTENT_TYPE),)
# Fields of one connection alone (RFC 9110 section 7.6.1), and those that an edge sets itself.
_NOT_PASSED_ON = frozenset(
    (
        b"connection", b"content-length", b"date", b"keep-alive", b"proxy-authenticate",
        b"server", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"via",
    )
)  # fmt: skip


class Page(NamedTuple):
    """A response to send."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Customer:
    """A site behind the edge: its names, and the addresses of its own machine.

    ``https`` is whether that machine speaks TLS; it is asked in clear otherwise.
    """

    name: str
    origins: tuple[Address, ...]
    aliases: tuple[str, ...] = ()
    https: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """Visitors from these prefixes get a 451 for a site (RFC 7725)."""

    name: str
    clients: tuple[_Network, ...]
    blocked_by: str = ""

    def concerns(self, name: str, client: Address) -> bool:
        """Tell whether a visitor is refused this site."""
        address = ipaddress.ip_address(client)
        return name == self.name and any(address in network for network in self.clients)


@dataclass(frozen=True, slots=True)
class EdgeState:
    """All that decides what an edge answers. Mappings are never changed in place.

    ``fronts`` are the edge's own names; ``customers`` has every name of every customer;
    ``fronting_allowed`` is whether Host may differ from the name in the handshake.
    """

    fronts: tuple[str, ...]
    customers: Mapping[str, Customer] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    challenges: Mapping[str, str] = field(default_factory=dict)
    fronting_allowed: bool = True


class Asked(NamedTuple):
    """A request as it came; ``server_name`` is that of the handshake, None without one."""

    host: str | None
    target: str
    client: Address
    tls: bool
    server_name: str | None = None
    loop: str = ""
    """The CDN-Loop field: which content networks it has been through."""


def serving(
    fronts: Iterable[str], customers: Iterable[Customer] = (), fronting_allowed: bool = True
) -> EdgeState:
    """Return the state of an edge with these customers."""
    state = EdgeState(tuple(fronts), fronting_allowed=fronting_allowed)
    for customer in customers:
        state = serve(state, customer)
    return state


def serve(state: EdgeState, customer: Customer) -> EdgeState:
    """Serve one more customer; `LabError` if one of its names is taken."""
    customers = dict(state.customers)
    for name in (customer.name, *customer.aliases):
        if name in customers or name in state.fronts:
            raise LabError(message("{name} is behind this edge already.", name=name))
        customers[name] = customer
    return replace(state, customers=customers)


def end_service(state: EdgeState, name: str) -> EdgeState:
    """Drop the customer that goes by that name; `LabError` if none does."""
    dropped = state.customers.get(name)
    if dropped is None:
        raise LabError(message("{name} is not behind this edge.", name=name))
    kept = {key: customer for key, customer in state.customers.items() if customer is not dropped}
    return replace(state, customers=kept)


def refuse(
    state: EdgeState, key: str, name: str, clients: Iterable[str], blocked_by: str = ""
) -> EdgeState:
    """Answer visitors from these prefixes (CIDR text) with a 451 for a site, until `allow`."""
    networks = tuple(ipaddress.ip_network(prefix) for prefix in clients)
    return replace(state, refusals={**state.refusals, key: Refusal(name, networks, blocked_by)})


def allow(state: EdgeState, key: str) -> EdgeState:
    """Take a refusal back; nothing happens if there is none of that key."""
    return replace(state, refusals={k: one for k, one in state.refusals.items() if k != key})


def with_challenges(state: EdgeState, challenges: Mapping[str, str]) -> EdgeState:
    """Show these key authorizations under their tokens' paths, and no others."""
    return replace(state, challenges=dict(challenges))


def host_name(asked: Asked) -> str:
    """Return the domain name in the Host field, without port and trailing dot."""
    return (asked.host or "").partition(":")[0].rstrip(".").lower()


def decide(state: EdgeState, asked: Asked) -> Page | Customer:
    """Return a response, or the customer whose machine has it. For GET and HEAD."""
    if asked.host is None:
        return _notice(400, "Bad Request", "The request names no host.")
    name = host_name(asked)
    if asked.target.startswith(CHALLENGE_PREFIX) and not asked.tls:
        return _challenge(state, asked.target)
    if asked.tls and not state.fronting_allowed and asked.server_name != name:
        return _misdirected("The request is for another name than the connection.")
    if any(one.concerns(_own_name(state, name), asked.client) for one in state.refusals.values()):
        return _unavailable(state, _own_name(state, name), asked.client)
    if name in state.fronts:
        return Page(200, _HTML, draw_site((name,), "Content network", "en", (_WELCOME,)))
    customer = state.customers.get(name)
    if customer is not None:
        return _loop() if EDGE in asked.loop else customer
    if asked.tls:
        return _misdirected("This server does not answer for that name.")
    return _notice(404, "Not Found", "No such site is behind this edge.")


def failed(stage: str, failure: str) -> Page:
    """Return the response for a customer's machine that did not answer (RFC 9209)."""
    status, trouble = write_trouble(EDGE, stage, failure)
    page = _notice(status, "The site does not answer", f"The edge answers {status}.")
    return page._replace(headers=(*page.headers, ("Proxy-Status", trouble)))


def refused(status: int) -> Page:
    """Answer what is no request (400), or one that a fault of ours leaves without answer (500)."""
    if status >= 500:
        return _notice(status, "Internal Server Error", "This server failed.")
    return _notice(status, "Bad Request", "That was no request that this server can read.")


def passed_on(response: Response) -> Page:
    """Return what a customer's machine answered, as the edge passes it on."""
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in response.headers
        if name not in _NOT_PASSED_ON
    ]
    return Page(response.status, (*headers, ("Via", f"1.1 {EDGE}")), response.body)


@lru_cache(maxsize=256)
def origin_request(method: str, host: str, target: str, agent: str, client: Address) -> Request:
    """Return the request for a customer's machine; `h11.LocalProtocolError` for what is none.

    It says for whom it asks (Forwarded, RFC 7239), and that it came through here.
    """
    by = f'for="[{client}]"' if ":" in client else f"for={client}"
    fields = [
        ("Host", host), ("User-Agent", agent), ("Accept", "*/*"), ("Via", f"1.1 {EDGE}"),
        ("Forwarded", by), (CDN_LOOP, EDGE), ("Connection", "close"),
    ]  # fmt: skip
    head = h11.Request(method=method, target=target, headers=fields)
    return Request(head, h11.Connection(h11.CLIENT).send(head) or b"")


_WELCOME = "Sites that are served from here are told apart by the name in the request."


def _own_name(state: EdgeState, name: str) -> str:
    """Return the name that a customer with several goes by."""
    customer = state.customers.get(name)
    return name if customer is None else customer.name


def _unavailable(state: EdgeState, name: str, client: Address) -> Page:
    page = _notice(
        451,
        "Unavailable For Legal Reasons",
        f"An authority orders that {name} is not served to visitors from your network.",
    )
    for refusal in state.refusals.values():
        if refusal.blocked_by and refusal.concerns(name, client):
            link = ("Link", f'<{refusal.blocked_by}>; rel="blocked-by"')
            return page._replace(headers=(*page.headers, link))
    return page


def _challenge(state: EdgeState, target: str) -> Page:
    shown = state.challenges.get(target.removeprefix(CHALLENGE_PREFIX))
    if shown is None:
        return _notice(404, "Not Found", "There is no such challenge.")
    return Page(200, (("Content-Type", "application/octet-stream"),), shown.encode())


def _misdirected(sentence: str) -> Page:
    """Return what RFC 9110 section 15.5.20 has for a name that is not served here."""
    return _notice(421, "Misdirected Request", sentence)


def _loop() -> Page:
    page = _notice(502, "Bad Gateway", "The request has been here before.")
    trouble = ("Proxy-Status", f"{EDGE}; error=proxy_loop_detected")
    return page._replace(headers=(*page.headers, trouble))


def _notice(status: int, title: str, sentence: str) -> Page:
    return Page(status, _HTML, draw_notice(title, sentence))
