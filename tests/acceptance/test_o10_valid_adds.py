"""O10, KPI integrity: planted adds are excluded, honest crowds are not, and every exclusion can be told and appealed.

The sets are made from what the news tells of banks' staff (`tests.add_world`), not from the rules' limits. Three
measures are held, on each of several seeds: against the truth of every add; planted against counting adds alone, where
the honest adds that count by no definition (no account, gone within a week, somebody's customer already) are left out;
and, over all seeds, the hard rest: kept first adds of linked customers, where no plain fact decides.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from scrm.adds import lines
from scrm.adds.appeals import AddAppeals, upheld
from scrm.adds.evidence import gathered
from scrm.adds.judging import judge, settled_after
from scrm.adds.model import Answer, Judgement, Rule, State
from scrm.adds.rules import AddRules
from scrm.two_persons import RequestRefusedError
from tests.add_world import ADDS, AddWorld, Truth
from tests.fakes.adds import FakeAppeals, FakeJournal

RULES: Final = AddRules()
SEEDS: Final = range(5)
LATER: Final = datetime(2027, 6, 1, tzinfo=UTC)
PRECISION: Final = 0.95
RECALL: Final = 0.90
PLAIN: Final = {Rule.IS_CUSTOMER, Rule.FIRST_ADD, Rule.NOT_STAFF, Rule.KEPT}


def judged(world: AddWorld, rules: AddRules = RULES) -> list[Judgement]:
    """Every add once nothing new is waited for."""
    days = [add.day for add in world.adds]
    evidence = gathered(world.adds, min(days), max(days), rules)
    later = timedelta(days=settled_after(rules))
    return [judge(each, rules, 1, each.add.day + later) for each in evidence]


@pytest.fixture(scope="module")
def all_worlds() -> Mapping[int, tuple[AddWorld, list[Judgement]]]:
    made = {seed: AddWorld(seed) for seed in SEEDS}
    return {seed: (world, judged(world)) for seed, world in made.items()}


def truth_of(world: AddWorld, judgement: Judgement) -> Truth:
    return world.truth[judgement.evidence.add.add_id]


def excluded(judgements: Sequence[Judgement]) -> list[Judgement]:
    return [each for each in judgements if each.state is State.EXCLUDED]


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_adds_are_excluded_and_honest_ones_are_not(
    all_worlds: Mapping[int, tuple[AddWorld, list[Judgement]]], seed: int
) -> None:
    world, judgements = all_worlds[seed]
    assert len(judgements) == ADDS
    out = excluded(judgements)
    wrong = [each for each in out if truth_of(world, each) is Truth.COUNTS]
    missed = [each for each in judgements if each.state is State.VALID and truth_of(world, each) is not Truth.COUNTS]
    right = len(out) - len(wrong)
    assert right / len(out) >= PRECISION
    assert right / (right + len(missed)) >= RECALL

    planted = [each for each in out if truth_of(world, each).is_planted]
    all_planted = sum(truth.is_planted for truth in world.truth.values())
    assert all_planted > ADDS / 8
    assert len(planted) / (len(planted) + len(wrong)) >= PRECISION
    assert len(planted) / all_planted >= RECALL


@pytest.mark.parametrize("seed", SEEDS)
def test_honest_crowds_at_branch_events_count(
    all_worlds: Mapping[int, tuple[AddWorld, list[Judgement]]], seed: int
) -> None:
    world, judgements = all_worlds[seed]
    guests = [each for each in judgements if each.evidence.add.add_id in world.events]
    customers = [each for each in guests if truth_of(world, each) is Truth.COUNTS]
    assert max(Counter((each.evidence.add.userid, each.evidence.add.day) for each in guests).values()) >= 25
    assert sum(each.state is State.VALID for each in customers) / len(customers) >= 0.97


def test_where_no_plain_fact_decides_the_judging_rules_still_tell(
    all_worlds: Mapping[int, tuple[AddWorld, list[Judgement]]],
) -> None:
    right = wrong = missed = 0
    for world, judgements in all_worlds.values():
        for each in judgements:
            if PLAIN & set(each.reasons):
                continue
            is_planted, is_out = truth_of(world, each).is_planted, each.state is State.EXCLUDED
            right += is_planted and is_out
            wrong += is_out and not is_planted
            missed += is_planted and not is_out
    assert right + missed > 500
    assert right / (right + wrong) >= PRECISION
    assert right / (right + missed) >= RECALL


def test_every_exclusion_says_which_rule_and_what_it_saw(
    all_worlds: Mapping[int, tuple[AddWorld, list[Judgement]]],
) -> None:
    for _, judgements in all_worlds.values():
        for each in excluded(judgements):
            failed = [finding for finding in each.findings if finding.answer is Answer.FAILS]
            assert failed
            assert all(finding.saw for finding in failed)
            assert each.reasons == tuple(finding.rule for finding in failed)


def test_every_exclusion_can_be_appealed_and_another_person_decides(
    all_worlds: Mapping[int, tuple[AddWorld, list[Judgement]]],
) -> None:
    _, judgements = all_worlds[0]
    desk = AddAppeals(FakeAppeals(), FakeJournal(), lambda: timedelta(days=330))
    for each in excluded(judgements):
        asked = desk.ask(each, "I know this customer", "operator:manager", LATER)
        with pytest.raises(RequestRefusedError):
            desk.approve(asked, "operator:manager", LATER, "so do I")
        assert not upheld(each, asked).counts
        approved = desk.approve(asked, "operator:auditor", LATER, "seen his account")
        counted = upheld(each, approved)
        assert counted.counts
        assert lines.from_line(lines.to_line(counted)) == counted


def covered(judgements: Sequence[Judgement]) -> Mapping[str, int]:
    """Customers by node whose add counts: what coverage of valid adds is made of."""
    valid = (each.evidence.add for each in judgements if each.counts)
    return Counter(path for path, _ in {(add.node_path, add.external_userid) for add in valid})


def test_coverage_is_the_same_on_replay(all_worlds: Mapping[int, tuple[AddWorld, list[Judgement]]]) -> None:
    """From the facts in another order, and from the stored lines alone."""
    for seed, (_, judgements) in all_worlds.items():
        stored = b"".join(map(lines.to_line, judgements))
        shuffled = AddWorld(seed)
        random.Random(seed).shuffle(shuffled.adds)
        assert b"".join(map(lines.to_line, judged(shuffled))) == stored

        read = [lines.from_line(line) for line in stored.splitlines(keepends=True)]
        again = [judge(each.evidence, RULES, each.rules_version, each.judged_on) for each in read]
        assert again == judgements
        assert covered(again) == covered(judgements)
        assert sum(covered(again).values()) > ADDS / 2


def test_other_rules_are_another_version_and_tell_so(
    all_worlds: Mapping[int, tuple[AddWorld, list[Judgement]]],
) -> None:
    """A bank that wants fourteen days gets other judgements from the same evidence, under the new version's name."""
    _, judgements = all_worlds[0]
    stricter = replace(RULES, kept_days=14)
    again = [judge(each.evidence, stricter, 2, each.judged_on) for each in judgements]
    assert {each.rules_version for each in again} == {2}
    assert len(excluded(again)) >= len(excluded(judgements))


def test_a_fresh_add_is_provisional_until_it_was_kept_long_enough() -> None:
    world = AddWorld(0)
    first = min(add.day for add in world.adds)
    evidence = gathered(world.adds, first, first, RULES)
    kept = next(each for each in evidence if each.add.lost_at is None and each.add.is_linked)
    states = {days: judge(kept, RULES, 0, first + timedelta(days=days)).state for days in (0, 7, 8)}
    assert states == {0: State.PROVISIONAL, 7: State.PROVISIONAL, 8: State.VALID}
