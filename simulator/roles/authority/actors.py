"""Authorities and operators, and which lever is in whose hands.

Countries are ISO 3166-1 codes as text (``"FR"``): the law of this lab is that of real
countries, even where its names end in an invented code.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

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

if TYPE_CHECKING:
    from simulator.roles.authority.lawbook import LeverEntry


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
    BANK = "bank"
    PERSON = "person"
    """Somebody who runs a site: to be heard, or arrested."""


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


class NamedLever(NamedTuple):
    """A lever by its id in the files of the law; the lab itself may have no such lever."""

    value: str


Action: TypeAlias = Measure | Lever | Production | NamedLever | type[Measure]
"""A measure stands for all of its kind: the law does not ask what the lie is."""

_ACCESS = (OperatorKind.ACCESS_PROVIDER,)
_LIARS = (OperatorKind.ACCESS_PROVIDER, OperatorKind.RESOLVER)


class Effect(enum.Enum):
    """What an action does, which is what an instrument may or may not carry."""

    BLOCK = "block"
    NAME = "name"
    MACHINE = "machine"
    SERVER_COPY = "server-copy"
    DATA = "data"
    PRESERVATION = "preservation"
    SERVICE = "service"
    """The end of a service that a site leans on."""
    CERTIFICATE = "certificate"
    CONTROLLED_OPERATION = "controlled-operation"
    MONEY = "money"
    HEARING = "hearing"
    ARREST = "arrest"
    OTHER = "other"
    """What a lever does that the files of the law do not know."""


EFFECT_NAMES: dict[Effect, Message] = {
    Effect.BLOCK: message("block"),
    Effect.NAME: message("name"),
    Effect.MACHINE: message("machine"),
    Effect.SERVER_COPY: message("copy of the server"),
    Effect.DATA: message("data"),
    Effect.PRESERVATION: message("preservation"),
    Effect.SERVICE: message("end of service"),
    Effect.CERTIFICATE: message("certificate"),
    Effect.CONTROLLED_OPERATION: message("controlled operation"),
    Effect.MONEY: message("money"),
    Effect.HEARING: message("hearing"),
    Effect.ARREST: message("arrest"),
    Effect.OTHER: message("other acts"),
}

_MEASURES: dict[type[Measure], tuple[Message, tuple[OperatorKind, ...]]] = {
    DnsMeasure: (message("a lie about the name"), _LIARS),
    PolicyZone: (message("a response policy zone"), _LIARS),
    ResolverWithdrawal: (message("no longer serving the country"), (OperatorKind.RESOLVER,)),
    DnsInjection: (message("forged DNS answers on the way"), _ACCESS),
    DnsInterception: (message("the interception of DNS queries"), _ACCESS),
    AddressMeasure: (message("a block of the address"), _ACCESS),
    EncryptedDnsMeasure: (message("a block of encrypted DNS"), _ACCESS),
    HttpMeasure: (message("a filter on cleartext HTTP"), _ACCESS),
    SniMeasure: (message("a filter on the name in TLS handshakes"), _ACCESS),
    FingerprintMeasure: (message("a filter that recognises a VPN"), _ACCESS),
    Shutdown: (message("a shutdown of the network"), _ACCESS),
    EdgeRefusal: (
        message("a 451 at the edge"),
        (OperatorKind.CONTENT_NETWORK, OperatorKind.RESOLVER),
    ),
}
"""What each measure is called, and who can take it. Levers are in ``law/levers.yaml``."""

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
    OperatorKind.BANK: message("a bank"),
    OperatorKind.PERSON: message("a person"),
}

AUTHORITY_NAMES: dict[AuthorityKind, Message] = {
    AuthorityKind.COURT: message("court"),
    AuthorityKind.PROSECUTOR: message("prosecutor"),
    AuthorityKind.JUDICIAL_POLICE: message("investigators under them"),
    AuthorityKind.POLICE: message("police on its own account"),
    AuthorityKind.GOVERNMENT: message("government"),
    AuthorityKind.REGULATOR: message("regulator"),
    AuthorityKind.COORDINATOR: message("coordinator"),
}


_IN_FILES = (Lever, Production, NamedLever)


def effect(action: Action) -> Effect:
    """Return what an action does."""
    return lever_entry(action).effect if isinstance(action, _IN_FILES) else Effect.BLOCK


def action_name(action: Action) -> Message:
    """Return what an action is called in a sentence."""
    if isinstance(action, _IN_FILES):
        return lever_entry(action).name
    return _MEASURES[_kind(action)][0]


def hands(action: Action) -> tuple[OperatorKind, ...]:
    """Return the kinds of operator that have this lever."""
    if isinstance(action, _IN_FILES):
        return lever_entry(action).hands
    return _MEASURES[_kind(action)][1]


def lever_entry(lever: Lever | Production | NamedLever) -> LeverEntry:
    """Return what the files of the law say of a lever; they are read when first asked for."""
    from simulator.roles.authority.lawbook import lawbook

    return lawbook().lever(lever.value)


def measures_of(kind: OperatorKind) -> tuple[type[Measure], ...]:
    """Return the measures that a kind of operator can take."""
    return tuple(measure for measure, (_, kinds) in _MEASURES.items() if kind in kinds)


def _kind(action: Measure | type[Measure]) -> type[Measure]:
    return action if isinstance(action, type) else type(action)


def at_home(authority: Authority, operator: Operator) -> bool:
    """Tell whether an operator sits where an authority's word is law."""
    return authority.country in (operator.country, operator.jurisdiction)


def either(names: tuple[Message, ...]) -> Message:
    """Return "A, or B, or C" as one sentence part that can be translated."""
    first, *rest = names
    if not rest:
        return first
    return message("{first}, or {rest}", first=first, rest=either(tuple(rest)))
