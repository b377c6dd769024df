"""Files lent to the corp's apps under media ids that live three days, and pictures under addresses that stay."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from local.simulator.clock import BEIJING
from local.simulator.file_facts import facts_of
from local.simulator.multipart import UploadedFile

type MediaUse = Literal["message", "moments", "album", "by_url"]

_PICTURES_PER_DAY, _PICTURES_PER_MONTH = 1_000, 3_000


@dataclass(slots=True, kw_only=True)
class Media:
    """``use`` is the way it was uploaded, and the only one it is good for to send."""

    media_id: str
    kind: str
    use: MediaUse
    file_name: str
    size: int
    sha256: str
    created_at: float
    pixels: tuple[int, int] | None = None
    seconds: float | None = None


@dataclass(slots=True)
class MediaStore:
    by_id: dict[str, Media] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)  # by media id
    pictures: dict[str, str] = field(default_factory=dict)  # address -> hash
    picture_days: Counter[str] = field(default_factory=Counter)  # by day and by month of Beijing

    def __iter__(self) -> Iterator[Media]:
        return iter(self.by_id.values())

    def add(self, kind: str, use: MediaUse, file: UploadedFile, now: float) -> Media:
        facts = facts_of(file.content)
        media = Media(
            media_id=f"3{secrets.token_urlsafe(32)}",
            kind=kind,
            use=use,
            file_name=file.name,
            size=len(file.content),
            sha256=hashlib.sha256(file.content).hexdigest(),
            created_at=now,
            pixels=facts.pixels,
            seconds=facts.seconds,
        )
        self.by_id[media.media_id], self.contents[media.media_id] = media, file.content
        return media

    def living(self, media_id: str, now: float, life: int) -> Media | None:
        """None for one that was never lent, or too long ago."""
        media = self.by_id.get(media_id)
        return media if media is not None and now < media.created_at + life else None

    def add_picture(self, file: UploadedFile, now: float) -> str | None:
        """Its address; None when the corp has no place left today or this month."""
        day = datetime.fromtimestamp(now, BEIJING).date().isoformat()
        month = day[:7]
        if self.picture_days[day] >= _PICTURES_PER_DAY or self.picture_days[month] >= _PICTURES_PER_MONTH:
            return None
        self.picture_days.update((day, month))
        address = f"https://wework.qpic.cn/wwpic/{secrets.token_hex(12)}/0"
        self.pictures[address] = hashlib.sha256(file.content).hexdigest()
        return address
