"""The instruments of this lab, as data that a jurist can read and mend.

An instrument is used at home (authority to operator), or abroad: directly (authority
to foreign operator) or through a partner (authority to the operator's own authority,
which then acts by its own law). The order of `INSTRUMENTS` is the order of preference
when nobody names one.

Each entry carries its source and a mark of doubt: what was not checked against a source
is said to be so, and so is what was inferred. Delays are lab time: the shortest and the
longest that seem right, and the one that scenarios use.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from simulator.roles.authority.actors import AuthorityKind, Effect
from simulator.values import DAY, HOUR, MINUTE, Duration, Message, message


class Doubt(enum.Enum):
    """How sure an entry is, when it is not simply sourced."""

    UNCHECKED = "general knowledge, not checked against a source"
    INFERRED = "inferred"
    ONE_SOURCE = "one press source"


class Route(enum.Enum):
    """From whom to whom an instrument leads."""

    HOME = "authority to its own operators"
    DIRECT = "authority to a foreign operator"
    PARTNER = "authority to the operator's own authority"


class Delay(NamedTuple):
    """Durations: ``expected`` is what scenarios use, the others what may be shown."""

    shortest: Duration
    expected: Duration
    longest: Duration

    def plus(self, other: Delay) -> Delay:
        """Return this delay and then the other."""
        return Delay(
            self.shortest + other.shortest,
            self.expected + other.expected,
            self.longest + other.longest,
        )


NO_DELAY = Delay(0, 0, 0)
NOT_IN_FORCE = date.max
EVERYWHERE: frozenset[str] | None = None

# fmt: off
EU = frozenset(
    ("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
     "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK")
)
# fmt: on
EU_CRIMINAL_LAW = EU - {"IE", "DK"}
"""Ireland and Denmark take no part in the EIO and in the freezing regulation (unchecked)."""
EUROJUST = EU - {"DK"}
"""Denmark takes no part in Eurojust's regulation (unchecked)."""
BUDAPEST = frozenset({"BE", "BG", "DE", "FR", "GB", "HU", "IT", "LT", "NL", "US"})
"""Parties to the Budapest Convention among this lab's countries (unchecked). Whether it
extends to Guernsey was not found."""

