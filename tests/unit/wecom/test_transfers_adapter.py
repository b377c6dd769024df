"""WeCom's inheritance as the handover sees it, on the simulator: either API, also the wrong one."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import batched

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.handover.edges import TransferApi
from scrm.handover.errors import (
    AccountDeletedError,
    AccountStillActiveError,
    OutcomeUnknownError,
    TransferPostponedError,
    TransferRefusedError,
)
from scrm.handover.ports import Transfers, TransferStatus
from scrm.wecom.errors import PermissionDeniedError
from scrm.wecom.transfers import WecomTransfers
from scrm.wecom.translated_calls import OPERATOR_MUST_ACT_AFTER
from tests.simulated_corp import Corp, loaded
from tests.unit.simulator.builders import customer, group, member, relation

ON_JOB, RESIGNED = TransferApi.ON_JOB, TransferApi.RESIGNED
DAY = timedelta(hours=25).total_seconds()


class Inheritance:
    """The adapter on a corp of its own; ``denied`` hears of faults an operator must mend."""

    def __init__(self, corp: Corp) -> None:
        self.corp = corp
        self.denied: list[PermissionDeniedError] = []
        self.adapter = WecomTransfers(corp.client(), self.denied.append, corp.time.now)

    def results(self, api: TransferApi, handover: str = "rm_a", takeover: str = "rm_c") -> list[tuple[str, str]]:
        return list(self.adapter.customer_results(api, handover, takeover))


def with_many_customers(simulator: RunningSimulator) -> tuple[Inheritance, list[str]]:
    """More customers than WeCom lists on one page, all of a member whose userid has capitals."""
    names = [f"wm{number:04}" for number in range(1_100)]
    corp = loaded(
        simulator,
        members=[member("RM_A"), member("rm_b"), member("rm_c")],
        customers=[customer(name) for name in names],
        relations=[relation("RM_A", name) for name in names],
        groups=[],
    )
    return Inheritance(corp), names


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def wecom(simulator: RunningSimulator) -> Inheritance:
    return Inheritance(loaded(simulator))


def test_the_adapter_is_what_the_handover_asks_for(wecom: Inheritance) -> None:
    port: Transfers = wecom.adapter

    assert port.account_exists("rm_a")


def test_an_account_is_gone_once_it_is_deleted(wecom: Inheritance) -> None:
    wecom.corp.control.delete_member("rm_a")

    assert not wecom.adapter.account_exists("rm_a")
    assert wecom.adapter.account_exists("RM_B")


@pytest.mark.parametrize("api", list(TransferApi))
def test_customers_move_by_the_api_that_fits_the_account(wecom: Inheritance, api: TransferApi) -> None:
    if api is RESIGNED:
        wecom.corp.control.delete_member("rm_a")
    codes = wecom.adapter.transfer_customers(api, "rm_a", "rm_c", ["wm1", "wm2", "wmNOBODY"], "您好,我是新的客户经理")
    waiting = wecom.results(api)

    wecom.corp.time.advance(DAY)

    assert (codes["wm1"], codes["wm2"]) == (0, 0)
    assert codes["wmNOBODY"] != 0
    assert waiting == [("wm1", TransferStatus.WAITING), ("wm2", TransferStatus.WAITING)]
    assert wecom.results(api) == [("wm1", TransferStatus.DONE), ("wm2", TransferStatus.DONE)]


def test_the_resigned_api_on_a_living_account_says_so(wecom: Inheritance) -> None:
    with pytest.raises(AccountStillActiveError):
        wecom.adapter.transfer_customers(RESIGNED, "rm_a", "rm_c", ["wm1"])


def test_the_on_job_api_on_a_deleted_account_says_so(wecom: Inheritance) -> None:
    wecom.corp.control.delete_member("rm_a")

    with pytest.raises(AccountDeletedError):
        wecom.adapter.transfer_customers(ON_JOB, "rm_a", "rm_c", ["wm1"])


def test_an_unknown_taker_is_a_refusal_and_not_a_deleted_leaver(wecom: Inheritance) -> None:
    with pytest.raises(TransferRefusedError) as refused:
        wecom.adapter.transfer_customers(ON_JOB, "rm_a", "rm_nobody", ["wm1"])

    assert refused.value.errcode == 60111


def test_an_on_job_list_that_no_longer_knows_a_deleted_account_has_no_rows(wecom: Inheritance) -> None:
    wecom.adapter.transfer_customers(ON_JOB, "rm_a", "rm_c", ["wm1"])
    wecom.corp.control.delete_member("rm_a")
    wecom.corp.control.add_fault("errcode", "externalcontact/transfer_result", errcode=60111, count=1)

    assert wecom.results(ON_JOB) == []


def test_the_on_job_list_of_an_unknown_taker_is_a_refusal(wecom: Inheritance) -> None:
    with pytest.raises(TransferRefusedError):
        wecom.results(ON_JOB, takeover="rm_nobody")


def test_repeated_attempts_on_one_customer_come_in_wecoms_order(wecom: Inheritance) -> None:
    for status in ("refuse", "accept"):
        wecom.adapter.transfer_customers(ON_JOB, "rm_a", "rm_c", ["wm1"])
        wecom.corp.control.decide("wm1", status)

    assert wecom.results(ON_JOB) == [("wm1", TransferStatus.REFUSED), ("wm1", TransferStatus.DONE)]


def test_results_of_several_pages_are_all_read(simulator: RunningSimulator) -> None:
    wecom, names = with_many_customers(simulator)
    for part in batched(names, 100, strict=False):
        wecom.adapter.transfer_customers(ON_JOB, "rm_a", "rm_c", part)

    assert [name for name, _ in wecom.results(ON_JOB)] == names
    assert len(wecom.corp.codes("externalcontact/transfer_result")) == 2


def test_groups_move_by_either_api(wecom: Inheritance) -> None:
    moved = wecom.adapter.transfer_groups(ON_JOB, ["wr1"], "rm_c")
    wecom.corp.control.delete_member("rm_a")
    left = wecom.adapter.transfer_groups(RESIGNED, ["wr2"], "rm_b")
    wecom.corp.time.advance(timedelta(hours=1).total_seconds())

    assert (moved, left) == ({}, {})
    assert [wecom.adapter.group_owner(chat_id) for chat_id in ("wr1", "wr2")] == ["rm_c", "rm_b"]


def test_the_resigned_api_on_groups_of_a_living_owner_says_so(wecom: Inheritance) -> None:
    with pytest.raises(AccountStillActiveError):
        wecom.adapter.transfer_groups(RESIGNED, ["wr1", "wr2"], "rm_c")


def test_the_on_job_api_on_groups_of_a_deleted_owner_says_so(wecom: Inheritance) -> None:
    wecom.corp.control.delete_member("rm_a")

    with pytest.raises(AccountDeletedError):
        wecom.adapter.transfer_groups(ON_JOB, ["wr1", "wr2"], "rm_c")


@pytest.mark.parametrize(("api", "failed", "code"), [(ON_JOB, "wr1", 90502), (RESIGNED, "wr9", 90500)])
def test_groups_of_living_and_departed_owners_in_one_call_come_back_per_group(
    wecom: Inheritance, api: TransferApi, failed: str, code: int
) -> None:
    wecom.corp.control.create_group(group("wr9", "rm_b"))
    wecom.corp.control.delete_member("rm_a")

    assert wecom.adapter.transfer_groups(api, ["wr1", "wr9"], "rm_c") == {failed: code}


def test_a_group_nobody_knows_has_no_owner(wecom: Inheritance) -> None:
    assert wecom.adapter.group_owner("wrNOBODY") == ""


def test_the_unassigned_list_names_leaver_customer_and_time_page_by_page(simulator: RunningSimulator) -> None:
    wecom, names = with_many_customers(simulator)
    wecom.corp.control.delete_member("rm_a")
    left_at = wecom.corp.time.now()

    first = wecom.adapter.unassigned("")
    second = wecom.adapter.unassigned(first.cursor)

    rows = (*first.rows, *second.rows)
    assert (len(first.rows), len(second.rows), second.cursor) == (1_000, 100, "")
    assert sorted((leaver, customer) for leaver, customer, _ in rows) == [("rm_a", name) for name in names]
    assert all(at is not None and abs(at - left_at) < timedelta(minutes=1) for _, _, at in rows)


def test_ownerless_groups_come_with_the_owner_who_left_page_by_page(simulator: RunningSimulator) -> None:
    groups = [group(f"wr{number:03}", "rm_a") for number in range(120)]
    wecom = Inheritance(loaded(simulator, groups=[*groups, group("wr_alive", "rm_b")]))
    wecom.corp.control.delete_member("rm_a")

    first, cursor = wecom.adapter.ownerless_groups("")
    second, end = wecom.adapter.ownerless_groups(cursor)

    assert (len(first), len(second), end) == (100, 20, "")
    assert {*first, *second} == {(f"wr{number:03}", "rm_a") for number in range(120)}


def test_a_lost_answer_is_an_unknown_outcome(wecom: Inheritance) -> None:
    wecom.corp.control.add_fault("drop_after", "externalcontact/transfer_customer", count=1)

    with pytest.raises(OutcomeUnknownError):
        wecom.adapter.transfer_customers(ON_JOB, "rm_a", "rm_c", ["wm1"])

    assert wecom.results(ON_JOB) == [("wm1", TransferStatus.WAITING)]


def test_a_frequency_limit_postpones_until_the_window_is_over(wecom: Inheritance) -> None:
    wecom.corp.control.add_fault("errcode", "externalcontact/transfer_result", errcode=45009, count=1)

    with pytest.raises(TransferPostponedError) as postponed:
        wecom.results(ON_JOB)

    assert postponed.value.not_before > wecom.corp.time.now() + timedelta(seconds=55)


def test_a_missing_permission_is_told_and_tried_again_later(wecom: Inheritance) -> None:
    wecom.corp.control.add_fault("errcode", "user/get", errcode=60020, count=1)
    now = wecom.corp.time.now()

    with pytest.raises(TransferPostponedError) as postponed:
        wecom.adapter.account_exists("rm_a")

    assert [error.errcode for error in wecom.denied] == [60020]
    assert postponed.value.not_before >= now + OPERATOR_MUST_ACT_AFTER
