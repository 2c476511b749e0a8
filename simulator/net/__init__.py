"""The virtual Internet: clock, fabric, middleboxes, hosts, and an asyncio loop over them."""

from simulator.net.capture import Tap
from simulator.net.clock import Clock, JumpClock, PacedClock
from simulator.net.fabric import Fabric
from simulator.net.host import Host, Tunnel, current_host
from simulator.net.loop import LabAsleepError, LabLoop
from simulator.net.middlebox import Flow, Middlebox, Rule
from simulator.net.sockets import VirtualSocket
from simulator.net.topology import Hop, Network, Path, Topology

__all__ = [
    "Clock",
    "Fabric",
    "Flow",
    "Hop",
    "Host",
    "JumpClock",
    "LabAsleepError",
    "LabLoop",
    "Middlebox",
    "Network",
    "PacedClock",
    "Path",
    "Rule",
    "Tap",
    "Topology",
    "Tunnel",
    "VirtualSocket",
    "current_host",
]
