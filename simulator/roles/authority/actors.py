"""Authorities and operators, and which lever is in whose hands.

Countries are ISO 3166-1 codes as text (``"FR"``): the law of this lab is that of real
countries, even where its names end in an invented code.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from simulator.measures import (
    AddressMeasure,
    DnsInjection,
    DnsInterception,
    DnsMeasure,
    EdgeRefusal,
    EncryptedDnsMeasure,
    FingerprintMeasure,
    HttpMeasure,
    Measure,
    PolicyZone,
    ResolverWithdrawal,
    Shutdown,
    SniMeasure,
)
from simulator.values import Lever, Message, message


@dataclass(frozen=True, slots=True)
class Name:
    """A proper name in each language; French falls back to English."""

    en: str
    fr: str = ""

    def __str__(self) -> str:
        return self.en

    def say(self, language: str) -> str:
        """Return the name in a language."""
        return self.fr or self.en if language == "fr" else self.en


Label: TypeAlias = str | Name | Message
"""What may stand for somebody in a sentence; ``str`` gives the English."""


class AuthorityKind(enum.Enum):
    """What an authority is, as far as its powers differ here."""

    COURT = "court"
    PROSECUTOR = "prosecutor"
    JUDICIAL_POLICE = "judicial-police"
    """Investigators who act under a prosecutor or a judge."""
    POLICE = "police"
    """Police on their own account: they may ask, not order."""
    GOVERNMENT = "government"
    REGULATOR = "regulator"
    COORDINATOR = "coordinator"
    """Europol, Eurojust: they bring the others together."""


class OperatorKind(enum.Enum):
    """What an operator runs, and so what can be asked of it."""

    ACCESS_PROVIDER = "access-provider"
    REGISTRY = "registry"
    REGISTRAR = "registrar"
    HOST = "host"
    DNS_OPERATOR = "dns-operator"
    RESOLVER = "resolver"
    VPN = "vpn"
    TRANSIT = "transit"
    CERTIFICATE_AUTHORITY = "certificate-authority"
    PUBLIC_BODY = "public-body"
    CONTENT_NETWORK = "content-network"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class Authority:
    """Somebody who orders. ``country`` is where its word is law."""

    id: str
    name: Label
    country: str
    kind: AuthorityKind


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who is ordered.

    ``heeds`` are the instruments that bind it to nothing and that it follows all the
    same. By default a request of its own police is heeded, one from abroad is not.
    """

    id: str
    name: Label
    country: str
    kind: OperatorKind
    heeds: tuple[str, ...] = ("local-police-request",)
    jurisdiction: str | None = None
    """Whose authorities are at home there beside the country's own: ``FR`` for ``NC``."""


class Production(enum.Enum):
    """What an authority may want besides measures and levers: evidence."""

    SERVER_COPY = "server-copy"
    DATA = "data"
    PRESERVATION = "preservation"


Action: TypeAlias = Measure | Lever | Production


class Effect(enum.Enum):
    """What an action does, which is what an instrument may or may not carry."""

    BLOCK = "block"
    NAME = "name"
    MACHINE = "machine"
    SERVER_COPY = "server-copy"
    DATA = "data"
    PRESERVATION = "preservation"


_LEVER_EFFECTS = {
    Lever.CLIENT_HOLD: Effect.NAME,
    Lever.SERVER_HOLD: Effect.NAME,
    Lever.REDELEGATION: Effect.NAME,
    Lever.HOST_TAKEOVER: Effect.MACHINE,
    Lever.HOST_OFF: Effect.MACHINE,
}

_PRODUCTION_EFFECTS = {
    Production.SERVER_COPY: Effect.SERVER_COPY,
    Production.DATA: Effect.DATA,
    Production.PRESERVATION: Effect.PRESERVATION,
}

_ACTION_NAMES: dict[Lever | Production | type[Measure], Message] = {
    DnsMeasure: message("a lie about the name"),
    PolicyZone: message("a response policy zone"),
    ResolverWithdrawal: message("no longer serving the country"),
    DnsInjection: message("forged DNS answers on the way"),
    DnsInterception: message("the interception of DNS queries"),
    AddressMeasure: message("a block of the address"),
    EncryptedDnsMeasure: message("a block of encrypted DNS"),
    HttpMeasure: message("a filter on cleartext HTTP"),
    SniMeasure: message("a filter on the name in TLS handshakes"),
    FingerprintMeasure: message("a filter that recognises a VPN"),
    Shutdown: message("a shutdown of the network"),
    EdgeRefusal: message("a 451 at the edge"),
    Lever.CLIENT_HOLD: message("clientHold"),
    Lever.SERVER_HOLD: message("serverHold"),
    Lever.REDELEGATION: message("a redelegation"),
    Lever.HOST_TAKEOVER: message("the takeover of the machine"),
    Lever.HOST_OFF: message("switching the machine off"),
    Production.SERVER_COPY: message("a copy of the server"),
    Production.DATA: message("the delivery of data"),
    Production.PRESERVATION: message("the preservation of data"),
}

