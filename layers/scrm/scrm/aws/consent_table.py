"""The table of customers' answers about advertising.

=======================  ========================  ==================================================================
pk                       sk                        item
=======================  ========================  ==================================================================
``CUSTOMER#<customer>``  ``STANDING``              the answer that stands
``CUSTOMER#<customer>``  ``SAID#<at>#<id>``        one statement of his, kept for good
``HOME#<owner>``         ``BUCKET#<bits>``         the answers of up to 1,000 of an owner's customers, packed; or the
                                                   mark that the bucket was split
``HOME#<owner>``         ``NOTE#<id>``             customers who came to this owner, until their answers are brought
                                                   over; written in the transaction of the owner's change
=======================  ========================  ==================================================================
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched

from scrm import clock
from scrm.aws.owner_changes import OwnerChange
from scrm.aws.table import ABSENT, Condition, Item, Key, Put, Table, starts_with
from scrm.aws.transactions import unless_crossed
from scrm.consent.model import ConsentAnswer, ConsentSource, Standing, Statement
from scrm.consent.shelf import ArrivalNote, ConsentBucket, ConsentShelf, arrivals_of
from scrm.homes import KEY_BYTES, OwnerMove

SCHEMA_VERSION = 1
_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIME_BYTES = 6
_ENTRY_BYTES = KEY_BYTES + _TIME_BYTES + 1
_ANSWERS = (ConsentAnswer.OPTED_OUT, ConsentAnswer.CONSENTED)  # by their number in a bucket


class DynamoConsentStore:
    """Implements `scrm.consent.ports.ConsentStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def remember(self, statement: Statement, recorded_at: datetime) -> None:
        key = {
            "pk": _customer_pk(statement.external_userid),
            "sk": f"SAID#{clock.to_iso(statement.at)}#{statement.statement_id}",
        }
        item = {
            **key,
            "schema_version": SCHEMA_VERSION,
            "external_userid": statement.external_userid,
            "answer": statement.answer.value,
            "source": statement.source.value,
            "at": clock.to_iso(statement.at),
            "cause": statement.cause,
            "by": statement.by,
            "recorded_at": clock.to_iso(recorded_at),
        }
        self._table.put(item, ABSENT)

    def settle(self, external_userid: str, standing: Standing) -> Standing:
        item = {
            **_standing_key(external_userid),
            "schema_version": SCHEMA_VERSION,
            "external_userid": external_userid,
            "answer": standing.answer.value,
            "at": clock.to_iso(standing.at),
        }
        allowed = "attribute_not_exists(pk) OR #at < :at"
        if standing.answer is ConsentAnswer.OPTED_OUT:
            allowed += " OR #at = :at"
        if self._table.put(item, Condition(allowed, {":at": item["at"]}, {"#at": "at"})):
            return standing
        return self.standings([external_userid])[external_userid]

    def standings(self, external_userids: Sequence[str]) -> dict[str, Standing]:
        found = self._table.get_many([_standing_key(each) for each in dict.fromkeys(external_userids)])
        return {item["external_userid"]: _standing(item) for item in found}

    def history(self, external_userid: str) -> list[tuple[Statement, datetime]]:
        found = self._table.query(starts_with(_customer_pk(external_userid), "SAID#"))
        return [(_statement(item), clock.from_iso(item["recorded_at"])) for item in found]

    def shelf(self, home: str) -> ConsentShelf:
        found = list(self._table.query(starts_with(_home_pk(home))))
        buckets = [to_bucket(item) for item in found if item["sk"].startswith("BUCKET#")]
        notes = tuple(_note(item) for item in found if item["sk"].startswith("NOTE#"))
        return ConsentShelf(home, {bucket.prefix: bucket for bucket in buckets}, notes)

    def save(self, buckets: Sequence[ConsentBucket]) -> bool:
        """One bucket alone is a plain conditional write, which costs half of a transaction."""
        puts = [Put(bucket_item(bucket), _as_read(bucket)) for bucket in buckets]
        if len(puts) == 1:
            return unless_crossed(lambda: self._table.put(puts[0].item, puts[0].condition)) is True
        return unless_crossed(lambda: self._table.transact(puts)) is True

    def remove(self, notes: Sequence[ArrivalNote]) -> None:
        self._table.batch_write(deletes=[_note_key(note) for note in notes])


class DynamoArrivalNotes:
    """Implements `scrm.aws.owner_changes.OwnerNotes`: what the transaction of an owner's change writes here."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def puts(self, changes: Sequence[OwnerChange]) -> list[Put]:
        return [Put(_note_item(note)) for note in arrivals_of([OwnerMove(*change) for change in changes])]


def bucket_item(bucket: ConsentBucket) -> Item:
    """The next version of the bucket. One that was split stays: without it a late writer could begin it anew."""
    return {
        **_bucket_key(bucket),
        "schema_version": SCHEMA_VERSION,
        "home": bucket.home,
        "is_split": bucket.is_split or None,
        "answers": b"".join(_entry(key, bucket.standings[key]) for key in sorted(bucket.standings)) or None,
        "version": bucket.version + 1,
    }


def to_bucket(item: Item) -> ConsentBucket:
    return ConsentBucket(
        home=item["home"],
        prefix=item["sk"].partition("#")[2],
        standings=dict(_entries(item.get("answers", b""))),
        is_split=item.get("is_split", False),
        version=item["version"],
    )


def _entry(key: bytes, standing: Standing) -> bytes:
    moment = (standing.at - _EPOCH) // _MILLISECOND
    return key + moment.to_bytes(_TIME_BYTES) + _ANSWERS.index(standing.answer).to_bytes()


def _entries(packed: bytes) -> Iterable[tuple[bytes, Standing]]:
    for each in batched(packed, _ENTRY_BYTES, strict=True):
        raw = bytes(each)
        at = _EPOCH + int.from_bytes(raw[KEY_BYTES:-1]) * _MILLISECOND
        yield raw[:KEY_BYTES], Standing(_ANSWERS[raw[-1]], at)


def _note_item(note: ArrivalNote) -> Item:
    names = list(note.external_userids)
    return {**_note_key(note), "schema_version": SCHEMA_VERSION, "home": note.home, "external_userids": names}


def _note(item: Item) -> ArrivalNote:
    return ArrivalNote(item["home"], item["sk"].partition("#")[2], tuple(item["external_userids"]))


def _standing(item: Mapping[str, str]) -> Standing:
    return Standing(ConsentAnswer(item["answer"]), clock.from_iso(item["at"]))


def _statement(item: Mapping[str, str]) -> Statement:
    return Statement(
        external_userid=item["external_userid"],
        answer=ConsentAnswer(item["answer"]),
        source=ConsentSource(item["source"]),
        at=clock.from_iso(item["at"]),
        cause=item["cause"],
        by=item.get("by", ""),
    )


def _as_read(bucket: ConsentBucket) -> Condition:
    return Condition("version = :version", {":version": bucket.version}) if bucket.version else ABSENT


def _customer_pk(external_userid: str) -> str:
    return f"CUSTOMER#{external_userid}"


def _standing_key(external_userid: str) -> Key:
    return {"pk": _customer_pk(external_userid), "sk": "STANDING"}


def _home_pk(home: str) -> str:
    return f"HOME#{home}"


def _bucket_key(bucket: ConsentBucket) -> Key:
    return {"pk": _home_pk(bucket.home), "sk": f"BUCKET#{bucket.prefix}"}


def _note_key(note: ArrivalNote) -> Key:
    return {"pk": _home_pk(note.home), "sk": f"NOTE#{note.note_id}"}
