"""How a machine gets a certificate: an order, a token shown over HTTP, the signed chain.

The protocol is in `simulator.wire.acme`. The authority looks the names up by itself: whoever
answers for them there gets the certificate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from simulator.errors import LabError
from simulator.serving.certificates import TlsContexts
from simulator.values import Address, message
from simulator.wire import acme
from simulator.wire.web import Exchange, Response, WebError, request

Show = Callable[[Mapping[str, str]], Callable[[], None]]
"""Shows key authorizations under their tokens' paths; what it returns takes them away again."""

AGENT = "TakedownLab-Host/1"
TIMEOUT = 60.0
"""Seconds of lab time that an order may take."""


class CertificateRefused(LabError):
    """The certification authority did not sign; ``problem`` is its answer."""

    def __init__(self, problem: acme.Problem) -> None:
        super().__init__(
            message(
                "The certification authority refuses a certificate: {reason} ({kind}).",
                reason=problem.detail,
                kind=problem.kind,
            )
        )
        self.problem = problem


async def enrol(
    tls: TlsContexts,
    names: Sequence[str],
    authority: tuple[Address, int],
    show: Show,
    timeout: float = TIMEOUT,
) -> None:
    """Order one certificate for the names and install it.

    Each name must lead to this machine where the authority looks it up. Raises
    `CertificateRefused` with the authority's reason, `LabError` when the authority cannot
    be reached within ``timeout`` seconds of lab time or talks nonsense.
    """
    try:
        async with asyncio.timeout(timeout):
            chain = await _order(tls, tuple(names), authority, show)
        tls.install(names, chain)
    except (OSError, WebError, ValueError) as error:
        raise LabError(
            message(
                "No certificate for {names} from the certification authority at {address}: "
                "{reason}.",
                names=", ".join(names),
                address=authority[0],
                reason=str(error) or type(error).__name__,
            )
        ) from error


async def _order(
    tls: TlsContexts, names: tuple[str, ...], authority: tuple[Address, int], show: Show
) -> str:
    account = tls.keys.account
    reply = await _post(authority, acme.NEW_ORDER_PATH, acme.order_request(names, account))
    order = acme.read_order_reply(reply)
    take_away = show(
        {token: acme.key_authorization(token, account) for _, token in order.authorizations}
    )
    try:
        body = acme.finalize_request(tls.keys.signing_request(names))
        return acme.read_certificate_reply(await _post(authority, order.finalize, body))
    finally:
        take_away()


async def _post(authority: tuple[Address, int], path: str, body: bytes) -> bytes:
    """Send JSON to the authority and return its answer; `CertificateRefused` for a problem."""
    head = request(authority[0], path, AGENT, "POST", ("application/json", len(body)))
    exchange = Exchange(head, body)
    reader, writer = await asyncio.open_connection(*authority)
    try:
        writer.write(exchange.outgoing)
        while not exchange.received(await reader.read(65536)):
            pass
    finally:
        writer.close()
    response = exchange.response
    assert response is not None
    return _accepted(response)


def _accepted(response: Response) -> bytes:
    if response.status not in (200, 201):
        raise CertificateRefused(acme.read_problem(response.body))
    return response.body
