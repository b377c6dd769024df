"""Moments: a job makes one, members publish it, customers are shown it (content paper, section 2)."""

from typing import Any

import pytest

from local.simulator.confirmations import NEVER, ConfirmationScript, ScriptedConfirmation
from local.simulator.moment_book import Moment

from .builders import DAY, HOUR, Corp, Json, mp4, png

CREATE, RESULT = "externalcontact/add_moment_task", "externalcontact/get_moment_task_result"
LIST, TASKS = "externalcontact/get_moment_list", "externalcontact/get_moment_task"
CHOSEN, VISIBLE = "externalcontact/get_moment_customer_list", "externalcontact/get_moment_send_result"
COMMENTS, CANCEL = "externalcontact/get_moment_comments", "externalcontact/cancel_moment_task"
TEXT: Json = {"text": {"content": "每日推荐"}}
TAGGED: Json = {"external_contact_list": {"tag_list": ["et1"]}}


def created(corp: Corp, **more: Any) -> str:
    """Start a job and wait until its moment is there and distributed; the moment's id."""
    reply = corp.post(CREATE, {**TEXT, **more})
    assert reply["errcode"] == 0, reply
    corp.advance(5)
    result = corp.get(RESULT, jobid=reply["jobid"])["result"]
    assert result["errcode"] == 0, result
    corp.advance(10)
    moment_id: str = result["moment_id"]
    return moment_id


def moment_of(corp: Corp, moment_id: str) -> Moment:
    return corp.simulator.simulation.state.moments.by_id[moment_id]


def publish(corp: Corp, moment_id: str, userid: str = "rm_a", **more: Any) -> bool:
    moment = moment_of(corp, moment_id)
    task = moment.task_of(userid)
    return task is not None and corp.simulator.moments.publish(moment, task, **more)


def tasks(corp: Corp, moment_id: str) -> dict[str, int]:
    reply = corp.post(TASKS, {"moment_id": moment_id})
    assert reply["errcode"] == 0, reply
    return {row["userid"]: row["publish_status"] for row in reply["task_list"]}


def customers(corp: Corp, path: str, moment_id: str, userid: str = "rm_a") -> list[str]:
    reply = corp.post(path, {"moment_id": moment_id, "userid": userid})
    assert reply["errcode"] == 0, reply
    return [row["external_userid"] for row in reply["customer_list"]]


def test_a_job_starts_runs_and_is_done_with_a_moment() -> None:
    corp = Corp()
    jobid = corp.post(CREATE, TEXT)["jobid"]

    statuses = []
    for _ in range(3):
        statuses.append(corp.get(RESULT, jobid=jobid)["status"])
        corp.advance(3)
    done = corp.get(RESULT, jobid=jobid)

    assert statuses == [1, 2, 3]
    assert (done["type"], done["result"]["errcode"]) == ("add_moment_task", 0)
    assert tasks_after_dispatch(corp, done["result"]["moment_id"]) == {"rm_a": 0, "rm_b": 0, "rm_c": 0}
    corp.advance(DAY)
    assert corp.get(RESULT, jobid=jobid)["errcode"] == 41060


def tasks_after_dispatch(corp: Corp, moment_id: str) -> dict[str, int]:
    assert corp.post(TASKS, {"moment_id": moment_id})["errcode"] == 41079
    corp.advance(10)
    return tasks(corp, moment_id)


@pytest.mark.parametrize(
    ("visible_range", "executors", "bad"),
    [
        ({}, ["rm_a", "rm_b", "rm_c"], ([], [], [])),
        ({"sender_list": {"user_list": ["RM_A", "ghost"]}}, ["rm_a"], (["ghost"], [], [])),
        ({"sender_list": {"department_list": [20, 99]}}, ["rm_c"], ([], [99], [])),
        ({"sender_list": {"user_list": ["rm_b"], "department_list": [20]}}, ["rm_b", "rm_c"], ([], [], [])),
        (TAGGED, ["rm_a"], ([], [], [])),
        ({**TAGGED, "sender_list": {"user_list": ["rm_a", "rm_b"]}}, ["rm_a"], ([], [], [])),
        ({"external_contact_list": {"tag_list": ["et1", "gone"]}}, ["rm_a"], ([], [], ["gone"])),
    ],
)
def test_who_publishes(visible_range: Json, executors: list[str], bad: tuple[Any, ...]) -> None:
    corp = Corp()
    jobid = corp.post(CREATE, {**TEXT, "visible_range": visible_range})["jobid"]
    corp.advance(20)

    result = corp.get(RESULT, jobid=jobid)["result"]

    assert list(tasks(corp, result["moment_id"])) == executors
    senders, tags = result["invalid_sender_list"], result["invalid_external_contact_list"]
    assert (senders["user_list"], senders["department_list"], tags["tag_list"]) == bad


def test_a_moment_that_nobody_can_publish_fails_in_its_result() -> None:
    corp = Corp()
    jobid = corp.post(CREATE, {**TEXT, "visible_range": {"sender_list": {"user_list": ["ghost"]}}})["jobid"]
    corp.advance(5)

    reply = corp.get(RESULT, jobid=jobid)

    assert (reply["errcode"], reply["status"], reply["result"]["errcode"]) == (0, 3, 41048)
    assert "moment_id" not in reply["result"]


