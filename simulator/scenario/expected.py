"""What a step expects, as its author writes it."""

from typing import Annotated, Any, ClassVar

from pydantic import WithJsonSchema, model_validator

from simulator.values import message
from simulator.world.fields import Model, Wrong

_SCALAR = {"type": ["string", "integer", "null"]}
_MATCH_SCHEMA = {
    "anyOf": [
        _SCALAR,
        {"type": "array", "items": _SCALAR},
        {
            "type": "object",
            "properties": {"not": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}},
            "required": ["not"],
            "additionalProperties": False,
        },
    ]
}


class Match(Model):
    """What a field may be: written as a value, a list of values, null, or ``{not: …}``.

    `holds` compares with what was seen. A field that holds several values (addresses,
    redirects) matches when one of them does; null is an empty one.
    """

    values: tuple[str | int | None, ...]
    wanted: bool = True

    @model_validator(mode="before")
    @classmethod
    def _written(cls, value: Any) -> Any:
        wanted = True
        if isinstance(value, dict):
            if list(value) != ["not"]:
                raise Wrong(message("write a value, a list of values, null or {{not: …}}"))
            wanted, value = False, value["not"]
        values = value if isinstance(value, list) else [value]
        if not values or not all(type(item) in (str, int, type(None)) for item in values):
            raise Wrong(message("write a value, a list of values, null or {{not: …}}"))
        return {"values": tuple(values), "wanted": wanted}

    def holds(self, seen: str | int | tuple[str | int, ...] | None) -> bool:
        """Tell whether what was seen is as expected."""
        options = seen if isinstance(seen, tuple) else (seen,)
        return any(option in self.values for option in options or (None,)) is self.wanted

    def __str__(self) -> str:
        text = " or ".join("null" if value is None else str(value) for value in self.values)
        return text if self.wanted else f"not {text}"


ANYTHING = Match.model_construct(values=(), wanted=False)
_Match = Annotated[Match, WithJsonSchema(_MATCH_SCHEMA)]


class Expected(Model):
    """What is expected of an observation, of an operator's answer, or of a copied server.

    The fields are those of `simulator.values.Observation`; what is not stated may be
    anything. ``resolver`` is the id of a resolver, ``extended_error`` an INFO-CODE,
    ``issuer`` and ``certificate_names`` are the certificate's. ``statuses``, ``registrar``,
    ``nameservers`` and ``holder`` are what a ``look`` finds. ``outcome`` is an operator's or a
    registrar's: ``executed``, ``refused`` or ``pending``, and ``code`` the EPP result code
    under it. ``lost`` (sections) and ``tells`` (questions that it has something to show for)
    are those of a copy, expected by its site. A site operator's are ``acts`` and ``opened``,
    those of this step; the rest are of a site whose people are counted: ``kept_least`` and
    ``kept_most`` are percentages of all of them.
    """

    USUAL: ClassVar[tuple[str, ...]] = ("page",)

    page: _Match = ANYTHING
    stage: _Match = ANYTHING
    failure: _Match = ANYTHING
    status: _Match = ANYTHING
    rcode: _Match = ANYTHING
    addresses: _Match = ANYTHING
    address: _Match = ANYTHING
    resolver: _Match = ANYTHING
    extended_error: _Match = ANYTHING
    issuer: _Match = ANYTHING
    certificate_names: _Match = ANYTHING
    title: _Match = ANYTHING
    url: _Match = ANYTHING
    final_url: _Match = ANYTHING
    redirects: _Match = ANYTHING
    country: _Match = ANYTHING
    via: _Match = ANYTHING
    diagnosis: _Match = ANYTHING
    confidence: _Match = ANYTHING
    ways: _Match = ANYTHING
    statuses: _Match = ANYTHING
    registrar: _Match = ANYTHING
    nameservers: _Match = ANYTHING
    holder: _Match = ANYTHING
    outcome: _Match = ANYTHING
    code: _Match = ANYTHING
    lost: _Match = ANYTHING
    tells: _Match = ANYTHING
    acts: _Match = ANYTHING
    opened: _Match = ANYTHING
    reached_from: _Match = ANYTHING
    people_least: _Match = ANYTHING
    people_most: _Match = ANYTHING
    kept_least: _Match = ANYTHING
    kept_most: _Match = ANYTHING
    log_visits: _Match = ANYTHING
    hands: _Match = ANYTHING

    def stated(self) -> dict[str, Match]:
        """Return the fields that the author wrote, in the order of the model."""
        written = self.model_fields_set
        return {name: getattr(self, name) for name in Expected.model_fields if name in written}
