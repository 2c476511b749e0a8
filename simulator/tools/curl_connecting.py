"""How curl finds a server and connects: names, addresses, proxies, and what it tells of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from simulator.net.packets import is_ipv6, literal_address
from simulator.tools.curl_failures import (
    NO_CONNECTION,
    NO_HOST,
    NO_PROXY,
    PROXY_FAILED,
    RECEIVE_FAILED,
    TIMED_OUT,
    CurlFailure,
)
from simulator.tools.curl_options import CurlOptions, Place, Url, bracketed, read_url
from simulator.tools.kernel_words import in_words
from simulator.tools.machine import Machine
from simulator.tools.stream import Stream
from simulator.values import Address
from simulator.wire.route import RouteError

if TYPE_CHECKING:
    from simulator.roles.resolver.stub import StubResolver

HEAD_START = 0.2
"""Seconds before the next address is tried beside the last: curl's happy eyeballs timeout."""

# What a SOCKS5 proxy's reply code was (RFC 1928 section 6), by what the route made of it.
_SOCKS_REPLIES = {
    "network_unreachable": 3,
    "host_unreachable": 4,
    "connection_refused": 5,
}


class Route(Protocol):
    """A way out that takes names unresolved; see `simulator.roles.probe.routes`."""

    async def connect(
        self, protocol_factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> asyncio.Transport:
        """Connect a protocol to a host and a port."""


class Connected(NamedTuple):
    """A connection, and when each stage of getting it was over, in seconds.

    ``address`` is the far end of TCP: a proxy's, where there is one; unknown of a chain of them.
    """

    stream: Stream
    address: Address
    resolved_at: float
    connected_at: float
    by_proxy_request: bool = False
    """Whether requests go to a proxy as they stand, with the whole URL."""


class Connector:
    """Connects for one command line. ``note`` takes a line for ``-v``."""

    def __init__(self, machine: Machine, options: CurlOptions, note: Callable[[str], None]) -> None:
        self._machine = machine
        self._options = options
        self._note = note
        self.phase = "resolving"
        """``resolving``, ``connecting``; what a timeout is blamed on."""

    async def connect(self, url: Url, number: int) -> Connected:
        """Return a connection for a URL, the ``number``-th; raise `CurlFailure`."""
        place = self._redirected(url.place)
        options, person = self._options, self._machine.person
        if options.proxy is not None and not options.no_proxy:
            return await self._by_proxy(url, place, number)
        if person.probe.route is not None and not options.no_proxy:
            self._note(f"* Uses proxy env variable ALL_PROXY == '{person.via}'")
            route: Route = person.probe.route
            return await self._by_route(route, place, number, "socks5h", "")
        return await self._directly(place, number)

    def _redirected(self, place: Place) -> Place:
        for host, port, other_host, other_port in self._options.redirected:
            if host in ("", place.host) and port in ("", str(place.port)):
                found = Place(
                    literal_address(other_host) or other_host or place.host,
                    int(other_port or place.port),
                )
                self._note(f"* Connecting to hostname: {found.host}")
                self._note(f"* Connecting to port: {found.port}")
                return found
        return place

    # --- names ------------------------------------------------------------------------------

    async def _addresses(self, place: Place) -> tuple[Address, ...]:
        listed = self._options.resolved.get(place)
        if listed is not None:
            self._note(f"* Hostname {place.host} was found in DNS cache")
            return self._wanted(listed)
        literal = literal_address(place.host)
        if literal is not None:
            return self._wanted((literal,))
        if self._options.doh_url is not None:
            resolver = await self._doh(self._options.doh_url)
            found = await resolver.addresses(place.host, self._options.versions)
            return self._wanted(found.addresses)
        answer = await self._machine.resolve(place.host, self._options.versions)
        return () if answer is None else self._wanted(answer.addresses)

    def _wanted(self, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        """Put IPv6 first if the machine has any (RFC 6724), and leave out what was not asked."""
        versions = self._options.versions
        six = [each for each in addresses if is_ipv6(each) and 6 in versions]
        four = [each for each in addresses if not is_ipv6(each) and 4 in versions]
        if not self._machine.has_ipv6:
            return (*four, *(six if not four else ()))
        return (*six, *four)

    async def _doh(self, text: str) -> StubResolver:
        from simulator.roles.resolver.doh import DohChannel
        from simulator.roles.resolver.stub import StubResolver

        machine = self._machine
        url = read_url(text)
        found = await machine.resolve(url.place.host)
        literal = literal_address(url.place.host)
        addresses = (literal,) if literal else () if found is None else found.addresses
        if not addresses or url.scheme != "https":
            raise CurlFailure(NO_HOST, f"Could not resolve host: {url.place.host}")
        context = machine.person.probe.tls_context
        now = machine.lab.fabric.now
        stub = StubResolver(addresses[:1], now=now, random=machine.random)
        stub.channel = DohChannel(addresses[0], url.place.port, url.place.host, url.target, context)
        return stub

    # --- connections ------------------------------------------------------------------------

    async def _directly(
        self, place: Place, number: int, *, no_address: tuple[int, str] = (NO_HOST, "host")
    ) -> Connected:
        self.phase = "resolving"
        addresses = await self._addresses(place)
        status, what = no_address
        if not addresses:
            self._note(f"* Could not resolve {what}: {place.host}")
            raise CurlFailure(status, f"Could not resolve {what}: {place.host}")
        resolved_at = self._machine.now
        self.phase = "connecting"
        try:
            async with asyncio.timeout(self._options.connect_timeout):
                stream, address = await self._race(addresses, place.port)
        except TimeoutError:
            raise self._unconnected(place, resolved_at, "Timeout was reached", TIMED_OUT) from None
        except OSError as error:
            code = TIMED_OUT if isinstance(error, TimeoutError) else NO_CONNECTION
            why = "Couldn't connect to server"
            raise self._unconnected(place, resolved_at, why, code) from error
        self._note(f"* Connected to {place.host} ({address}) port {place.port} (#{number})")
        return Connected(stream, address, resolved_at, self._machine.now)

    def _unconnected(self, place: Place, began: float, why: str, status: int) -> CurlFailure:
        took = round((self._machine.now - began) * 1000)
        text = f"Failed to connect to {place.host} port {place.port} after {took} ms: {why}"
        self._note(f"* {text}")
        return CurlFailure(status, text)

    async def _race(self, addresses: tuple[Address, ...], port: int) -> tuple[Stream, Address]:
        """Try addresses one beside the other, each with a head start; the first one up wins."""
        waiting = list(addresses)
        running: dict[asyncio.Task[Stream], Address] = {}
        last: OSError | None = None
        try:
            while waiting or running:
                if waiting:
                    address = waiting.pop(0)
                    self._note(f"*   Trying {bracketed(address)}:{port}...")
                    running[asyncio.ensure_future(_dial(address, port))] = address
                done, _ = await asyncio.wait(
                    running,
                    timeout=HEAD_START if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in [task for task in running if task in done]:
                    address = running.pop(task)
                    error = task.exception()
                    if error is None:
                        return task.result(), address
                    if not isinstance(error, OSError):
                        raise error
                    last = error
                    words = in_words(error)
                    self._note(f"* connect to {address} port {port} failed: {words}")
        finally:
            await _give_up(list(running))
        assert last is not None
        raise last

    # --- proxies ----------------------------------------------------------------------------

    async def _by_proxy(self, url: Url, place: Place, number: int) -> Connected:
        from simulator.roles.proxy.client import ConnectRoute, SocksRoute

        options, proxy = self._options, self._options.proxy
        assert proxy is not None
        await self._machine.wake_proxies()
        if proxy.kind == "http" and url.scheme == "http" and not options.tunnel:
            found = await self._directly(proxy.place, number, no_address=(NO_PROXY, "proxy"))
            return found._replace(by_proxy_request=True)
        self.phase = "resolving"
        addresses = await self._addresses(proxy.place)
        if not addresses:
            raise CurlFailure(NO_PROXY, f"Could not resolve proxy: {proxy.place.host}")
        if proxy.kind == "socks5":
            found_here = await self._addresses(place)
            if not found_here:
                raise CurlFailure(
                    PROXY_FAILED, f"Failed to resolve {place.host} for SOCKS5 connect."
                )
            place = Place(found_here[0], place.port)
        kind = ConnectRoute if proxy.kind == "http" else SocksRoute
        self._note(f"*   Trying {bracketed(addresses[0])}:{proxy.place.port}...")
        route = kind(addresses[0], proxy.place.port)
        return await self._by_route(route, place, number, proxy.kind, addresses[0])

    async def _by_route(
        self, route: Route, place: Place, number: int, kind: str, address: Address
    ) -> Connected:
        self.phase = "connecting"
        began = self._machine.now
        stream = Stream()
        try:
            await route.connect(lambda: stream, place.host, place.port)
        except RouteError as error:
            raise self._refused(error, place, kind, began) from error
        except OSError as error:
            text = f"Failed to connect to {place.host} port {place.port}: {in_words(error)}"
            raise CurlFailure(NO_CONNECTION, text) from error
        if kind == "http":
            self._note(f"* Establish HTTP proxy tunnel to {place}")
            self._note("* CONNECT tunnel established, response 200")
        else:
            self._note(f"* SOCKS5 connect to {place} (remotely resolved)")
            self._note("* SOCKS5 request granted.")
        self._note(f"* Connected to {place.host} by the proxy (#{number})")
        now = self._machine.now
        return Connected(stream, address, began, now)

    def _refused(self, error: RouteError, place: Place, kind: str, began: float) -> CurlFailure:
        if error.hop_failure is not None:
            hop = error.hop or ("?", 0)
            status = TIMED_OUT if error.hop_failure == "generic_timeout_error" else NO_CONNECTION
            return self._unconnected(Place(*hop), began, "Couldn't connect to server", status)
        if kind == "http":
            text = f"CONNECT tunnel failed: {error.stage} {error.failure}"
            return CurlFailure(RECEIVE_FAILED, text)
        reply = _SOCKS_REPLIES.get(error.failure, 1)
        text = f"cannot complete SOCKS5 connection to {place.host}. ({reply})"
        return CurlFailure(PROXY_FAILED, text)


async def _dial(address: Address, port: int) -> Stream:
    _, stream = await asyncio.get_running_loop().create_connection(Stream, address, port)
    return stream


async def _give_up(losers: list[asyncio.Task[Stream]]) -> None:
    """End the attempts that lost the race, also one that came up at the same instant."""
    for task in losers:
        task.cancel()
    for task in losers:
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is None:
            task.result().abort()