JUDICIAL = (AuthorityKind.COURT, AuthorityKind.PROSECUTOR, AuthorityKind.JUDICIAL_POLICE)
ADMINISTRATIVE = (AuthorityKind.GOVERNMENT, AuthorityKind.REGULATOR)
ANY_KIND = (*JUDICIAL, AuthorityKind.POLICE, *ADMINISTRATIVE)
SEIZURE = (Effect.NAME, Effect.MACHINE)
EVIDENCE = (Effect.SERVER_COPY, Effect.DATA, Effect.PRESERVATION)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One legal instrument.

    ``issuers`` and ``reaches`` are country codes, None for everywhere. ``local`` are effects
    that the partner adds by its own law when it executes the request. ``whole`` says that
    the delay covers execution as well. ``on_request`` instruments are used only when named.
    """

    id: str
    name: Message
    route: Route
    issuer_kinds: tuple[AuthorityKind, ...]
    carries: tuple[Effect, ...]
    binding: bool
    delay: Delay
    limit: Message
    source: Message
    doubt: Doubt | None
    issuers: frozenset[str] | None = EVERYWHERE
    reaches: frozenset[str] | None = EVERYWHERE
    partner_kinds: tuple[AuthorityKind, ...] = ()
    local: tuple[Effect, ...] = ()
    since: date | None = None
    whole: bool = True
    on_request: bool = False

    def in_force(self, on: date) -> bool:
        """Tell whether it could be used on a date."""
        return self.since is None or on >= self.since


INSTRUMENTS: tuple[Instrument, ...] = (
    # --- at home --------------------------------------------------------------------
    Instrument(
        id="us-seizure-warrant",
        name=message("a seizure warrant of a United States court"),
        route=Route.HOME,
        issuer_kinds=(AuthorityKind.COURT,),
        issuers=frozenset({"US"}),
        carries=SEIZURE,
        binding=True,
        delay=Delay(4 * HOUR, DAY, 5 * DAY),
        limit=message(
            "it reaches registries and registrars in the United States only,"
            " but their names go dark worldwide, whoever holds them"
        ),
        source=message("coverage of the operations of 2010-11 (ViewDNS, ECT News)"),
        doubt=None,
    ),
    Instrument(
        id="national-order",
        name=message("a national judicial order"),
        route=Route.HOME,
        issuer_kinds=JUDICIAL,
        carries=(Effect.BLOCK, *SEIZURE, *EVIDENCE),
        binding=True,
        delay=Delay(HOUR, DAY, 3 * DAY),
        limit=message("it binds operators in its own country only"),
        source=message("national procedure; for blocking in France LCEN art. 6-3"),
        doubt=Doubt.UNCHECKED,
    ),
    # Before the administrative order: the block of May 2024 was decided on this ground, so an
    # order of the French government is not told as one under the LCEN.
    Instrument(
        id="exceptional-circumstances",
        name=message("a government decision under exceptional circumstances"),
        route=Route.HOME,
        issuer_kinds=(AuthorityKind.GOVERNMENT,),
        issuers=frozenset({"FR"}),
        carries=(Effect.BLOCK,),
        binding=True,
        delay=Delay(HOUR, DAY, 3 * DAY),
        limit=message(
            "it must be indispensable, without less intrusive technical means at once,"
            " and limited in time; a court may annul it afterwards"
        ),
        source=message(
            "decision of the Prime Minister of 14 May 2024 under exceptional circumstances,"
            " applied in New Caledonia from 15 May,"
            " annulled by the Council of State on 1 April 2025"
        ),
        doubt=Doubt.UNCHECKED,  # the delays; the decision and its annulment are sourced
    ),
    Instrument(
        id="administrative-order",
        name=message("an administrative blocking order"),
        route=Route.HOME,
        issuer_kinds=ADMINISTRATIVE,
        carries=(Effect.BLOCK,),
        binding=True,
        delay=Delay(HOUR, DAY, 3 * DAY),
        limit=message("it makes access providers and resolvers block; it closes nothing"),
        source=message("for blocking in France LCEN art. 6-1, decree 2015-125"),
        doubt=Doubt.UNCHECKED,
    ),
    Instrument(
        id="local-police-request",
        name=message("a request of the local police"),
        route=Route.HOME,
        issuer_kinds=(AuthorityKind.POLICE,),
        carries=SEIZURE,
        binding=False,
        delay=Delay(10 * MINUTE, HOUR, DAY),
        limit=message("the operator may decline: it acts by its contract with the customer"),
        source=message(
            "Bailiwick Express, 26 June 2024: the registrar closed the name within the hour;"
            " channelisles.net/legal/suspension-requests"
        ),
        doubt=Doubt.ONE_SOURCE,
    ),
    # --- abroad, through the operator's own authority ---------------------------------
    Instrument(
        id="eio",
        name=message("a European Investigation Order"),
        route=Route.PARTNER,
        issuer_kinds=JUDICIAL,
        issuers=EU_CRIMINAL_LAW,
        reaches=EU_CRIMINAL_LAW,
        partner_kinds=(
            AuthorityKind.COURT,
            AuthorityKind.PROSECUTOR,
            AuthorityKind.JUDICIAL_POLICE,
        ),
        carries=EVIDENCE,
        local=(Effect.MACHINE,),
        binding=True,
        delay=Delay(DAY, 60 * DAY, 120 * DAY),
        limit=message(
            "it yields evidence, a copy of the server included;"
            " taking the machine is the local judge's decision"
        ),
        source=message("Directive 2014/41/EU art. 12: 30 days to recognise, 90 to execute; EJN"),
        doubt=Doubt.UNCHECKED,  # the wording of art. 12; what is done locally is inferred
        since=date(2017, 5, 22),
    ),
    Instrument(
        id="parallel-proceedings",
        name=message("proceedings of its own, coordinated at Eurojust"),
        route=Route.PARTNER,
        issuer_kinds=JUDICIAL,
        issuers=EUROJUST,
        reaches=EUROJUST,
        partner_kinds=JUDICIAL,
        carries=(*SEIZURE, *EVIDENCE),
        binding=True,
        delay=Delay(DAY, 30 * DAY, 180 * DAY),
        limit=message("each country acts by its own law; Eurojust only brings them together"),
        source=message('the operation of 25 June 2024 was "coordinated with Eurojust" (Next)'),
        doubt=Doubt.INFERRED,
    ),
    Instrument(
        id="jit",
        name=message("a joint investigation team"),
        route=Route.PARTNER,
        issuer_kinds=JUDICIAL,
        issuers=EUROJUST,
        reaches=EUROJUST,
        partner_kinds=JUDICIAL,
        carries=(*SEIZURE, *EVIDENCE),
        binding=True,
        delay=Delay(14 * DAY, 60 * DAY, 180 * DAY),
        limit=message("its set-up takes weeks or months; then members act without further orders"),
        source=message("Eurojust; no evidence of one in June 2024"),
        doubt=Doubt.UNCHECKED,
        on_request=True,
    ),
    Instrument(
        id="freezing-order",
        name=message("a European freezing order"),
        route=Route.PARTNER,
        issuer_kinds=JUDICIAL,
        issuers=EU_CRIMINAL_LAW,
        reaches=EU_CRIMINAL_LAW,
        partner_kinds=JUDICIAL,
        carries=(Effect.MACHINE,),
        binding=True,
        delay=Delay(DAY, 4 * DAY, 4 * DAY),
        limit=message("it freezes property: accounts, and a server as a thing that is owned"),
        source=message("Regulation (EU) 2018/1805: urgent, 48 h to recognise and 48 h to execute"),
        doubt=Doubt.UNCHECKED,
        since=date(2020, 12, 19),
        on_request=True,
    ),
    Instrument(
        id="mla",
        name=message("mutual legal assistance"),
        route=Route.PARTNER,
        issuer_kinds=JUDICIAL,
        partner_kinds=(AuthorityKind.COURT, AuthorityKind.PROSECUTOR),
        carries=(*SEIZURE, *EVIDENCE),
        binding=True,
        delay=Delay(30 * DAY, 300 * DAY, 720 * DAY),
        limit=message("a court of the operator's country decides, after ten months on average"),
        source=message("average of ten months (EJN)"),
        doubt=Doubt.UNCHECKED,
    ),
    Instrument(
        id="police-cooperation",
        name=message("a request from police to police"),
        route=Route.PARTNER,
        issuer_kinds=(*JUDICIAL, AuthorityKind.POLICE),
        partner_kinds=(AuthorityKind.POLICE,),
        carries=SEIZURE,
        binding=False,
        delay=Delay(HOUR, DAY, 30 * DAY),
        limit=message("it obliges nobody; the local police may ask the operator, who may decline"),
        source=message("police cooperation; June 2024: the local police said nobody had asked"),
        doubt=Doubt.INFERRED,
        whole=False,
    ),
    Instrument(
        id="eio-provisional",
        name=message("a provisional measure under a European Investigation Order"),
        route=Route.PARTNER,
        issuer_kinds=JUDICIAL,
        issuers=EU_CRIMINAL_LAW,
        reaches=EU_CRIMINAL_LAW,
        partner_kinds=JUDICIAL,
        carries=(Effect.PRESERVATION,),
        binding=True,
        delay=Delay(HOUR, DAY, DAY),
        limit=message("it keeps evidence from vanishing; it closes nothing"),
        source=message("Directive 2014/41/EU art. 32: 24 hours"),
        doubt=Doubt.UNCHECKED,
        since=date(2017, 5, 22),
        on_request=True,
    ),
    Instrument(
        id="budapest-preservation",
        name=message("a preservation request under the Budapest Convention"),
        route=Route.PARTNER,
        issuer_kinds=(*JUDICIAL, AuthorityKind.POLICE),
        issuers=BUDAPEST,
        reaches=BUDAPEST,
        partner_kinds=(*JUDICIAL, AuthorityKind.POLICE),
        carries=(Effect.PRESERVATION,),
        binding=True,
        delay=Delay(HOUR, DAY, 30 * DAY),
        limit=message("it preserves data for 60 days at least; it closes nothing"),
        source=message("Convention on Cybercrime (CETS 185) art. 29, 35"),
        doubt=Doubt.UNCHECKED,
    ),
    # --- abroad, straight to the operator ---------------------------------------------
    Instrument(
        id="e-evidence",
        name=message("a European Production Order"),
        route=Route.DIRECT,
        issuer_kinds=(AuthorityKind.COURT, AuthorityKind.PROSECUTOR),
        issuers=EU - {"DK"},
        reaches=EU - {"DK"},
        carries=(Effect.DATA, Effect.PRESERVATION),
        binding=True,
        delay=Delay(8 * HOUR, 10 * DAY, 10 * DAY),
        limit=message("it yields data, never closure"),
        source=message("Regulation (EU) 2023/1543: 10 days, 8 hours in an emergency; Eurojust"),
        doubt=None,
        since=date(2026, 8, 18),
    ),
    Instrument(
        id="second-protocol",
        name=message("a request under the Second Protocol to the Budapest Convention"),
        route=Route.DIRECT,
        issuer_kinds=JUDICIAL,
        carries=(Effect.DATA,),
        binding=False,
        delay=Delay(DAY, 20 * DAY, 30 * DAY),
        limit=message("it asks a registrar for registration data; it closes nothing"),
        source=message("CETS 224 art. 6; on 20 June 2024, 44 signatures and 2 Parties"),
        doubt=Doubt.UNCHECKED,
        since=NOT_IN_FORCE,
    ),
    Instrument(
        id="dsa-order",
        name=message("an order under article 9 of the Digital Services Act"),
        route=Route.DIRECT,
        issuer_kinds=ANY_KIND,
        issuers=EU,
        reaches=EU,
        carries=(),
        binding=False,
        delay=Delay(DAY, 7 * DAY, 30 * DAY),
        limit=message(
            "it says how an order is reported on; it gives neither a legal basis nor"
            " enforcement across borders"
        ),
        source=message("Regulation (EU) 2022/2065 art. 9 and its recitals"),
        doubt=None,
        since=date(2024, 2, 17),
        on_request=True,
    ),
    Instrument(
        id="voluntary-request",
        name=message("a request to the operator itself"),
        route=Route.DIRECT,
        issuer_kinds=ANY_KIND,
        carries=(*SEIZURE, Effect.PRESERVATION),
        binding=False,
        delay=Delay(HOUR, 7 * DAY, 30 * DAY),
        limit=message("the operator may decline, and foreign ones do in this lab"),
        source=message('registration contracts; .gg: "reasonable and proportionate"'),
        doubt=Doubt.INFERRED,
    ),
)
