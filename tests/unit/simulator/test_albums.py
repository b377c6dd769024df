"""Product albums (content paper, 5.1)."""

from typing import Any

import pytest

from .builders import PNG, Corp, Json, small_world

ADD, GET, LIST, UPDATE, DELETE = (
    f"externalcontact/{name}_product_album{tail}"
    for name, tail in (("add", ""), ("get", ""), ("get", "_list"), ("update", ""), ("delete", ""))
)


def picture(corp: Corp) -> Json:
    reply = corp.upload("media/upload_attachment", PNG, media_type="image", attachment_type=2)
    return {"type": "image", "image": {"media_id": reply["media_id"]}}


def product(corp: Corp, **more: Any) -> Json:
    found = {
        "description": "稳健理财A",
        "price": 100_000,
        "product_sn": "LC001",
        "attachments": [picture(corp)],
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def test_a_product_is_read_changed_and_deleted() -> None:
    corp = Corp()
    body = product(corp)

    product_id = corp.post(ADD, body)["product_id"]
    made = corp.post(GET, {"product_id": product_id})["product"]
    corp.post(UPDATE, {"product_id": product_id, "price": 0})
    after = corp.post(GET, {"product_id": product_id})["product"]
    deleted = corp.post(DELETE, {"product_id": product_id})["errcode"]

    assert (made["description"], made["price"], made["product_sn"]) == ("稳健理财A", 100_000, "LC001")
    assert made["attachments"][0]["image"]["media_id"] == body["attachments"][0]["image"]["media_id"]
    assert isinstance(made["create_time"], int)
    assert (after["price"], after["description"], deleted) == (0, "稳健理财A", 0)
    assert corp.post(GET, {"product_id": product_id})["errcode"] == 41074


def test_the_list_goes_page_by_page_without_the_deleted() -> None:
    corp = Corp()
    made = [corp.post(ADD, product(corp, description=str(number)))["product_id"] for number in range(5)]
    corp.post(DELETE, {"product_id": made[1]})

    first = corp.post(LIST, {"limit": 3})
    second = corp.post(LIST, {"limit": 3, "cursor": first["next_cursor"]})
    over = corp.post(LIST, {"limit": 101})

    listed = [row["product_id"] for page in (first, second) for row in page["product_list"]]
    assert (listed, second["next_cursor"]) == ([made[0], *made[2:]], "")
    assert len(over["product_list"]) == 4
    assert "create_time" not in first["product_list"][0]


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"description": None}, 41073),
        ({"description": "述" * 301}, 41087),
        ({"price": None}, 40063),
        ({"price": 5_000_001}, 41086),
        ({"price": -1}, 41086),
        ({"price": "100"}, 41086),
        ({"product_sn": "LC-001"}, 41085),
        ({"product_sn": "L" * 129}, 41085),
        ({"attachments": []}, 41088),
        ({"attachments": [{"type": "image", "image": {"media_id": "unknown"}}]}, 40007),
        ({"attachments": [{"msgtype": "image", "image": {"media_id": "unknown"}}]}, 41065),
        ({"attachments": [{"type": "image", "image": {}}]}, 41006),
    ],
)
def test_bad_products_are_refused(changes: Json, errcode: int) -> None:
    corp = Corp()

    assert corp.post(ADD, product(corp, **changes))["errcode"] == errcode


def test_ten_pictures_are_too_many_and_a_message_picture_is_none_of_an_album() -> None:
    corp = Corp()
    message_picture = {"type": "image", "image": {"media_id": corp.lend()}}

    assert corp.post(ADD, product(corp, attachments=[picture(corp) for _ in range(10)]))["errcode"] == 41064
    assert corp.post(ADD, product(corp, attachments=[message_picture]))["errcode"] == 40007


def test_any_app_reads_and_only_its_own_changes_a_product() -> None:
    world = small_world()
    world["apps"].append({"app": "second", "agent_id": 9, "secret": "second-secret"})
    corp = Corp(world)
    named = {"product_id": corp.post(ADD, product(corp))["product_id"]}

    read, changed, deleted = (
        corp.post(path, named, secret="second-secret")["errcode"] for path in (GET, UPDATE, DELETE)
    )

    assert (read, changed, deleted) == (0, 60011, 60011)
    assert [corp.post(path, {"product_id": "prd?"})["errcode"] for path in (GET, UPDATE, DELETE)] == [41075] * 3
