"""Welcome templates of groups (content paper, 3.2)."""

import pytest

from .builders import SECRET, Corp, Json, small_world

PATH = "externalcontact/group_welcome_template"
LINK = {"title": "须知", "url": "https://bank.example/rules"}


def with_second_app() -> Corp:
    world = small_world()
    world["apps"].append({"app": "second", "agent_id": 9, "secret": "second-secret"})
    return Corp(world)


def text(content: str = "欢迎 %NICKNAME%") -> Json:
    return {"text": {"content": content}}


def test_a_template_is_read_as_it_was_made_until_it_is_deleted() -> None:
    corp = Corp()

    template_id = corp.post(f"{PATH}/add", {**text(), "link": LINK, "notify": 1})["template_id"]
    made = corp.post(f"{PATH}/get", {"template_id": template_id})
    edited = corp.post(f"{PATH}/edit", {"template_id": template_id, **text("您好")})["errcode"]
    after = corp.post(f"{PATH}/get", {"template_id": template_id})
    deleted = corp.post(f"{PATH}/del", {"template_id": template_id})["errcode"]

    assert (made["text"]["content"], made["link"]["url"], made["link"]["picurl"]) == (
        "欢迎 %NICKNAME%", LINK["url"], "",
    )  # fmt: skip
    assert (edited, after["text"]["content"], "link" in after, deleted) == (0, "您好", False, 0)
    assert corp.post(f"{PATH}/get", {"template_id": template_id})["errcode"] == 40058


def test_of_several_blocks_the_first_in_order_wins_and_an_image_is_read_as_an_address() -> None:
    corp = Corp()
    body = {"image": {"media_id": corp.lend()}, "link": LINK, "file": {"media_id": "unknown"}}

    template_id = corp.post(f"{PATH}/add", body)["template_id"]

    found = corp.post(f"{PATH}/get", {"template_id": template_id})
    assert ("link" in found, "file" in found) == (False, False)
    picture = {"sender": "rm_a", "attachments": [{"msgtype": "image", "image": {"pic_url": found["image"]["pic_url"]}}]}
    assert corp.post("externalcontact/add_msg_template", picture)["errcode"] == 0


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 40063),
        (text("客" * 1_001), 40058),
        ({**text(), "notify": 2}, 40058),
        ({**text(), "link": {"title": "标" * 43, "url": "u"}}, 40058),
        ({**text(), "link": {**LINK, "desc": "述" * 171}}, 40058),
        ({**text(), "file": {"media_id": "unknown"}}, 40007),
        ({**text(), "link": "no block"}, 41065),
    ],
)
def test_bad_templates_are_refused(body: Json, errcode: int) -> None:
    assert Corp().post(f"{PATH}/add", body)["errcode"] == errcode


def test_a_corp_has_a_hundred_and_only_who_made_one_changes_it() -> None:
    corp = with_second_app()
    made = [corp.post(f"{PATH}/add", text(), secret=secret) for secret in (SECRET, "second-secret") for _ in range(50)]
    own, foreign = made[0]["template_id"], made[-1]["template_id"]

    full = corp.post(f"{PATH}/add", text())["errcode"]
    read, changed, deleted = (
        corp.post(f"{PATH}/{step}", {"template_id": foreign, **text()})["errcode"] for step in ("get", "edit", "del")
    )

    assert {reply["errcode"] for reply in made} == {0}
    assert (full, read, changed, deleted) == (41055, 0, 41058, 41058)
    corp.post(f"{PATH}/del", {"template_id": own})
    assert corp.post(f"{PATH}/add", text())["errcode"] == 0
