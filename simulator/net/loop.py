"""An asyncio event loop whose time is the lab's and whose network is the fabric.

This is the one file that leans on asyncio's private parts; the tests run it on every
supported Python. What it leans on: ``BaseEventLoop``'s ``_run_once`` asks ``_selector``
to wait and then ``_process_events``; ``_scheduled`` is a heap of timers; and
``create_connection`` builds on ``_connect_sock``, ``_make_socket_transport`` and
``_make_ssl_transport``; TLS is ``asyncio.sslproto``.

Nothing here can open a real socket. What is not simulated is refused by name.
"""

from __future__ import annotations

import asyncio
import contextvars
import errno
import heapq
import itertools
import math
import socket
import ssl as ssl_module
import threading
from asyncio import sslproto
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from simulator.errors import NotSimulated
from simulator.net.clock import Clock, JumpClock
from simulator.net.fabric import Fabric
from simulator.net.host import Host
from simulator.net.names import AddressInfo, NamesMixin, port_number, this_host
from simulator.net.packets import checked_port, is_ipv6, literal_address
from simulator.net.ports import connect
from simulator.net.refused import RefusedMixin, refuse
from simulator.net.sockets import VirtualSocket
from simulator.net.tcp import Connection, os_error
from simulator.net.transport import StreamServer, StreamTransport
from simulator.net.udp import DatagramTransport
from simulator.values import Address, Instant, message

T = TypeVar("T")
ProtocolFactory = Callable[[], asyncio.BaseProtocol]


class LabAsleepError(RuntimeError):
    """Nothing is due, ever, and the coroutine that was run still waits.

    In a lab this means that something waits for an answer that nobody will give; a real
    program would hang here.
    """


