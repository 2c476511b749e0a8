"""The kinds of field that worlds and scenarios are written with."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from simulator.values import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Message, message
from simulator.world import reserved
from simulator.world.faults import shown

LANGUAGES = ("en", "fr")
MOST_YEARS = 30
LONGEST = MOST_YEARS * 365 * DAY
"""Microseconds that a duration, and a scenario as a whole, may last."""
FIRST_YEAR, LAST_YEAR = 1970, 2200
LONGEST_LATENCY = 10 * SECOND
LONGEST_TTL = (2**31 - 1) * SECOND
"""RFC 2181 section 8: some 68 years."""
PARTIAL = "partial"
"""The validation context of a document that has lost fields: `agree` is silent."""

_UNITS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(?:[0-9]{1,6}(?:ms|s|m|h|d))+")
_ID = r"^[a-z0-9][a-z0-9-]*$"


class Wrong(ValueError):
    """A value that a field cannot take, with the sentence that says why."""

    def __init__(self, text: Message) -> None:
        super().__init__(str(text))
        self.message = text


class Model(BaseModel):
    """What is written in a file: no unknown fields, nothing changes afterwards."""

    # Building validators is start-up cost: only the outermost model builds one.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    USUAL: ClassVar[tuple[str, ...]] = ()
    """Fields to name to whom wrote no mapping; those that must be there unless stated."""
    STAND_INS: ClassVar[dict[str, Any]] = {}
    """What to read on with where a document lacks a field that it must have."""


_Entry = TypeVar("_Entry", bound=Model)


def agree(check: Callable[[_Entry], None]) -> Any:
    """Turn a method that raises `Wrong` into the check that an entry's fields agree."""

    def checked(self: _Entry, info: ValidationInfo) -> _Entry:
        if info.context != PARTIAL:
            check(self)
        return self

    return model_validator(mode="after")(checked)


class Text(Model):
    """A sentence or a name in each language. English must be there; the rest may follow."""

    en: Annotated[str, Field(min_length=1)]
    fr: Annotated[str, Field(min_length=1)] | None = None

    def __str__(self) -> str:
        return self.en

    def say(self, language: str) -> str:
        """Return the text in ``language``, or in English where it is missing."""
        text = getattr(self, language, None) if language in LANGUAGES else None
        return text if isinstance(text, str) else self.en


def _name(value: Any) -> Any:
    return dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value


def _many(value: Any) -> Any:
    return value if value is None or isinstance(value, list | dict) else [value]


def _duration(value: Any) -> Any:
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise Wrong(
            message(
                "'{value}' is not a duration such as 20ms, 90s, 5m, 3h, 14d or 1h30m",
                value=shown(value),
            )
        )
    return sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"([0-9]+)(ms|s|m|h|d)", value))


def _within(least: int, most: int, text: Message) -> AfterValidator:
    """Return the check of a duration in microseconds; ``text`` says what is wrong otherwise."""

    def check(duration: int) -> int:
        if not least <= duration <= most:
            raise Wrong(text)
        return duration

    return AfterValidator(check)


def _moment(value: Any) -> Any:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Wrong(
            message(
                "'{value}' is not a date and time with its offset, such as"
                " 2024-05-14T18:00:00+11:00",
                value=shown(value),
            )
        )
    if not FIRST_YEAR <= _year(moment) <= LAST_YEAR:
        raise Wrong(
            message(
                "'{value}' is outside the years {first} to {last}",
                value=shown(value),
                first=FIRST_YEAR,
                last=LAST_YEAR,
            )
        )
    return moment


def _year(moment: datetime) -> int:
    """Return the year in UTC; the ends of the calendar have none."""
    try:
        return moment.astimezone(UTC).year
    except OverflowError:
        return moment.year


def _text_through(check: Any) -> BeforeValidator:
    def validate(value: Any) -> Any:
        return check(value) if isinstance(value, str) else value

    return BeforeValidator(validate)


def _amount(units: dict[str, int], text: Message) -> Callable[[Any], Any]:
    """Return the reader of a number with a unit; ``text`` says what was wrong."""
    pattern = re.compile(rf"([0-9]{{1,9}}) ?({'|'.join(map(re.escape, units))})")

    def read(value: Any) -> Any:
        found = pattern.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise Wrong(Message(text.text, (("value", shown(value)),)))
        return int(found[1]) * units[found[2]]

    return read


_DURATION_SCHEMA = {"type": "string", "pattern": r"^([0-9]+(ms|s|m|h|d))+$", "examples": ["5m"]}
_MOMENT_SCHEMA = {"type": "string", "format": "date-time"}
_MANY_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

Name = Annotated[
    Text,
    BeforeValidator(
        _name,
        json_schema_input_type=str | Text,
    ),
]
"""A `Text`, or one string that serves in every language: a proper name."""
_Span = Annotated[int, BeforeValidator(_duration), WithJsonSchema(_DURATION_SCHEMA)]
_TOO_LONG = message("a duration is at most {years} years", years=MOST_YEARS)
Duration = Annotated[_Span, _within(0, LONGEST, _TOO_LONG)]
"""Microseconds, written ``20ms``, ``90s``, ``5m``, ``3h``, ``14d`` or ``1h30m``."""
Period = Annotated[
    Duration, _within(1, LONGEST, message("what comes again and again cannot take no time"))
]
Latency = Annotated[
    _Span,
    _within(
        0,
        LONGEST_LATENCY,
        message("a latency is at most {seconds} seconds", seconds=LONGEST_LATENCY // SECOND),
    ),
]
Ttl = Annotated[
    _Span,
    _within(
        0,
        LONGEST_TTL,
        message("a TTL is at most 2147483647 seconds, 68 years (RFC 2181 section 8)"),
    ),
]
Size = Annotated[
    int,
    BeforeValidator(
        _amount(
            {"B": 1, "kB": 1_000, "MB": 1_000_000},
            message("'{value}' is not a size such as 900 B, 64 kB or 2 MB"),
        )
    ),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+ ?(B|kB|MB)$", "examples": ["64 kB"]}),
]
"""Octets, written ``64 kB``."""
Rate = Annotated[
    int,
    BeforeValidator(
        _amount(
            {"bit/s": 1, "kbit/s": 1_000, "Mbit/s": 1_000_000},
            message("'{value}' is not a rate such as 128 kbit/s or 2 Mbit/s"),
        )
    ),
    WithJsonSchema(
        {"type": "string", "pattern": "^[0-9]+ ?[kM]?bit/s$", "examples": ["128 kbit/s"]}
    ),
]
"""Bits per second, written ``128 kbit/s``."""
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema(_MOMENT_SCHEMA)]
"""A calendar date and time with its offset from UTC."""
Id = Annotated[str, Field(pattern=_ID)]
"""What an entry of the world is called in files and results: ``fr-alpha``."""
Many = Annotated[tuple[str, ...], BeforeValidator(_many), WithJsonSchema(_MANY_SCHEMA)]
"""One word, or a list of them."""
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166-1 code: ``FR``."""
TopLevel = Annotated[str, Field(pattern=r"^[a-z]+$"), _text_through(reserved.domain_name)]
"""A reserved top-level domain: ``test``, ``xg``."""
DomainName = Annotated[str, _text_through(reserved.domain_name)]
Address = Annotated[str, _text_through(reserved.address)]
Prefix = Annotated[str, _text_through(reserved.prefix)]
AsNumber = Annotated[
    int,
    Field(strict=True),
    BeforeValidator(lambda value: reserved.as_number(value) if type(value) is int else value),
]
Flag = Annotated[bool, Field(strict=True)]
