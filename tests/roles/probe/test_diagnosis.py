"""One visit's diagnosis: certain only where the visit itself shows it."""

from dataclasses import replace

import pytest

from simulator.roles.probe.diagnosis import diagnose
from simulator.values import CertificateSeen, ExtendedError, Observation

SEEN = Observation(0, "paris", "FR", None, "https://coco.xg/")


def sentences(observation: Observation) -> list[str]:
    return [str(sentence) for sentence in diagnose(observation)[1]]


@pytest.mark.parametrize(
    ("changes", "diagnosis"),
    [
        ({"page": "site", "status": 200}, "accessible"),
        ({"page": "site", "extended_error": ExtendedError(4)}, "accessible"),
        ({"page": "seizure_banner", "status": 200}, "seized"),
        ({"page": "block_page", "status": 451}, "blocked.http"),
        ({"page": "block_page", "status": 200}, "blocked.dns"),
        ({"page": "block_page", "status": 451, "extended_error": ExtendedError(16)}, "blocked.dns"),
        ({"failure": "dns_nxdomain_error", "extended_error": ExtendedError(15)}, "blocked.dns"),
        ({"failure": "dns_refused_error", "extended_error": ExtendedError(16)}, "blocked.dns"),
        ({"failure": "dns_nxdomain_error", "extended_error": ExtendedError(17)}, "blocked.dns"),
        ({"failure": "ssl_invalid_hostname", "extended_error": ExtendedError(4)}, "blocked.dns"),
        ({"failure": "dns_servfail_error", "extended_error": ExtendedError(22)}, "cannot_tell"),
        ({"failure": "dns_nxdomain_error"}, "cannot_tell"),
        ({"failure": "generic_timeout_error"}, "cannot_tell"),
        ({"page": "other", "status": 404}, "cannot_tell"),
        ({}, "cannot_tell"),
    ],
)
def test_what_one_visit_shows(changes: dict[str, object], diagnosis: str) -> None:
    assert diagnose(replace(SEEN, **changes))[0] == diagnosis  # type: ignore[arg-type]


def test_an_open_answer_says_why_one_visit_is_not_enough() -> None:
    [said] = sentences(replace(SEEN, stage="dns", failure="dns_nxdomain_error"))
    assert said.endswith("look the same from here: ask another resolver.")


def test_a_certificate_for_another_name_is_shown_as_evidence() -> None:
    shown = CertificateSeen("block.xf", ("block.xf",), "Lab Root")
    said = sentences(replace(SEEN, failure="ssl_invalid_hostname", certificate=shown))
    assert said[1] == "The certificate that was shown is for block.xf, signed by Lab Root."


def test_a_good_certificate_is_no_evidence_for_a_later_failure() -> None:
    shown = CertificateSeen("coco.xg", ("coco.xg",), "Lab Root")
    assert len(sentences(replace(SEEN, failure="connection_reset", certificate=shown))) == 1


def test_an_unknown_failure_is_told_as_it_is() -> None:
    said = sentences(replace(SEEN, stage="http", failure="http_request_failed"))
    assert said == ["The visit failed at the stage http: http_request_failed."]


def test_the_resolvers_word_stands_before_what_followed() -> None:
    said = sentences(replace(SEEN, extended_error=ExtendedError(16), page="block_page", status=200))
    first, second = said
    assert first.startswith("The resolver says that an outside body, such as a court, had it")
    assert second == "The page says that access is blocked."


def test_another_page_is_told_with_its_status() -> None:
    said = sentences(replace(SEEN, page="other", status=404))
    assert said[1] == "The server answered with status 404."
