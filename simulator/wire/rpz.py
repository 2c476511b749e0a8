"""Response policy zones as values (draft-vixie-dnsop-dns-rpz sections 3 and 4).

A rule is one owner name of the zone: what triggers it is in the name, what it does is in the
records. This module knows both encodings; `simulator.wire.rpz_text` the text around them.
"""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import dataclass
from typing import NamedTuple

from simulator.errors import LabError
from simulator.values import Message, message

USUAL_SOA = "localhost nobody.localhost 1 3600 600 86400 60"
"""Data of the SOA record of a zone that was written down without one."""


class TriggerKind(enum.Enum):
    """What is looked at, in the order in which it counts within one zone (section 5)."""

    CLIENT_IP = "client-ip"
    QNAME = "qname"
    IP = "ip"
    NSDNAME = "nsdname"
    NSIP = "nsip"


class Action(enum.Enum):
    """What is answered."""

    NXDOMAIN = "nxdomain"
    NODATA = "nodata"
    PASSTHRU = "passthru"
    DROP = "drop"
    TCP_ONLY = "tcp-only"
    LOCAL_DATA = "local-data"


@dataclass(frozen=True, slots=True)
class Trigger:
    """``what`` is a domain name, with ``*`` as its first label for all below, or a CIDR prefix."""

    kind: TriggerKind
    what: str


