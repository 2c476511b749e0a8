"""A TCP connection as an asyncio transport, and a listening port as an asyncio server."""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import constants, transports
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from simulator.net.ports import Listener
from simulator.net.sockets import VirtualSocket
from simulator.net.tcp import Connection
from simulator.net.udp import socket_address
from simulator.values import Address

if TYPE_CHECKING:
    from simulator.net.host import Host


class StreamTransport(transports._FlowControlMixin, asyncio.Transport):
    """What a protocol writes to. Back-pressure follows the peer's window."""

    if TYPE_CHECKING:  # what the mixin has, and its stubs leave out
        _loop: asyncio.AbstractEventLoop
        _extra: dict[str, Any]

        def _maybe_pause_protocol(self) -> None: ...
        def _maybe_resume_protocol(self) -> None: ...

    # asyncio's start_tls and sendfile ask for these by name.
    _start_tls_compatible = True
    _sendfile_compatible = constants._SendfileMode.FALLBACK

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection: Connection,
        protocol: asyncio.BaseProtocol,
        extra: dict[str, Any] | None = None,
        server: StreamServer | None = None,
    ) -> None:
        super().__init__(extra, loop)
        self._connection = connection
        self._protocol = protocol
        self._server = server
        self._closing = False
        self._lost = False
        self._ended = False
        self._reading_paused = False
        connection.attach(self)
        if server is not None:
            server.joined(self)

    def start(self) -> None:
        """Introduce the protocol, then let what has arrived flow to it."""
        self._protocol.connection_made(self)
        if not self._reading_paused and not self._closing:
            self._connection.resume()

    def __repr__(self) -> str:
        return f"<StreamTransport {self._connection!r}>"

    # --- asyncio.BaseTransport ------------------------------------------------------------

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return ``sockname``, ``peername``, ``socket`` or what was passed in."""
        if name == "peername":
            return socket_address(*self._connection.peer)
        if name == "sockname":
            return socket_address(*self._connection.local)
        if name == "socket" and "socket" not in self._extra:
            connection = self._connection
            self._extra["socket"] = VirtualSocket.bound(connection.local, connection.peer)
        return self._extra.get(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what arrives to another protocol from now on."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol in use."""
        return self._protocol

    def is_closing(self) -> bool:
        """Whether the transport is closed or about to be."""
        return self._closing

    def close(self) -> None:
        """Close once what was written has gone out."""
        if self._closing:
            return
        self._closing = True
        self._connection.pause()
        if not self._connection.waiting:
            self._part(None, self._connection.close)

    def abort(self) -> None:
        """Break off with a RST; what waits is lost."""
        self._force_close(None)

    def _force_close(self, error: BaseException | None) -> None:  # sslproto calls it by this name
        self._closing = True
        self._part(error, self._connection.abort)

    def _part(self, error: BaseException | None, leave: Callable[[], None]) -> None:
        if not self._lost:
            self._lost = True
            leave()
            self._loop.call_soon(self._tell_lost, error, context=self._connection.context)

    def _tell_lost(self, error: BaseException | None) -> None:
        self._protocol.connection_lost(error)  # type: ignore[arg-type]
        if self._server is not None:
            self._server.left(self)

    # --- asyncio.ReadTransport ------------------------------------------------------------

    def is_reading(self) -> bool:
        """Whether what arrives is handed on."""
        return not self._closing and not self._reading_paused

    def pause_reading(self) -> None:
        """Hand nothing on; the peer is slowed down by the window."""
        if not self._closing:
            self._reading_paused = True
            self._connection.pause()

    def resume_reading(self) -> None:
        """Hand on again, what was kept first."""
        if not self._closing and self._reading_paused:
            self._reading_paused = False
            # Never from within the call: asyncio's own StreamReader is not yet waiting then.
            self._loop.call_soon(self._flow, context=self._connection.context)

    def _flow(self) -> None:
        if not self._reading_paused and not self._closing:
            self._connection.resume()

    # --- asyncio.WriteTransport -----------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send octets."""
        if self._ended:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._lost or not data:
            return
        self._connection.write(data)
        self._maybe_pause_protocol()

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Send pieces as one stretch, so that they share segments."""
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        """End our stream and go on reading."""
        if not self._ended and not self._closing:
            self._ended = True
            self._connection.end()

    def can_write_eof(self) -> bool:
        """TCP has half-close."""
        return True

    def get_write_buffer_size(self) -> int:
        """Return the octets that wait for the peer's window."""
        return 0 if self._lost else self._connection.waiting

    # --- what the connection tells ----------------------------------------------------------

    def tcp_data(self, data: bytes) -> None:
        """Hand octets to the protocol, in the way it asks for."""
        try:
            self._hand_over(data)
        except Exception as error:
            self._fatal(error, "data_received")

    def _fatal(self, error: Exception, where: str) -> None:
        """As in asyncio: a protocol that fails loses its connection."""
        self._loop.call_exception_handler(
            {
                "message": f"Fatal error: protocol.{where}() call failed.",
                "exception": error,
                "transport": self,
                "protocol": self._protocol,
            }
        )
        self._force_close(error)

    def _hand_over(self, data: bytes) -> None:
        protocol = self._protocol
        if isinstance(protocol, asyncio.BufferedProtocol):
            view = memoryview(data)
            while len(view):
                buffer = memoryview(protocol.get_buffer(len(view)))
                if not len(buffer):
                    raise RuntimeError("get_buffer() returned an empty buffer")
                count = min(len(buffer), len(view))
                buffer[:count] = view[:count]
                view = view[count:]
                protocol.buffer_updated(count)
        else:
            protocol.data_received(data)  # type: ignore[attr-defined]

    def tcp_eof(self) -> None:
        """Pass the end on; close, unless the protocol wants to go on writing."""
        try:
            keep = self._protocol.eof_received()  # type: ignore[attr-defined]
        except Exception as error:
            self._fatal(error, "eof_received")
            return
        if not keep:
            self.close()

    def tcp_sent(self) -> None:
        """Let a paused protocol write again, and finish a close that waited."""
        self._maybe_resume_protocol()
        if self._closing and not self._connection.waiting:
            self._part(None, self._connection.close)

    def tcp_lost(self, error: OSError) -> None:
        """Tell the protocol that the connection broke."""
        self._closing = True
        self._part(error, lambda: None)


