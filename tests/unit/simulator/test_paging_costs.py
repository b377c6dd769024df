"""Pages of long lists cost the page: the order is kept, and rows beyond the page are not looked at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulator.sorted_keys import SortedKeys
from local.simulator.transfer_book import TransferAttempt

from .builders import DAY, Corp, customer, group, member, relation, small_world

BATCH = "externalcontact/batch/get_by_user"
UNASSIGNED = "externalcontact/get_unassigned_list"
RESULT = "externalcontact/transfer_result"
GROUPS = "externalcontact/groupchat/list"
NAMES = [f"wm{number:04d}" for number in range(1_200)]


@dataclass
class CountedKeys:
    """A collection that knows how often it was gone through."""

    keys: set[int] = field(default_factory=set)
    passes: int = 0

    def __iter__(self) -> Iterator[int]:
        self.passes += 1
        return iter(self.keys)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=200))
def test_the_order_is_right_after_any_changes(steps: list[tuple[int, bool]]) -> None:
    collection, order = CountedKeys(), SortedKeys[int]()
    for key, reads in steps:
        if key in collection.keys:
            collection.keys.remove(key)
            order.removed(key)
        else:
            collection.keys.add(key)
            order.added(key)

        if reads:
            assert order.read(collection) == sorted(collection.keys)


def test_the_collection_is_gone_through_once_while_little_changes() -> None:
    collection, order = CountedKeys(set(range(1_000))), SortedKeys[int]()

    for key in range(1_000, 1_100):
        order.read(collection)
        collection.keys.add(key)
        order.added(key)

    assert list(order.read(collection)) == list(range(1_100))
    assert collection.passes == 1


def big_corp() -> Corp:
    return Corp(
        small_world(
            members=[member("rm_a"), member("rm_c")],
            customers=[customer(name) for name in NAMES],
            relations=[relation("rm_a", name) for name in reversed(NAMES)],
            groups=[group(f"wr{number:04d}", "rm_a") for number in range(30)],
            tag_groups=[],
        )
    )


def test_a_batch_scan_sees_every_customer_once_although_some_come_and_go_meanwhile() -> None:
    corp, seen, cursor = big_corp(), list[str](), ""
    actions = corp.simulator.actions
    while True:
        page = corp.post(BATCH, {"userid_list": ["rm_a"], "limit": 100, "cursor": cursor})
        seen += [row["external_contact"]["external_userid"] for row in page["external_contact_list"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
        actions.remove_by_member("rm_a", seen[-1])
        corp.befriend("rm_a", seen[-2])

    assert seen == NAMES


@pytest.mark.parametrize("order", ["dimission", "customer"])
def test_an_unassigned_scan_goes_on_while_rows_leave_it(order: str) -> None:
    corp = big_corp()
    corp.set_knobs(unassigned_order=order)
    corp.leave("rm_a")
    first = corp.post(UNASSIGNED, {"page_size": 600})
    corp.transfer("resigned", "rm_a", "rm_c", *NAMES[500:600])
    corp.advance(DAY)

    second = corp.post(UNASSIGNED, {"page_size": 600, "cursor": first["next_cursor"]})

    assert [row["external_userid"] for row in first["info"]] == NAMES[:600]
    assert [row["external_userid"] for row in second["info"]] == NAMES[600:]
    assert (second["is_last"], len(corp.post(UNASSIGNED)["info"])) == (True, 1_000)


class CountedAttempts(list[TransferAttempt]):
    """Counts the attempts that a page looks at."""

    looked_at = 0

    def __getitem__(self, number: Any) -> Any:
        self.looked_at += 1
        return super().__getitem__(number)


def test_a_page_of_results_looks_at_the_page_only() -> None:
    corp = big_corp()
    for start in range(0, 1_200, 100):
        corp.transfer("onjob", "rm_a", "rm_c", *NAMES[start : start + 100])
    by_pair = corp.simulator.simulation.state.transfers.by_pair
    (pair,) = by_pair
    by_pair[pair] = attempts = CountedAttempts(by_pair[pair])
    body = {"handover_userid": "rm_a", "takeover_userid": "rm_c"}
    cursor = corp.post(RESULT, body)["next_cursor"]
    attempts.looked_at = 0

    rows = corp.post(RESULT, {**body, "cursor": cursor})["customer"]

    assert [row["external_userid"] for row in rows] == NAMES[1_000:]
    assert attempts.looked_at <= 2 * 200 + 20


def test_groups_are_listed_in_order_after_one_was_dismissed_and_one_made() -> None:
    corp = big_corp()
    first = corp.post(GROUPS, {"limit": 10})
    corp.simulator.group_actions.dismiss("wr0015")

    second = corp.post(GROUPS, {"limit": 10, "cursor": first["next_cursor"]})

    listed = [row["chat_id"] for row in first["group_chat_list"] + second["group_chat_list"]]
    assert listed == [f"wr{number:04d}" for number in range(21) if number != 15]
