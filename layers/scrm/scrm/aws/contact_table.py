"""The contacts table: relations, customers, aliases and group chats (docs/architecture.md, Tables)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from scrm import clock
from scrm.aws import contact_items as items
from scrm.aws.customer_loads import NOT_ENDED, DynamoCustomerLoads, relations_of
from scrm.aws.owner_changes import OwnerNotes
from scrm.aws.table import Condition, Item, Put, Table, starts_with
from scrm.aws.transactions import transacted, unless_crossed
from scrm.contacts.model import Alias, Claim, Customer, GroupChat, QuotaUse, Relation, RelationDetails, RelationState
from scrm.contacts.ports import Change, Known, RelationKey

_KEEP_SEEN = timedelta(days=3)
_WORTH_A_PAGE = 200  # customers; by key they would be two requests


class DynamoContactRepository:
    """Implements `scrm.contacts.ports.ContactRepository`.

    Customer and relations change in one transaction, each on the version it was read with. The TTL takes ended rows
    after 30 days; nothing reads the sweep as news. ``owner_notes`` are made when an owner changes first.
    """

    def __init__(self, table: Table, owner_notes: Callable[[], Sequence[OwnerNotes]] = tuple) -> None:
        self._table = table
        self._owner_notes = owner_notes

    def read(
        self, relations: Sequence[RelationKey] = (), customers: Sequence[str] = (), aliases: Sequence[str] = ()
    ) -> Known:
        keys = [
            *(items.relation_key(*pair) for pair in dict.fromkeys(relations)),
            *(items.customer_key(external_userid) for external_userid in dict.fromkeys(customers)),
            *(items.alias_key(userid) for userid in dict.fromkeys(aliases)),
        ]
        rows: dict[RelationKey, Relation] = {}
        known: dict[str, Customer] = {}
        renamed: dict[str, Alias] = {}
        for item in self._table.get_many(keys):
            if item["sk"] == "CUSTOMER":
                known[item["external_userid"]] = items.to_customer(item)
            elif item["sk"] == "ALIAS":
                renamed[item["userid"]] = items.to_alias(item)
            else:
                rows[item["userid"], item["external_userid"]] = items.to_relation(item)
        return Known(rows, known, renamed)

    def customers(self, external_userids: Sequence[str]) -> dict[str, Customer]:
        """Those that are known, one request per 100."""
        return dict(self.read(customers=external_userids).customers)

    def details_of(self, userid: str, external_userids: Sequence[str]) -> dict[str, RelationDetails]:
        """What the member noted about these customers; also where the relation ended within the last 30 days.

        Many at once mostly lie side by side, as those of some calls of a handover do: a page or two of his relations
        then have them all. What they leave out is read by key.
        """
        wanted = frozenset(external_userids)
        found: dict[str, RelationDetails] = {}
        rest = sorted(wanted)
        for _ in range(len(wanted) // _WORTH_A_PAGE):
            rows, last = self._table.query_page(_between(userid, rest[0], rest[-1]))
            known = [items.to_relation(row) for row in rows if row["external_userid"] in wanted]
            found |= {row.external_userid: row.details for row in known}
            rest = [each for each in rest if last and items.relation_key(userid, each)["sk"] > last["sk"]]
            if not rest:
                return found
        by_key = self.read(relations=[(userid, each) for each in rest]).relations
        return found | {external_userid: row.details for (_, external_userid), row in by_key.items()}

    def write(self, changes: Sequence[Change]) -> bool:
        puts: list[Put] = []
        for change in changes:
            if change.customer is not None:
                puts.append(Put(items.customer_item(change.customer), items.as_read(change.customer.version)))
            puts += [Put(items.relation_item(row), items.as_read(row.version)) for row in change.relations]
        moved = [
            (change.customer.external_userid, *change.owners, change.customer.version + 1)
            for change in changes
            if change.customer is not None and change.owners is not None
        ]
        notes = self._owner_notes() if moved else ()
        beside = [(each.table, each.puts(moved)) for each in notes]
        return unless_crossed(lambda: self._table.transact(puts, *beside)) is True

    def note_taken_over(self, claim: Claim, external_userids: Sequence[str], quota_use: QuotaUse | None) -> bool:
        from scrm.aws import taken_over  # noqa: PLC0415 - only contact_sync hears of handovers

        return transacted(self._table, taken_over.updates(claim, external_userids, quota_use)) is True

    def relations_of(self, userid: str) -> Iterator[Relation]:
        for item in self._table.query(relations_of(userid), where=NOT_ENDED):
            yield items.to_relation(item)

    def relations_after(self, userid: str, external_userid: str, limit: int) -> list[Relation]:
        found = self._table.query(relations_of(userid, external_userid), where=NOT_ENDED)
        return [items.to_relation(item) for item in islice(found, limit)]

    def count_relations(self, userid: str) -> int:
        return DynamoCustomerLoads(self._table).load_of(userid)

    def count_settled(self, userid: str, until: datetime) -> int:
        values = {
            ":pk": f"MEMBER#{userid}",
            ":after": "CUSTOMER#",
            ":active": RelationState.ACTIVE.value,
            ":deleted": RelationState.DELETED_BY_CUSTOMER.value,
            ":until": clock.to_iso(until),
        }
        condition = Condition("pk = :pk AND sk > :after", values, {"#state": "state"})
        return self._table.count(condition, where="#state IN (:active, :deleted) AND changed_at <= :until")

    def put_alias(self, alias: Alias) -> None:
        older = Condition("attribute_not_exists(pk) OR #at <= :at", {":at": clock.to_iso(alias.at)}, {"#at": "at"})
        self._table.put(items.alias_item(alias), older)

    def note_seen(self, run_id: str, userid: str, external_userids: Sequence[str]) -> None:
        expires_at = int((clock.now() + _KEEP_SEEN).timestamp())
        keys = ({"pk": _seen_pk(run_id, userid), "sk": found} for found in dict.fromkeys(external_userids))
        self._table.batch_write({**key, "expires_at": expires_at} for key in keys)

    def seen_by(self, run_id: str, userid: str) -> Iterator[str]:
        for item in self._table.query(starts_with(_seen_pk(run_id, userid))):
            yield item["sk"]

    def groups_of(self, userid: str) -> Iterator[GroupChat]:
        for item in self._table.query(starts_with(f"OWNER#{userid}", "GROUP#")):
            yield items.to_group(item)

    def group(self, chat_id: str) -> GroupChat | None:
        return next((items.to_group(item) for item in self._group_items(chat_id)), None)

    def put_group(self, group: GroupChat) -> bool:
        older = Condition(
            "attribute_not_exists(pk) OR changed_at <= :changed_at", {":changed_at": clock.to_iso(group.changed_at)}
        )
        stored = self._table.put(items.group_item(group), older)
        for item in self._group_items(group.chat_id):
            if stored and item["owner_userid"] != group.owner_userid:
                self._table.delete(items.group_key(item["owner_userid"], group.chat_id), older)
        return stored

    def remove_group(self, chat_id: str) -> None:
        for item in self._group_items(chat_id):
            self._table.delete(items.group_key(item["owner_userid"], chat_id))

    def _group_items(self, chat_id: str) -> list[Item]:
        of_group = Condition("customer_pk = :group", {":group": f"GROUP#{chat_id}"})
        return list(self._table.query(of_group, index="by_customer"))


def _between(userid: str, first: str, last: str) -> Condition:
    """The member's relations from one customer to another."""
    ends = {":first": items.relation_key(userid, first)["sk"], ":last": items.relation_key(userid, last)["sk"]}
    return Condition("pk = :pk AND sk BETWEEN :first AND :last", {":pk": items.relation_key(userid, "")["pk"], **ends})


def _seen_pk(run_id: str, userid: str) -> str:
    return f"SEEN#{run_id}#{userid}"
