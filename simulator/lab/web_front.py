"""A registrar's web site as somebody's browser reaches it: name, addresses, TLS, form."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

from simulator.lab.registration import HTTPS
from simulator.net.packets import is_ipv6
from simulator.roles.registrar.front_client import FrontError, Login, ask_front
from simulator.roles.registrar.requests import Done
from simulator.values import message
from simulator.wire.failures import of_connection, of_tls

if TYPE_CHECKING:
    from simulator.lab.people import Person


async def visit_front(
    person: Person,
    front: str,
    account: str,
    password: str,
    path: str,
    fields: Mapping[str, tuple[str, ...]],
) -> Done:
    """Send a form from a person's machine; where it does not arrive, `Done` says why in OONI's
    words. Addresses are tried one after the other, IPv6 first where there is any."""
    found = await person.stub.addresses(front)
    has_ipv6 = any(is_ipv6(address) for address in person.host.addresses)
    usable = [address for address in found.addresses if has_ipv6 or not is_ipv6(address)]
    failure = found.failure or "dns_no_answer"
    context = person.probe.tls_context
    for address in sorted(usable, key=is_ipv6, reverse=True):
        try:
            login = Login(account, password)
            return await ask_front((address, HTTPS), front, context, login, path, fields)
        except ssl.SSLError as error:
            failure = of_tls(error)
        except OSError as error:
            failure = of_connection(error)
        except FrontError as error:
            failure = "http_request_failed"
            return _not_reached(front, f"{failure}: {error}")
    return _not_reached(front, failure)


def _not_reached(front: str, failure: str) -> Done:
    return Done(
        False, message("https://{front}/ was not reached: {failure}", front=front, failure=failure)
    )
