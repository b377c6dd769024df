"""The organisation's source on the WeCom simulator: members by department, look-ups, and how WeCom says no."""

from collections.abc import Iterator

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.org.model import MemberStatus
from scrm.wecom.sources import WecomAddressBook
from tests.simulated_corp import Corp, loaded
from tests.unit.simulator.builders import member


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def corp(simulator: RunningSimulator) -> Corp:
    return loaded(simulator, members=[member("RM_A"), member("rm_b", 20, 10, main_department=20), member("rm_c", 20)])


def test_members_come_with_their_main_department_under_folded_userids(corp: Corp) -> None:
    found = WecomAddressBook(corp.client()).members_of("10", "/1/10/", frozenset({"rm_a"}))

    rows = {row.userid: (row.node_id, row.node_path, row.status, row.serves_customers) for row in found}
    assert rows == {
        "rm_a": ("10", "/1/10/", MemberStatus.ACTIVE, True),
        "rm_b": ("20", "/1/10/", MemberStatus.ACTIVE, False),
    }


def test_department_that_is_gone_has_no_members(corp: Corp) -> None:
    assert list(WecomAddressBook(corp.client()).members_of("99", "/1/99/", frozenset())) == []


def test_member_is_found_until_his_account_is_deleted(corp: Corp) -> None:
    source = WecomAddressBook(corp.client())
    found = source.find("rm_c", frozenset({"rm_c"}))

    corp.control.delete_member("rm_c")

    assert found is not None
    assert (found.node_id, found.node_path, found.serves_customers) == ("20", "", True)
    assert source.find("rm_c", frozenset()) is None
