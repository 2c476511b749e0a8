"""A measure as worlds and scenarios write it: one kind, and the parameters of that kind."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from simulator.errors import NotSimulated
from simulator.measures import AddressAction, DnsLie, HttpAction, Residue, SniAction
from simulator.values import message
from simulator.world.choices import refuse_by_name
from simulator.world.fields import (
    Country,
    DomainName,
    Duration,
    Flag,
    Many,
    Model,
    Rate,
    Wrong,
    agree,
)

KINDS: dict[str, tuple[str, ...]] = {
    "dns": ("subdomains", "pattern", "extended_error", "countries"),
    "rpz": ("extended_error",),
    "withdrawal": ("countries",),
    "injection": ("subdomains", "pattern", "versions", "drop"),
    "interception": ("versions",),
    "encrypted_dns": ("of", "versions"),
    "address": ("of", "ports", "versions"),
    "http": ("subdomains", "pattern", "keyword", "ports", "versions", "blocked_by"),
    "sni": ("subdomains", "pattern", "ports", "versions", "rate", "residual", "residue"),
    "vpn": ("of", "versions"),
    "fingerprint": ("versions",),
    "shutdown": ("versions",),
    "edge": ("countries", "blocked_by"),
}
"""The kinds, and the fields that each may have beside its own."""

BY_ID: dict[str, dict[str, Any]] = {
    "dns-lying-resolver": {"dns": "nxdomain"},
    "dns-injection": {"injection": "forged"},
    "dns-interception": {"interception": True},
    "public-resolvers-ordered": {"dns": "refused", "extended_error": 16},
    "encrypted-dns-blocked": {"encrypted_dns": "drop"},
    "ip-drop": {"address": "drop"},
    "ip-reset": {"address": "reset"},
    "ip-reject": {"address": "reject"},
    "http-host-filter": {"http": "451"},
    "tls-sni-reset": {"sni": "reset"},
    "tls-sni-drop": {"sni": "drop"},
    "tls-sni-throttle": {"sni": "throttle"},
    "vpn-endpoint-blocked": {"vpn": "drop"},
    "vpn-fingerprint": {"fingerprint": "wireguard"},
    "shutdown": {"shutdown": True},
}
"""The measures of the matrix by id, as one may write them in one word."""

NAMELESS = ("rpz", "withdrawal", "interception", "encrypted_dns", "vpn", "fingerprint", "shutdown")
"""Kinds that are about no name."""
_Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
_Pattern = Annotated[str, Field(pattern=r"^[a-z0-9*._-]*[*][a-z0-9*._-]*$")]


def _in_a_word(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value not in BY_ID:
        try:
            refuse_by_name(value)
        except NotSimulated as reason:
            raise Wrong(reason.message) from None
        raise Wrong(
            message(
                "'{value}' is no measure: write one of {known}, or a kind with its parameters",
                value=value,
                known=", ".join(BY_ID),
            )
        )
    return BY_ID[value]


class MeasureEntry(Model):
    """What access providers or resolvers are told to do to traffic: one of `KINDS`."""

    USUAL: ClassVar[tuple[str, ...]] = ("dns",)

    dns: DnsLie | None = None
    """A resolver's lie."""
    rpz: Annotated[str, Field(min_length=1)] | None = None
    """A response policy zone, as a master file."""
    withdrawal: Literal["refused", "silence"] | None = None
    """A public resolver no longer serves ``countries``."""
    injection: DnsLie | None = None
    """A forged answer from the path."""
    interception: Literal[True] | None = None
    encrypted_dns: AddressAction | None = None
    address: AddressAction | None = None
    http: HttpAction | None = None
    sni: SniAction | None = None
    vpn: AddressAction | None = None
    """The addresses of known VPN exits."""
    fingerprint: Literal["wireguard"] | None = None
    shutdown: Literal[True] | None = None
    edge: Literal["451"] | None = None
    """A content network answers visitors from ``countries`` with a status."""

    subdomains: Flag = True
    pattern: _Pattern | None = None
    """Instead of the order's ``name``: ``*`` is any run of characters, dots included."""
    keyword: Annotated[str, Field(min_length=1)] | None = None
    extended_error: Annotated[int, Field(strict=True, ge=0, le=65535)] | None = None
    """The INFO-CODE of RFC 8914 that goes with the lie; silence unless stated."""
    drop: Flag = False
    """An injection also stops the query, which else goes on."""
    of: Many = ()
    """Whose addresses: names of sites, ids of hosts, resolvers or VPN exits, addresses or
    prefixes; unless stated the order's ``name``, or all that the world knows of the kind."""
    ports: tuple[_Port, ...] | Literal["all"] | None = None
    """Destination ports; the protocol's usual one unless stated."""
    versions: Annotated[tuple[Literal[4, 6], ...], Field(min_length=1)] = (4, 6)
    """IP versions: whoever writes ``[4]`` forgets IPv6."""
    rate: Rate = 128_000
    residual: Duration = 0
    """How long the same ends stay blocked after a forbidden session."""
    residue: Literal[2, 3, 4] = Residue.THREE_TUPLE.value
    """By what they are recognised: addresses (2), and the server's port (3), and both (4)."""
    countries: Annotated[tuple[Country, ...], Field(min_length=1)] | None = None
    blocked_by: str = ""
    """The URI of who implements the block (RFC 7725 section 4)."""

    @property
    def kind(self) -> str:
        """The kind, one of `KINDS`."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @agree
    def _one_kind(self) -> None:
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise Wrong(message("a measure is one of {kinds}", kinds=", ".join(KINDS)))
        [kind] = kinds
        for field in sorted(self.model_fields_set - {kind}):
            if field not in KINDS and field not in KINDS[kind] and field != "name":
                owners = [each for each, fields in KINDS.items() if field in fields]
                raise Wrong(
                    message(
                        "'{field}' belongs to {kinds}, not to '{kind}'",
                        field=field,
                        kinds=", ".join(owners),
                        kind=kind,
                    )
                )
        if self.pattern is not None and "subdomains" in self.model_fields_set:
            raise Wrong(message("'subdomains' says nothing of a pattern: write it as '*'"))
        if self.injection is DnsLie.SILENCE:
            raise Wrong(message("an injection says something: take another lie, or 'address'"))
        if kind in ("withdrawal", "edge") and self.countries is None:
            raise Wrong(message("the 'countries' that '{kind}' is about are missing", kind=kind))
        throttles = self.sni is SniAction.THROTTLE
        if "rate" in self.model_fields_set and not throttles:
            raise Wrong(message("'rate' belongs to 'sni: throttle'"))
        if throttles and {"residual", "residue"} & self.model_fields_set:
            raise Wrong(message("a slowed session leaves nothing behind: take 'reset' or 'drop'"))

    @property
    def needs_name(self) -> bool:
        """Whether the order must say which name it is about."""
        return not (
            self.kind in NAMELESS
            or self.pattern is not None
            or self.keyword is not None
            or (self.kind == "address" and bool(self.of))
        )


Measure = Annotated[
    MeasureEntry,
    BeforeValidator(_in_a_word, json_schema_input_type=MeasureEntry | Literal[tuple(BY_ID)]),
]


class StandingMeasure(MeasureEntry):
    """A measure that an access provider applies from the start, of its own accord."""

    USUAL: ClassVar[tuple[str, ...]] = ("dns", "name")

    name: DomainName | None = None

    @agree
    def _about_something(self) -> None:
        if self.needs_name and self.name is None:
            raise Wrong(message("the 'name' that it is about is missing"))
