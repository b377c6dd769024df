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


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({**TEXT}, 41049),
        ({"welcome_code": "made-up", **TEXT}, 41050),
        ({"welcome_code": "given"}, 40063),
        ({"welcome_code": "given", "text": {"content": "长" * 1334}}, 40058),
        ({"welcome_code": "given", "attachments": [{"msgtype": "image", "image": {}}] * 10}, 41064),
        ({"welcome_code": "given", "attachments": [{"msgtype": "smoke"}]}, 41065),
    ],
)
def test_bad_welcomes_are_refused(body: dict[str, Any], errcode: int) -> None:
    corp = Corp()
    code = greeted(corp)

    asked = {**body, "welcome_code": code} if body.get("welcome_code") == "given" else body

    assert corp.post(SEND, asked)["errcode"] == errcode
