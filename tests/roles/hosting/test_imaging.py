"""An image is the same in every run, hashed, and holds no more than the site still had."""

import hashlib
import json
from typing import Any

from simulator.roles.hosting.imaging import Image, take_image
from simulator.values import DAY, HOUR, MINUTE


def messages(image: Image) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(image.data.splitlines()[1])
    return found


def test_the_hash_is_that_of_the_data_and_of_each_file() -> None:
    image = take_image("coco.xg", 7, 2 * DAY)
    assert image.sha256 == hashlib.sha256(image.data).hexdigest()
    assert image.bytes_count == len(image.data) == sum(f.bytes_count for f in image.contents)
    files = image.data.splitlines(keepends=True)
    assert [f.sha256 for f in image.contents] == [hashlib.sha256(f).hexdigest() for f in files]
    assert [f.path for f in image.contents] == [
        "accounts.json",
        "messages.json",
        "configuration.json",
    ]
    assert image.contents[0].records == 24


def test_the_data_depend_on_seed_and_site_alone() -> None:
    """The hash is written out: it must not change with the Python that computes it."""
    assert take_image("coco.xg", 7, 2 * DAY).sha256 == (
        "62836a34fe2edfe432e3faaa2bbcf6fa96867d3fd7c81652533beb46f005b1aa"
    )
    others = {take_image("coco.xg", 8, 2 * DAY).sha256, take_image("a.xg", 7, 2 * DAY).sha256}
    assert len(others - {take_image("coco.xg", 7, 2 * DAY).sha256}) == 2


def test_messages_older_than_the_retention_are_not_there_to_find() -> None:
    image = take_image("coco.xg", 7, 2 * DAY, retention=3 * HOUR)
    instants = [said["at"] for said in messages(image)]
    assert instants == sorted(instants)
    assert 2 * DAY - 3 * HOUR <= instants[0] <= 2 * DAY - 3 * HOUR + 20 * MINUTE
    assert instants[-1] <= 2 * DAY
    assert image.covers_from == instants[0]


def test_a_site_that_keeps_nothing_has_no_messages() -> None:
    image = take_image("coco.xg", 7, DAY + 1, retention=0)
    assert (image.covers_from, messages(image)) == (None, [])


def test_two_images_agree_where_they_overlap() -> None:
    """What was said does not change with the moment at which it is copied."""
    first = messages(take_image("coco.xg", 7, DAY))
    second = messages(take_image("coco.xg", 7, DAY + HOUR))
    assert [said for said in second if said["at"] <= DAY] == [
        said for said in first if said["at"] >= DAY - 5 * HOUR
    ]


def test_at_the_start_of_the_lab_the_log_reaches_back_before_it() -> None:
    covers_from = take_image("coco.xg", 7, 0).covers_from
    assert covers_from is not None
    assert covers_from < 0
