"""Facts lie with a customer's owner, are found after every change of owner, and never with two."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.audience.dossiers import KEPT_FOR
from scrm.audience.facts import Consent, CustomerFacts
from scrm.audience.intake import FactsReader, FeedImport
from scrm.audience.ports import DossiersBusyError
from scrm.homes import MOST_IN_A_BUCKET
from tests.fakes.audience import NOW, FakeDossiers, FakeOwned, facts

DAY = timedelta(days=1)
OWNERS = ("rm_a", "rm_b", "rm_c", "")


def test_facts_lie_with_the_owner_and_strangers_are_left_out() -> None:
    store = FakeDossiers()
    customers = FakeOwned(store, wm1="rm_a", wm2="rm_b", wm3="")

    taken = FeedImport(customers, store, lambda: NOW).take([facts(f"wm{number}") for number in range(5)])

    assert taken == 3
    assert FactsReader(store).of_owner("rm_a") == {"wm1": facts("wm1")}
    assert FactsReader(store).of_owner("rm_c") == {}


def test_a_thousand_customers_lie_together_and_more_are_split() -> None:
    store = FakeDossiers()
    names = [f"wm{number}" for number in range(2 * MOST_IN_A_BUCKET + 1)]
    customers = FakeOwned(store, **dict.fromkeys(names, "rm_a"))
    feed = FeedImport(customers, store, lambda: NOW)

    feed.take(list(map(facts, names[:MOST_IN_A_BUCKET])))
    assert len(store.buckets["rm_a"]) == 1
    feed.take(list(map(facts, names)))
    feed.take(list(map(facts, names)))

    buckets = store.buckets["rm_a"].values()
    assert max(len(bucket.dossiers) for bucket in buckets) <= MOST_IN_A_BUCKET
    assert sum(len(bucket.dossiers) for bucket in buckets) == len(names)
    store.reads = 0
    assert sorted(FactsReader(store).of_owner("rm_a")) == sorted(names)
    assert store.reads == 1


def test_an_older_file_changes_nothing_and_what_no_file_repeats_is_forgotten() -> None:
    store = FakeDossiers()
    customers = FakeOwned(store, wm1="rm_a", wm2="rm_a")
    now = NOW
    feed = FeedImport(customers, store, lambda: now)
    feed.take([facts("wm1", risk_class=1), facts("wm2")])
    feed.take([facts("wm1", told_at=NOW - DAY, risk_class=5)])
    assert FactsReader(store).of_owner("rm_a")["wm1"] == facts("wm1", risk_class=1)

    now = NOW + KEPT_FOR
    feed.take([facts("wm1", told_at=now)])

    assert sorted(FactsReader(store).of_owner("rm_a")) == ["wm1"]


def test_somebody_faster_is_met_again_and_at_last_told() -> None:
    store = FakeDossiers()
    feed = FeedImport(FakeOwned(store, wm1="rm_a"), store, lambda: NOW)

    store.busy = 5
    assert feed.take([facts("wm1")]) == 1
    store.busy = 6
    with pytest.raises(DossiersBusyError):
        feed.take([facts("wm1", risk_class=1)])


def test_who_comes_back_has_what_was_told_last() -> None:
    store = FakeDossiers()
    customers = FakeOwned(store, wm1="rm_a")
    feed = FeedImport(customers, store, lambda: NOW)
    feed.take([facts("wm1", risk_class=5)])
    customers.move("wm1", "rm_b")
    feed.take([facts("wm1", told_at=NOW + DAY, risk_class=1)])
    customers.move("wm1", "rm_a")

    assert FactsReader(store).of_owner("rm_a") == {"wm1": facts("wm1", told_at=NOW + DAY, risk_class=1)}
    assert FactsReader(store).of_owner("rm_b") == {}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.sampled_from(["wm1", "wm2"]), st.sampled_from(OWNERS)),
        st.tuples(st.just("feed"), st.sampled_from(["wm1", "wm2", "both"]), st.sampled_from(["1", "2"])),
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(STEPS)
def test_each_customer_is_with_his_owner_alone_with_what_was_told_last(steps: list[tuple[str, str, str]]) -> None:
    store = FakeDossiers()
    customers = FakeOwned(store, wm1="rm_a", wm2="rm_b")
    feed = FeedImport(customers, store, lambda: NOW)
    told: dict[str, CustomerFacts] = {}
    for number, (step, name, value) in enumerate(steps):
        if step == "move":
            if customers.by_id[name].owner_userid != value:
                customers.move(name, value)
            continue
        names = ["wm1", "wm2"] if name == "both" else [name]
        rows = [facts(one, told_at=NOW + number * timedelta(hours=1), risk_class=int(value)) for one in names]
        feed.take(rows)
        told |= {row.external_userid: row for row in rows}

    found = {(owner, one): known for owner in OWNERS[:3] for one, known in FactsReader(store).of_owner(owner).items()}

    owned = {(found.owner_userid, one): told.get(one) for one, found in customers.by_id.items() if found.owner_userid}
    assert {place: known for place, known in found.items() if known} == {p: k for p, k in owned.items() if k}
    assert all(place in owned for place in found)


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        ({"is_protected": True}, ["rm_a"]),
        ({"consent": Consent.WITHDRAWN}, ["rm_a"]),
        ({"born_on": date(2010, 1, 1)}, ["rm_a"]),
        ({}, []),
    ],
)
def test_what_bars_somebody_of_whom_nothing_was_told_is_heard(told: dict[str, Any], heard: list[str]) -> None:
    store, restricted = FakeDossiers(), list[str]()
    feed = FeedImport(FakeOwned(store, wm1="rm_a"), store, lambda: NOW, restricted.extend)

    feed.take([facts("wm1", **told)])

    assert restricted == heard


def test_a_lower_class_of_somebody_who_came_since_the_last_feed_is_heard() -> None:
    store, restricted = FakeDossiers(), list[str]()
    customers = FakeOwned(store, wm1="rm_a")
    feed = FeedImport(customers, store, lambda: NOW, restricted.extend)
    feed.take([facts("wm1", risk_class=4)])
    customers.move("wm1", "rm_b")

    feed.take([facts("wm1", risk_class=1, told_at=NOW + timedelta(hours=1))])
    again = list(restricted)
    feed.take([facts("wm1", risk_class=1, told_at=NOW + timedelta(hours=2))])

    assert (again, restricted) == (["rm_b"], ["rm_b"])
