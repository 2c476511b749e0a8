"""How a document says what it keeps back (RFC 9537): not a gap, but a named absence."""

from __future__ import annotations

from typing import Any, NamedTuple

from simulator.wire.rdap import Json


class _Way(NamedTuple):
    """Each field's path below the entity, and whether it is gone or empty."""

    title: str
    path: str
    method: str


_WAYS: dict[str, tuple[_Way, ...]] = {
    "name": (_Way("Name", "vcardArray[1][?(@[0]=='fn')][3]", "emptyValue"),),
    "organization": (_Way("Organization", "vcardArray[1][?(@[0]=='org')]", "removal"),),
    "address": (
        _Way("Street", "vcardArray[1][?(@[0]=='adr')][3][2]", "emptyValue"),
        _Way("City", "vcardArray[1][?(@[0]=='adr')][3][3]", "emptyValue"),
        _Way("Postal Code", "vcardArray[1][?(@[0]=='adr')][3][5]", "emptyValue"),
    ),
    "voice": (_Way("Phone", "vcardArray[1][?(@[1].type=='voice')]", "removal"),),
    "fax": (_Way("Fax", "vcardArray[1][?(@[1].type=='fax')]", "removal"),),
    "email": (_Way("Email", "vcardArray[1][?(@[0]=='email')]", "removal"),),
}


def redactions(root: str, label: str, withheld: tuple[str, ...]) -> list[Json]:
    """Return the members of ``redacted`` for an entity.

    ``root`` is the path of the entity in the document (JSONPath, RFC 9535), ``label`` what it
    is called: ``Registrant``.
    """
    return [_member(root, label, way) for field in withheld for way in _WAYS[field]]


def _member(root: str, label: str, way: _Way) -> dict[str, Any]:
    # Section 4.2: a removed field is at a path of before, an empty one at a path that is there.
    side = "prePath" if way.method == "removal" else "postPath"
    return {
        "name": {"description": f"{label} {way.title}"},
        side: f"{root}.{way.path}",
        "pathLang": "jsonpath",
        "method": way.method,
        "reason": {"description": "Server policy"},
    }
