"""The standing answers of an owner's customers, packed: one read for all of them, whatever the campaign's size.

They are a copy. The truth lies with each customer, so that an answer can be brought over to a new owner from there: the
transaction that changes an owner leaves a note with the new one (docs/decisions, "pressure moves by notes"), and
whoever reads his shelf next brings the answers over. Joining is idempotent and order does not matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from scrm import ids
from scrm.consent.model import Standing
from scrm.homes import MOST_IN_A_BUCKET, OwnerMove, bits_of, bucket_of


@dataclass(frozen=True, slots=True)
class ConsentBucket:
    """Answers by key of those whose keys begin with ``prefix``; one that was split holds nothing any more."""

    home: str
    prefix: str = ""
    standings: Mapping[bytes, Standing] = field(default_factory=dict)
    is_split: bool = False
    version: int = field(default=0, compare=False)

    def joined(self, news: Mapping[bytes, Standing]) -> "ConsentBucket":
        later = {key: one.joined(self.standings.get(key)) for key, one in news.items()}
        return replace(self, standings={**self.standings, **later})

    def parts(self) -> list["ConsentBucket"]:
        """The bucket itself, or the mark that it was split and what it was split into."""
        if len(self.standings) <= MOST_IN_A_BUCKET:
            return [self]
        found = [replace(self, standings={}, is_split=True)]
        for bit in "01":
            prefix = self.prefix + bit
            half = {key: one for key, one in self.standings.items() if bits_of(key).startswith(prefix)}
            found += ConsentBucket(self.home, prefix, half).parts()
        return found


@dataclass(frozen=True, slots=True)
class ArrivalNote:
    """Customers who came to this owner and whose answers may still lie elsewhere; never changed, only removed."""

    home: str
    note_id: str
    external_userids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentShelf:
    """An owner's buckets and notes as they were read."""

    home: str
    buckets: Mapping[str, ConsentBucket] = field(default_factory=dict)
    notes: tuple[ArrivalNote, ...] = ()

    def bucket_of(self, key: bytes) -> ConsentBucket:
        return bucket_of(self.buckets, key, lambda prefix: ConsentBucket(self.home, prefix))

    def standings(self) -> dict[bytes, Standing]:
        """Of everybody here."""
        return {key: one for bucket in self.buckets.values() for key, one in bucket.standings.items()}

    def joined(self, news: Mapping[bytes, Standing]) -> list[ConsentBucket]:
        """The buckets that change."""
        by_prefix: dict[str, dict[bytes, Standing]] = {}
        for key, standing in news.items():
            by_prefix.setdefault(self.bucket_of(key).prefix, {})[key] = standing
        changed = []
        for mine in by_prefix.values():
            known = self.bucket_of(next(iter(mine)))
            after = known.joined(mine)
            if after != known:
                changed.append(after)
        return changed


def arrivals_of(moves: Sequence[OwnerMove]) -> list[ArrivalNote]:
    """What one transaction leaves with the new owners; nothing of customers whom nobody owns any more."""
    arrived: dict[str, list[OwnerMove]] = {}
    for move in moves:
        if move.to_userid:
            arrived.setdefault(move.to_userid, []).append(move)
    found = []
    for home, came in arrived.items():
        cause = [part for move in came for part in (move.external_userid, str(move.version))]
        names = tuple(move.external_userid for move in came)
        found.append(ArrivalNote(home, ids.derive("come", home, *cause), names))
    return found
