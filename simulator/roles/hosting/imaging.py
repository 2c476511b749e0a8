"""What investigators find on a seized machine, copied and hashed, never deleted.

The data of a site are invented from the seed and the name, the same in every run:
accounts, the message log as far back as the site keeps messages, the configuration. What
was said before is not there to find: on a chat site that keeps a few hours, the image of
this morning does not hold last week.
"""

from __future__ import annotations

import hashlib
import json
from random import Random
from typing import Any, NamedTuple

from simulator.values import HOUR, MINUTE, SECOND, Duration, Instant

ACCOUNTS = 24
MESSAGE_INTERVAL = 10 * MINUTE
"""One message per interval on average."""
DEFAULT_RETENTION: Duration = 6 * HOUR
_MESSAGES_LIMIT = 500
_FIRST = ("amber", "blue", "calm", "dusty", "early", "fern", "green", "hazel", "ivory", "jade")
_SECOND = ("fox", "heron", "lynx", "maple", "otter", "pebble", "quail", "raven", "stone", "wren")
_WORDS = (
    "are", "back", "bus", "coffee", "cold", "day", "film", "good", "hello", "here", "late", "match",
    "music", "new", "rain", "see", "soon", "summer", "there", "tomorrow", "train", "who", "work",
)  # fmt: skip


class ImagedFile(NamedTuple):
    """One file of an image: path, size in octets, SHA-256 in hexadecimal, number of records."""

    path: str
    bytes_count: int
    sha256: str
    records: int


class Image(NamedTuple):
    """A copy taken at ``at``; ``sha256`` is that of ``data``, all files one after another.

    ``covers_from`` is the instant of the earliest message that was still there, None if
    there was none. Instants before the lab started are negative.
    """

    site: str
    at: Instant
    sha256: str
    bytes_count: int
    contents: tuple[ImagedFile, ...]
    covers_from: Instant | None
    data: bytes


def take_image(site: str, seed: int, at: Instant, retention: Duration = DEFAULT_RETENTION) -> Image:
    """Copy a site's data as they are at that instant and hash the copy."""
    accounts = accounts_of(generator(seed, "accounts", site))
    messages = messages_of(seed, site, accounts, at, retention)
    configuration = {"site": site, "message_retention_seconds": retention // SECOND}
    files = [
        _file("accounts.json", accounts, len(accounts)),
        _file("messages.json", messages, len(messages)),
        _file("configuration.json", configuration, 1),
    ]
    data = b"".join(content for _, content in files)
    return Image(
        site,
        at,
        hashlib.sha256(data).hexdigest(),
        len(data),
        tuple(entry for entry, _ in files),
        messages[0]["at"] if messages else None,
        data,
    )


def accounts_of(random: Random) -> list[dict[str, Any]]:
    """Return accounts that are all older than the lab, so that every image has the same."""
    return [
        {
            "id": number,
            "name": f"{random.choice(_FIRST)}-{random.choice(_SECOND)}-{number}",
            "created": -random.randrange(1, 700) * 24 * HOUR,
        }
        for number in range(1, ACCOUNTS + 1)
    ]


def messages_of(
    seed: int, site: str, accounts: list[dict[str, Any]], at: Instant, retention: Duration
) -> list[dict[str, Any]]:
    """Return the log, oldest first: one message per interval of lab time that is retained.

    Each interval has its own generator, so that two images agree wherever they overlap.
    """
    last = at // MESSAGE_INTERVAL
    first = max((at - retention) // MESSAGE_INTERVAL, last - _MESSAGES_LIMIT)
    log: list[dict[str, Any]] = []
    for interval in range(first, last + 1):
        random = generator(seed, "message", site, interval)
        said = interval * MESSAGE_INTERVAL + random.randrange(MESSAGE_INTERVAL)
        if at - retention <= said <= at:
            sender, receiver = random.sample(accounts, 2)
            text = " ".join(random.sample(_WORDS, 4))
            log.append({"at": said, "from": sender["id"], "to": receiver["id"], "text": text})
    return log


def generator(*key: object) -> Random:
    """Return the source of what is invented about something, the same in every run."""
    # A text seeds alike in every run and hides nothing: what is drawn here is invented.
    return Random(" ".join(map(str, key)))  # noqa: S311


def _file(path: str, records: Any, count: int) -> tuple[ImagedFile, bytes]:
    content = json.dumps(records, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    digest = hashlib.sha256(content).hexdigest()
    return ImagedFile(path, len(content), digest, count), content
