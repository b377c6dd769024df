from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scrm.contacts.model import GroupChat, Relation, RelationState
from scrm.contacts.sync import ContactChanges, ContactSync

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass
class FakeSource:
    """Implements CustomerSource."""

    relations: list[Relation] = field(default_factory=list)
    groups: dict[str, GroupChat] = field(default_factory=dict)

    def members_serving_customers(self) -> list[str]:
        return sorted({relation.userid for relation in self.relations})

    def relations_of(self, userids: Sequence[str]) -> Iterator[Relation]:
        yield from [relation for relation in self.relations if relation.userid in userids]

    def groups_of(self, userid: str) -> Iterator[str]:
        yield from [chat_id for chat_id, group in self.groups.items() if group.owner_userid == userid]

    def group(self, chat_id: str) -> GroupChat | None:
        return self.groups.get(chat_id)


class FakeContactRepository:
    """Implements ContactRepository with the table's rule: news older than what is known is dropped."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Relation] = {}
        self.group_rows: dict[str, GroupChat] = {}

    def relations_of(self, userid: str) -> Iterator[Relation]:
        yield from [row for row in self.rows.values() if row.userid == userid and row.state is not RelationState.ENDED]

    def put_relation(self, relation: Relation) -> bool:
        known = self.rows.get((relation.userid, relation.external_userid))
        if known and known.changed_at > relation.changed_at:
            return False
        self.rows[relation.userid, relation.external_userid] = relation
        return True

    def put_relations(self, relations: Sequence[Relation]) -> int:
        return sum(map(self.put_relation, relations))

    def end_relation(self, userid: str, external_userid: str, at: datetime) -> bool:
        return self.put_relation(Relation(userid, external_userid, RelationState.ENDED, at, at))

    def groups_of(self, userid: str) -> Iterator[GroupChat]:
        yield from [group for group in self.group_rows.values() if group.owner_userid == userid]

    def group(self, chat_id: str) -> GroupChat | None:
        return self.group_rows.get(chat_id)

    def put_group(self, group: GroupChat) -> None:
        self.group_rows[group.chat_id] = group

    def remove_group(self, chat_id: str) -> None:
        self.group_rows.pop(chat_id, None)

    def take_over(self, handover_userid: str, relations: Sequence[Relation]) -> None:
        for relation in relations:
            self.rows.pop((handover_userid, relation.external_userid), None)
            self.rows.setdefault((relation.userid, relation.external_userid), relation)


def relation(userid: str, customer: str, state: RelationState = RelationState.ACTIVE, since: datetime = T0) -> Relation:
    return Relation(userid, customer, state, since, since)


def test_first_pass_stores_everything_and_the_second_finds_nothing_to_do() -> None:
    source = FakeSource(
        [relation("rm_a", f"wm{place}") for place in range(5)], {"wr1": GroupChat("wr1", "rm_a", "沙龙", T0)}
    )
    sync = ContactSync(source, FakeContactRepository())

    first = sync.sync_members(["rm_a"], T0 + timedelta(hours=1))
    second = sync.sync_members(["rm_a"], T0 + timedelta(hours=2))

    assert (first.relations_stored, first.groups_stored, first.drift) == (5, 1, 6)
    assert (second.relations_seen, second.drift) == (5, 0)


def test_relation_wecom_no_longer_has_is_removed() -> None:
    repository = FakeContactRepository()
    repository.put_relation(relation("rm_a", "wm_gone"))

    result = ContactSync(FakeSource(), repository).sync_members(["rm_a"], T0 + timedelta(hours=1))

    assert result.relations_removed == 1
    assert list(repository.relations_of("rm_a")) == []


def test_callback_that_arrives_during_the_pass_wins() -> None:
    repository = FakeContactRepository()
    changes = ContactChanges(FakeSource(), repository)
    changes.added("rm_a", "wm_new", T0 + timedelta(minutes=5))

    ContactSync(FakeSource(), repository).sync_members(["rm_a"], T0)

    assert ("rm_a", "wm_new") in repository.rows


def test_customer_who_deleted_the_member_stays_marked_although_wecom_still_lists_him() -> None:
    source, repository = FakeSource([relation("rm_a", "wm1")]), FakeContactRepository()
    sync = ContactSync(source, repository)
    sync.sync_members(["rm_a"], T0 + timedelta(hours=1))

    ContactChanges(source, repository).deleted_by_customer("rm_a", "wm1", T0 + timedelta(hours=2))
    sync.sync_members(["rm_a"], T0 + timedelta(hours=3))
    state: RelationState = repository.rows["rm_a", "wm1"].state
    assert state is RelationState.DELETED_BY_CUSTOMER

    source.relations = [relation("rm_a", "wm1", since=T0 + timedelta(hours=4))]
    sync.sync_members(["rm_a"], T0 + timedelta(hours=5))
    state = repository.rows["rm_a", "wm1"].state
    assert state is RelationState.ACTIVE


def test_group_follows_its_owner() -> None:
    source, repository = FakeSource(groups={"wr1": GroupChat("wr1", "rm_a", "沙龙", T0)}), FakeContactRepository()
    changes = ContactChanges(source, repository)
    changes.group_changed("wr1", T0)

    source.groups["wr1"] = replace(source.groups["wr1"], owner_userid="rm_b")
    changes.group_changed("wr1", T0)
    assert [group.chat_id for group in repository.groups_of("rm_b")] == ["wr1"]

    changes.group_dismissed("wr1")
    assert repository.group_rows == {}


STEPS = st.tuples(st.sampled_from(["add", "half", "del", "unfollow"]), st.sampled_from(["wm1", "wm2"]))


@given(
    st.lists(STEPS, max_size=10).flatmap(lambda steps: st.tuples(st.just(steps), st.permutations([*range(len(steps))])))
)
def test_callbacks_in_any_order_and_twice_end_in_the_newest_state(
    told: tuple[list[tuple[str, str]], list[int]],
) -> None:
    steps, order = told
    in_order, shuffled = FakeContactRepository(), FakeContactRepository()

    for repository, places in ((in_order, range(len(steps))), (shuffled, [*order, *range(len(steps))])):
        changes = ContactChanges(FakeSource(), repository)
        for place in places:
            apply(changes, *steps[place], T0 + timedelta(seconds=place))

    assert shuffled.rows == in_order.rows


def apply(changes: ContactChanges, kind: str, customer: str, at: datetime) -> None:
    match kind:
        case "add" | "half":
            changes.added("rm_a", customer, at, half=kind == "half")
        case "unfollow":
            changes.deleted_by_customer("rm_a", customer, at)
        case _:
            changes.deleted_by_member("rm_a", customer, at)