class _Timer(asyncio.TimerHandle):
    """A timer that keeps its place among equal deadlines; asyncio's own does not."""

    __slots__ = ("_order",)

    def __init__(self, order: int, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._order = order

    def __lt__(self, other: object) -> bool:
        assert isinstance(other, _Timer)
        if self._when == other._when:  # type: ignore[attr-defined]
            return self._order < other._order
        return self._when < other._when  # type: ignore[attr-defined, no-any-return]


class _Waiting:
    """Stands where a loop has its selector: instead of waiting, time moves."""

    def __init__(self, loop: LabLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> tuple[()]:
        """Move on by at most ``timeout`` seconds, to whatever is due first."""
        if timeout is None or timeout > 0:
            self._loop.pass_time(timeout)
        return ()

    def close(self) -> None:
        """Nothing to give back."""


class LabLoop(RefusedMixin, NamesMixin, asyncio.BaseEventLoop):  # type: ignore[misc]
    """The event loop of one lab."""

    def __init__(self, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__()
        self.clock = JumpClock() if clock is None else clock
        self.fabric = Fabric(self.clock, seed)
        self._selector = _Waiting(self)
        self._wakeup = threading.Event()
        self._timers = itertools.count()
        self._tokens: WeakKeyDictionary[Any, VirtualSocket] = WeakKeyDictionary()

    # --- time ---------------------------------------------------------------------------

    def time(self) -> float:
        """Return lab time in seconds since the start."""
        return self.clock.now / 1_000_000

    @property
    def _clock_resolution(self) -> float:
        """How much before its time asyncio may ring a timer, in seconds.

        Less than the microsecond of lab time, or timers would ring one too early; but never
        less than what a float can tell apart, or after 2**30 s they would not ring at all.
        """
        return max(1e-7, 2 * math.ulp(self.time()))

    @_clock_resolution.setter
    def _clock_resolution(self, ignored: float) -> None:
        """asyncio sets it to the real clock's."""

    def pass_time(self, timeout: float | None) -> None:
        """Let the clock move to the first of: a timer, a packet, the outside."""
        deadline: Instant | None = self.fabric.schedule.next_at()
        if timeout is not None:
            timer = self.clock.now + max(1, round(timeout * 1_000_000))
            deadline = timer if deadline is None else min(deadline, timer)
        if deadline is None and not self.clock.waits_for_outside:
            raise LabAsleepError(
                f"at {self.time()} s nothing is left that could wake the lab, "
                "and what was run still waits"
            )
        self.clock.advance(deadline, self._wakeup)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., Any],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call back at a lab time; equal times in the order asked for."""
        self._check_closed()  # type: ignore[attr-defined]
        timer = _Timer(next(self._timers), when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)  # type: ignore[attr-defined]
        timer._scheduled = True  # type: ignore[attr-defined]
        return timer

    def _process_events(self, event_list: object) -> None:
        """Deliver what is due; then go on to the next packets while no program has a say.

        Most packets (acknowledgments, handshakes) wake no task. Going back to the loop
        between any two of them would cost more than the packets.
        """
        schedule, clock = self.fabric.schedule, self.clock
        schedule.run_due(clock.now, self._delivery_failed)
        while not self._ready and not self._stopping:  # type: ignore[attr-defined]
            deadline = schedule.next_at()
            timers = self._scheduled  # type: ignore[attr-defined]
            if deadline is None or (timers and timers[0]._when * 1_000_000 <= deadline):
                return
            clock.advance(deadline, self._wakeup)
            if clock.now < deadline:
                return  # woken from outside before the time
            schedule.run_due(deadline, self._delivery_failed)

    def _delivery_failed(self, error: Exception) -> None:
        self.call_exception_handler(
            {"message": "a program failed on what arrived for it", "exception": error}
        )

    def _write_to_self(self) -> None:
        self._wakeup.set()

    # --- where code runs ------------------------------------------------------------------

    def run_on(self, host: Host, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a coroutine as a program on a host."""
        return self.create_task(coroutine, context=host.context())

    def shut_down(self) -> None:
        """End all programs and connections, then close the loop."""
        tasks = asyncio.all_tasks(self)
        for task in sorted(tasks, key=lambda task: (len(task.get_name()), task.get_name())):
            task.cancel()
        if tasks:
            self.run_until_complete(asyncio.wait(tasks))
        for host in self.fabric.hosts.values():
            host.break_connections()
        self.run_until_complete(asyncio.sleep(0))  # lets the transports hear of it
        self.run_until_complete(self.shutdown_asyncgens())
        self.close()

    # --- streams --------------------------------------------------------------------------

    async def _connect(
        self, address: tuple[Any, ...], local: tuple[Any, ...] | None = None
    ) -> Connection:
        done: asyncio.Future[None] = self.create_future()

        def connected(error: OSError | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        text = str(address[0])
        peer = (literal_address(text) or text, checked_port(int(address[1])))
        own = None if local is None else (_bound(str(local[0])), int(local[1]))
        connection: Connection | None = None
        try:
            connection = connect(this_host(), peer, contextvars.copy_context(), connected, own)
            await done
        except OSError as error:
            raise OSError(error.errno, f"Connect call failed {address}") from error
        except asyncio.CancelledError:
            if connection is not None:
                connection.abort()
            raise
        return connection

    async def create_connection(  # type: ignore[override]
        self,
        protocol_factory: ProtocolFactory,
        host: str | None = None,
        port: int | None = None,
        **options: Any,
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Connect to a TCP port, with asyncio's own options.

        A plain connection to an address goes straight there; asyncio's way through
        getaddrinfo and sockets would cost half as much again as the whole connection.
        """
        address = literal_address(host) if isinstance(host, str) and not options else None
        if address is None:
            return await super().create_connection(
                protocol_factory,
                host,  # type: ignore[arg-type]
                port,  # type: ignore[arg-type]
                **options,
            )
        connection = await self._connect((address, port_number(port)))
        protocol = _made(protocol_factory, connection)
        transport = StreamTransport(self, connection, protocol)
        self._introduce(transport, None)
        return transport, protocol

    async def _connect_sock(
        self,
        exceptions: list[list[OSError]],
        addr_info: AddressInfo,
        local_addr_infos: Sequence[AddressInfo] | None = None,
    ) -> VirtualSocket:
        family, kind, protocol, _, address = addr_info
        local = None
        for candidate in local_addr_infos or ():
            if candidate[0] == family:
                local = candidate[4]
        made = VirtualSocket(family, kind, protocol)
        try:
            made.adopt(await self._connect(address, local))
        except OSError as error:
            exceptions.append([error])
            raise
        return made

    async def sock_connect(self, sock: Any, address: Any) -> None:
        """Connect a `VirtualSocket`, or a fresh real socket that serves as a mere token.

        aiohttp makes a real socket unless told otherwise (``socket_factory``); it is kept
        as the key to a virtual connection and never touches a network.
        """
        stand_in = sock
        if not isinstance(sock, VirtualSocket):
            stand_in = VirtualSocket(sock.family, sock.type, sock.proto)
            self._tokens[sock] = stand_in
        local = stand_in.getsockname()
        stand_in.adopt(await self._connect(address, local if local[1] or local[0] else None))

    def _make_socket_transport(
        self,
        sock: Any,
        protocol: asyncio.BaseProtocol,
        waiter: asyncio.Future[None] | None = None,
        *,
        extra: dict[str, Any] | None = None,
        server: StreamServer | None = None,
    ) -> asyncio.Transport:
        transport = StreamTransport(self, self._connection_of(sock), protocol, extra, server)
        self._introduce(transport, waiter)
        return transport

    def _make_ssl_transport(
        self,
        rawsock: Any,
        protocol: asyncio.BaseProtocol,
        sslcontext: ssl_module.SSLContext | None,
        waiter: asyncio.Future[None] | None = None,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
        extra: dict[str, Any] | None = None,
        server: StreamServer | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
    ) -> asyncio.Transport:
        context = ssl_module.create_default_context() if sslcontext is None else sslcontext
        tls = sslproto.SSLProtocol(
            self,
            protocol,
            context,
            waiter,  # type: ignore[arg-type]
            server_side,
            server_hostname,
            ssl_handshake_timeout=ssl_handshake_timeout,  # type: ignore[arg-type]
            ssl_shutdown_timeout=ssl_shutdown_timeout,
        )
        connection = self._connection_of(rawsock)
        self._introduce(StreamTransport(self, connection, tls, extra, server), None)
        return tls._app_transport

    def _introduce(self, transport: StreamTransport, waiter: asyncio.Future[None] | None) -> None:
        try:
            transport.start()
        except Exception as error:
            self.call_exception_handler(
                {"message": "connection_made failed", "exception": error, "transport": transport}
            )
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _connection_of(self, sock: Any) -> Connection:
        if isinstance(sock, Connection):
            return sock
        stand_in = sock if isinstance(sock, VirtualSocket) else self._tokens.get(sock)
        connection = None if stand_in is None else stand_in.detach()
        if connection is not None and sock is not stand_in:
            sock.close()  # the token has served
        if connection is None:
            raise NotSimulated(
                message("{sock} is not connected on the virtual Internet", sock=repr(sock))
            )
        return connection

    async def create_server(  # type: ignore[override]
        self,
        protocol_factory: ProtocolFactory,
        host: str | Sequence[str] | None = None,
        port: int | None = None,
        *,
        family: int = socket.AF_UNSPEC,
        flags: int = socket.AI_PASSIVE,
        sock: Any = None,
        backlog: int = 100,
        ssl: ssl_module.SSLContext | None = None,
        reuse_address: bool | None = None,
        reuse_port: bool | None = None,
        keep_alive: bool | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
        start_serving: bool = True,
    ) -> StreamServer:
        """Listen on ports of the current host."""
        if ssl is not None and not isinstance(ssl, ssl_module.SSLContext):
            raise TypeError("ssl argument must be an SSLContext or None")
        here = this_host()
        if sock is not None:
            name = sock.getsockname()
            host, port = name[0], name[1]
        names: Iterable[str | None] = [host] if isinstance(host, str) or host is None else host
        ports: dict[tuple[Address, int], None] = {}
        number = port or 0
        for name in names:
            for address in await self.addresses_of(name, family, flags):
                if not here.owns(address):
                    raise os_error(errno.EADDRNOTAVAIL)
                if number == 0:
                    in_use = {port for _, port in here.listeners}
                    number = here.free_port(in_use.__contains__)
                ports[address, number] = None

        def serve(connection: Connection, server: StreamServer) -> None:
            try:
                protocol = _made(protocol_factory, connection)
            except Exception as error:
                self.call_exception_handler(
                    {"message": "a server's protocol factory failed", "exception": error}
                )
                return
            if ssl is None:
                self._make_socket_transport(connection, protocol, server=server)
            else:
                self._make_ssl_transport(
                    connection,
                    protocol,
                    ssl,
                    server_side=True,
                    server=server,
                    ssl_handshake_timeout=ssl_handshake_timeout,
                    ssl_shutdown_timeout=ssl_shutdown_timeout,
                )

        server = StreamServer(self, here, list(ports), serve)
        if start_serving:
            server.listen()
        return server

    # --- datagrams ------------------------------------------------------------------------

    async def create_datagram_endpoint(  # type: ignore[override]
        self,
        protocol_factory: Callable[[], asyncio.DatagramProtocol],
        local_addr: tuple[Any, ...] | None = None,
        remote_addr: tuple[Any, ...] | None = None,
        *,
        family: int = 0,
        proto: int = 0,
        flags: int = 0,
        reuse_port: bool | None = None,
        allow_broadcast: bool | None = None,
        sock: Any = None,
    ) -> tuple[DatagramTransport, asyncio.DatagramProtocol]:
        """Bind a UDP port of the current host."""
        if sock is not None or allow_broadcast:
            refuse("broadcast, and datagram sockets made elsewhere")
        here = this_host()
        peer = None
        if remote_addr is not None:
            address = await self._one_address(remote_addr, family, flags)
            peer = (address, port_number(remote_addr[1]))
        if local_addr is not None:
            own = await self._one_address(local_addr, family, flags | socket.AI_PASSIVE)
            port = port_number(local_addr[1])
        elif peer is not None or family:
            version_6 = is_ipv6(peer[0]) if peer is not None else family == socket.AF_INET6
            own, port = "::" if version_6 else "0.0.0.0", 0  # noqa: S104
        else:
            raise ValueError("unexpected address family")
        if not here.owns(own):
            raise os_error(errno.EADDRNOTAVAIL)
        if peer is not None and own in ("0.0.0.0", "::"):  # noqa: S104
            here.source_for(peer[0])  # ENETUNREACH now, as connect(2) would say
        taken = here.datagram_ports
        if port == 0:
            port = here.free_port(lambda candidate: (own, candidate) in taken)
        elif (own, port) in taken:
            raise os_error(errno.EADDRINUSE)
        protocol = protocol_factory()
        transport = DatagramTransport(self, here, protocol, (own, port), peer)
        protocol.connection_made(transport)
        return transport, protocol

    async def _one_address(self, address: tuple[Any, ...], family: int, flags: int) -> Address:
        host = address[0]
        if isinstance(host, str):
            literal = literal_address(host)
            if literal is not None:
                return literal
        return (await self.addresses_of(host, family, flags))[0]


def _bound(address: Address) -> Address:
    return "" if address in ("0.0.0.0", "::") else address  # noqa: S104


def _made(factory: ProtocolFactory, connection: Connection) -> asyncio.BaseProtocol:
    """Return the protocol for a connection; break the connection off if there is none."""
    try:
        return factory()
    except BaseException:
        connection.abort()
        raise
