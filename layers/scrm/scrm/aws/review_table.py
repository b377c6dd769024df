"""The review table.

==========================  ====================  ====================================================================
pk                          sk                    item
==========================  ====================  ====================================================================
``CASE#<case>``             ``CASE``              a review case with its hits and steps
``LEXICON#<version>``       ``ENTRY#<entry>``     how often reviewers agreed with an entry of that version
``TALLY#<month>``           ``<branch path>#<kind>#<day>``, what was closed that day
``RULES``                   ``SALT``              by what samples and second reviews are chosen
==========================  ====================  ====================================================================

Index ``by_desk``: ``desk_pk`` is ``OPEN#<desk path>`` or ``CLOSED#<desk path>``, ``desk_sk`` is ``<due_at>#<case>``,
of closed cases ``<closed_at>#<case>``. Index ``by_bank``: ``bank_pk`` is ``OPEN`` or ``CLOSED``. Index ``by_due`` has
what a branch has not closed: ``wait_pk`` is ``BRANCH``. A bank opens some 50,000 cases a day, far below what one
partition of an index takes.
"""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from scrm import clock
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, Update, starts_with
from scrm.node_paths import ROOT_PATH
from scrm.paging import Page
from scrm.review.figures import Tally, tally_of
from scrm.review.model import Disposition, Hit, ReviewCase, ReviewKind, ReviewState, Severity, Step
from scrm.review.ports import EntryVerdicts
from scrm.review.queries import CaseQuery

SCHEMA_VERSION: Final = 1
_AT_ONCE: Final = 98  # a transaction takes 100 writes: the case's own and its tally's besides
_READ: Final = 100
_MOST_READS: Final = 10  # a filter that fits little gives a short page after so many
_WAITS: Final = "BRANCH"
_INDEX_KEYS: Final = {
    "by_desk": ("pk", "sk", "desk_pk", "desk_sk"),
    "by_bank": ("pk", "sk", "bank_pk", "desk_sk"),
}


