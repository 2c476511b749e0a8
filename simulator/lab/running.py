"""How the parts of a lab start programs on its machines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from simulator.net import Host

T = TypeVar("T")

RandomFor: TypeAlias = Callable[[str], Random]
"""A stream of randomness for a name, which no other name's use can disturb."""


class RunOn(Protocol):
    """Starts a program on a machine."""

    def __call__(self, host: Host, program: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Return the running program as a task."""