class StreamServer(asyncio.AbstractServer):
    """What `create_server` returns: listening ports and the connections they took."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        host: Host,
        ports: list[tuple[Address, int]],
        serve: Callable[[Connection, StreamServer], None],
    ) -> None:
        self._loop = loop
        self._host = host
        self._ports = ports
        self._serve = serve
        self._context = contextvars.copy_context()
        self._listeners: list[Listener] | None = None
        self._transports: dict[StreamTransport, None] = {}
        self._waiters: list[asyncio.Future[None]] = []
        self._closed = False
        self._forever: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<StreamServer {self._host.name} {self._ports}>"

    def listen(self) -> None:
        """Take connections from now on; EADDRINUSE if a port is taken."""
        if self._listeners is None and not self._closed:
            listeners: list[Listener] = []
            try:
                for address, port in self._ports:
                    listeners.append(
                        Listener(self._host, address, port, self._context, self._accepted)
                    )
            except OSError:
                for listener in listeners:
                    listener.close()
                raise
            self._listeners = listeners

    def _accepted(self, connection: Connection) -> None:
        self._serve(connection, self)

    @property
    def sockets(self) -> tuple[VirtualSocket, ...]:
        """The listening sockets: their names tell the ports."""
        if self._listeners is None:
            return ()
        return tuple(VirtualSocket.bound((address, port)) for address, port in self._ports)

    def is_serving(self) -> bool:
        """Whether connections are taken."""
        return self._listeners is not None

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop."""
        return self._loop

    async def start_serving(self) -> None:
        """Take connections from now on."""
        self.listen()

    async def serve_forever(self) -> None:
        """Take connections until cancelled."""
        if self._closed:
            raise RuntimeError(f"server {self!r} is closed")
        self.listen()
        self._forever = self._loop.create_future()
        try:
            await self._forever
        finally:
            self.close()
            await self.wait_closed()

    def close(self) -> None:
        """Take no more connections; those that exist go on."""
        self._closed = True
        for listener in self._listeners or ():
            listener.close()
        self._listeners = None
        if self._forever is not None and not self._forever.done():
            self._forever.cancel()
        self._wake()

    def close_clients(self) -> None:
        """Close the connections (asyncio has this since 3.13)."""
        for transport in tuple(self._transports):
            transport.close()

    def abort_clients(self) -> None:
        """Break the connections off."""
        for transport in tuple(self._transports):
            transport.abort()

    async def wait_closed(self) -> None:
        """Wait until the server is closed and its last connection over."""
        if not self._closed or self._transports:
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            await waiter

    def joined(self, transport: StreamTransport) -> None:
        """Count a connection in."""
        self._transports[transport] = None

    def left(self, transport: StreamTransport) -> None:
        """Count a connection out."""
        self._transports.pop(transport, None)
        self._wake()

    def _wake(self) -> None:
        if self._closed and not self._transports:
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._waiters.clear()