class DynamoReviewCases:
    """Implements `scrm.review.ports.ReviewCases`."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._salt = ""

    def add(self, case: ReviewCase) -> bool:
        return self._table.put(_item(case, version=1), ABSENT)

    def case(self, case_id: str) -> ReviewCase | None:
        item = self._table.get(_key(case_id))
        return _to_case(item) if item else None

    def save(self, case: ReviewCase, verdicts: Sequence[EntryVerdicts] = ()) -> bool:
        as_read = Condition("#version = :read", {":read": case.version}, {"#version": "version"})
        updates = [_counted(each) for each in verdicts[:_AT_ONCE]]
        if (tally := tally_of(case)) is not None:
            updates.append(_added(tally))
        try:
            return self._table.transact([Put(_item(case, case.version + 1), as_read), *updates])
        except ClientError as error:
            if _met_another(error):  # two cases of one branch are closed at the same moment: the caller reads again
                return False
            raise

    def listed(self, query: CaseQuery, cursor: str | None, limit: int) -> Page[ReviewCase]:
        scope, found = f"reviews {query}", list[ReviewCase]()
        start = cursors.key(cursors.decode(scope, cursor), "after")
        index = _index_of(query)
        for _ in range(_MOST_READS):
            items, start = self._table.query_page(
                _places_of(query), index=index, start=start, limit=_READ, newest_first=query.is_closed
            )
            for item in items:
                case = _to_case(item)
                if not query.matches(case):
                    continue
                found.append(case)
                if len(found) == limit:
                    at_end = start is None and item is items[-1]
                    after = None if at_end else {name: item[name] for name in _INDEX_KEYS[index]}
                    return _page(scope, found, after)
            if start is None:
                break
        return _page(scope, found, start)

    def overdue_at_branches(self, before: datetime, limit: int) -> list[str]:
        past = Condition("wait_pk = :waits AND desk_sk < :before", {":waits": _WAITS, ":before": clock.to_iso(before)})
        items, _ = self._table.query_page(past, index="by_due", limit=limit)
        return [item["pk"].removeprefix("CASE#") for item in items]

    def tallies(self, scope_path: str, first: date, last: date) -> Iterator[Tally]:
        for month in _months(first, last):
            for item in self._table.query(starts_with(f"TALLY#{month}", scope_path)):
                tally = _to_tally(item)
                if first <= tally.day <= last:
                    yield tally

    def salt(self) -> str:
        self._salt = self._salt or self._made_once()
        return self._salt

    def _made_once(self) -> str:
        key = {"pk": "RULES", "sk": "SALT"}
        item = self._table.get(key)
        if item is None:
            item = {**key, "schema_version": SCHEMA_VERSION, "salt": secrets.token_hex(16)}
            if not self._table.put(item, ABSENT):
                item = self._table.get(key) or item
        found: str = item["salt"]
        return found

    def verdicts(self, lexicon_version: int) -> list[EntryVerdicts]:
        items = self._table.query(starts_with(f"LEXICON#{lexicon_version}", "ENTRY#"))
        return [
            EntryVerdicts(
                item["entry_id"],
                lexicon_version,
                item.get("right", 0),
                item.get("wrong", 0),
                item.get("violations", 0),
            )
            for item in items
        ]


def _index_of(query: CaseQuery) -> str:
    return "by_bank" if query.desk_path is None else "by_desk"


def _places_of(query: CaseQuery) -> Condition:
    first, partition = "bank_pk", "CLOSED" if query.is_closed else "OPEN"
    if query.desk_path is not None:
        first, partition = "desk_pk", f"{partition}#{query.desk_path}"
    if query.is_closed or query.due_before is None:
        return Condition(f"{first} = :first", {":first": partition})
    values = {":first": partition, ":before": clock.to_iso(query.due_before)}
    return Condition(f"{first} = :first AND desk_sk < :before", values)


def _page(scope: str, found: list[ReviewCase], after: Item | None) -> Page[ReviewCase]:
    return Page(tuple(found), cursors.encode(scope, {"after": after}) if after else None)


def _key(case_id: str) -> dict[str, str]:
    return {"pk": f"CASE#{case_id}", "sk": "CASE"}


def _counted(verdicts: EntryVerdicts) -> Update:
    values: dict[str, Any] = {
        ":right": verdicts.right,
        ":wrong": verdicts.wrong,
        ":violations": verdicts.violations,
        ":entry": verdicts.entry_id,
        ":schema": SCHEMA_VERSION,
    }
    return Update(
        {"pk": f"LEXICON#{verdicts.lexicon_version}", "sk": f"ENTRY#{verdicts.entry_id}"},
        "SET entry_id = :entry, schema_version = :schema ADD #right :right, wrong :wrong, violations :violations",
        Condition("", values, {"#right": "right"}),
    )


def _met_another(error: ClientError) -> bool:
    """Whether a transaction ended only because another one wrote the same items."""
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
    return "TransactionConflict" in reasons and reasons <= {"TransactionConflict", "None"}


def _added(tally: Tally) -> Update:
    [ended] = tally.ended
    values = {
        ":branch": tally.branch_path,
        ":kind": tally.kind.value,
        ":day": tally.day.isoformat(),
        ":schema": SCHEMA_VERSION,
        ":one": 1,
        ":minutes": tally.minutes,
        ":late": tally.late,
        ":two": tally.two,
    }
    return Update(
        {"pk": f"TALLY#{tally.day:%Y-%m}", "sk": f"{tally.branch_path}#{tally.kind}#{tally.day}"},
        "SET branch_path = :branch, kind = :kind, #day = :day, schema_version = :schema"
        " ADD #ended :one, #minutes :minutes, late :late, #two :two",
        Condition("", values, {"#ended": f"ended_{ended}", "#day": "day", "#minutes": "minutes", "#two": "two"}),
    )


def _to_tally(item: Mapping[str, Any]) -> Tally:
    ended = Counter({each: item[f"ended_{each}"] for each in Disposition if f"ended_{each}" in item})
    day, kind = date.fromisoformat(item["day"]), ReviewKind(item["kind"])
    return Tally(item["branch_path"], kind, day, ended, item["minutes"], item["late"], item["two"])


def _months(first: date, last: date) -> Iterator[str]:
    month = first.replace(day=1)
    while month <= last:
        yield f"{month:%Y-%m}"
        month = (month + timedelta(days=31)).replace(day=1)


def _item(case: ReviewCase, version: int) -> Item:
    ordered_by = case.closed_at if case.closed_at else case.due_at
    partition = "CLOSED" if case.is_closed else "OPEN"
    waits = not case.is_closed and case.desk_path != ROOT_PATH
    return {
        **_key(case.case_id),
        "schema_version": SCHEMA_VERSION,
        "desk_pk": f"{partition}#{case.desk_path}",
        "desk_sk": f"{clock.to_iso(ordered_by)}#{case.case_id}",
        "bank_pk": partition,
        "wait_pk": _WAITS if waits else None,
        "case_id": case.case_id,
        "kind": case.kind.value,
        "msgid": case.msgid,
        "message_id": case.message_id,
        "conversation_id": case.conversation_id,
        "member": case.member,
        "node_path": case.node_path,
        "desk_path": case.desk_path,
        "severity": case.severity.value,
        "hits": [_from_hit(hit) for hit in case.hits],
        "lexicon_version": case.lexicon_version,
        "opened_at": clock.to_iso(case.opened_at),
        "due_at": clock.to_iso(case.due_at),
        "state": case.state.value,
        "claimed_by": case.claimed_by or None,
        "disposition": case.disposition.value if case.disposition else None,
        "decided_by": case.decided_by or None,
        "closed_at": clock.to_iso(case.closed_at) if case.closed_at else None,
        "steps": [_from_step(step) for step in case.steps],
        "version": version,
    }


def _to_case(item: Mapping[str, Any]) -> ReviewCase:
    return ReviewCase(
        case_id=item["case_id"],
        kind=ReviewKind(item["kind"]),
        msgid=item["msgid"],
        message_id=item["message_id"],
        conversation_id=item["conversation_id"],
        member=item["member"],
        node_path=item["node_path"],
        desk_path=item["desk_path"],
        severity=Severity(item["severity"]),
        hits=tuple(map(_to_hit, item["hits"])),
        lexicon_version=item["lexicon_version"],
        opened_at=clock.from_iso(item["opened_at"]),
        due_at=clock.from_iso(item["due_at"]),
        state=ReviewState(item["state"]),
        claimed_by=item.get("claimed_by", ""),
        disposition=Disposition(item["disposition"]) if "disposition" in item else None,
        decided_by=item.get("decided_by", ""),
        closed_at=clock.from_iso(item["closed_at"]) if "closed_at" in item else None,
        steps=tuple(map(_to_step, item["steps"])),
        version=item["version"],
    )


def _from_hit(hit: Hit) -> Item:
    return {
        "entry_id": hit.entry_id,
        "word": hit.word,
        "text": hit.text,
        "start": hit.start,
        "end": hit.end,
        "severity": hit.severity.value,
        "evasion": hit.evasion,
    }


def _to_hit(item: Mapping[str, Any]) -> Hit:
    return Hit(
        entry_id=item["entry_id"],
        word=item["word"],
        text=item["text"],
        start=item["start"],
        end=item["end"],
        severity=Severity(item["severity"]),
        evasion=item["evasion"],
    )


def _from_step(step: Step) -> Item:
    return {"at": clock.to_iso(step.at), "actor": step.actor, "action": step.action, "note": step.note}


def _to_step(item: Mapping[str, Any]) -> Step:
    return Step(clock.from_iso(item["at"]), item["actor"], item["action"], item["note"])
