"""Counters after any story are those of the facts: what came twice, late, out of order or in half changed nothing."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scrm import clock, ids
from scrm.clock import BUSINESS_ZONE
from scrm.kpi.rollup import RollUp, Window
from tests.fakes.rollup import FakeRollupStores, InjectedFaultError

BEGIN = datetime(2027, 3, 1, 2, tzinfo=UTC)
PATHS = ("/1/", "/1/10/", "/1/10/12/", "/1/10/13/", "/1/20/21/", "/1/20/22/221/", "/1/30/12/")
type Figures = dict[tuple[str, date], dict[str, int]]


def happening(number: int) -> tuple[str, dict[str, Any]]:
    """The fact of a number, always the same."""
    kind = ("contact_added", "message_archived", "add_judged")[number % 3]
    more: dict[str, Any] = {"messages_out": number % 4, "messages_in": 1} if kind == "message_archived" else {}
    return kind, {
        "event_id": ids.derive("event", str(number)),
        "occurred_at": clock.to_iso(BEGIN - timedelta(hours=7 * (number % 11))),
        "node_path": PATHS[number % len(PATHS)],
        "userid": f"rm{number % 5}",
        **more,
    }


def judgement(number: int, telling: int) -> dict[str, Any]:
    return {"valid": (number + telling) % 3 > 0, "told_at": clock.to_iso(BEGIN + timedelta(minutes=telling))}


class Stories(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.stores = FakeRollupStores()
        self.now = BEGIN
        self.documents = 0
        self.told: dict[int, tuple[str, dict[str, Any]]] = {}

    @property
    def rollup(self) -> RollUp:
        return self.stores.rollup(lambda: self.now, most_bytes=2_000)

    @rule(numbers=st.lists(st.integers(0, 40), min_size=1, max_size=8), telling=st.integers(0, 3))
    def facts_land(self, numbers: list[int], telling: int) -> None:
        by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for number in numbers:
            kind, fact = happening(number)
            if kind == "add_judged":
                fact |= judgement(number, telling)
            by_kind[kind].append(fact)
            known = self.told.get(number)
            if known is None or known[1].get("told_at", "") < fact.get("told_at", ""):
                self.told[number] = (kind, fact)
        for kind, lines in by_kind.items():
            self.documents += 1
            landing = self.now.astimezone(BUSINESS_ZONE).date()
            self.stores.write(kind, landing, f"{self.documents * 7919 % 1000:03d}-{self.documents}", lines)

    @rule(calls=st.integers(0, 60))
    def a_run_dies(self, calls: int) -> None:
        self.stores.faults = calls
        try:
            list(self.rollup.run(lambda: True))
        except InjectedFaultError:
            pass
        finally:
            self.stores.faults = None

    @rule()
    def time_runs_out(self) -> None:
        looks = iter([True, True, False])
        list(self.rollup.run(lambda: next(looks, False)))

    @rule(back=st.integers(0, 3))
    def a_slow_one_applies_a_window_that_others_finished(self, back: int) -> None:
        if (number := self.stores.cursor - back) > 0:
            self.rollup._apply(self.stores.windows[number], lambda: True)

    @rule(days=st.integers(1, 3))
    def days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(back=st.integers(0, 4))
    def a_day_is_counted_anew(self, back: int) -> None:
        list(self.rollup.recount(BEGIN.date() - timedelta(days=back), lambda: True))

    @invariant()
    def a_figure_never_exceeds_what_happened(self) -> None:
        expected = self.expected()
        for place, counts in self.figures(self.stores).items():
            assert counts.get("added", 0) <= expected.get(place, {}).get("added", 0)

    def teardown(self) -> None:
        list(self.rollup.run(lambda: True))
        assert self.figures(self.stores) == self.expected()

        anew = FakeRollupStores()
        anew.files = dict(reversed(self.stores.files.items()))
        anew.windows[1] = LOOKS_NOWHERE
        recounting = anew.rollup(lambda: self.now)
        for back in range(6):
            list(recounting.recount(BEGIN.date() - timedelta(days=back), lambda: True))
        assert self.figures(anew) == self.expected()

    def figures(self, stores: FakeRollupStores) -> Figures:
        places = {(node, day) for node, day, _, _ in stores.measures.packs}
        found = {(node, day): stores.measures.of_days(node, day, day)[day] for node, day in places}
        return {place: counts for place, counts in found.items() if counts}

    def expected(self) -> Figures:
        figures: Figures = defaultdict(dict)
        for kind, fact in self.told.values():
            day = clock.from_iso(fact["occurred_at"]).astimezone(BUSINESS_ZONE).date()
            for node in filter(None, fact["node_path"].split("/")):
                counts = figures[node, day]
                for measure, amount in amounts(kind, fact).items():
                    if amount:
                        counts[measure] = counts.get(measure, 0) + amount
        return {place: counts for place, counts in figures.items() if counts}


def amounts(kind: str, fact: dict[str, Any]) -> dict[str, int]:
    if kind == "contact_added":
        return {"added": 1}
    if kind == "message_archived":
        return {"messages_out": fact["messages_out"], "messages_in": fact["messages_in"]}
    return {"valid_added": int(fact["valid"]), "adds_decided": int(fact["valid"])}


LOOKS_NOWHERE = Window(1, BEGIN, date(2030, 1, 1), ())
"""With it nothing is counted but what is counted anew."""
TestStories = Stories.TestCase
TestStories.settings = settings(
    max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
