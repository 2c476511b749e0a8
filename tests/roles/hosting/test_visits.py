"""A machine notes who came, keeps no more than it should, and tells it by name and time."""

from simulator.roles.hosting.visits import HOST_KEPT, PATH_KEPT, Visit, VisitLog


def test_visits_are_told_by_name_and_time_oldest_first() -> None:
    log = VisitLog()
    log.note(1, "192.0.2.1", "coco.xg", "/", 200)
    log.note(2, "192.0.2.2", "roses.test", "/", 200)
    log.note(3, "192.0.2.3", "www.coco.xg", "/x", 404)
    log.note(4, "192.0.2.4", "coco.xg", "/", 200)
    assert log.of(("coco.xg", "www.coco.xg"), 1, 3) == (
        Visit(1, "192.0.2.1", "coco.xg", "/", 200),
        Visit(3, "192.0.2.3", "www.coco.xg", "/x", 404),
    )
    assert repr(log) == "<VisitLog 4 visits>"


def test_the_oldest_makes_room_and_nothing_grows_by_one_request() -> None:
    log = VisitLog(kept=2)
    for at in range(3):
        log.note(at, "192.0.2.1", "h" * 9_999, "/" + "p" * 9_999, 200)
    assert [visit.at for visit in log] == [1, 2]
    assert {(len(visit.host), len(visit.path)) for visit in log} == {(HOST_KEPT, PATH_KEPT)}


def test_a_path_that_is_no_text_can_still_be_filed() -> None:
    log = VisitLog()
    log.note(1, "192.0.2.1", "coco.xg", "/\udcff", 404)
    assert log.of(["coco.xg"], 0, 1)[0].path == "/\\udcff"
