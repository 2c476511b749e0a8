"""A relay: takes links, joins circuits, calls other relays; an exit also connects streams.

What a relay writes into the journal is all that it can know: whence a circuit comes and
whither it goes on, by address; an exit also what its streams are for. The guard sees the
subscriber and not the site, the exit the site and not the subscriber, the middle neither.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from simulator.journal import Journal
from simulator.roles.onion.certificate import make_certificate
from simulator.roles.onion.circuit import Lookup, RelayedCircuit
from simulator.roles.onion.link import LinkConnection, call_relay
from simulator.serving.tls import TlsServerProtocol
from simulator.values import Address
from simulator.wire.onion import cells
from simulator.wire.onion.cells import OnionError
from simulator.wire.onion.certs import pack_certs
from simulator.wire.onion.circuit import RelayCircuit
from simulator.wire.onion.descriptor import RelayDescriptor, RelayKeys
from simulator.wire.onion.link import CalledLink
from simulator.wire.onion.messages import Extension

PORT = 9001
"""Where relays listen unless told otherwise: Tor's customary ORPort; many take 443."""


class Relay:
    """A relay on one machine; ``listen`` is the address and port at which it is called.

    With ``lookup``, its own way to resolve names, it is an exit; without one it refuses
    streams. There is no exit policy beyond that: every address and port is allowed.
    """

    def __init__(
        self,
        name: str,
        keys: RelayKeys,
        listen: tuple[Address, int],
        random: Random,
        *,
        lookup: Lookup | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.name = name
        self.lookup = lookup
        self._keys = keys
        self._listen = listen
        self._random = random
        self._journal = journal
        self._server: asyncio.Server | None = None
        self._links: dict[LinkConnection, None] = {}
        self._calls: dict[tuple[bytes, Address, int], asyncio.Task[LinkConnection]] = {}
        self._own = keys.descriptor(name, *listen)

    @property
    def descriptor(self) -> RelayDescriptor:
        """What clients must know of this relay. Port 0 is replaced once it has started."""
        if self._server is None:
            return self._own
        return self._own._replace(port=self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen for links."""
        certificate = make_certificate(self._keys.link)
        certs = pack_certs(self._keys.identity, self._keys.signing, certificate.der)
        own = self._listen[:1]

        def accept() -> LinkConnection:
            return self._kept(
                LinkConnection(lambda peer, _: CalledLink(certs, own, peer, self._random), self)
            )

        self._server = await asyncio.get_running_loop().create_server(
            lambda: TlsServerProtocol(certificate.context, accept), *self._listen
        )

    async def stop(self) -> None:
        """Stop listening and break the links off."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for call in self._calls.values():
            call.cancel()
        for link in tuple(self._links):
            link.abort()

    # --- what circuits need ---------------------------------------------------------------

    def create(self, connection: LinkConnection, number: int, payload: bytes) -> None:
        """Take a CREATE2, or destroy what it would have been."""
        try:
            circuit = RelayCircuit(self._keys, self._own.fingerprint, payload, self._random)
        except OnionError:
            connection.send(number, cells.DESTROY, bytes([cells.PROTOCOL]))
            return
        RelayedCircuit(self, connection, number, circuit, self._random)
        self.record("circuit created", previous=connection.peer)

    async def link_to(self, extension: Extension) -> LinkConnection:
        """Return a link to another relay: the one that there is, or a new one.

        Raises `OnionError` if that relay is ourselves or not who it should be, `OSError` if
        it cannot be reached.
        """
        if extension.identity == self._own.identity:
            raise OnionError("a circuit from a relay to itself")
        key = extension.identity, extension.address, extension.port
        call = self._calls.get(key)
        if call is not None and call.done():
            failed = call.cancelled() or call.exception() is not None
            if failed or call.result().is_closing:
                call = None
        if call is None:
            call = asyncio.get_running_loop().create_task(self._call(extension))
            call.add_done_callback(_hear)
            self._calls[key] = call
        # Others may wait for the same link: who gives up leaves it to them.
        return await asyncio.shield(call)

    async def _call(self, extension: Extension) -> LinkConnection:
        address, port, identity = extension[:3]
        return self._kept(await call_relay(address, port, identity, self._random))

    def _kept(self, link: LinkConnection) -> LinkConnection:
        self._links[link] = None
        link.gone = lambda: self._links.pop(link, None)
        return link

    def record(self, what: str, /, **details: Any) -> None:
        """Write into the journal, if there is one."""
        if self._journal is not None:
            self._journal.record(self.name, what, **details)


def _hear(call: asyncio.Task[LinkConnection]) -> None:
    """Take note of a failure that nobody waits for any more, so that asyncio does not warn."""
    if not call.cancelled():
        call.exception()
