"""What a copy tells of machines: others, who ran this one, what the copying did to it."""

from __future__ import annotations

from simulator.roles.evidence.findings import Found, held, hides, lost, never_taken, rows_of
from simulator.roles.evidence.logic import Dossier
from simulator.values import Message, message
from simulator.wire.evidence import (
    AdminKey,
    Peer,
)


def other_hosts(dossier: Dossier) -> Found:
    """What the setup says of machines that are not part of the copy."""
    peers = dossier.records("peers.json", Peer)
    tells = tuple(
        message(
            "The setup names {name} ({address}), for {purpose}.",
            name=peer.name,
            address=peer.address,
            purpose=_PURPOSES.get(peer.purpose, peer.purpose),
        )
        for peer in peers
    )
    cannot = [*lost(dossier, "disk")]
    if peers:
        cannot.append(
            message(
                "What lies on those machines: they were not seized. That needs an order of its"
                " own, perhaps in another country, and soon."
            )
        )
    return tells, tuple(cannot), ()


_PURPOSES = {
    "pictures": message("pictures"),
    "mirror": message("a mirror of the site"),
    "content network": message("the content network before it"),
}


def administrators(dossier: Dossier) -> Found:
    """Whose keys open the machine, and from where they were used."""
    missing = lost(dossier, "disk")
    keys = dossier.records("admin-keys.json", AdminKey)
    tells: tuple[Message, ...] = ()
    if keys:
        tells = (
            message(
                "{count} keys open the machine; for each, from where it was last used.",
                count=len(keys),
            ),
        )
    cannot = [*missing]
    if any(hides(dossier, key.address) for key in keys):
        cannot.append(
            message("Where an administrator sits who comes by a VPN: the exit's address is all.")
        )
    rows = rows_of(
        (key.comment, key.address, dossier.date(key.used), *held(dossier, key.address))
        for key in keys
    )
    return tells, tuple(cannot), rows


def losses(dossier: Dossier) -> Found:
    """What the copying did not get, and what it changed."""
    tells: list[Message] = []
    cannot: list[Message] = []
    for name, section in dossier.sections.items():
        if section.lost:
            cannot += lost(dossier, name)
        tells += [_ALTERED[code] for code in section.altered if code in _ALTERED]
    cannot += never_taken(dossier)
    if not cannot and not tells:
        tells.append(message("Nothing was lost or changed by the copying."))
    return tuple(tells), tuple(cannot), ()


_ALTERED = {
    "copier-loaded": message(
        "The copying changed the memory: its own program runs there, in place of something else."
    ),
    "examiner-session": message(
        "The copying changed the sessions: the examiner's own is among them."
    ),
}
