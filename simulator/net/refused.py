"""What a loop of the virtual Internet refuses, by name, and what it does in its own way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from simulator.errors import NotSimulated
from simulator.values import message

T = TypeVar("T")


def refuse(what: str) -> NoReturn:
    """Raise `NotSimulated`."""
    raise NotSimulated(message("the virtual Internet does not simulate {what}", what=what))


class RefusedMixin(asyncio.AbstractEventLoop):
    """Threads run here and now; files, processes and bare sockets do not exist."""

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run a function here and now: while a thread worked, the lab would look idle and leap."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        """Refuse: there are no file descriptors to watch."""
        refuse("file descriptors (add_reader)")

    def add_writer(self, fd: Any, callback: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        """Refuse: there are no file descriptors to watch."""
        refuse("file descriptors (add_writer)")

    async def sock_recv(self, *_: Any) -> NoReturn:
        """Refuse: read through a transport."""
        refuse("reading from bare sockets (sock_recv); use streams")

    async def sock_sendall(self, *_: Any) -> NoReturn:
        """Refuse: write through a transport."""
        refuse("writing to bare sockets (sock_sendall); use streams")

    async def sock_accept(self, *_: Any) -> NoReturn:
        """Refuse: serve with `create_server`."""
        refuse("accepting on bare sockets (sock_accept); use create_server")

    async def create_unix_connection(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: machines of the lab share no file system."""
        refuse("unix sockets")

    async def create_unix_server(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: machines of the lab share no file system."""
        refuse("unix sockets")

    async def subprocess_exec(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: a real process would live in real time."""
        refuse("subprocesses")

    async def subprocess_shell(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: a real process would live in real time."""
        refuse("subprocesses")
