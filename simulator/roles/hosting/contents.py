"""What lies on a machine of a chat site at a moment, invented but for who came.

Everything follows from the seed, the site and the moment, so that two copies agree wherever
they overlap. The chat is that of `simulator.roles.hosting.imaging`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, NamedTuple

from simulator.roles.hosting.imaging import (
    DEFAULT_RETENTION,
    accounts_of,
    generator,
    messages_of,
)
from simulator.roles.hosting.visits import Visit
from simulator.values import DAY, HOUR, MINUTE, SECOND, Address, Duration, Instant
from simulator.wire.evidence import (
    Account,
    AdminKey,
    Configuration,
    Flow,
    Holder,
    Line,
    Machine,
    Payment,
    Peer,
    Process,
    Session,
    Visited,
    VolumeKey,
)

LOG_WINDOW: Duration = 24 * HOUR
"""How far back the server's own log goes before it is rotated away."""
FLOW_WINDOW: Duration = 7 * DAY
"""How far back the hosting company's routers remember connections."""
WRITE_DELAY: Duration = 15 * MINUTE
"""How long a message is in memory alone before the site writes it to its chat store."""
SESSION_END: Duration = 30 * MINUTE
"""How long a session outlives the last word of a site that shows a banner now."""
INTERVAL: Duration = 10 * MINUTE
"""One visitor of the background per interval."""
BACKUP_AGE: Duration = 6 * DAY
_DELETED_SINCE = 3
"""Accounts that the backup still has and the disk no longer."""
_SHARED = ("198.19.64.1", "198.19.64.2")
_ANONYMOUS = "198.19.200.1"
_PATHS = ("/", "/rooms", "/rooms/lounge", "/enter", "/pay")
_METHODS = ("card", "voucher", "premium call")
_LONGEST_SESSION = 6


class Outage(NamedTuple):
    """A time without power; ``until`` is None while it lasts."""

    since: Instant
    until: Instant | None = None


class Server(NamedTuple):
    """A machine and one site on it, as investigators find it.

    ``names`` are all the site's names; ``visits`` the lab's own, oldest first. Since
    ``quiet_since`` the site shows a banner and nobody chats. ``outages``, oldest first, are when
    it was without power. ``exits`` are addresses of VPN exits that some of the invented people use.
    """

    site: str
    names: tuple[str, ...]
    machine: str
    addresses: tuple[Address, ...]
    customer: str = "-"
    seed: int = 0
    visits: tuple[Visit, ...] = ()
    retention: Duration = DEFAULT_RETENTION
    quiet_since: Instant | None = None
    outages: tuple[Outage, ...] = ()
    encrypted: bool = False
    exits: tuple[Address, ...] = (_ANONYMOUS,)
    peers: tuple[Peer, ...] = ()

    @property
    def off_since(self) -> Instant | None:
        """Since when the power is cut; None while it is there."""
        last = self.outages[-1] if self.outages else None
        return last.since if last is not None and last.until is None else None

    def served(self, at: Instant) -> bool:
        """Whether programs ran on the machine at an instant."""
        return not any(
            cut.since <= at and (cut.until is None or at < cut.until) for cut in self.outages
        )

    def written_down(self, said: Instant) -> bool:
        """Whether a message did not go with the memory in a power cut that is over."""
        return not any(
            cut.since - WRITE_DELAY < said <= cut.since
            for cut in self.outages
            if cut.until is not None
        )

    def awake_since(self, at: Instant) -> Instant | None:
        """When the machine was last switched on before ``at``; None if it always was on."""
        return max(
            (cut.until for cut in self.outages if cut.until is not None and cut.until <= at),
            default=None,
        )

    def alive_until(self, at: Instant) -> Instant:
        """Until when, at most ``at``, programs ran on the machine."""
        return at if self.off_since is None else min(at, self.off_since)

    def chatted_until(self, at: Instant) -> Instant:
        """Until when, at most ``at``, people could chat on the site."""
        alive = self.alive_until(at)
        return alive if self.quiet_since is None else min(alive, self.quiet_since)


