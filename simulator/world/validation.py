"""Plain data against a model: the model, or `Faults` with the place of each.

pydantic finds what is wrong; this module says it in the lab's own sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from simulator.values import Message, message
from simulator.world.faults import Fault, Faults, Place, nearest, shown
from simulator.world.fields import LANGUAGES, PARTIAL, Model, Text
from simulator.world.source import Source

_WORDS = re.compile(r"\^\(([\w|-]+)\)\$")
"""A pattern that only lists words."""

AnyModel = TypeVar("AnyModel", bound=Model)


def validate(model: type[AnyModel], source: Source) -> AnyModel:
    """Return the document as ``model``; raise `Faults` with all that does not fit."""
    draft = validate_all(model, source)
    if draft.model is None or draft.faults:
        raise Faults(draft.faults)
    return draft.model


@dataclass(frozen=True, slots=True)
class Draft(Generic[AnyModel]):
    """What a document comes to: a model of all that fits, if there is one, and the faults.

    ``source`` is what the model was made of; ``lost`` are the words of what did not fit.
    ``misnamed`` are keys that did not fit: a word may be meant for what one should be.
    ``partial`` says that there may be more faults than can be seen yet.
    """

    model: AnyModel | None
    source: Source
    faults: list[Fault]
    lost: frozenset[str] = frozenset()
    misnamed: frozenset[str] = frozenset()
    partial: bool = False


def validate_all(model: type[AnyModel], source: Source) -> Draft[AnyModel]:
    """Return the document as ``model`` without what does not fit, and the faults of that."""
    try:
        return Draft(model.model_validate(source.data), source, [])
    except ValidationError as error:
        details = error.errors()
    faults = [_fault(model, source, item) for item in details if not _echo(item)]
    misnamed = frozenset(key for item in details for key in _bad_key(item))
    left, lost, data = source, frozenset[str](), source.data
    while isinstance(data, dict):
        data = {**model.STAND_INS, **left.data}
        try:
            fitting = model.model_validate(data, context=PARTIAL)
        except ValidationError as error:
            places = {_to_drop(item) for item in error.errors() if not _echo(item)}
            if not places or any(not left.written(place) for place in places):
                break
            lost = lost.union(*(left.words(place) for place in places))
            left = left.without(places)
        else:
            partial = any(_holds_more(source, place) for place in left.dropped)
            return Draft(fitting, left, faults, lost, misnamed, partial)
    return Draft(None, left, faults, lost, misnamed, partial=True)


def _bad_key(details: Any) -> list[str]:
    """Return the key of an entry that does not fit, or the name of a section, if it is one."""
    loc = details["loc"]
    if details["type"] == "extra_forbidden" and len(loc) == 1:
        return [str(loc[0])]
    return [str(loc[loc.index("[key]") - 1])] if "[key]" in loc else []


def _to_drop(details: Any) -> Place:
    """Return the place of what does not fit: an entry, where it lacks something."""
    path: Place = tuple(part for part in details["loc"] if part != "[key]")
    return path[:-1] if details["type"] == "missing" else path


def _holds_more(source: Source, place: Place) -> bool:
    """Tell whether there are fields or items in what was dropped: nobody has checked them."""
    return not source.is_word(place)


def missing_translations(model: BaseModel, source: Source) -> list[Fault]:
    """Return where a text is not yet in every language: worth a warning, never an error."""
    return [
        replace(
            source.fault(path, message("no text in '{language}'", language=language)), warning=True
        )
        for path, text in _texts(model, ())
        for language in LANGUAGES
        if getattr(text, language) is None
    ]


def _echo(details: Any) -> bool:
    """Tell whether pydantic only says that a list is short of the items it has refused."""
    return details["type"] == "too_short" and len(details["input"]) > 0


def _texts(value: Any, path: Place) -> Iterator[tuple[Place, Text]]:
    if isinstance(value, Text):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name in value.model_fields_set:
                yield from _texts(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _texts(item, (*path, position))


def _fault(model: type[BaseModel], source: Source, details: Any) -> Fault:
    path: Place = tuple(part for part in details["loc"] if part != "[key]")
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    own = getattr(context.get("error"), "message", None)
    if isinstance(own, Message):
        return source.fault(path, own)
    if kind == "extra_forbidden":
        return _unknown_field(model, source, path, value)
    if kind == "missing":
        return source.fault(path[:-1], _missing(path[-1]))
    if kind in ("literal_error", "enum"):
        return _unknown_word(source, path, value, str(context["expected"]))
    if kind == "model_type" and value is not None:
        return source.fault(path, _no_mapping(_models_at(model, path), path, value))
    meant = _reshaped(value, str(context["pattern"])) if kind == "string_pattern_mismatch" else None
    return source.fault(path, _sentence(kind, value, context, details["msg"]), meant)


def _missing(field: str | int) -> Message:
    if isinstance(field, int):
        return message("the list is too short: entry {number} is missing", number=field + 1)
    return message("'{field}' is missing", field=field)


def _unknown_field(model: type[BaseModel], source: Source, path: Place, value: Any) -> Fault:
    field = str(path[-1])
    owners = _models_at(model, path[:-1])
    if value is None and Text in owners:
        # {en: Well, well} is two fields to YAML.
        advice = message(
            "unknown language '{field}': a sentence with a comma or a colon goes in quotes",
            field=field,
        )
        return source.fault(path, advice)
    known = [info.alias or name for owner in owners for name, info in owner.model_fields.items()]
    return source.fault(
        path, message("unknown field '{field}'", field=field), nearest(field, known)
    )


def _unknown_word(source: Source, path: Place, value: Any, expected: str) -> Fault:
    words = re.findall(r"'([^']*)'", expected) or re.findall(r"\w+", expected)
    text = message("'{value}' is none of {words}", value=shown(value), words=", ".join(words))
    return source.fault(path, text, nearest(str(value), words))


def _models_at(model: type[BaseModel], path: Place) -> list[type[BaseModel]]:
    """Return the models that what stands at ``path`` may be."""
    owners = [model]
    for part in path:
        deeper = [
            found
            for owner in owners
            for name, info in owner.model_fields.items()
            if part in (name, info.alias)
            for found in _models_in(info.annotation)
        ]
        owners = deeper or owners  # a position or a key stays with the same models
    return owners


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models_in(part)]


def _no_mapping(owners: list[type[BaseModel]], path: Place, value: Any) -> Message:
    """Say how to write an entry to whom wrote one word, or a list of entries, in its place."""
    if Text in owners:
        return message("write it in each language: {{en: …, fr: …}}")
    if isinstance(value, list):
        if path[:1] == ("steps",) and len(path) == 3:
            return message("a step has one '{field}': make a step of each", field=path[-1])
        return message("one entry is meant here, not a list")
    usual = [name for owner in owners for name in _usual(owner)]
    if not usual:
        return message("'{value}' must be a mapping of fields", value=shown(value))
    fields = ", ".join(f"{name}: …" for name in usual)
    return message("write {{{fields}}}", fields=fields)


def _usual(owner: type[BaseModel]) -> list[str]:
    """Return the fields of a usual entry, as they are written: those that every entry has."""
    if issubclass(owner, Model) and owner.USUAL:
        return list(owner.USUAL)
    fields = owner.model_fields.items()
    return [info.alias or name for name, info in fields if info.is_required()]


def _reshaped(value: str, pattern: str) -> str | None:
    """Return what would fit a pattern: one of its words, or other capitals."""
    words = _WORDS.fullmatch(pattern)
    if words is not None:
        return nearest(value, words[1].split("|"))
    fitting = (other for other in (value.lower(), value.upper()) if re.fullmatch(pattern, other))
    return next(fitting, None)


def _sentence(kind: str, value: Any, context: dict[str, Any], otherwise: str) -> Message:
    if value is None:
        return message("it must not be empty")
    written = shown(value)
    match kind:
        case "string_type" if isinstance(value, list | dict):
            return message("one word is meant here, not a list or a mapping of fields")
        case "string_type":
            return message("'{value}' must be text; put it in quotes", value=written)
        case "string_too_short" | "too_short":
            return message("it must not be empty")
        case "string_too_long":
            return message(
                "'{value}' is longer than {limit} characters",
                value=written,
                limit=context["max_length"],
            )
        case "string_pattern_mismatch":
            return _not_shaped(written, str(context["pattern"]))
        case "int_type" | "int_parsing" | "int_from_float":
            return message("'{value}' must be a whole number", value=written)
        case "bool_type":
            return message("'{value}' must be true or false", value=written)
        case "tuple_type" | "list_type":
            return message("'{value}' must be a list", value=written)
        case "dict_type" | "model_type" | "model_attributes_type":
            return message("'{value}' must be a mapping of fields", value=written)
        case "too_long":
            return message("more than {limit} entries", limit=context["max_length"])
        case "greater_than_equal":
            return message("{value} is less than {limit}", value=written, limit=context["ge"])
        case "less_than_equal":
            return message("{value} is more than {limit}", value=written, limit=context["le"])
    return message("{problem}", problem=otherwise)


def _not_shaped(value: str, pattern: str) -> Message:
    if pattern == r"^[A-Z]{2}$":
        return message("'{value}' is not a country code such as FR", value=value)
    if pattern == r"^[a-z0-9][a-z0-9-]*$":
        return message("'{value}' is not an id of small letters, digits and hyphens", value=value)
    if pattern == r"^[a-z]+$":
        return message("'{value}' is not a top-level domain such as xg", value=value)
    words = _WORDS.fullmatch(pattern)
    if words is not None:
        return message(
            "'{value}' is none of {words}", value=value, words=words[1].replace("|", ", ")
        )
    return message("'{value}' does not have the form {pattern}", value=value, pattern=pattern)
