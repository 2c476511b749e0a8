"""From the files of the law to its values, entry by entry."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from pathlib import Path

from simulator.roles.authority.actors import AuthorityKind, Effect, Name, OperatorKind
from simulator.roles.authority.doubt import Doubt
from simulator.roles.authority.instruments import (
    NO_DELAY,
    NOT_IN_FORCE,
    Delay,
    Instrument,
    Note,
    Route,
)
from simulator.roles.authority.lawbook import LawBook, LeverEntry, Place
from simulator.roles.authority.reading import LawFault, LawFaults, Part, in_both, read_file, strange
from simulator.roles.authority.treaties import Membership, Treaty
from simulator.values import Message, message

_NEVER = "never"
_NEEDED = ("name", "way", "issued_by", "carries", "binding", "delay", "limit", "source")
_ALLOWED = (
    *("issued_in", "reaches", "to", "executed_by", "adds", "doubt", "notes"),
    *("from", "until", "only_when_named"),
)


def sentence(text: Name) -> Message:
    """Return a text that carries its own translation as a part of sentences."""
    return Message("{text}", (("text", text),))


class Entries:
    """Reads a folder of the law, once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._faults: list[LawFault] = []
        self._places: dict[str, Place] = {}
        self._treaties: dict[str, Treaty] = {}

    def lawbook(self) -> LawBook:
        """Return what the files say; raise `LawFaults` with all that is wrong in them."""
        places = self._file("places")
        self._places = {code: _place(code, part, places) for code, part in places.items()}
        for id_, part in self._file("treaties").items():
            self._treaties[id_] = self._treaty(id_, part)
        levers = {id_: _lever(id_, part) for id_, part in self._file("levers").items()}
        found = [self._instrument(id_, part) for id_, part in self._file("instruments").items()]
        if self._faults:
            raise LawFaults(self._faults)
        return LawBook(self._places, self._treaties, levers, tuple(found))

    def _file(self, name: str) -> dict[str, Part]:
        part = read_file(self._folder / f"{name}.yaml", self._faults)
        entries = part.fields((name,)).get(name)
        return {} if entries is None else entries.members()

    # --- treaties ---------------------------------------------------------------------------

    def _treaty(self, id_: str, part: Part) -> Treaty:
        fields = part.fields(
            ("name",), ("parties", "like", "without", "territories", "unknown", "doubt")
        )
        parties: dict[str, Membership] = {}
        if "like" in fields:
            parties.update(self._like(fields["like"]))
        if "parties" in fields:
            for code, member in fields["parties"].members().items():
                self._known_place(member, code)
                parties[code] = _membership(member)
        without = fields["without"].items() if "without" in fields else []
        for item in without:
            if parties.pop(item.word(), None) is None:
                item.wrong(message("'{country}' is no party to begin with", country=item.word()))
        if "territories" in fields:
            parties.update(self._territories(fields["territories"], parties))
        unknown: dict[str, Name] = {}
        for code, member in fields["unknown"].members().items() if "unknown" in fields else ():
            self._known_place(member, code)
            unknown[code] = member.name()
        return Treaty(
            id_,
            _name(fields),
            parties,
            _doubt(fields),
            unknown,
            fields["like"].word() if "like" in fields else None,
            tuple(item.word() for item in without),
        )

    def _like(self, part: Part) -> Mapping[str, Membership]:
        other = self._treaties.get(part.word())
        if other is None:
            part.wrong(strange(message("treaty"), part.word(), self._treaties))
            return {}
        return other.parties

    def _territories(self, part: Part, parties: Mapping[str, Membership]) -> dict[str, Membership]:
        found: dict[str, Membership] = {}
        for code, member in part.members().items():
            for item in member.items():
                self._known_place(item, item.word())
                found[item.word()] = parties.get(code, Membership())
        return found

    def _known_place(self, part: Part, code: str) -> None:
        _check_place(part, code, self._places)

    def _where(self, fields: Mapping[str, Part], key: str) -> Treaty | None:
        """Return the treaty by that name, or the countries that are listed."""
        part = fields.get(key)
        if part is None:
            return None
        if not part.is_list:
            treaty = self._treaties.get(part.word())
            if treaty is None:
                part.wrong(strange(message("treaty"), part.word(), self._treaties))
            return treaty
        codes = part.items()
        for item in codes:
            self._known_place(item, item.word())
        words = [item.word() for item in codes]
        named = [self._places[word].name for word in words if word in self._places]
        name = Name(", ".join(each.en for each in named), ", ".join(each.fr for each in named))
        return Treaty("", name, dict.fromkeys(words, Membership()))

    # --- instruments ------------------------------------------------------------------------

    def _instrument(self, id_: str, part: Part) -> Instrument:
        fields = part.fields(_NEEDED, _ALLOWED)
        delay, whole = _delay(fields)
        route = fields["way"].choice(Route) if "way" in fields else None
        partners = _kinds(fields, "executed_by")
        if (route is Route.PARTNER) != bool(partners):
            part.wrong(message("'executed_by' goes with 'way: partner', and with it alone"))
        return Instrument(
            id=id_,
            name=sentence(_name(fields)),
            route=route or Route.HOME,
            issuer_kinds=_kinds(fields, "issued_by"),
            carries=_effects(fields, "carries"),
            binding=_flag(fields, "binding"),
            delay=delay,
            limit=sentence(_name(fields, "limit")),
            source=sentence(_name(fields, "source")),
            doubt=_doubt(fields),
            issuers=self._where(fields, "issued_in"),
            reaches=self._where(fields, "reaches"),
            operator_kinds=fields["to"].choices(OperatorKind) if "to" in fields else None,
            partner_kinds=partners,
            local=_effects(fields, "adds"),
            since=_since(fields),
            until=fields["until"].date() if "until" in fields else None,
            whole=whole,
            on_request=_flag(fields, "only_when_named"),
            notes=tuple(_note(item) for item in fields["notes"].items())
            if "notes" in fields
            else (),
        )


