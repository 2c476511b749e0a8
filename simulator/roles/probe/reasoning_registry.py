"""What a registry does to a name, and what its directory says of that: holds, locks, ends."""

from __future__ import annotations

from simulator.roles.probe import causes, signs
from simulator.roles.probe.causes import CERTAIN, LIKELY, Diagnosis, cannot_tell
from simulator.roles.probe.evidence import Evidence, Registration
from simulator.values import Message, message

SERVER_HOLD, CLIENT_HOLD = "server hold", "client hold"
SERVER_LOCKS = (
    "server delete prohibited",
    "server renew prohibited",
    "server transfer prohibited",
    "server update prohibited",
)
_ENDING = ("redemption period", "pending restore", "pending delete")


def not_delegated(evidence: Evidence, said: list[Message]) -> Diagnosis:
    """The registry's servers know no delegation: a hold, an end, or never a beginning."""
    found, told = evidence.delegation, evidence.registration
    assert found is not None
    if found.rcode is None:
        return cannot_tell(
            *said, message("The servers of .{parent} do not answer.", parent=found.parent)
        )
    said.append(
        message(
            "The registry's own servers say that {zone} does not exist in .{parent}.",
            zone=found.zone,
            parent=found.parent,
        )
    )
    if told is None:
        return _without_a_word(evidence, said)
    holds = told.has(SERVER_HOLD, CLIENT_HOLD)
    if not holds:
        return cannot_tell(*said, _no_hold(told))
    # The registry's own word, and the one that explains the denial.
    said.append(message("The registry says why: {status}.", status=", ".join(holds)))
    return Diagnosis(
        causes.SEIZED_HOLD,
        CERTAIN,
        tuple(said),
        who_holds(told, found.parent),
        old_address(evidence),
    )


def _no_hold(told: Registration) -> Message:
    """Return what else the directory says. None of it says who wanted it so."""
    if not told.exists:
        return message(
            "The registry's directory knows no {name}: it was never registered, or its "
            "registration has ended. It is not on hold.",
            name=told.name,
        )
    ending = told.has(*_ENDING)
    if ending:
        return message(
            "The registry says that the registration is ending ({status}): it was deleted, and "
            "not put on hold. It does not say who had it deleted.",
            status=", ".join(ending),
        )
    if told.has("inactive"):
        return message(
            "The registry says that the name is registered and has no nameservers: nobody put it "
            "on hold."
        )
    return message(
        "The registry's directory shows no hold: its zone and its directory disagree, as they do "
        "while a change is under way."
    )


def _without_a_word(evidence: Evidence, said: list[Message]) -> Diagnosis:
    found, former = evidence.delegation, evidence.former
    assert found is not None
    if former is None or not former.nameservers:
        said.append(
            message(
                "A name on hold, a name deleted and a name that never was look the same, and the "
                "registry publishes no reason."
            )
        )
        return cannot_tell(*said)
    said.append(
        message("It was delegated to {servers} before.", servers=", ".join(former.nameservers))
    )
    if former.children_answer:
        said.append(message("Those servers still answer for it: only the registry lets go."))
    # Never certain without the registry's word: a registration that ran out ends the same way.
    said.append(message("A registration that ran out would look the same."))
    actor = registry(found.parent)
    return Diagnosis(causes.SEIZED_HOLD, LIKELY, tuple(said), actor, old_address(evidence))


# --- who acted --------------------------------------------------------------------------------


def registry(parent: str) -> Message:
    """Return who may have acted where nobody says more."""
    return message("the registry of .{zone}, or the name's registrar", zone=parent)


def who_holds(told: Registration, parent: str) -> Message:
    """Return whose hold it is: a status says in its own name which side set it."""
    if told.has(SERVER_HOLD):
        return message("the registry of .{zone}", zone=parent)
    if told.registrar is None:
        return message("the name's registrar")
    return message("the registrar {name}", name=told.registrar)


def who_redelegated(told: Registration | None, parent: str) -> Message:
    """Return who had a name delegated elsewhere: the registry, if it locked it as well."""
    if told is not None and told.has(*SERVER_LOCKS):
        return message("the registry of .{zone}", zone=parent)
    return registry(parent)


def locks_and_transfer(told: Registration | None) -> list[Message]:
    """Return what the directory adds to a redelegation: its locks, a transfer and its date."""
    if told is None or not told.exists:
        return []
    said = []
    locks = told.has(*SERVER_LOCKS)
    if locks:
        said.append(
            message(
                "The registry has locked it against its holder: {status}.", status=", ".join(locks)
            )
        )
    moved = [date for action, date in told.events if action == "transfer"]
    if moved and told.registrar is not None:
        said.append(
            message(
                "The registry says that it went to the registrar {name} on {date}.",
                name=told.registrar,
                date=moved[-1].partition("T")[0],
            )
        )
    return said


def old_address(evidence: Evidence) -> tuple[str, ...]:
    """Return the ways round a seized name: its old address, where it still serves."""
    if signs.reached(evidence.at_true_address):
        return (causes.HOSTS_FILE, causes.MIRROR)
    return (causes.MIRROR,)
