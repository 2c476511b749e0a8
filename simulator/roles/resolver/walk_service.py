"""Carrying a resolution out: sending what it wants to ask, and telling it what comes of that."""

from __future__ import annotations

import errno

from simulator.roles.resolver.cache import Outcome
from simulator.roles.resolver.exchange import Exchange
from simulator.roles.resolver.resolution import Ask, Resolution
from simulator.values import SECOND, Now
from simulator.wire.dns_values import DnsMessage


async def walk(
    resolution: Resolution, exchange: Exchange, now: Now, *, dnssec_ok: bool = False
) -> Outcome:
    """Return how a resolution ends; ``dnssec_ok`` asks every server for signatures."""
    step = resolution.next_step(now())
    while isinstance(step, Ask):
        try:
            reply = await _ask(step, exchange, dnssec_ok=dnssec_ok)
        except TimeoutError:
            resolution.failed("timed out", now())
        except OSError as error:
            why = errno.errorcode.get(error.errno or 0, "error")
            resolution.failed(f"network error {why}", now())
        else:
            resolution.received(reply, now())
        step = resolution.next_step(now())
    return step


async def _ask(ask: Ask, exchange: Exchange, *, dnssec_ok: bool) -> DnsMessage:
    """Return the reply; raise TimeoutError for silence, and OSError."""
    [query] = exchange.queries([ask.question], recursion_desired=False, dnssec_ok=dnssec_ok)
    seconds = ask.timeout / SECOND
    if ask.stream:
        return await exchange.by_stream(ask.server, query, seconds)
    [reply] = await exchange.by_datagram(ask.server, [query], seconds)
    if reply is None:
        raise TimeoutError
    return reply
