"""What a copy tells of those who came, and of those who came by way of somebody else."""

from __future__ import annotations

from collections import Counter

from simulator.roles.evidence.findings import BEHIND, Found, held, hides, lost, rows_of
from simulator.roles.evidence.logic import Dossier
from simulator.values import Address, Message, message
from simulator.wire.evidence import (
    Account,
    Flow,
    Visited,
)


def log_window(dossier: Dossier) -> Found:
    """How far back each log reaches, and what it tells."""
    missing = lost(dossier, "disk")
    visits = dossier.records("access-log.json", Visited)
    flows = dossier.records("flows.json", Flow)
    tells: list[Message] = []
    if visits:
        tells.append(
            message(
                "The server's log goes from {first} to {last}: {count} requests, each with"
                " address and page.",
                first=dossier.date(visits[0].at),
                last=dossier.date(visits[-1].at),
                count=len(visits),
            )
        )
    if flows:
        tells.append(
            message(
                "The hosting company's routers go back to {first}: {count} connections, an address"
                " and a moment, no page.",
                first=dossier.date(flows[0].at),
                count=len(flows),
            )
        )
    cannot = (*missing, message("Anything before: logs are rotated away, here and there."))
    return tuple(tells), cannot, ()


def visitors(dossier: Dossier) -> Found:
    """Which addresses came, most frequent first."""
    missing = lost(dossier, "disk")
    visits = dossier.records("access-log.json", Visited)
    counted = Counter(visit.address for visit in visits)
    tells: tuple[Message, ...] = ()
    if counted:
        tells = (
            message(
                "{count} addresses asked for pages. Find your own by visitor:ADDRESS.",
                count=len(counted),
            ),
        )
    cannot = [*missing]
    hidden = [address for address in counted if hides(dossier, address)]
    if hidden:
        cannot.append(
            message(
                "Who is behind {count} of them: they belong to VPN exits, proxies or relays, or"
                " are shared by many.",
                count=len(hidden),
            )
        )
    rows = rows_of((address, n, *held(dossier, address)) for address, n in counted.most_common())
    return tells, tuple(cannot), rows


def visitor(dossier: Dossier, address: Address) -> Found:
    """What is known of one address."""
    missing = lost(dossier, "disk")
    visits = [v for v in dossier.records("access-log.json", Visited) if v.address == address]
    tells: list[Message] = []
    cannot = [*missing]
    if visits:
        tells.append(
            message(
                "{count} requests, from {first} to {last}.",
                count=len(visits),
                first=dossier.date(visits[0].at),
                last=dossier.date(visits[-1].at),
            )
        )
        users = [a.id for a in dossier.records("accounts.json", Account) if a.address == address]
        if users:
            numbers = ", ".join(map(str, users))
            tells.append(message("Accounts last used from it: {numbers}.", numbers=numbers))
    elif not missing:
        tells.append(message("Nobody with this address is in the log of the server."))
        cannot.append(
            message(
                "That its user was never here: a visit before the log begins, from the other"
                " address of the same machine (IPv4, IPv6), or by way of a VPN, a proxy or a"
                " relay is not under this one."
            )
        )
    holder = dossier.holders.get(address)
    if holder is not None:
        tells.append(message("The address is held by {holder}.", holder=holder.name))
        if holder.kind in BEHIND:
            cannot.append(BEHIND[holder.kind])
        elif visits and holder.kind == "access":
            cannot.append(
                message(
                    "Who it was: the provider may know whose connection it is, on request, and"
                    " nobody knows from here who sat before the screen."
                )
            )
    rows = rows_of((dossier.date(v.at), v.host + v.path, v.status) for v in visits)
    return tuple(tells), tuple(cannot), rows


def behind(dossier: Dossier) -> Found:
    """Which addresses stand for others, and why nobody is told from them."""
    counted = Counter(v.address for v in dossier.records("access-log.json", Visited))
    hidden = [address for address in counted if hides(dossier, address)]
    kinds = dict.fromkeys(dossier.holders[address].kind for address in hidden)
    cannot = (*lost(dossier, "disk"), *(BEHIND[kind] for kind in kinds))
    tells: tuple[Message, ...] = ()
    if hidden:
        tells = (
            message(
                "{count} requests came by way of {ways} addresses that stand for others.",
                count=sum(counted[address] for address in hidden),
                ways=len(hidden),
            ),
        )
    rows = rows_of((address, counted[address], *held(dossier, address)) for address in hidden)
    return tells, cannot, rows
