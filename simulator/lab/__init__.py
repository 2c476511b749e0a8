"""The lab: roles on machines, people at their screens, authorities and their orders."""

from simulator.lab.lab import Lab
from simulator.lab.law import Part
from simulator.lab.orders import OrderOutcome

__all__ = ["Lab", "OrderOutcome", "Part"]
