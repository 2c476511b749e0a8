"""The pages of authorities: all languages, all services, nothing from outside, all escaped."""

import re
from html.parser import HTMLParser

import pytest

from simulator.errors import NotSimulated
from simulator.wire.banners import CLOSED, Banner, BlockPage, Service, draw_banner, draw_block_page
from simulator.wire.pages import identify

SERVICES = (
    Service("Cyber Command", "CC", "FR"),
    Service("Directorate <for> organised crime", "DOC", "BG"),
)
BANNER = Banner(
    "Operation Lantern",
    SERVICES,
    "Paris public prosecutor",
    legal_basis="Code, article 1",
    languages=("fr", "en", "bg"),
    contact="lantern@police.example",
)
BLOCK = BlockPage("Ministry of the Interior", "Provider One", contact="appeals.example")


class Outline(HTMLParser):
    """Collects what a reader or a screen reader goes by, and fails on unbalanced tags."""

    VOID = ("meta", "path", "circle")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.languages: list[str] = []
        self.links: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if "lang" in attributes:
            self.languages.append(attributes["lang"] or "")
        self.links += [str(attributes[key]) for key in ("src", "href") if key in attributes]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h1":
            self.headings.append(data)


def outline(page: bytes) -> Outline:
    parser = Outline()
    parser.feed(page.decode())
    assert parser.open == []
    return parser


def test_a_banner_says_what_it_is_in_every_language_side_by_side() -> None:
    page = draw_banner(BANNER, "coco.xg")
    identity = identify(page)
    assert (identity.kind, identity.names) == ("seizure_banner", ("coco.xg",))
    seen = outline(page)
    assert seen.headings == [
        "Ce site a été saisi",
        "This website has been seized",
        "Този сайт е иззет",
    ]
    assert seen.languages == ["fr", "fr", "en", "bg", "fr", "en", "bg"]


def test_a_banner_names_services_authority_basis_and_contact() -> None:
    text = draw_banner(BANNER, "coco.xg").decode()
    for part in (
        "The authorities have seized coco.xg.",
        "On the decision of: Paris public prosecutor",
        "Legal basis: Code, article 1",
        "Contact: lantern@police.example",
        "Directorate &lt;for&gt; organised crime",
        ">CC</text>",
        ">BG</text>",
    ):
        assert part in text


def test_what_was_not_given_is_not_shown() -> None:
    """Coco's banner cited no legal basis: neither does ours unless it is told one."""
    text = draw_banner(Banner("Operation", SERVICES, "A judge"), "coco.xg").decode()
    assert "Legal basis" not in text
    assert "Contact" not in text


def test_the_verb_closed_makes_another_banner() -> None:
    page = draw_banner(Banner("Operation", SERVICES, "A judge", verb=CLOSED), "coco.xg")
    assert outline(page).headings == ["Ce site a été fermé", "This website has been closed"]


def test_a_block_page_says_who_asked_and_who_carries_it_out() -> None:
    page = draw_block_page(BLOCK, "coco.xg")
    assert identify(page).kind == "block_page"
    text = page.decode()
    assert "Your access provider does not open coco.xg." in text
    assert "Asked for by: Ministry of the Interior" in text
    assert "Carried out by: Provider One" in text
    assert outline(page).headings == ["Accès bloqué", "Access blocked"]


@pytest.mark.parametrize(
    "page", [draw_banner(BANNER, "coco.xg"), draw_block_page(BLOCK, "coco.xg")]
)
def test_nothing_is_fetched_from_anywhere(page: bytes) -> None:
    assert outline(page).links == []
    assert re.search(rb"url\(|@import|https?://", page) is None


def test_a_hostile_name_is_shown_as_text() -> None:
    page = draw_block_page(BLOCK, "<img src=x onerror=alert(1)>")
    assert b"<img" not in page
    assert identify(page).names == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Banner("O", (), "J", verb="eaten"),
        lambda: Banner("O", (), "J", languages=("tlh",)),
        lambda: Banner("O", (), "J", languages=()),
        lambda: BlockPage("M", "P", status=500),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(NotSimulated, match="the lab draws"):
        make()


class _InTwoLanguages:
    """A name as worlds have them."""

    def say(self, language: str) -> str:
        return {"fr": "Parquet <de> Paris"}.get(language, "Paris prosecutor")


def test_names_that_differ_by_language_are_said_in_each() -> None:
    name = _InTwoLanguages()
    banner = Banner("One title", (Service(name, "PP", "FR"),), name, languages=("en", "fr"))
    page = draw_banner(banner, "coco.xg").decode()
    assert "On the decision of: Paris prosecutor" in page
    assert "Sur décision de : Parquet &lt;de&gt; Paris" in page.replace("\u202f", " ").replace(
        "\xa0", " "
    )
    assert (
        '<span lang="en">Paris prosecutor</span><br>'
        '<span lang="fr">Parquet &lt;de&gt; Paris</span></li>'
    ) in page