# --- memory and sessions ------------------------------------------------------------------------


def processes(copier: str) -> tuple[Process, ...]:
    """Return what runs: the site's programs, and the one that copies the memory."""
    ours = (("web-server", "www"), ("chat-store", "chat"), ("sshd", "root"), (copier, "root"))
    return tuple(Process(*each) for each in ours)


def volume_keys(server: Server) -> tuple[VolumeKey, ...]:
    """Return the keys of open encrypted disks: only while the machine runs."""
    if not server.encrypted:
        return ()
    return (VolumeKey("data", _fingerprint(server, "volume")),)


def unwritten(server: Server, at: Instant) -> tuple[Line, ...]:
    """Return the messages that are in memory alone."""
    return _lines(server, at - WRITE_DELAY + 1, server.chatted_until(at))


def sessions(server: Server, at: Instant) -> tuple[Session, ...]:
    """Return who is connected, oldest session first."""
    known = accounts(server)
    open_ones = []
    last, awake = server.chatted_until(at), server.awake_since(at)
    for number in range(last // INTERVAL - _LONGEST_SESSION, last // INTERVAL + 1):
        random = generator(server.seed, "session", server.site, number)
        since = number * INTERVAL + random.randrange(INTERVAL)
        ends = since + random.randrange(1, _LONGEST_SESSION * INTERVAL)
        if last < at:  # nothing goes on, and what was open lapses
            ends = min(ends, last + SESSION_END)
        account = random.choice(known)
        if since <= last and at < ends and (awake is None or awake <= since):
            open_ones.append(Session(account.id, account.address, since))
    return tuple(open_ones)


# --- the chat store -----------------------------------------------------------------------------


def written(server: Server, at: Instant) -> tuple[Line, ...]:
    """Return the messages in the chat store.

    The running site deletes what is older than its retention. A machine without power
    deletes nothing, and writes nothing that was in its memory alone.
    """
    alive = server.alive_until(at)
    return _lines(
        server, alive - server.retention, min(alive - WRITE_DELAY, server.chatted_until(at))
    )


def _lines(server: Server, since: Instant, until: Instant) -> tuple[Line, ...]:
    if until < since or server.retention == 0:
        return ()
    said = messages_of(server.seed, server.site, _drawn(server), until, until - since)
    return tuple(
        Line(m["at"], m["from"], m["to"], m["text"])
        for m in said
        if server.served(m["at"]) and server.written_down(m["at"])
    )


# --- the disk -----------------------------------------------------------------------------------


def accounts(server: Server) -> tuple[Account, ...]:
    """Return the accounts on the disk; some of one household or provider share an address."""
    return _with_addresses(server)[_DELETED_SINCE:]


def accounts_in_backup(server: Server) -> tuple[Account, ...]:
    """Return the accounts as an older backup has them: some were deleted since."""
    return _with_addresses(server)


def _drawn(server: Server) -> list[dict[str, Any]]:
    return accounts_of(generator(server.seed, "accounts", server.site))


def _with_addresses(server: Server) -> tuple[Account, ...]:
    found = []
    for drawn in _drawn(server):
        random = generator(server.seed, "address", server.site, drawn["id"])
        address = _address(random, server.exits)
        found.append(Account(drawn["id"], drawn["name"], drawn["created"], address))
    return tuple(found)


def _address(random: Random, exits: tuple[Address, ...]) -> Address:
    kind = random.randrange(4)
    if kind == 0 and exits:
        return random.choice(exits)
    if kind == 1:
        return random.choice(_SHARED)
    return f"198.19.{random.randrange(1, 64)}.{random.randrange(1, 255)}"


def payments(server: Server, at: Instant) -> tuple[Payment, ...]:
    """Return what was paid in the last month, oldest first."""
    random = generator(server.seed, "payments", server.site)
    known = accounts(server)
    instants = sorted(-random.randrange(30 * DAY) for _ in range(12))
    return tuple(
        Payment(
            number,
            random.choice(known).id,
            paid,
            random.choice((500, 900, 2900)),
            random.choice(_METHODS),
        )
        for number, paid in enumerate(instants, 1)
        if paid <= at
    )


def access_log(server: Server, at: Instant) -> tuple[Visited, ...]:
    """Return the server's log: the lab's own visits among those of the invented."""
    alive = server.alive_until(at)
    since = alive - LOG_WINDOW
    lines = [
        Visited(came, address, server.site, path, 200)
        for came, address, path in _background(server, since, alive)
    ]
    lines += [Visited(*visit) for visit in server.visits if since <= visit.at <= alive]
    return tuple(sorted(lines, key=lambda line: line.at))


def flows(server: Server, at: Instant) -> tuple[Flow, ...]:
    """Return the connections that the hosting company's routers counted: a longer time, less
    detail."""
    alive = server.alive_until(at)
    since = alive - FLOW_WINDOW
    lines = [Flow(came, address) for came, address, _ in _background(server, since, alive)]
    lines += [
        Flow(visit.at, visit.address) for visit in server.visits if since <= visit.at <= alive
    ]
    return tuple(sorted(lines, key=lambda line: line.at))


def _background(
    server: Server, since: Instant, until: Instant
) -> Iterator[tuple[Instant, Address, str]]:
    known = accounts(server)
    for number in range(since // INTERVAL, until // INTERVAL + 1):
        random = generator(server.seed, "visit", server.site, number)
        came = number * INTERVAL + random.randrange(INTERVAL)
        if since <= came <= until and server.served(came):
            yield came, random.choice(known).address, random.choice(_PATHS)


def configuration(server: Server) -> Configuration:
    """Return how the site was set up; it tells what need not be looked for."""
    return Configuration(
        server.site,
        server.retention // SECOND,
        WRITE_DELAY // SECOND,
        LOG_WINDOW // SECOND,
        server.encrypted,
    )


def peers(server: Server) -> tuple[Peer, ...]:
    """Return the other machines that the configuration names."""
    if server.peers:
        return server.peers
    return (Peer(f"media.{server.site}", "198.19.210.7", "pictures"),)


def admin_keys(server: Server, at: Instant) -> tuple[AdminKey, ...]:
    """Return who could log in to the machine, and from where each last did."""
    random = generator(server.seed, "keys", server.site)
    alive = server.alive_until(at)
    places = (*server.exits[:1], "198.19.3.17")
    return tuple(
        AdminKey(
            f"SHA256:{_fingerprint(server, f'admin {number}')}",
            f"admin-{number}",
            address,
            alive - random.randrange(1, 20) * HOUR,
        )
        for number, address in enumerate(places, 1)
    )


# --- what is elsewhere --------------------------------------------------------------------------


def machine(server: Server) -> Machine:
    """Return what the hosting company's books say of the machine."""
    return Machine(server.machine, server.addresses, server.customer)


def holders(addresses: Iterable[Address]) -> dict[Address, Holder]:
    """Return who holds invented addresses, as the books of addresses would say."""
    return {address: holder for address in addresses if (holder := _holder(address)) is not None}


def _holder(address: Address) -> Holder | None:
    if address in _SHARED:
        return Holder("Alder Mobile", "shared")
    if address == _ANONYMOUS:
        return Holder("Lantern VPN", "vpn")
    if address.startswith("198.19.210."):
        return Holder("Fjord Hosting", "other")
    return Holder("Birch Net", "access") if address.startswith("198.19.") else None


def _fingerprint(server: Server, what: str) -> str:
    digest = hashlib.sha256(f"{server.seed} {server.site} {what}".encode()).digest()
    return base64.b64encode(digest).decode().rstrip("=")
