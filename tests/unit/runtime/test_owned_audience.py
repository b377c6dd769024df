"""The audience "everybody": who is in it, in what order, whatever interrupts the freezing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrm.audience.heard import HeardNeed
from scrm.audience.intake import FactsReader, FeedImport
from scrm.audience.lists import CustomerList
from scrm.audience.segments import Segment
from scrm.aws.snapshot_documents import PREFIX, BucketSnapshots
from scrm.campaign.exclusions import Exclusions
from scrm.campaign.model import Audience, Campaign
from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import Channel
from scrm.contacts.model import Customer, GroupChat, Relation, RelationDetails, RelationState
from scrm.org.model import Member, MemberStatus, OrgNode
from scrm.runtime import frozen_once, owned_audience
from scrm.runtime.known_segments import ALL_CUSTOMERS, KnownSegments
from scrm.runtime.owned_audience import OwnedAudience
from scrm.runtime.segment_targets import FactsAndTags, SegmentTargets
from tests.fakes.audience import FakeDossiers, FakeHeardNeeds, FakeLists, FakeOwned, FakeSegments, facts
from tests.fakes.campaigns import definition
from tests.fakes.dispatch import FakeContents, FakeNeeds, FakePermissions, FakeRules

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@dataclass
class FakeBucket:
    """Documents in memory; ``writes`` counts those that were stored."""

    stored: dict[str, bytes] = field(default_factory=dict)
    writes: int = 0

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool:
        if if_absent and key in self.stored:
            return False
        self.stored[key] = body
        self.writes += 1
        return True

    def beginning(self, key: str, most: int) -> bytes | None:
        return self.stored[key][:most] if key in self.stored else None

    def stream_lines(self, key: str) -> Iterator[bytes]:
        yield from self.stored[key].splitlines(keepends=True)


@dataclass
class FakeBank:
    """Staff and relations. ``customers``: accountable owner by customer; every member follows everybody."""

    members: list[Member] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    states: dict[str, RelationState] = field(default_factory=dict)
    bucket: FakeBucket = field(default_factory=FakeBucket)
    rules: FakeRules = field(default_factory=FakeRules)
    needs: FakeNeeds = field(default_factory=FakeNeeds)
    segments: FakeSegments = field(default_factory=FakeSegments)
    lists: FakeLists = field(default_factory=FakeLists)
    dossiers: FakeDossiers = field(default_factory=FakeDossiers)
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    heard: FakeHeardNeeds = field(default_factory=FakeHeardNeeds)
    moves: int = 0

    def all_nodes(self) -> Iterator[OrgNode]:
        paths = {"/1/", *(member.node_path for member in self.members)}
        yield from (OrgNode(path.split("/")[-2], "", path, "") for path in sorted(paths))

    def members_of_branch(self, branch_id: str) -> Iterator[Member]:
        found = [member for member in self.members if f"/{branch_id}/" in member.node_path]
        yield from sorted(found, key=lambda member: member.userid)

    def relations_of(self, userid: str) -> Iterator[Relation]:
        for customer in sorted(self.owners):
            details = RelationDetails(tag_ids=self.tags.get(customer, ()))
            yield Relation(userid, customer, self.states.get(customer, RelationState.ACTIVE), AT, AT, details)

    def customers(self, external_userids: Sequence[str]) -> dict[str, Customer]:
        return {one: Customer(one, owner_userid=self.owners[one]) for one in external_userids if one in self.owners}

    def groups_of(self, userid: str) -> Iterator[GroupChat]:
        yield GroupChat(f"wr_{userid}", userid, "", AT)

    def move(self, external_userid: str, to_userid: str) -> None:
        """Another owner, with the notes of that transaction."""
        self.moves += 1
        self.dossiers.note_owners([(external_userid, self.owners[external_userid], to_userid, self.moves)])
        self.owners[external_userid] = to_userid

    @property
    def audience(self) -> OwnedAudience:
        exclusions = Exclusions(FakeContents(), FakePermissions(), self.rules, self.needs)
        targets = SegmentTargets(
            self.segments, FactsAndTags(FactsReader(self.dossiers), self, self.heard), self.lists, self
        )
        return OwnedAudience(self, self, exclusions, BucketSnapshots(self.bucket), targets, self.dossiers)

    def freeze(self, campaign: Campaign | None = None, at: datetime = AT) -> Audience:
        found = None
        while found is None:
            found = self.audience.freeze(campaign or a_campaign(), at, lambda: False)
        return found

    def listed(self, snapshot_id: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for owner in self.audience.owners(snapshot_id):
            found |= self.audience.customers(snapshot_id, owner.part, [owner.userid])
        return found


def member(userid: str, path: str = "/1/10/11/", status: MemberStatus = MemberStatus.ACTIVE) -> Member:
    return Member(userid, "", path.split("/")[-2], path, status, serves_customers=True, changed_at=AT)


def a_campaign(path: str = "/1/10/", **changes: object) -> Campaign:
    return Campaign("camp_1", definition(segment_id=ALL_CUSTOMERS, **changes), path, "maker", AT)


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> FakeBank:
    """Three members of the branch with three customers each, two a part; another branch with one."""
    monkeypatch.setattr(owned_audience, "_OWNERS_PER_PART", 2)
    return full_bank()


def full_bank() -> FakeBank:
    made = FakeBank([member("rm_c"), member("rm_a"), member("rm_b", "/1/10/12/"), member("rm_x", "/1/20/")])
    made.owners = {
        f"wm_{userid}_{number}": userid for userid in ("rm_a", "rm_b", "rm_c", "rm_x") for number in range(3)
    }
    return made


def test_it_holds_the_customers_for_whom_a_member_under_the_node_answers(bank: FakeBank) -> None:
    found = bank.freeze()

    assert bank.listed(found.snapshot_id) == {
        userid: tuple(f"wm_{userid}_{number}" for number in range(3)) for userid in ("rm_a", "rm_b", "rm_c")
    }
    assert (found.candidates, found.customers, found.owners, len(found.sample)) == (9, 9, 3, 5)
    assert [owner.part for owner in bank.audience.owners(found.snapshot_id)] == [0, 0, 1]
    assert sorted(bank.bucket.stored) == [f"{PREFIX}{found.snapshot_id}/{number:06d}" for number in (0, 1)]


def test_a_team_and_the_whole_bank_are_audiences_too(bank: FakeBank) -> None:
    team, everybody = (
        bank.freeze(a_campaign("/1/10/12/")),
        bank.freeze(replace(a_campaign("/1/"), campaign_id="camp_2")),
    )

    assert (team.candidates, everybody.candidates) == (3, 12)


def test_group_chats_are_the_audience_of_a_campaign_to_groups(bank: FakeBank) -> None:
    found = bank.freeze(a_campaign(channel=Channel.GROUP))

    assert bank.listed(found.snapshot_id) == {userid: (f"wr_{userid}",) for userid in ("rm_a", "rm_b", "rm_c")}


def test_whoever_is_left_out_is_counted_with_his_reason(bank: FakeBank) -> None:
    bank.rules.reasons = {"wm_rm_a_0": "opted_out"}
    bank.states["wm_rm_a_1"] = RelationState.DELETED_BY_CUSTOMER
    bank.members[0] = member("rm_c", status=MemberStatus.LEFT)

    found = bank.freeze()

    assert dict(found.excluded) == {"no_active_owner": 3, "opted_out": 1}
    assert (found.candidates, found.customers) == (8, 4)
    assert bank.listed(found.snapshot_id)["rm_a"] == ("wm_rm_a_0", "wm_rm_a_2")


def test_the_most_pressing_needs_stand_first_and_those_left_out_last(bank: FakeBank) -> None:
    bank.rules.reasons = {"wm_rm_a_0": "opted_out"}
    bank.needs.scores = {"wm_rm_a_0": 90, "wm_rm_a_2": 80, "wm_rm_b_1": 60}

    found = bank.freeze()

    assert bank.listed(found.snapshot_id)["rm_a"] == ("wm_rm_a_2", "wm_rm_a_1", "wm_rm_a_0")
    ranks = {owner.userid: owner.needs for owner in bank.audience.owners(found.snapshot_id)}
    assert ranks == {"rm_a": ((80, 1), (0, 1), (-1, 1)), "rm_b": ((60, 1), (0, 2)), "rm_c": ()}


def test_a_run_that_ends_goes_on_after_the_last_part_and_frozen_again_nothing_is_written(bank: FakeBank) -> None:
    assert bank.audience.freeze(a_campaign(), AT, lambda: False) is None
    bank.owners["wm_rm_a_9"] = "rm_a"

    found = bank.freeze()
    again = bank.freeze()

    assert found == again
    assert "wm_rm_a_9" not in bank.listed(found.snapshot_id)["rm_a"], "his part was written"
    assert bank.bucket.writes == 2


def test_a_customer_who_changes_hands_meanwhile_is_in_it_once(bank: FakeBank) -> None:
    assert bank.audience.freeze(a_campaign(), AT, lambda: False) is None
    bank.move("wm_rm_a_0", "rm_c")

    found = bank.freeze()

    listed = [one for customers in bank.listed(found.snapshot_id).values() for one in customers]
    assert sorted(listed) == sorted(set(listed))
    assert found.candidates == 9


def test_how_far_it_moved_counts_who_came_and_who_went_not_who_changed_hands(bank: FakeBank) -> None:
    before = bank.freeze().snapshot_id
    bank.owners["wm_rm_a_0"] = "rm_b"
    same = bank.freeze(at=AT + timedelta(hours=1)).snapshot_id
    del bank.owners["wm_rm_c_0"]
    bank.owners["wm_new"] = "rm_c"
    later = bank.freeze(at=AT + timedelta(hours=2)).snapshot_id

    assert bank.audience.moved_percent(before, before) == 0
    assert bank.audience.moved_percent(before, same) == 0
    assert bank.audience.moved_percent(before, later) == 23, "two of nine, rounded up"


def test_one_whose_owner_is_gone_has_gone(bank: FakeBank) -> None:
    before = bank.freeze().snapshot_id
    del bank.members[0]

    after = bank.freeze(at=AT + timedelta(hours=1)).snapshot_id

    assert bank.audience.moved_percent(before, after) == 34


def test_any_other_segment_is_refused() -> None:
    with pytest.raises(CampaignRefusedError, match="no such segment"):
        KnownSegments(FakeSegments()).check(definition(segment_id="seg_gold"))


def test_whoever_differs_beyond_what_can_be_told_apart_counts(bank: FakeBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owned_audience, "_MOST_DIFFERING", 1)
    before = bank.freeze().snapshot_id
    bank.owners["wm_rm_a_0"] = "rm_b"

    after = bank.freeze(at=AT + timedelta(hours=1)).snapshot_id

    assert bank.audience.moved_percent(before, after) == 23, "rather too much than too little"


def test_more_group_chats_than_can_be_remembered_are_refused(bank: FakeBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen_once, "MOST_GROUPS", 2)

    with pytest.raises(CampaignRefusedError, match="for each branch"):
        bank.freeze(a_campaign(channel=Channel.GROUP))


def test_one_who_passes_several_owners_meanwhile_is_in_it_once(bank: FakeBank) -> None:
    assert bank.audience.freeze(a_campaign(), AT, lambda: False) is None
    for taker in ("rm_x", "rm_a", "rm_c"):
        bank.move("wm_rm_a_0", taker)

    found = bank.freeze()

    assert found.candidates == 9
    assert "wm_rm_a_0" in bank.listed(found.snapshot_id)["rm_a"]


def test_a_member_who_moves_to_a_later_branch_has_his_turn_once(bank: FakeBank) -> None:
    everybody = a_campaign("/1/")
    assert bank.audience.freeze(everybody, AT, lambda: False) is None
    bank.members[1] = member("rm_a", "/1/20/")

    found = bank.freeze(everybody)

    assert [owner.userid for owner in bank.audience.owners(found.snapshot_id)].count("rm_a") == 1
    assert found.candidates == 12


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 11), st.sampled_from(["rm_a", "rm_b", "rm_c", "rm_x"])), max_size=12))
def test_whatever_changes_hands_nobody_is_in_it_twice_and_who_stays_is(
    monkeypatch: pytest.MonkeyPatch, moves: list[tuple[int, str]]
) -> None:
    """One part a run, and a move between any two of them."""
    monkeypatch.setattr(owned_audience, "_OWNERS_PER_PART", 1)
    bank = full_bank()
    customers, left = sorted(bank.owners), list(moves)
    found = None
    while found is None:
        found = bank.audience.freeze(a_campaign("/1/"), AT, lambda: False)
        for place, taker in left[:3]:
            bank.move(customers[place], taker)
        del left[:3]

    listed = [one for of_owner in bank.listed(found.snapshot_id).values() for one in of_owner]
    moved = {customers[place] for place, _ in moves}
    assert len(listed) == len(set(listed)) == found.candidates
    assert set(customers) - moved <= set(listed)


def test_an_owner_with_many_customers_takes_several_lines(bank: FakeBank) -> None:
    bank.owners |= {f"wm_rm_a_{number:06d}": "rm_a" for number in range(12_000)}

    found = bank.freeze()

    assert len(bank.listed(found.snapshot_id)["rm_a"]) == 12_003
    assert max(map(len, bank.bucket.stored[f"{PREFIX}{found.snapshot_id}/000000"].splitlines())) < 1024 * 1024


SEGMENT = Segment("seg_1", "10", "/1/10/", "黄金客户", "tier = gold", "operator:op", AT - timedelta(days=1))


def of_segment(path: str = "/1/10/", **changes: object) -> Campaign:
    return Campaign("camp_1", definition(segment_id="seg_1", **changes), path, "maker", AT)


def tell(bank: FakeBank, **tiers: str) -> None:
    """The bank's feed."""
    rows = [facts(one, tier=tier, told_at=AT) for one, tier in tiers.items()]
    FeedImport(FakeOwned(bank.dossiers, **bank.owners), bank.dossiers, lambda: AT).take(rows)


