"""What a copy of a server tells, and what it cannot tell, each with why."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from simulator.errors import LabError
from simulator.roles.evidence.logic import Dossier
from simulator.values import HOUR, SECOND, Address, Message, message
from simulator.wire.evidence import (
    Account,
    AdminKey,
    Configuration,
    Flow,
    Line,
    Payment,
    Peer,
    Session,
    Visited,
)

VISITOR = "visitor"
ROWS_SHOWN = 12
"""Rows of a table in an answer; the file has the rest."""


class Answer(NamedTuple):
    """``tells`` and ``cannot`` are sentences; ``rows`` what the first rest on, if it is short."""

    question: Message
    tells: tuple[Message, ...] = ()
    cannot: tuple[Message, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def ask(dossier: Dossier, question: str) -> Answer:
    """Answer one of `QUESTIONS`, or ``visitor:ADDRESS``; `LabError` for any other."""
    word, colon, about = question.partition(":")
    if word == VISITOR and colon:
        return _visitor(dossier, about)
    asked = QUESTIONS.get(question)
    if asked is None:
        known = ", ".join((*QUESTIONS, "visitor:ADDRESS"))
        text = message(
            "'{question}' is no question of the lab; ask one of: {known}",
            question=question,
            known=known,
        )
        raise LabError(text)
    title, answer = asked
    tells, cannot, rows = answer(dossier)
    return Answer(title, tells, cannot, rows)


_Found = tuple[tuple[Message, ...], tuple[Message, ...], tuple[tuple[str, ...], ...]]


# --- people -------------------------------------------------------------------------------------


def _accounts(dossier: Dossier) -> _Found:
    lost = _lost(dossier, "disk")
    known = dossier.records("accounts.json", Account)
    backup = dossier.records("accounts-backup.json", Account)
    numbers = frozenset(account.id for account in known)
    deleted = [account for account in backup if account.id not in numbers]
    tells: list[Message] = []
    if not lost:
        tells.append(
            message("{count} accounts: number, nickname, last address used.", count=len(known))
        )
    if deleted and not lost:
        tells.append(
            message(
                "{count} more in the backup that are not on the disk any more: somebody deleted"
                " them, and the archive kept them.",
                count=len(deleted),
            )
        )
    elif backup and lost:
        tells.append(message("{count} accounts, from the backup alone.", count=len(backup)))
    cannot = (
        *lost,
        message(
            "Who the people are: a nickname is no name, and anybody could choose any; an address"
            " is a connection, and what its provider still knows of it is another request."
        ),
    )
    shown = known if not lost else backup
    return tuple(tells), cannot, _rows((a.id, a.name, a.address) for a in shown)


def _payments(dossier: Dossier) -> _Found:
    lost = _lost(dossier, "disk")
    if lost:
        return (), lost, ()
    paid = dossier.records("payments.json", Payment)
    total = sum(payment.cents for payment in paid)
    tells = (
        message(
            "{count} payments by {payers} accounts, {total} euros in all.",
            count=len(paid),
            payers=len(Counter(payment.account for payment in paid)),
            total=f"{total / 100:.2f}",
        ),
    )
    cannot = (
        message(
            "Whose money it was: the site has a reference, the bank or the shop has the name."
            " That is a request to them."
        ),
    )
    rows = _rows(
        (p.id, p.account, dossier.date(p.at), f"{p.cents / 100:.2f}", p.method) for p in paid
    )
    return tells, cannot, rows


def _online(dossier: Dossier) -> _Found:
    lost = _lost(dossier, "sessions")
    if lost:
        return (), lost, ()
    section = dossier.sections["sessions"]
    all_open = dossier.records("sessions.json", Session)
    theirs = [session for session in all_open if session.account != 0]
    tells = (
        message(
            "{count} accounts were connected on {date}.",
            count=len(Counter(session.account for session in theirs)),
            date=dossier.date(section.at),
        ),
    )
    cannot = [message("Who was connected before: a session that ended leaves nothing here.")]
    if len(theirs) < len(all_open):
        cannot.append(
            message(
                "One session is the examiner's own: whoever copies a running machine changes it,"
                " and writes down how."
            )
        )
    rows = _rows((s.account, s.address, dossier.date(s.since)) for s in theirs)
    return tells, tuple(cannot), rows


# --- messages -----------------------------------------------------------------------------------


def _messages(dossier: Dossier) -> _Found:
    chat_lost, memory_lost = _lost(dossier, "chat"), _lost(dossier, "memory")
    written = dossier.records("messages.json", Line)
    unwritten = dossier.records("unwritten.json", Line)
    stored = frozenset((line.at, line.sender) for line in written)
    said = [*written, *(line for line in unwritten if (line.at, line.sender) not in stored)]
    tells: list[Message] = []
    if said:
        tells.append(
            message(
                "{count} messages, from {first} to {last}: which account wrote to which, when,"
                " and what.",
                count=len(said),
                first=dossier.date(said[0].at),
                last=dossier.date(said[-1].at),
            )
        )
    if unwritten:
        tells.append(
            message(
                "Of these, in memory and not written yet: {count}.",
                count=len(said) - len(written),
            )
        )
    cannot = [*chat_lost]
    if memory_lost:
        cannot.append(
            message(
                "The last messages before the power was cut: they were in memory and not"
                " written yet, and went with the current."
            )
        )
    cannot.append(_not_kept(dossier))
    pairs = Counter((line.sender, line.receiver) for line in said)
    return (
        tuple(tells),
        tuple(cannot),
        _rows((f"{a} > {b}", n) for (a, b), n in pairs.most_common()),
    )


def _not_kept(dossier: Dossier) -> Message:
    for setup in dossier.records("configuration.json", Configuration):
        hours = f"{setup.message_retention * SECOND / HOUR:g}"
        return message(
            "What was said earlier: the site kept messages for {hours} hours. What was never kept,"
            " or had been deleted by then, no copy brings back.",
            hours=hours,
        )
    return message("What was said earlier, and how long the site kept it: its setup is lost.")


# --- visitors -----------------------------------------------------------------------------------


def _log_window(dossier: Dossier) -> _Found:
    lost = _lost(dossier, "disk")
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
    cannot = (*lost, message("Anything before: logs are rotated away, here and there."))
    return tuple(tells), cannot, ()


def _visitors(dossier: Dossier) -> _Found:
    lost = _lost(dossier, "disk")
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
    cannot = [*lost]
    hidden = [address for address in counted if _hides(dossier, address)]
    if hidden:
        cannot.append(
            message(
                "Who is behind {count} of them: they belong to VPN exits, proxies or relays, or"
                " are shared by many.",
                count=len(hidden),
            )
        )
    rows = _rows((address, n, *_held(dossier, address)) for address, n in counted.most_common())
    return tells, tuple(cannot), rows


def _hides(dossier: Dossier, address: Address) -> bool:
    holder = dossier.holders.get(address)
    return holder is not None and holder.kind in _BEHIND


def _held(dossier: Dossier, address: Address) -> tuple[str, ...]:
    holder = dossier.holders.get(address)
    return () if holder is None else (holder.name, holder.kind)


_BEHIND = {
    "vpn": message(
        "Who it was: the address is that of a VPN's exit. The log shows the exit and never the"
        " person; only the VPN may know more, if it keeps anything."
    ),
    "proxy": message(
        "Who it was: the address is that of a proxy. The log shows the proxy and never the"
        " person; only who runs it may know more."
    ),
    "onion": message(
        "Who it was: the address is that of an onion relay. Not even the relay knows for whom it"
        " asked."
    ),
    "content-network": message(
        "Who it was: the address is that of a content network's machine, which asks for all its"
        " visitors; its own logs may know more."
    ),
    "shared": message(
        "Who it was: the provider has many subscribers behind this address (CGNAT). Without the"
        " port, which the log does not have, it cannot tell them apart."
    ),
}


def _visitor(dossier: Dossier, about: str) -> Answer:
    try:
        address = str(ipaddress.ip_address(about))
    except ValueError:
        raise LabError(message("'{word}' is no address", word=about)) from None
    title = message("What does it tell of {address}?", address=address)
    lost = _lost(dossier, "disk")
    visits = [v for v in dossier.records("access-log.json", Visited) if v.address == address]
    tells: list[Message] = []
    cannot = [*lost]
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
    elif not lost:
        tells.append(message("Nobody with this address is in the log of the server."))
        cannot.append(
            message(
                "That its user was never here: a visit before the log begins, from the other address"
                " of the same machine (IPv4, IPv6), or by way of a VPN, a proxy or a relay is not"
                " under this one."
            )
        )
    holder = dossier.holders.get(address)
    if holder is not None:
        tells.append(message("The address is held by {holder}.", holder=holder.name))
        if holder.kind in _BEHIND:
            cannot.append(_BEHIND[holder.kind])
        elif visits and holder.kind == "access":
            cannot.append(
                message(
                    "Who it was: the provider may know whose connection it is, on request, and"
                    " nobody knows from here who sat before the screen."
                )
            )
    rows = _rows((dossier.date(v.at), v.host + v.path, v.status) for v in visits)
    return Answer(title, tuple(tells), tuple(cannot), rows)


def _behind(dossier: Dossier) -> _Found:
    counted = Counter(v.address for v in dossier.records("access-log.json", Visited))
    hidden = [address for address in counted if _hides(dossier, address)]
    kinds = dict.fromkeys(dossier.holders[address].kind for address in hidden)
    cannot = (*_lost(dossier, "disk"), *(_BEHIND[kind] for kind in kinds))
    tells: tuple[Message, ...] = ()
    if hidden:
        tells = (
            message(
                "{count} requests came by way of {ways} addresses that stand for others.",
                count=sum(counted[address] for address in hidden),
                ways=len(hidden),
            ),
        )
    rows = _rows((address, counted[address], *_held(dossier, address)) for address in hidden)
    return tells, cannot, rows


# --- machines -----------------------------------------------------------------------------------


def _other_hosts(dossier: Dossier) -> _Found:
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
    cannot = [*_lost(dossier, "disk")]
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


def _administrators(dossier: Dossier) -> _Found:
    lost = _lost(dossier, "disk")
    keys = dossier.records("admin-keys.json", AdminKey)
    tells: tuple[Message, ...] = ()
    if keys:
        tells = (
            message(
                "{count} keys open the machine; for each, from where it was last used.",
                count=len(keys),
            ),
        )
    cannot = [*lost]
    if any(_hides(dossier, key.address) for key in keys):
        cannot.append(
            message("Where an administrator sits who comes by a VPN: the exit's address is all.")
        )
    rows = _rows(
        (key.comment, key.address, dossier.date(key.used), *_held(dossier, key.address))
        for key in keys
    )
    return tells, tuple(cannot), rows


def _losses(dossier: Dossier) -> _Found:
    tells: list[Message] = []
    cannot: list[Message] = []
    for name, section in dossier.sections.items():
        if section.lost:
            cannot += _lost(dossier, name)
        tells += [_ALTERED[code] for code in section.altered if code in _ALTERED]
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
SECTION_NAMES = {
    "memory": message("the memory"),
    "sessions": message("the sessions"),
    "chat": message("the chat store"),
    "disk": message("the disk"),
    "remote-logs": message("logs kept elsewhere"),
    "topology": message("the hosting company's books"),
    "archives": message("the archives"),
}
_LOST = {
    "power": message("went with the power, which was cut before the copy was taken"),
    "encrypted": message("encrypted; the key was in the memory, which went with the power"),
}


def _lost(dossier: Dossier, name: str) -> tuple[Message, ...]:
    """Return why a section has nothing, or nothing if it has."""
    section = dossier.sections.get(name)
    if section is not None and not section.lost:
        return ()
    what = SECTION_NAMES[name]
    if section is None:
        return (message("It has nothing of {section}: never taken.", section=what),)
    why = _LOST.get(section.lost, section.lost)
    return (message("It has nothing of {section}: {why}.", section=what, why=why),)


def _rows(rows: Iterable[tuple[object, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(str(cell) for cell in row) for row in rows)


QUESTIONS: dict[str, tuple[Message, Callable[[Dossier], _Found]]] = {
    "accounts": (message("Which accounts were there?"), _accounts),
    "payments": (message("Who paid?"), _payments),
    "online": (message("Who was there when it was taken?"), _online),
    "messages": (message("Who talked to whom, and when?"), _messages),
    "log-window": (message("How far back does it see?"), _log_window),
    "visitors": (message("Who visited?"), _visitors),
    "behind-vpn": (message("Who came by way of somebody else?"), _behind),
    "other-hosts": (message("What is elsewhere?"), _other_hosts),
    "administrators": (message("Who ran the machine?"), _administrators),
    "losses": (message("What did the copying lose or change?"), _losses),
}
