"""Moments about products are shown by the tags of customers' risk ceilings (O5, R7, S28), on the simulator.

Tags, rules, packs, adapters, typed client, transport and governor are those of production; our relation table is the
simulator's own, as it is after the nightly pass.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from local.simulator.confirmations import NEVER, ScriptedConfirmation
from scrm.audience.ceiling_tags import CeilingTagging, Mark
from scrm.audience.facts import CustomerFacts
from scrm.audience.intake import FactsReader, FeedImport
from scrm.audience.rules import RuleSettings
from scrm.campaign.ports import ApprovedContent
from scrm.campaign.task import ENDED
from scrm.clock import BUSINESS_ZONE
from scrm.contacts.model import Relation, RelationDetails, RelationState
from scrm.runtime.audience_joins import FactRules
from scrm.runtime.ceiling_joins import ContactTags, NarrowedByCeiling, ShownCeilings
from scrm.wecom.ceiling_marks import WecomCeilingMarks
from tests.fakes.audience import FakeDossiers, FakeOwned, facts
from tests.fakes.contacts import T0
from tests.fakes.dispatch import FakeRules
from tests.faults.test_dispatch_on_unclear_wecom import MEMBERS, OWNERS
from tests.faults.test_moments_on_wecom import SOON, MomentBank
from tests.killing import CallKiller

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLASSES = (1, 2, 3, 4, 5)
# Of rm_a, in the order of his customers; who is none of these was never assessed.
OF_A = [name for name, owner in OWNERS.items() if owner == "rm_a"]
BY_CLASS = dict(zip(CLASSES, OF_A, strict=False))
SENIOR, UNASSESSED = OF_A[5], OF_A[6]


class Library:
    """Implements CeilingTags: the ids are remembered here."""

    def __init__(self, marks: WecomCeilingMarks) -> None:
        self._marks = marks
        self.tag_ids: tuple[str, ...] = ()

    def known(self) -> tuple[str, ...]:
        return self.tag_ids

    def made(self) -> tuple[str, ...]:
        self.tag_ids = self._marks.made()
        return self.tag_ids


class NarrowedBank(MomentBank):
    """Its members offer one product; the bank told of rm_a's customers, one of each class."""

    def __init__(self, risk: int, plans: dict[str, ScriptedConfirmation], **settings: Any) -> None:
        super().__init__(plans)
        self.settings = RuleSettings(**({"ceiling_tags": True} | settings))
        self.time = self.wecom.time
        self.dossiers = FakeDossiers()
        self.marks = WecomCeilingMarks(self.clients(CallKiller()))
        self.library = Library(self.marks)
        shown = ShownCeilings(ContactTags(self), self.library.known)
        rules = FactRules(FactsReader(self.dossiers), lambda: self.settings, shown)
        self.run.rules = cast("FakeRules", rules)
        self.run.contents.product_id, self.run.contents.product_risk = "fund_01", risk
        self.narrowing = NarrowedByCeiling(lambda: self.settings, self.library.known)
        old = self.today.replace(year=self.today.year - 70)
        self.told = [facts(name, risk_class=level, assessed_on=self.today) for level, name in BY_CLASS.items()]
        self.told.append(facts(SENIOR, risk_class=5, assessed_on=self.today, born_on=old))
        self.told.append(facts(UNASSESSED, risk_class=None))
        self.tell(*self.told)

    @property
    def today(self) -> Any:
        return self.time.now().astimezone(BUSINESS_ZONE).date()

    def tell(self, *told: CustomerFacts) -> None:
        restricted: list[str] = []
        owned = FakeOwned(self.dossiers, **OWNERS)
        FeedImport(owned, self.dossiers, self.time.now, restricted.extend).take(
            [replace(each, told_at=self.time.now()) for each in told]
        )
        for owner in restricted:
            self.run.changes().recheck_owner(owner)

    def relations_of(self, userid: str) -> Iterator[Relation]:
        for row in self.wecom.simulator.simulation.world.relations_of(userid):
            details = RelationDetails(tag_ids=tuple(row.tag_ids))
            yield Relation(userid, row.external_userid, RelationState.ACTIVE, T0, T0, details)

    def keep_tags(self) -> None:
        for userid in MEMBERS:
            tagging = CeilingTagging(
                FactsReader(self.dossiers),
                OnlyRead(ContactTags(self)),
                self.library,
                self.marks,
                lambda: self.settings,
                self.time.now,
                lambda _: None,
            )
            tagging.keep(userid, lambda: True)

    def tags_of(self, content: ApprovedContent) -> tuple[str, ...]:
        return self.narrowing.tags_of(content)

    def reasons(self) -> dict[str, str]:
        results = (found for task in self.run.tasks.by_id.values() for found in task.results.items())
        return {one: result.reason for one, result in results if result.state.value == "excluded"}


