"""Contacts as jCard (RFC 7095): the form in which RDAP shows whoever stands behind a name."""

from __future__ import annotations

from typing import Any

from simulator.roles.directory.records import EntityRecord


def card(entity: EntityRecord) -> list[Any]:
    """Return a registrar's or a contact's jCard.

    An empty ``fn`` is there nevertheless: RFC 6350 section 6.2.1 wants one.
    """
    properties: list[list[Any]] = [["version", {}, "text", "4.0"], ["fn", {}, "text", entity.name]]
    if entity.kind == "registrar":
        properties.append(["kind", {}, "text", "org"])
    if entity.organization:
        properties.append(["org", {}, "text", entity.organization])
    if entity.street or entity.city or entity.country:
        properties.append(_address(entity))
    if entity.voice:
        properties.append(_telephone("voice", entity.voice))
    if entity.fax:
        properties.append(_telephone("fax", entity.fax))
    if entity.email:
        properties.append(["email", {}, "text", entity.email])
    if entity.url:
        properties.append(["url", {}, "uri", entity.url])
    return ["vcard", properties]


def abuse_card(registrar: EntityRecord) -> list[Any]:
    """Return the jCard of a registrar's desk for complaints."""
    properties: list[list[Any]] = [
        ["version", {}, "text", "4.0"],
        ["fn", {}, "text", f"{registrar.name}, abuse desk"],
    ]
    if registrar.abuse_voice:
        properties.append(_telephone("voice", registrar.abuse_voice))
    properties.append(["email", {}, "text", registrar.abuse_email])
    return ["vcard", properties]


def _address(entity: EntityRecord) -> list[Any]:
    street: str | list[str] = list(entity.street) if len(entity.street) > 1 else ""
    if len(entity.street) == 1:
        street = entity.street[0]
    # RFC 8605 section 3.1: the country's code is a parameter, its name the last component.
    parameters = {"cc": entity.country} if entity.country else {}
    parts = ["", "", street, entity.city, entity.region, entity.postal_code, ""]
    return ["adr", parameters, "text", parts]


def _telephone(kind: str, number: str) -> list[Any]:
    return ["tel", {"type": kind}, "uri", f"tel:{number}"]
