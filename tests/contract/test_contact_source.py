"""The contacts feature's source on the WeCom simulator: lists, details, and how WeCom says no."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.contacts.model import RelationDetails
from scrm.contacts.ports import CursorLostError, FoundRelation, UnknownMemberError
from scrm.wecom.sources import WecomCustomers
from tests.simulated_corp import Corp, loaded
from tests.unit.simulator.builders import customer, group, member, relation

ADDED = datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def corp(simulator: RunningSimulator) -> Corp:
    return loaded(
        simulator,
        members=[member("RM_A"), member("rm_b"), member("rm_c", 20)],
        relations=[
            relation("RM_A", "wm1", remark="老客户", description="基金", tag_ids=["et1"], personal_tags=["球友"]),
            relation("RM_A", "wm2"),
            relation("rm_b", "wm2"),
        ],
        customers=[customer("wm1"), customer("wm2", unionid="oSIM2")],
        groups=[group("wr1", "RM_A")],
    )


def test_page_shows_relations_with_notes_under_folded_userids(corp: Corp) -> None:
    rows, cursor = WecomCustomers(corp.client()).relations_page(["rm_a", "rm_b"], "")

    assert cursor == ""
    assert rows == [
        FoundRelation("rm_a", "wm1", ADDED, RelationDetails("老客户", "基金", ("et1",))),
        FoundRelation("rm_a", "wm2", ADDED, RelationDetails(unionid="oSIM2")),
        FoundRelation("rm_b", "wm2", ADDED, RelationDetails(unionid="oSIM2")),
    ]


def test_details_of_one_customer_name_personal_tags(corp: Corp) -> None:
    source = WecomCustomers(corp.client())

    assert source.details_of("rm_a", "wm1") == RelationDetails("老客户", "基金", ("et1",), ("球友",))
    assert source.details_of("rm_b", "wm2") == RelationDetails(personal_tags=(), unionid="oSIM2")
    assert source.details_of("rm_b", "wm1") is None
    assert source.details_of("rm_a", "wm_unknown") is None


def test_member_without_customers_has_an_empty_page(corp: Corp) -> None:
    assert WecomCustomers(corp.client()).relations_page(["rm_c"], "") == ([], "")


def test_no_customers_said_as_84061_is_an_empty_page(corp: Corp) -> None:
    corp.control.add_fault("errcode", "externalcontact/batch/get_by_user", errcode=84061, count=1)

    assert WecomCustomers(corp.client()).relations_page(["rm_a"], "") == ([], "")


def test_deleted_member_and_forged_cursor_are_told_apart(corp: Corp) -> None:
    source = WecomCustomers(corp.client())
    corp.control.delete_member("rm_b")

    with pytest.raises(UnknownMemberError):
        source.relations_page(["rm_a", "rm_b"], "")
    with pytest.raises(CursorLostError):
        source.relations_page(["rm_a"], "forged")


def test_groups_of_an_owner_who_left_are_not_listed_but_can_be_read(corp: Corp) -> None:
    source = WecomCustomers(corp.client())
    listed = list(source.groups_of("rm_a"))

    corp.control.delete_member("RM_A")

    found = source.group("wr1")
    assert (listed, list(source.groups_of("rm_a"))) == (["wr1"], [])
    assert found is not None
    assert found.owner_userid == "rm_a"
    assert source.group("wr_unknown") is None


def test_long_list_goes_on_at_its_cursor(simulator: RunningSimulator) -> None:
    names = [f"wm{place:04}" for place in range(230)]
    corp = loaded(
        simulator,
        customers=[customer(name) for name in names],
        relations=[relation("rm_a", name) for name in names],
    )
    source = WecomCustomers(corp.client())

    found: list[str] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        rows, cursor = source.relations_page(["rm_a"], cursor)
        found += [row.external_userid for row in rows]
        pages += 1

    assert sorted(found) == names
    assert pages >= 3