_HANDS: dict[Lever | Production | type[Measure], tuple[OperatorKind, ...]] = {
    DnsMeasure: (OperatorKind.ACCESS_PROVIDER, OperatorKind.RESOLVER),
    PolicyZone: (OperatorKind.ACCESS_PROVIDER, OperatorKind.RESOLVER),
    ResolverWithdrawal: (OperatorKind.RESOLVER,),
    DnsInjection: (OperatorKind.ACCESS_PROVIDER,),
    DnsInterception: (OperatorKind.ACCESS_PROVIDER,),
    AddressMeasure: (OperatorKind.ACCESS_PROVIDER,),
    EncryptedDnsMeasure: (OperatorKind.ACCESS_PROVIDER,),
    HttpMeasure: (OperatorKind.ACCESS_PROVIDER,),
    SniMeasure: (OperatorKind.ACCESS_PROVIDER,),
    FingerprintMeasure: (OperatorKind.ACCESS_PROVIDER,),
    Shutdown: (OperatorKind.ACCESS_PROVIDER,),
    EdgeRefusal: (OperatorKind.CONTENT_NETWORK, OperatorKind.RESOLVER),
    Lever.CLIENT_HOLD: (OperatorKind.REGISTRAR,),
    Lever.SERVER_HOLD: (OperatorKind.REGISTRY,),
    # At a registrar this is a change of nameservers, without the registry's locks.
    Lever.REDELEGATION: (OperatorKind.REGISTRY, OperatorKind.REGISTRAR),
    Lever.HOST_TAKEOVER: (OperatorKind.HOST,),
    Lever.HOST_OFF: (OperatorKind.HOST,),
    Production.SERVER_COPY: (OperatorKind.HOST,),
    Production.DATA: tuple(OperatorKind),
    Production.PRESERVATION: tuple(OperatorKind),
}

KIND_NAMES: dict[OperatorKind, Message] = {
    OperatorKind.ACCESS_PROVIDER: message("an access provider"),
    OperatorKind.REGISTRY: message("a registry"),
    OperatorKind.REGISTRAR: message("a registrar"),
    OperatorKind.HOST: message("a hosting company"),
    OperatorKind.DNS_OPERATOR: message("a DNS operator"),
    OperatorKind.RESOLVER: message("a public resolver"),
    OperatorKind.VPN: message("a VPN provider"),
    OperatorKind.TRANSIT: message("a transit network"),
    OperatorKind.CERTIFICATE_AUTHORITY: message("a certificate authority"),
    OperatorKind.PUBLIC_BODY: message("a public body"),
    OperatorKind.CONTENT_NETWORK: message("a content network"),
    OperatorKind.PROXY: message("a proxy or relay operator"),
}


def effect(action: Action) -> Effect:
    """Return what an action does."""
    if isinstance(action, Lever):
        return _LEVER_EFFECTS[action]
    if isinstance(action, Production):
        return _PRODUCTION_EFFECTS[action]
    return Effect.BLOCK


def action_name(action: Action) -> Message:
    """Return what an action is called in a sentence."""
    return _ACTION_NAMES[_key(action)]


def hands(action: Action) -> tuple[OperatorKind, ...]:
    """Return the kinds of operator that have this lever."""
    return _HANDS[_key(action)]


def _key(action: Action) -> Lever | Production | type[Measure]:
    return action if isinstance(action, Lever | Production) else type(action)


def at_home(authority: Authority, operator: Operator) -> bool:
    """Tell whether an operator sits where an authority's word is law."""
    return authority.country in (operator.country, operator.jurisdiction)


def either(names: tuple[Message, ...]) -> Message:
    """Return "A, or B, or C" as one sentence part that can be translated."""
    first, *rest = names
    if not rest:
        return first
    return message("{first}, or {rest}", first=first, rest=either(tuple(rest)))
