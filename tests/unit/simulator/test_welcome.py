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
