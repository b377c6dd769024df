"""Dossiers and notes as items, packed: a shelf is read whole, and boto3 takes 50 microseconds for each item.

A bucket's dossiers are one compressed text of rows, about twenty bytes a customer.
"""

import json
import zlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from scrm import clock
from scrm.audience.dossiers import KEPT_FOR, Bucket, Dossier, Note, NoteKind
from scrm.audience.facts import Activity, Consent, CustomerFacts
from scrm.aws.table import ABSENT, Condition, Item

SCHEMA_VERSION: Final = 1
# A dossier may lead back over several notes, so they outlive every one of them.
NOTES_KEPT_FOR: Final = KEPT_FOR + timedelta(days=25)


def home_pk(home: str) -> str:
    return f"HOME#{home}"


def bucket_as_read(bucket: Bucket) -> Condition:
    return Condition("version = :version", {":version": bucket.version}) if bucket.version else ABSENT


def bucket_item(bucket: Bucket) -> Item:
    """The next version of the bucket. One that was split stays: without it a late writer could begin it anew."""
    times = sorted({dossier.facts.told_at for dossier in bucket.dossiers.values()})
    places = {told_at: place for place, told_at in enumerate(times)}
    rows = [_row(dossier, places) for _, dossier in sorted(bucket.dossiers.items())]
    packed = zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode())
    return {
        "pk": home_pk(bucket.home),
        "sk": f"BUCKET#{bucket.prefix}",
        "schema_version": SCHEMA_VERSION,
        "home": bucket.home,
        "is_split": bucket.is_split or None,
        "told_at": [clock.to_iso(told_at) for told_at in times],
        "dossiers": packed,
        "customers": len(rows),
        "expires_at": None if bucket.is_split or not times else _expiry(times[-1], KEPT_FOR),
        "version": bucket.version + 1,
    }


def to_bucket(item: Item) -> Bucket:
    times = [clock.from_iso(told_at) for told_at in item["told_at"]]
    dossiers = (_to_dossier(row, times) for row in json.loads(zlib.decompress(item["dossiers"])))
    return Bucket(
        home=item["home"],
        prefix=item["sk"].partition("#")[2],
        dossiers={dossier.facts.external_userid: dossier for dossier in dossiers},
        is_split=item.get("is_split", False),
        version=item["version"],
    )


def note_item(note: Note) -> Item:
    return {
        "pk": home_pk(note.home),
        "sk": f"NOTE#{note.kind.value}#{note.note_id}",
        "schema_version": SCHEMA_VERSION,
        "home": note.home,
        "kind": note.kind.value,
        "note_id": note.note_id,
        "other": note.other,
        "versions": dict(note.versions),
        "at": clock.to_iso(note.at),
        "expires_at": _expiry(note.at, NOTES_KEPT_FOR),
    }


def to_note(item: Item) -> Note:
    return Note(
        home=item["home"],
        kind=NoteKind(item["kind"]),
        note_id=item["note_id"],
        other=item["other"],
        versions=item["versions"],
        at=clock.from_iso(item["at"]),
    )


def _expiry(moment: datetime, kept_for: timedelta) -> int:
    return int((moment + kept_for).timestamp())


def _row(dossier: Dossier, places: Mapping[datetime, int]) -> list[Any]:
    facts = dossier.facts
    return [
        facts.external_userid,
        dossier.version,
        places[facts.told_at],
        facts.tier,
        facts.aum_band,
        facts.holdings,
        facts.labels,
        facts.activity,
        facts.is_long_tail,
        facts.pool,
        facts.risk_class,
        facts.assessed_on.toordinal() if facts.assessed_on else None,
        facts.born_on.toordinal() if facts.born_on else None,
        facts.consent,
        int(facts.is_protected),
    ]


def _to_dossier(row: list[Any], times: list[datetime]) -> Dossier:
    one, version, told_at, tier, band, holdings, labels, activity, tail, pool, *rest = row
    risk, assessed, born, consent, guard = rest
    facts = CustomerFacts(
        external_userid=one,
        told_at=times[told_at],
        tier=tier,
        aum_band=band,
        holdings=tuple(holdings),
        labels=tuple(labels),
        activity=Activity(activity) if activity else None,
        is_long_tail=tail,
        pool=pool,
        risk_class=risk,
        assessed_on=date.fromordinal(assessed) if assessed else None,
        born_on=date.fromordinal(born) if born else None,
        consent=Consent(consent),
        is_protected=bool(guard),
    )
    return Dossier(facts, version)