def test_members_publish_as_scripted_and_their_customers_are_shown_it() -> None:
    corp = Corp()
    plans: dict[str, ScriptedConfirmation | list[ScriptedConfirmation]] = {
        "rm_a": ScriptedConfirmation(), "rm_b": ScriptedConfirmation(after_seconds=DAY), "rm_c": NEVER,
    }  # fmt: skip
    corp.simulator.simulation.state.confirmations = ConfirmationScript(by_member=plans)
    moment_id = created(corp)
    corp.simulator.actions.remove_by_customer("rm_a", "wm2")

    corp.advance(HOUR)
    soon = tasks(corp, moment_id)
    corp.advance(DAY)

    assert soon == {"rm_a": 1, "rm_b": 0, "rm_c": 0}
    assert tasks(corp, moment_id) == {"rm_a": 1, "rm_b": 1, "rm_c": 0}
    assert customers(corp, CHOSEN, moment_id) == ["wm1", "wm2", "wm3"]
    assert customers(corp, VISIBLE, moment_id) == ["wm1", "wm3"]


def test_tags_narrow_who_sees_it_and_the_list_says_so() -> None:
    corp = Corp()
    narrow, public = created(corp, visible_range=TAGGED), created(corp)
    publish(corp, narrow)

    assert customers(corp, VISIBLE, narrow) == ["wm1"]
    now = int(corp.simulator.simulation.now())
    rows = corp.post(LIST, {"start_time": now - DAY, "end_time": now + 1})["moment_list"]
    assert [(row["moment_id"], row["visible_type"]) for row in rows] == [(narrow, 0), (public, 1)]
    assert not any("creator" in row for row in rows)


def test_who_has_not_published_or_was_not_asked_has_no_customers() -> None:
    corp = Corp()
    moment_id = created(corp, visible_range=TAGGED)

    codes = [corp.post(CHOSEN, {"moment_id": moment_id, "userid": name})["errcode"] for name in ("rm_a", "rm_b")]

    assert codes == [41062, 41061]


def test_a_cancelled_moment_is_published_by_nobody_any_more_and_recalled_from_nobody() -> None:
    corp = Corp()
    moment_id = created(corp)
    publish(corp, moment_id)

    codes = [corp.post(CANCEL, {"moment_id": moment_id})["errcode"] for _ in range(2)]

    assert codes == [0, 0]
    assert not publish(corp, moment_id, "rm_b")
    assert customers(corp, VISIBLE, moment_id) == ["wm1", "wm2", "wm3"]


def test_a_customer_sees_no_more_a_day_than_the_knob_allows() -> None:
    corp = Corp(moments_per_customer_day=1)
    first, second = created(corp), created(corp)
    publish(corp, first, "rm_b")

    publish(corp, second)

    assert customers(corp, CHOSEN, second) == ["wm1", "wm2", "wm3"]
    assert customers(corp, VISIBLE, second) == ["wm1", "wm2"]


def test_comments_tell_who_and_when_and_never_what() -> None:
    corp = Corp()
    moment_id = created(corp)
    publish(corp, moment_id)
    task = moment_of(corp, moment_id).task_of("rm_a")
    assert task is not None
    corp.simulator.moments.react(task, comment=True, external_userid="wm1", userid=None)
    corp.simulator.moments.react(task, comment=False, external_userid=None, userid="rm_b")

    reply = corp.post(COMMENTS, {"moment_id": moment_id, "userid": "rm_a"})

    assert [set(row) for row in (*reply["comment_list"], *reply["like_list"])] == [
        {"external_userid", "create_time"}, {"userid", "create_time"},
    ]  # fmt: skip


def test_a_personal_moment_is_listed_with_its_creator_and_is_no_task() -> None:
    corp = Corp()
    moment_id = corp.simulator.moments.publish_personally("rm_a", "午安").moment_id
    now = int(corp.simulator.simulation.now())
    corp.advance(2)

    (row,) = corp.post(LIST, {"start_time": now - DAY, "end_time": now + 2, "filter_type": 1})["moment_list"]

    assert (row["creator"], row["create_type"], row["text"]) == ("rm_a", 1, {"content": "午安"})
    assert customers(corp, VISIBLE, moment_id) == ["wm1", "wm2", "wm3"]
    assert [corp.post(path, {"moment_id": moment_id})["errcode"] for path in (TASKS, CANCEL)] == [41067, 41067]


def test_what_is_read_has_typed_keys_and_not_the_attachments_of_the_call() -> None:
    corp = Corp()
    image, cover, film = corp.lend(moments=True), corp.lend(moments=True), corp.lend("video", moments=True)
    link = {"title": "t", "url": "https://bank.example", "media_id": cover}
    for kind, part in (("image", {"media_id": image}), ("link", link), ("video", {"media_id": film})):
        created(corp, attachments=[{"msgtype": kind, kind: part}])
    now = int(corp.simulator.simulation.now())

    rows = corp.post(LIST, {"start_time": now - DAY, "end_time": now + 1})["moment_list"]

    assert rows[0]["image"] == [{"media_id": image}]
    assert rows[1]["link"] == {"title": "t", "url": "https://bank.example"}
    assert rows[2]["video"]["media_id"] == film
    assert not any("attachments" in row for row in rows)