class OnlyRead:
    """Implements TaggedRelations on what WeCom itself holds."""

    def __init__(self, tags: ContactTags) -> None:
        self.of = tags.of

    def marked(self, userid: str, marks: Sequence[Mark]) -> None:
        """WeCom has it."""


@pytest.mark.parametrize("risk", CLASSES)
def test_of_all_25_pairs_a_moment_is_shown_only_within_the_class(risk: int) -> None:
    bank = NarrowedBank(risk, dict.fromkeys(MEMBERS, SOON))
    bank.keep_tags()

    bank.begin()
    bank.run.pass_time(DAY)

    fitting = {name for level, name in BY_CLASS.items() if level >= risk} | ({SENIOR} if risk <= 2 else set())
    assert bank.shown == fitting
    assert bank.counts() == {"sent": len(fitting), "excluded": len(OWNERS) - len(fitting)}
    assert bank.times_asked() == {"rm_a": 1}


def test_each_customer_who_is_left_out_has_his_reason() -> None:
    bank = NarrowedBank(3, dict.fromkeys(MEMBERS, SOON))
    bank.keep_tags()

    bank.begin()
    bank.run.pass_time(DAY)

    reasons = bank.reasons()
    assert (reasons[BY_CLASS[2]], reasons[SENIOR]) == ("risk_above_profile", "protected_senior")
    assert (reasons[UNASSESSED], reasons[OF_A[7]]) == ("assessment_missing", "not_in_facts")


def test_before_the_tags_are_there_nobody_is_shown_anything() -> None:
    bank = NarrowedBank(3, dict.fromkeys(MEMBERS, SOON))

    bank.begin()
    bank.run.pass_time(DAY)

    assert bank.moments == []
    assert bank.reasons()[BY_CLASS[5]] == "no_ceiling_tag"


def test_a_tag_that_is_too_high_keeps_the_moment_from_all_customers_of_that_member() -> None:
    bank = NarrowedBank(3, dict.fromkeys(MEMBERS, SOON))
    bank.keep_tags()
    bank.marks.mark("rm_a", Mark(UNASSESSED, (bank.library.tag_ids[3],), ()))

    bank.begin()
    bank.run.pass_time(DAY)

    assert bank.moments == []
    assert {bank.reasons()[name] for name in OF_A} == {"ceiling_tags_unsynced"}


def test_a_lower_class_before_the_publication_ends_the_moment_and_those_who_remain_get_another() -> None:
    bank = NarrowedBank(3, dict.fromkeys(MEMBERS, ScriptedConfirmation(after_seconds=2 * 3_600)))
    bank.keep_tags()
    bank.begin()
    bank.run.pass_time(HOUR)

    bank.tell(facts(BY_CLASS[4], risk_class=2, assessed_on=bank.today))
    bank.keep_tags()
    bank.run.pass_time(DAY)

    first, second = bank.moments
    assert first.cancelled_at is not None
    assert [task.published_at for task in first.tasks] == [None]
    assert second.cancelled_at is None
    assert bank.shown == {BY_CLASS[3], BY_CLASS[5]}
    assert bank.reasons()[BY_CLASS[4]] == "risk_above_profile"


def test_wherever_a_process_dies_nobody_is_shown_what_does_not_suit_him() -> None:
    bank = NarrowedBank(3, {"rm_a": SOON, "rm_b": NEVER, "rm_c": NEVER})
    bank.keep_tags()
    bank.run.kill_everywhere = True

    bank.begin()
    bank.run.pass_time(40 * DAY)

    assert bank.run.killer.kills > 20
    assert bank.shown == {BY_CLASS[3], BY_CLASS[4], BY_CLASS[5]}
    assert all(task.state in ENDED for task in bank.run.tasks.by_id.values())


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"ceiling_tags": False}, set()),
        ({"ceiling_tags": False, "public_highest_risk": 3}, set(OWNERS)),
        ({"public_highest_risk": 3}, set(OWNERS)),
    ],
)
def test_without_the_setting_or_below_the_public_level_nothing_is_narrowed(
    settings: dict[str, Any], shown: set[str]
) -> None:
    bank = NarrowedBank(3, dict.fromkeys(MEMBERS, SOON), **settings)

    bank.begin()
    bank.run.pass_time(DAY)

    assert bank.shown == shown
    assert all(moment.tags is None for moment in bank.moments)