def test_a_segment_holds_those_whom_the_banks_facts_fit(bank: FakeBank) -> None:
    bank.segments.add(SEGMENT)
    tell(bank, wm_rm_a_0="gold", wm_rm_a_1="silver", wm_rm_b_2="gold", wm_rm_x_0="gold")

    found = bank.freeze(of_segment())

    assert bank.listed(found.snapshot_id) == {"rm_a": ("wm_rm_a_0",), "rm_b": ("wm_rm_b_2",)}
    assert bank.freeze(of_segment()) == found


def test_a_segment_counts_as_it_was_worded_when_the_audience_was_frozen(bank: FakeBank) -> None:
    bank.segments.add(SEGMENT)
    later = replace(SEGMENT, expression="tier = silver", version=2, made_at=AT + timedelta(minutes=1))
    bank.segments.add(later)
    tell(bank, wm_rm_a_0="gold", wm_rm_a_1="silver")

    assert bank.listed(bank.freeze(of_segment()).snapshot_id) == {"rm_a": ("wm_rm_a_0",)}
    assert bank.listed(bank.freeze(of_segment(), AT + timedelta(hours=1)).snapshot_id) == {"rm_a": ("wm_rm_a_1",)}


def test_a_segment_may_ask_for_the_tags_of_the_owner(bank: FakeBank) -> None:
    bank.segments.add(replace(SEGMENT, expression="tags has any of (tag_vip)"))
    bank.tags = {"wm_rm_a_0": ("tag_vip",)}
    tell(bank, wm_rm_a_0="gold", wm_rm_a_1="gold")

    assert bank.listed(bank.freeze(of_segment()).snapshot_id) == {"rm_a": ("wm_rm_a_0",)}


