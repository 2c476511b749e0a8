"""aiohttp's server, but for what it says to garbage.

aiohttp answers what is no HTTP with its own name and the real date, and writes a traceback
to the terminal. A stranger's garbage is no fault of ours: it gets a refusal in the lab's own
dress, in lab time, and nobody else hears of it. A fault of ours is told to the loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Serve = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Refuse = Callable[[int], web.Response]
"""Returns the response that goes with a status of 400 or more."""


class HttpServer(web.Server):
    """A protocol factory for `create_server`; ``refuse`` answers what never becomes a request."""

    def __init__(self, serve: Serve, refuse: Refuse) -> None:
        # Bodies are not looked at, so nobody can make us inflate one.
        super().__init__(serve, access_log=None, tcp_keepalive=False, auto_decompress=False)
        self.refuse = refuse

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of a new connection."""
        return _Connection(self)


class _Connection(web.RequestHandler):
    def __init__(self, server: HttpServer) -> None:
        super().__init__(server, loop=server._loop, **server._kwargs)
        self._refuse = server.refuse

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the response to what aiohttp could not read, or we could not answer."""
        if status >= 500:
            self.log_exception("a page could not be made", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a response is under way already")
        response = self._refuse(status)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Tell the loop of a fault, unless it is the peer's: a body that breaks off or lies."""
        error = kw.get("exc_info")
        if not isinstance(error, web.RequestPayloadError):
            self._loop.call_exception_handler({"message": str(args[0]), "exception": error})
