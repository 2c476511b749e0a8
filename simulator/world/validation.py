"""Plain data against a model: the model, or `Faults` with the place of each.

pydantic finds what is wrong; this module says it in the lab's own sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from simulator.values import Message, message
from simulator.world.faults import Fault, Faults, Place, nearest
from simulator.world.fields import LANGUAGES, Text
from simulator.world.source import Source

AnyModel = TypeVar("AnyModel", bound=BaseModel)


def validate(model: type[AnyModel], source: Source) -> AnyModel:
    """Return the document as ``model``; raise `Faults` with all that does not fit."""
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        faults = [_fault(model, source, item) for item in error.errors() if not _echo(item)]
        raise Faults(faults) from None


def missing_translations(model: BaseModel, source: Source) -> list[Fault]:
    """Return where a text is not yet in every language: worth a warning, never an error."""
    return [
        source.fault(path, message("no text in '{language}'", language=language))
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
        return source.fault(path[:-1], message("'{field}' is missing", field=path[-1]))
    if kind in ("literal_error", "enum"):
        return _unknown_word(source, path, value, str(context["expected"]))
    return source.fault(path, _sentence(kind, value, context, details["msg"]))


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
    text = message("'{value}' is none of {words}", value=_short(value), words=", ".join(words))
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


def _short(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if value in (True, False) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _sentence(kind: str, value: Any, context: dict[str, Any], otherwise: str) -> Message:
    shown = _short(value)
    match kind:
        case "string_type":
            return message("'{value}' must be text; put it in quotes", value=shown)
        case "string_too_short" | "too_short":
            return message("it must not be empty")
        case "string_too_long":
            return message(
                "'{value}' is longer than {limit} characters",
                value=shown,
                limit=context["max_length"],
            )
        case "string_pattern_mismatch":
            return _not_shaped(shown, str(context["pattern"]))
        case "int_type" | "int_parsing" | "int_from_float":
            return message("'{value}' must be a whole number", value=shown)
        case "bool_type":
            return message("'{value}' must be true or false", value=shown)
        case "tuple_type" | "list_type":
            return message("'{value}' must be a list", value=shown)
        case "dict_type" | "model_type" | "model_attributes_type":
            return message("'{value}' must be a mapping of fields", value=shown)
        case "greater_than_equal":
            return message("{value} is less than {limit}", value=shown, limit=context["ge"])
        case "less_than_equal":
            return message("{value} is more than {limit}", value=shown, limit=context["le"])
    return message("{problem}", problem=otherwise)


def _not_shaped(value: str, pattern: str) -> Message:
    if pattern == r"^[A-Z]{2}$":
        return message("'{value}' is not a country code such as FR", value=value)
    if pattern == r"^[a-z0-9][a-z0-9-]*$":
        return message("'{value}' is not an id of small letters, digits and hyphens", value=value)
    if pattern == r"^[a-z]+$":
        return message("'{value}' is not a top-level domain such as xg", value=value)
    words = re.fullmatch(r"\^\(([\w|-]+)\)\$", pattern)
    if words is not None:
        return message(
            "'{value}' is none of {words}", value=value, words=words[1].replace("|", ", ")
        )
    return message("'{value}' does not have the form {pattern}", value=value, pattern=pattern)