def test_a_segment_may_ask_for_what_customers_told_their_owner(bank: FakeBank) -> None:
    bank.segments.add(replace(SEGMENT, expression="heard has any of (loan)"))
    bank.tags = {"wm_rm_a_1": ("loan",)}  # a corp tag of that name is no need
    bank.heard.hear(HeardNeed("wm_rm_a_0", "rm_a", "loan", "m1", AT))
    bank.heard.hear(HeardNeed("wm_rm_a_1", "rm_b", "loan", "m2", AT))  # told to somebody who is not his owner
    tell(bank, wm_rm_a_0="gold", wm_rm_a_1="gold")

    assert bank.listed(bank.freeze(of_segment()).snapshot_id) == {"rm_a": ("wm_rm_a_0",)}


def test_nobody_is_chosen_by_sensitive_facts_without_an_impact_assessment(bank: FakeBank) -> None:
    bank.segments.add(replace(SEGMENT, expression="tier = gold and aum_band >= 3 and age < 60"))
    wanted = of_segment()

    for ask in (lambda: bank.freeze(wanted), lambda: KnownSegments(bank.segments).check(wanted.definition)):
        with pytest.raises(CampaignRefusedError, match="chooses by age, aum_band: give the id"):
            ask()

    assessed = of_segment(impact_assessment_id="PIA-2026-014")
    KnownSegments(bank.segments).check(assessed.definition)
    assert bank.freeze(assessed).candidates == 0


