"""Pages say what they are, and the reader believes nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.pages import (
    BLOCK_PAGE,
    KINDS,
    OTHER,
    SITE,
    PageIdentity,
    document,
    draw_notice,
    draw_site,
    identify,
)

PAGE = draw_site(("coco.xg", "www.coco.xg"), "Coco & Co", "fr", ("Bonjour <tous>",))


def test_a_site_names_itself_and_its_aliases() -> None:
    assert identify(PAGE) == PageIdentity(SITE, ("coco.xg", "www.coco.xg"), "Coco & Co")
    assert identify(PAGE).name == "coco.xg"


def test_what_a_site_says_is_escaped() -> None:
    assert b"Bonjour &lt;tous&gt;" in PAGE
    assert b'<html lang="fr">' in PAGE


def test_an_error_in_the_sites_dress_is_not_the_site() -> None:
    assert identify(PAGE, status=404) == PageIdentity(OTHER, (), "Coco & Co")


def test_a_notice_is_other() -> None:
    assert identify(draw_notice("Not Found", "No."), status=404) == PageIdentity(
        OTHER, (), "Not Found"
    )


def test_status_451_and_blocked_by_are_block_pages_whatever_they_look_like() -> None:
    """RFC 7725: the status or the link relation says it, no mark of the lab is needed."""
    assert identify(b"", (), 451) == PageIdentity(BLOCK_PAGE)
    link = ((b"link", b'<https://isp.xf/>; rel="blocked-by"'),)
    assert identify(b"", link, 200).kind == BLOCK_PAGE
    assert identify(b"", ((b"x-link", b"blocked-by"),), 200).kind == OTHER


def test_an_unknown_kind_is_other() -> None:
    assert identify(b'<meta name="takedown-lab" content="castle coco.xg">').kind == OTHER
    assert identify(b'<meta name="takedown-lab" content="">').kind == OTHER
    assert identify(b"").name == ""


def test_a_mark_far_down_in_the_body_is_not_read() -> None:
    assert identify(b" " * 5000 + PAGE) == PageIdentity(OTHER)


def test_a_name_that_is_none_never_reaches_the_mark() -> None:
    """Host fields come from strangers; this one would break out of the attribute."""
    page = document(BLOCK_PAGE, ('x"><script>',), "t", "en", "", "")
    assert identify(page) == PageIdentity(BLOCK_PAGE, (), "t")
    assert b"script" not in page


def test_a_usual_site_fits_into_one_segment() -> None:
    paragraphs = ("A sentence of a usual length, such as worlds have.",) * 4
    assert len(draw_site(("garden.xg",), "Garden", "en", paragraphs)) < 1100


@given(st.binary(max_size=300), st.integers(100, 599))
def test_any_octets_have_a_kind(data: bytes, status: int) -> None:
    mark = b'<meta name="takedown-lab" content="' + data + b'"><title>' + data + b"</title>"
    for body in (data, mark):
        assert identify(body, ((b"link", data),), status).kind in (*KINDS, OTHER)