class LocalRecord(NamedTuple):
    """A record to answer with, under whatever name was asked for.

    A CNAME to ``*.garden.test`` leads to the name asked for, put before ``garden.test``.
    """

    type: str
    ttl: int
    data: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``records`` belong to `Action.LOCAL_DATA` alone."""

    trigger: Trigger
    action: Action
    records: tuple[LocalRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponsePolicyZone:
    """A zone: its rules in the order in which they were written; ``soa`` is the data of its SOA."""

    origin: str
    rules: tuple[Rule, ...]
    soa: str = USUAL_SOA


class BadRule(LabError):
    """An owner name or a record that makes no rule. The message says what to write instead."""


# --- triggers as owner names --------------------------------------------------------

_PREFIX_KINDS = (TriggerKind.CLIENT_IP, TriggerKind.IP, TriggerKind.NSIP)
_BY_LABEL: dict[str, TriggerKind] = {
    f"rpz-{kind.value}": kind for kind in TriggerKind if kind is not TriggerKind.QNAME
}


def owner_of(trigger: Trigger) -> str:
    """Return the owner name of a trigger, relative to the zone."""
    if trigger.kind is TriggerKind.QNAME:
        return trigger.what
    what = trigger.what
    if trigger.kind in _PREFIX_KINDS:
        what = _prefix_to_labels(ipaddress.ip_network(what))
    return f"{what}.rpz-{trigger.kind.value}"


def trigger_of(owner: str) -> Trigger:
    """Return what an owner name, relative to the zone, stands for; raise `BadRule` if nothing."""
    rest, _, last = owner.rpartition(".")
    kind = _BY_LABEL.get(last, TriggerKind.QNAME)
    if kind is TriggerKind.QNAME:
        if last.startswith("rpz-"):
            raise BadRule(
                message(
                    "{label} is no kind of trigger: there are {known}",
                    label=last,
                    known=", ".join(_BY_LABEL),
                )
            )
        rest = owner
    if not rest:
        raise BadRule(message("{owner} names nothing that could trigger", owner=owner or "@"))
    if kind in _PREFIX_KINDS:
        rest = str(_labels_to_prefix(rest))
    return Trigger(kind, rest)


_Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network


def _prefix_to_labels(prefix: _Prefix) -> str:
    """Return ``24.0.2.0.192`` for 192.0.2.0/24: length, then the address backwards.

    IPv6 goes by its eight words in hexadecimal, ``zz`` standing for the run that ``::`` does.
    """
    if prefix.version == 4:
        words = str(prefix.network_address).split(".")
    else:
        text = str(prefix.network_address)
        words = text.replace("::", ":zz:").strip(":").split(":")
    return ".".join([str(prefix.prefixlen), *reversed(words)])


def _labels_to_prefix(labels: str) -> _Prefix:
    length, *words = labels.split(".")
    words.reverse()
    if len(words) == 4 and "zz" not in words:
        text = ".".join(words)
    else:
        text = ":".join(words)
        text = "::".join([part.strip(":") for part in text.split("zz")]) if "zz" in words else text
    try:
        if not (length.isdecimal() and length.isascii()):
            raise ValueError(f"{length!r} is no length")
        prefix = ipaddress.ip_network(f"{text}/{length}")
        if prefix.prefixlen == 0:
            raise ValueError("a prefix has at least one bit")
        if prefix.version == 6 and prefix.network_address.ipv4_mapped is not None:
            raise ValueError("an IPv4 address is written as one")
    except ValueError as error:
        raise BadRule(
            message(
                "{labels} is no prefix ({why}): write 32.7.2.0.192 for 192.0.2.7/32, "
                "48.zz.1.db8.2001 for 2001:db8:1::/48",
                labels=labels,
                why=str(error),
            )
        ) from None
    written = _prefix_to_labels(prefix)
    if written != labels:
        raise BadRule(
            message(
                "{labels} is not how {prefix} is written: write {written}",
                labels=labels,
                prefix=str(prefix),
                written=written,
            )
        )
    return prefix


# --- actions as records -------------------------------------------------------------

_BY_TARGET = {
    "": Action.NXDOMAIN,
    "*": Action.NODATA,
    "rpz-passthru": Action.PASSTHRU,
    "rpz-drop": Action.DROP,
    "rpz-tcp-only": Action.TCP_ONLY,
}
_TARGETS = {action: target for target, action in _BY_TARGET.items()}
_NO_LOCAL_DATA = ("SOA", "NS", "DNAME", "DS", "DNSKEY", "NSEC", "NSEC3", "NSEC3PARAM", "RRSIG")


def records_of(rule: Rule, ttl: int) -> tuple[LocalRecord, ...]:
    """Return the records that say what a rule does; ``ttl`` is for those that need none."""
    if rule.action is Action.LOCAL_DATA:
        return rule.records
    return (LocalRecord("CNAME", ttl, _TARGETS[rule.action]),)


def rule_of(trigger: Trigger, records: tuple[LocalRecord, ...], origin: str) -> Rule:
    """Return what the records under one owner name of zone ``origin`` order.

    Raises `BadRule` for what no resolver would act upon, or not as was meant.
    """
    for record in records:
        if record.type in _NO_LOCAL_DATA:
            raise BadRule(message("a {type} record orders nothing", type=record.type))
        if record.type == "CNAME" and len(records) > 1:
            raise BadRule(message("a CNAME record stands alone (RFC 2181 section 10.1)"))
    target = records[0].data if records[0].type == "CNAME" else None
    if target is None:
        return Rule(trigger, Action.LOCAL_DATA, records)
    action = _BY_TARGET.get(target)
    if action is None and trigger == Trigger(TriggerKind.QNAME, target) and target[:1] != "*":
        action = Action.PASSTHRU  # as it was written before rpz-passthru
    if action is not None:
        return Rule(trigger, action)
    fault = _misspelt(target, origin)
    if fault is not None:
        raise BadRule(fault)
    return Rule(trigger, Action.LOCAL_DATA, records)


def _misspelt(target: str, origin: str) -> Message | None:
    """Say what is wrong with a target that looks like an action and is none."""
    for known in _BY_TARGET:
        if known and target == f"{known}.{origin}":
            return message(
                "{action} without a final dot is a name in this zone: write {action}. instead",
                action=known,
            )
    if target.rpartition(".")[2].startswith("rpz-"):
        return message(
            "{target} is no action: there are {known}",
            target=target + ".",
            known=", ".join(f"{one or ''}." for one in _BY_TARGET),
        )
    return None
