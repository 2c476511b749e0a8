"""What a copy tells of people: accounts, payments, who was there, who talked to whom."""

from __future__ import annotations

from collections import Counter

from simulator.roles.evidence.findings import Found, lost, rows_of
from simulator.roles.evidence.logic import Dossier
from simulator.values import HOUR, SECOND, Message, message
from simulator.wire.evidence import (
    Account,
    Configuration,
    Line,
    Payment,
    Session,
)


def accounts(dossier: Dossier) -> Found:
    """Which accounts there were, those that were deleted included."""
    missing = lost(dossier, "disk")
    known = dossier.records("accounts.json", Account)
    backup = dossier.records("accounts-backup.json", Account)
    numbers = frozenset(account.id for account in known)
    deleted = [account for account in backup if account.id not in numbers]
    tells: list[Message] = []
    if not missing:
        tells.append(
            message("{count} accounts: number, nickname, last address used.", count=len(known))
        )
    if deleted and not missing:
        tells.append(
            message(
                "{count} more in the backup that are not on the disk any more: somebody deleted"
                " them, and the archive kept them.",
                count=len(deleted),
            )
        )
    elif backup and missing:
        tells.append(message("{count} accounts, from the backup alone.", count=len(backup)))
    cannot = (
        *missing,
        message(
            "Who the people are: a nickname is no name, and anybody could choose any; an address"
            " is a connection, and what its provider still knows of it is another request."
        ),
    )
    shown = known if not missing else backup
    return tuple(tells), cannot, rows_of((a.id, a.name, a.address) for a in shown)


def payments(dossier: Dossier) -> Found:
    """Who paid what, by account."""
    missing = lost(dossier, "disk")
    if missing:
        return (), missing, ()
    paid = dossier.records("payments.json", Payment)
    total = sum(payment.cents for payment in paid)
    tells = (
        message(
            "{count} payments by {payers} accounts, {total} euros in all.",
            count=len(paid),
            payers=len(Counter(payment.account for payment in paid)),
            total=_euros(total),
        ),
    )
    cannot = (
        message(
            "Whose money it was: the site has a reference, the bank or the shop has the name."
            " That is a request to them."
        ),
    )
    rows = rows_of(
        (p.id, p.account, dossier.date(p.at), _euros(p.cents), _METHODS.get(p.method, p.method))
        for p in paid
    )
    return tells, cannot, rows


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


_METHODS = {
    "card": message("card"),
    "voucher": message("voucher"),
    "premium call": message("premium call"),
}


def online(dossier: Dossier) -> Found:
    """Who was connected when the sessions were copied."""
    missing = lost(dossier, "sessions")
    if missing:
        return (), missing, ()
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
    rows = rows_of((s.account, s.address, dossier.date(s.since)) for s in theirs)
    return tells, tuple(cannot), rows


# --- messages -----------------------------------------------------------------------------------


def messages(dossier: Dossier) -> Found:
    """Who wrote to whom, as far back as messages were kept."""
    chat_lost, memory_lost = lost(dossier, "chat"), lost(dossier, "memory")
    written = dossier.records("messages.json", Line)
    unwritten = dossier.records("unwritten.json", Line)
    stored = frozenset((line.at, line.sender) for line in written)
    said = [*written, *(line for line in unwritten if (line.at, line.sender) not in stored)]
    said.sort(key=lambda line: line.at)
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
        rows_of((f"{a} > {b}", n) for (a, b), n in pairs.most_common()),
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