def _place(code: str, part: Part, places: Container[str]) -> Place:
    fields = part.fields(("en", "fr"), ("under",))
    under = fields.get("under")
    if under is None:
        return Place(code, in_both(fields))
    _check_place(under, under.word(), places)
    return Place(code, in_both(fields), under.word())


def _check_place(part: Part, code: str, places: Container[str]) -> None:
    if code not in places:
        part.wrong(message("'{code}' is no place: add it to places.yaml, or mend it", code=code))


def _lever(id_: str, part: Part) -> LeverEntry:
    fields = part.fields(("name", "effect", "hands"), ("when", "seen", "undone", "survives"))
    effect = fields["effect"].choice(Effect) if "effect" in fields else None
    hands = fields.get("hands")
    if hands is None:
        kinds: tuple[OperatorKind, ...] = ()
    elif hands.is_list:
        kinds = hands.choices(OperatorKind)
    else:
        kinds = tuple(OperatorKind)
        if hands.word() != "everyone":
            hands.wrong(message("expected a list of kinds of operator, or 'everyone'"))
    told = {
        key: sentence(_name(fields, key))
        for key in ("when", "seen", "undone", "survives")
        if key in fields
    }
    return LeverEntry(id_, sentence(_name(fields)), effect or Effect.OTHER, kinds, **told)


def _membership(part: Part) -> Membership:
    since, to, until = part.word().partition(" to ")
    try:
        return Membership(date.fromisoformat(since), date.fromisoformat(until) if to else None)
    except ValueError:
        part.wrong(
            message("write the day as 2024-06-25, or two of them as 2007-01-01 to 2020-12-31")
        )
        return Membership()


def _note(part: Part) -> Note:
    fields = part.fields(("en", "fr"), ("doubt",))
    return Note(in_both(fields), _doubt(fields))


def _delay(fields: Mapping[str, Part]) -> tuple[Delay, bool]:
    if "delay" not in fields:
        return NO_DELAY, True
    part = fields["delay"]
    inner = part.fields(("least", "expected", "most"), ("then_local",))
    durations = [inner[key].duration() for key in ("least", "expected", "most") if key in inner]
    if len(durations) != 3:
        return NO_DELAY, True
    if sorted(durations) != durations:
        part.wrong(message("'least' is above 'expected', or that above 'most'"))
    return Delay(*durations), not _flag(inner, "then_local")


def _since(fields: Mapping[str, Part]) -> date | None:
    part = fields.get("from")
    if part is None:
        return None
    return NOT_IN_FORCE if part.word() == _NEVER else part.date()


def _name(fields: Mapping[str, Part], key: str = "name") -> Name:
    return fields[key].name() if key in fields else Name("")


def _doubt(fields: Mapping[str, Part]) -> Doubt | None:
    return fields["doubt"].choice(Doubt) if "doubt" in fields else None


def _flag(fields: Mapping[str, Part], key: str) -> bool:
    return key in fields and fields[key].flag()


def _kinds(fields: Mapping[str, Part], key: str) -> tuple[AuthorityKind, ...]:
    return fields[key].choices(AuthorityKind) if key in fields else ()


def _effects(fields: Mapping[str, Part], key: str) -> tuple[Effect, ...]:
    return fields[key].choices(Effect) if key in fields else ()
