"""The registrar's web front: who gets in, what is asked of the desk, what is shown."""

from __future__ import annotations

import base64
import json
from random import Random
from typing import Any

import pytest

from simulator.roles.registrar.front import Asked, Front, Reply
from simulator.roles.registrar.front_pages import as_json, as_page
from simulator.roles.registrar.requests import Done
from simulator.values import Message, message

OK = Done(True, message("noted"), 1000)


class Desk:
    """Writes down what it is asked to do."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answer = OK

    def note(self, *asked: Any) -> Done:
        self.asked.append(asked)
        return self.answer

    def portfolio(self, account: str) -> tuple[str, ...]:
        return ("coco.xg",) if account == "coco" else ()

    async def register(
        self, account: str, name: str, nameservers: Any, *, glue: Any = (), years: int = 1
    ) -> Done:
        return self.note("register", account, name, nameservers, glue, years)

    async def change_nameservers(
        self, actor: str, name: str, nameservers: Any, *, glue: Any = ()
    ) -> Done:
        return self.note("move", actor, name, nameservers, glue)

    async def lock(self, actor: str, name: str) -> Done:
        return self.note("lock", actor, name)

    async def unlock(self, actor: str, name: str) -> Done:
        return self.note("unlock", actor, name)

    async def transfer_out(self, account: str, name: str) -> Done:
        return self.note("out", account, name)

    async def transfer_in(self, account: str, name: str, authorization: str) -> Done:
        return self.note("in", account, name, authorization)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def front(desk: Desk) -> Front:
    return Front(desk, {"coco": "sesame"}, Random(1))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


GLUED = "ns.new.xg=192.0.2.1,2001:db8::1"
COCO = basic("coco:sesame")


def post(path: str, **parameters: str) -> Asked:
    given = {name: (value,) for name, value in parameters.items()}
    return Asked("POST", path, given, authorization=COCO)


async def test_a_form_login_opens_a_session_that_logout_ends(front: Front) -> None:
    login = {"account": ("coco",), "password": ("sesame",)}
    entered = await front.answer(Asked("POST", "/login", login))
    assert (entered.status, entered.account, entered.domains) == (200, "coco", ("coco.xg",))
    assert entered.cookie is not None
    assert len(entered.cookie) == 32
    assert (await front.answer(Asked("GET", "/domains", cookie=entered.cookie))).account == "coco"
    left = await front.answer(Asked("POST", "/logout", cookie=entered.cookie))
    assert (left.account, left.cookie) == (None, "")
    assert (await front.answer(Asked("GET", "/domains", cookie=entered.cookie))).status == 401


@pytest.mark.parametrize(
    "authorization",
    [basic("coco:wrong"), basic("nobody:sesame"), basic("coco"), "Basic ???", "Bearer x", ""],
)
async def test_nobody_else_gets_in(front: Front, desk: Desk, authorization: str) -> None:
    asked = Asked("POST", "/domains/coco.xg/unlock", authorization=authorization)
    assert (await front.answer(asked)).status == 401
    assert desk.asked == []


async def test_a_wrong_password_in_the_form_is_told(front: Front) -> None:
    login = {"account": ("coco",), "password": ("wrong",)}
    reply = await front.answer(Asked("POST", "/login", login))
    assert (reply.status, reply.cookie) == (401, None)
    assert reply.done is not None
    assert str(reply.done.reason) == "there is no such account with this password"


async def test_a_new_password_ends_the_sessions_of_the_old(front: Front) -> None:
    login = {"account": ("coco",), "password": ("sesame",)}
    entered = await front.answer(Asked("POST", "/login", login))
    front.set_password("coco", "other")
    assert (await front.answer(Asked("GET", "/domains", cookie=entered.cookie))).status == 401


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (
            post("/domains", name="New.XG", nameserver=f"{GLUED} ns.far.test"),
            ("register", "coco", "new.xg", ("ns.new.xg", "ns.far.test"),
             (("ns.new.xg", ("192.0.2.1", "2001:db8::1")),), 1),
        ),
        (post("/domains", name="new.xg", years="3"), ("register", "coco", "new.xg", (), (), 3)),
        (
            post("/domains/coco.xg/nameservers", nameserver="ns.far.test"),
            ("move", "coco", "coco.xg", ("ns.far.test",), ()),
        ),
        (post("/domains/coco.xg/lock"), ("lock", "coco", "coco.xg")),
        (post("/domains/coco.xg/unlock"), ("unlock", "coco", "coco.xg")),
        (post("/domains/coco.xg/transfer-out"), ("out", "coco", "coco.xg")),
        (
            post("/transfers", name="far.xf", authorization="let-me-in"),
            ("in", "coco", "far.xf", "let-me-in"),
        ),
    ],
)  # fmt: skip
async def test_each_action_is_asked_of_the_desk_in_the_accounts_name(
    front: Front, desk: Desk, asked: Asked, wanted: tuple[Any, ...]
) -> None:
    reply = await front.answer(asked)
    assert desk.asked == [wanted]
    assert (reply.status, reply.done, reply.domains) == (200, OK, ("coco.xg",))


async def test_what_the_desk_refuses_is_a_conflict_with_its_reason(
    front: Front, desk: Desk
) -> None:
    desk.answer = Done(False, message("the account {account} is frozen", account="coco"), 2304)
    reply = await front.answer(post("/domains/coco.xg/unlock"))
    assert reply.status == 409
    assert json.loads(as_json(reply)) == {
        "account": "coco", "done": False, "code": 2304,
        "reason": "the account coco is frozen", "domains": ["coco.xg"],
    }  # fmt: skip


async def test_a_number_of_years_that_is_none_is_refused_here(front: Front, desk: Desk) -> None:
    reply = await front.answer(post("/domains", name="new.xg", years="many"))
    assert (reply.status, desk.asked) == (409, [])


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Asked("GET", "/"), 200),
        (Asked("GET", "/domains"), 401),
        (Asked("DELETE", "/domains"), 405),
        (Asked("GET", "/nowhere", authorization=COCO), 404),
        (post("/domains/coco.xg/explode"), 404),
    ],
)
async def test_other_requests_have_their_status(front: Front, asked: Asked, status: int) -> None:
    assert (await front.answer(asked)).status == status


def test_the_authinfo_is_shown_to_programs_and_people() -> None:
    done = Done(True, message("noted"), 1000, "s3cret<&>")
    reply = Reply(200, "coco", done, ("coco.xg",))
    assert json.loads(as_json(reply))["authorization"] == "s3cret<&>"
    page = as_page(reply, "Candie", "en", lambda sentence, _: str(sentence))
    assert b"<code>s3cret&lt;&amp;&gt;</code>" in page
    assert b'action="/domains/coco.xg/transfer-out"' in page


def test_a_page_is_said_in_the_readers_language_and_escaped() -> None:
    def say(sentence: Message, language: str) -> str:
        return f"<{language}:{sentence}>"

    page = as_page(Reply(200), "Candie", "fr", say)
    assert b'<html lang="fr">' in page
    assert b"&lt;fr:Log in&gt;" in page
    assert b"<fr:" not in page
