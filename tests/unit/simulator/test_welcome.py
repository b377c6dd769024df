"""Welcome codes: 20 s, one use (5.8, checklist 9)."""

from typing import Any

import pytest

from local.simulator.model import Relation

from .builders import SECRET, Corp, small_world

SEND = "externalcontact/send_welcome_msg"
TEXT = {"text": {"content": "您好，我是您的客户经理"}}


def greeted(corp: Corp, **more: Any) -> str:
    relation = Relation(userid="rm_c", external_userid="wm1", createtime=1, **more)
    code = corp.simulator.actions.add_customer(relation)
    assert code is not None
    return code


def test_a_code_serves_once_even_for_two_apps() -> None:
    world = small_world()
    world["apps"].append({"app": "second", "agent_id": 9, "secret": "second-secret"})
    corp = Corp(world)
    body = {"welcome_code": greeted(corp), **TEXT}

    assert [corp.post(SEND, body, secret=name)["errcode"] for name in (SECRET, "second-secret")] == [0, 41051]


def test_a_code_is_dead_after_20_seconds() -> None:
    corp = Corp()
    body = {"welcome_code": greeted(corp), **TEXT}

    corp.advance(21)

    assert corp.post(SEND, body)["errcode"] == 41050


def test_once_they_chat_no_welcome_is_sent() -> None:
    corp = Corp()

    assert corp.post(SEND, {"welcome_code": greeted(corp, chat_started=True), **TEXT})["errcode"] == 41051


def test_what_was_said_is_kept_with_the_code_and_its_customer() -> None:
    corp = Corp()
    picture = {"msgtype": "image", "image": {"media_id": corp.lend()}}
    code = greeted(corp)

    corp.post(SEND, {"welcome_code": code, **TEXT, "attachments": [picture]})

    kept = corp.simulator.simulation.state.welcome_codes[code]
    assert (kept.used_by, kept.content) == ("contacts", {**TEXT, "attachments": [picture]})


def test_whom_the_console_greets_has_no_code() -> None:
    corp = Corp()
    corp.simulator.actions.change_member("rm_c", {"console_welcome": True})

    code = corp.simulator.actions.add_customer(Relation(userid="rm_c", external_userid="wm1", createtime=1, state="s"))
    corp.advance(1)

    assert code is None
    assert ("WelcomeCode" in corp.http.events()[-1], corp.http.events()[-1]["State"]) == (False, "s")


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({**TEXT}, 41049),
        ({"welcome_code": "made-up", **TEXT}, 41050),
        ({"welcome_code": "given"}, 40063),
        ({"welcome_code": "given", "text": {"content": "长" * 1334}}, 40058),
        ({"welcome_code": "given", "attachments": [{"msgtype": "image", "image": {}}] * 10}, 41064),
        ({"welcome_code": "given", "attachments": [{"msgtype": "smoke"}]}, 41065),
        ({"welcome_code": "given", "attachments": [{"msgtype": "video", "video": {"media_id": "unknown"}}]}, 40007),
        ({"welcome_code": "given", "attachments": [{"msgtype": "link", "link": {"url": "u"}}]}, 40063),
    ],
)
def test_bad_welcomes_are_refused(body: dict[str, Any], errcode: int) -> None:
    corp = Corp()
    code = greeted(corp)

    asked = {**body, "welcome_code": code} if body.get("welcome_code") == "given" else body

    assert corp.post(SEND, asked)["errcode"] == errcode


@pytest.mark.parametrize(("fails", "later"), [(False, [41051, 41051]), (True, [0, 41096])])
def test_while_one_app_sends_the_other_waits_and_may_try_once_it_failed(*, fails: bool, later: list[int]) -> None:
    world = small_world()
    world["apps"].append({"app": "second", "agent_id": 9, "secret": "second-secret"})
    corp = Corp(world, welcome_sending_seconds=3, welcome_sending_fails=fails)
    body = {"welcome_code": greeted(corp), **TEXT}

    first, during = corp.post(SEND, body)["errcode"], corp.post(SEND, body, secret="second-secret")["errcode"]
    corp.advance(3)
    after = [corp.post(SEND, body, secret="second-secret")["errcode"] for _ in range(2)]

    assert (first, during, after) == (0, 41096, later)


def test_whoever_has_not_agreed_to_the_archive_is_greeted_once_he_does() -> None:
    corp = Corp()
    body = {"welcome_code": greeted(corp, archive_consent="pending"), **TEXT}

    waiting = corp.post(SEND, body)["errcode"]
    corp.simulator.actions.change_relation("rm_c", "wm1", {"archive_consent": "refused"})
    refused = corp.post(SEND, body)["errcode"]
    corp.simulator.actions.change_relation("rm_c", "wm1", {"archive_consent": "agreed"})
    corp.advance(1)

    event = corp.http.events()[-1]
    assert (waiting, refused, event["ChangeType"]) == (41053, 41053, "msg_audit_approved")
    assert corp.post(SEND, {"welcome_code": event["WelcomeCode"], **TEXT})["errcode"] == 0


def test_who_chats_already_is_not_greeted_when_he_agrees_to_the_archive() -> None:
    corp = Corp()
    greeted(corp, archive_consent="pending", chat_started=True)

    corp.simulator.actions.change_relation("rm_c", "wm1", {"archive_consent": "agreed"})
    corp.advance(1)

    assert "WelcomeCode" not in corp.http.events()[-1]
