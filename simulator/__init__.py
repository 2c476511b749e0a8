"""Takedown Lab: see the difference between blocking a site and seizing it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.lab import Lab, Part

__version__ = "0.1.0"
__all__ = ["Lab", "Part", "__version__"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: `takedown-lab list` needs no network stack.
    if name in ("Lab", "Part"):
        from simulator import lab

        return getattr(lab, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
