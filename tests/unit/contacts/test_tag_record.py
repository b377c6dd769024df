"""Tags we gave ourselves are in our table, whoever wrote the rows meanwhile."""

from dataclasses import replace

import pytest

from scrm.contacts.model import Relation, RelationDetails, RelationState
from scrm.contacts.ports import ContactsBusyError
from scrm.contacts.tags import Retagged, TagRecord
from tests.fakes.contacts import T0, FakeContacts


def contacts(*tag_ids: str) -> FakeContacts:
    found = FakeContacts()
    details = RelationDetails("老客户", tag_ids=tag_ids, personal_tags=("球友",))
    for name in ("wm1", "wm2"):
        found.rows["rm_a"][name] = Relation("rm_a", name, RelationState.ACTIVE, T0, T0, details, 1)
    return found


def tags_of(found: FakeContacts, name: str) -> tuple[str, ...]:
    return found.rows["rm_a"][name].details.tag_ids


def test_only_the_tags_of_the_row_change() -> None:
    found = contacts("vip", "et5")

    TagRecord(found).record("rm_a", [Retagged("wm1", ("et3",), ("et5",))])

    row = found.rows["rm_a"]["wm1"]
    assert row.details == RelationDetails("老客户", tag_ids=("vip", "et3"), personal_tags=("球友",))
    assert {row.changed_at, row.since} == {T0}
    assert tags_of(found, "wm2") == ("vip", "et5")


def test_a_repeat_writes_nothing() -> None:
    found = contacts()
    TagRecord(found).record("rm_a", [Retagged("wm1", ("et3",), ())])
    version = found.rows["rm_a"]["wm1"].version

    TagRecord(found).record("rm_a", [Retagged("wm1", ("et3",), ())])

    assert found.rows["rm_a"]["wm1"].version == version


def test_what_somebody_wrote_meanwhile_stays() -> None:
    found = contacts()

    def edit() -> None:
        row = found.rows["rm_a"]["wm1"]
        found.rows["rm_a"]["wm1"] = replace(row, details=replace(row.details, remark="新备注"), version=row.version + 1)

    found.before_write = edit
    TagRecord(found).record("rm_a", [Retagged("wm1", ("et3",), ())])

    assert found.rows["rm_a"]["wm1"].details.remark == "新备注"
    assert tags_of(found, "wm1") == ("et3",)


def test_a_relation_that_is_gone_is_passed_over() -> None:
    found = contacts()

    TagRecord(found).record("rm_a", [Retagged("wm9", ("et3",), ()), Retagged("wm2", ("et3",), ())])

    assert "wm9" not in found.rows["rm_a"]
    assert tags_of(found, "wm2") == ("et3",)


def test_rows_that_others_never_stop_writing_are_given_up() -> None:
    found = contacts()

    def edit() -> None:
        row = found.rows["rm_a"]["wm1"]
        found.rows["rm_a"]["wm1"] = replace(row, version=row.version + 1)
        found.before_write = edit

    found.before_write = edit

    with pytest.raises(ContactsBusyError):
        TagRecord(found).record("rm_a", [Retagged("wm1", ("et3",), ())])