def test_a_segment_that_turns_sensitive_after_the_approval_is_refused_at_the_start(bank: FakeBank) -> None:
    bank.segments.add(SEGMENT)
    assert bank.freeze(of_segment()).candidates == 0
    bank.segments.add(replace(SEGMENT, expression="holdings_count >= 1", version=2, made_at=AT + timedelta(minutes=1)))

    with pytest.raises(CampaignRefusedError, match="holdings_count"):
        bank.freeze(of_segment(), AT + timedelta(hours=1))


def test_a_segment_of_another_branch_is_refused_and_one_for_groups(bank: FakeBank) -> None:
    known = KnownSegments(bank.segments)
    bank.segments.add(SEGMENT)
    known.check(definition(segment_id="seg_1"))

    with pytest.raises(CampaignRefusedError, match="no such segment"):
        bank.freeze(of_segment("/1/20/"))
    with pytest.raises(CampaignRefusedError, match="no such segment"):
        bank.freeze(of_segment(), AT - timedelta(days=2))
    with pytest.raises(CampaignRefusedError, match="whole group"):
        known.check(definition(segment_id="seg_1", channel=Channel.GROUP))


def test_a_list_reaches_those_it_names_for_whom_a_member_under_the_node_answers(bank: FakeBank) -> None:
    named = CustomerList(("wm_rm_c_1", "wm_rm_x_0", "wm_nobody", "wm_rm_a_0"), (), 0, "a" * 64)
    made = Segment("seg_1", "10", "/1/10/", "名单", "", "operator:op-1", AT, listed=4, sha256=named.sha256)
    assert bank.segments.add(made)
    wanted = a_campaign()
    wanted = replace(wanted, definition=replace(wanted.definition, segment_id="seg_1"))
    with pytest.raises(CampaignRefusedError, match="not kept any more"):
        bank.freeze(wanted)
    bank.lists.put("seg_1", named)

    found = bank.freeze(wanted)

    assert bank.listed(found.snapshot_id) == {"rm_a": ("wm_rm_a_0",), "rm_c": ("wm_rm_c_1",)}
