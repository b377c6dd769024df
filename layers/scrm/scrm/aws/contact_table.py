"""The relation table: who follows whom, who owns which group chat."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import batched

from scrm import clock
from scrm.aws.table import Condition, Item, Put, Table, starts_with
from scrm.contacts.model import GroupChat, Relation, RelationState

SCHEMA_VERSION = 1
_PER_TRANSACTION = 50
_KEEP_ENDED = timedelta(days=30)
_NOT_ENDED = "#state <> :ended"


class DynamoContactRepository:
    """Keys: MEMBER#userid/CUSTOMER#id and OWNER#userid/GROUP#id; index by_customer turns them round.

    The table's TTL takes ended relations after 30 days; nothing reads the sweep as news.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def relations_of(self, userid: str) -> Iterator[Relation]:
        for item in self._table.query(_relations_of(userid), where=_NOT_ENDED):
            yield _to_relation(item)

    def count_relations(self, userid: str) -> int:
        return self._table.count(_relations_of(userid), where=_NOT_ENDED)

    def put_relation(self, relation: Relation) -> bool:
        return self._table.put(_relation_item(relation), _not_newer(relation.changed_at))

    def put_relations(self, relations: Sequence[Relation]) -> int:
        """Fifty in one transaction; where a callback was faster for one of them, the fifty go one by one."""
        stored = 0
        for part in batched(relations, _PER_TRANSACTION, strict=False):
            puts = [Put(_relation_item(relation), _not_newer(relation.changed_at)) for relation in part]
            stored += len(part) if self._table.transact(puts) else sum(map(self.put_relation, part))
        return stored

    def end_relation(self, userid: str, external_userid: str, at: datetime) -> bool:
        ended = Relation(userid, external_userid, RelationState.ENDED, at, at)
        expires_at = int((at + _KEEP_ENDED).timestamp())
        return self._table.put({**_relation_item(ended), "expires_at": expires_at}, _not_newer(at))

    def groups_of(self, userid: str) -> Iterator[GroupChat]:
        for item in self._table.query(starts_with(f"OWNER#{userid}", "GROUP#")):
            yield _to_group(item)

    def group(self, chat_id: str) -> GroupChat | None:
        return next((_to_group(item) for item in self._group_items(chat_id)), None)

    def put_group(self, group: GroupChat) -> None:
        self._table.put(
            {
                **_group_key(group.owner_userid, group.chat_id),
                "schema_version": SCHEMA_VERSION,
                "customer_pk": f"GROUP#{group.chat_id}",
                "chat_id": group.chat_id,
                "owner_userid": group.owner_userid,
                "name": group.name,
                "changed_at": clock.to_iso(group.changed_at),
            }
        )
        for item in self._group_items(group.chat_id):
            if item["owner_userid"] != group.owner_userid:
                self._table.delete(_group_key(item["owner_userid"], group.chat_id))

    def remove_group(self, chat_id: str) -> None:
        for item in self._group_items(chat_id):
            self._table.delete(_group_key(item["owner_userid"], chat_id))

    def take_over(self, handover_userid: str, relations: Sequence[Relation]) -> None:
        wanted = {(relation.userid, relation.external_userid): relation for relation in relations}
        there = self._table.get_many([_relation_key(*pair) for pair in wanted])
        ended = RelationState.ENDED.value
        known = {(item["userid"], item["external_userid"]) for item in there if item["state"] != ended}
        self._table.batch_write(
            puts=[_relation_item(relation) for pair, relation in wanted.items() if pair not in known],
            deletes=[_relation_key(handover_userid, relation.external_userid) for relation in relations],
        )

    def _group_items(self, chat_id: str) -> list[Item]:
        of_group = Condition("customer_pk = :group", {":group": f"GROUP#{chat_id}"})
        return list(self._table.query(of_group, index="by_customer"))


def _relations_of(userid: str) -> Condition:
    values = {":pk": f"MEMBER#{userid}", ":sk": "CUSTOMER#", ":ended": RelationState.ENDED.value}
    return Condition("pk = :pk AND begins_with(sk, :sk)", values, {"#state": "state"})


def _not_newer(changed_at: datetime) -> Condition:
    known = "attribute_not_exists(pk) OR changed_at <= :changed_at"
    return Condition(known, {":changed_at": clock.to_iso(changed_at)})


def _relation_key(userid: str, external_userid: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{userid}", "sk": f"CUSTOMER#{external_userid}"}


def _group_key(userid: str, chat_id: str) -> dict[str, str]:
    return {"pk": f"OWNER#{userid}", "sk": f"GROUP#{chat_id}"}


def _relation_item(relation: Relation) -> Item:
    return {
        **_relation_key(relation.userid, relation.external_userid),
        "schema_version": SCHEMA_VERSION,
        "customer_pk": f"CUSTOMER#{relation.external_userid}",
        "userid": relation.userid,
        "external_userid": relation.external_userid,
        "state": relation.state.value,
        "since": clock.to_iso(relation.since),
        "changed_at": clock.to_iso(relation.changed_at),
    }


def _to_relation(item: Item) -> Relation:
    return Relation(
        userid=item["userid"],
        external_userid=item["external_userid"],
        state=RelationState(item["state"]),
        since=clock.from_iso(item["since"]),
        changed_at=clock.from_iso(item["changed_at"]),
    )


def _to_group(item: Item) -> GroupChat:
    return GroupChat(
        chat_id=item["chat_id"],
        owner_userid=item["owner_userid"],
        name=item["name"],
        changed_at=clock.from_iso(item["changed_at"]),
    )