def test_ten_creations_a_minute_and_so_many_jobs_at_once() -> None:
    corp = Corp()
    codes = [corp.post(CREATE, TEXT)["errcode"] for _ in range(11)]
    corp.advance(60)
    corp.set_knobs(moment_running_jobs=1)

    busy = [corp.post(CREATE, TEXT)["errcode"] for _ in range(2)]

    assert codes == [0] * 10 + [45009]
    assert busy == [0, 41078]


def test_creations_a_day_are_limited_where_the_knob_says_so() -> None:
    corp = Corp(moments_per_day=2)

    codes = [corp.post(CREATE, TEXT)["errcode"] for _ in range(3)]
    corp.advance(DAY)

    assert codes == [0, 0, 45009]
    assert corp.post(CREATE, TEXT)["errcode"] == 0


def test_a_page_of_the_list_is_20_and_of_customers_what_is_asked() -> None:
    corp = Corp()
    for _ in range(21):
        created(corp)
    moment_id = created(corp)
    publish(corp, moment_id)
    now = int(corp.simulator.simulation.now())
    span = {"start_time": now - DAY, "end_time": now + 1}

    first = corp.post(LIST, {**span, "limit": 50})
    rest = corp.post(LIST, {**span, "cursor": first["next_cursor"]})
    two = corp.post(VISIBLE, {"moment_id": moment_id, "userid": "rm_a", "limit": 2})
    last = corp.post(VISIBLE, {"moment_id": moment_id, "userid": "rm_a", "limit": 2, "cursor": two["next_cursor"]})

    assert (len(first["moment_list"]), len(rest["moment_list"]), rest["next_cursor"]) == (20, 2, "")
    assert (len(two["customer_list"]), len(last["customer_list"]), last["next_cursor"]) == (2, 1, "")


def test_a_member_keeps_what_he_has_to_publish_under_a_new_userid() -> None:
    corp = Corp()
    corp.simulator.simulation.state.confirmations = ConfirmationScript(prompt_percent=100)
    moment_id = created(corp)

    corp.simulator.actions.rename_userid("rm_a", "rm_x")
    corp.advance(HOUR)

    assert tasks(corp, moment_id) == {"rm_x": 1, "rm_b": 1, "rm_c": 1}


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 41089),
        ({"text": {"content": "字" * 1_334}}, 40058),
        ({"text": {"content": "a" * 2_001}}, 40058),
        ({"attachments": [{"msgtype": "file", "file": {}}]}, 41065),
        ({"attachments": [{"msgtype": "image", "image": {}}, {"msgtype": "video", "video": {}}]}, 41065),
        ({"attachments": [{"msgtype": "image", "image": {"media_id": "M"}}] * 10}, 41064),
        ({"attachments": [{"msgtype": "link", "link": {"url": "u", "media_id": "M"}}] * 2}, 41064),
        ({"attachments": [{"msgtype": "video", "video": {}}]}, 41006),
        ({"attachments": [{"msgtype": "image", "image": {"media_id": "unknown"}}]}, 40007),
    ],
)
def test_bad_moments_are_refused(body: Json, errcode: int) -> None:
    assert Corp().post(CREATE, body)["errcode"] == errcode


@pytest.mark.parametrize(
    ("content", "kind", "errcode"),
    [
        (png(10_800, 1_080), "image", 0),
        (png(10_801, 1_080), "image", 41081),
        (png(1_081, 1_081), "image", 41081),
        (mp4(30), "video", 0),
        (mp4(31), "video", 41082),
    ],
)
def test_pixels_and_length_are_limited(content: bytes, kind: str, errcode: int) -> None:
    corp = Corp()
    media_id = corp.upload("media/upload_attachment", content, media_type=kind, attachment_type=1)["media_id"]

    assert corp.post(CREATE, {"attachments": [{"msgtype": kind, kind: {"media_id": media_id}}]})["errcode"] == errcode


def test_a_message_media_is_no_moments_media() -> None:
    corp = Corp()
    body = {"attachments": [{"msgtype": "image", "image": {"media_id": corp.lend()}}]}

    default = corp.post(CREATE, body)["errcode"]
    corp.set_knobs(moment_foreign_media_errcode=40007)

    assert (default, corp.post(CREATE, body)["errcode"]) == (41072, 40007)


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        (TASKS, {}, 41059),
        (TASKS, {"moment_id": "made-up"}, 41060),
        (VISIBLE, {"moment_id": "made-up", "userid": "rm_a"}, 41060),
        (CANCEL, {"moment_id": "made-up"}, 41060),
        (LIST, {"start_time": 1, "end_time": 31 * DAY}, 40058),
        (LIST, {"end_time": 1}, 40063),
    ],
)
def test_bad_questions_are_refused(path: str, body: Json, errcode: int) -> None:
    assert Corp().post(path, body)["errcode"] == errcode
