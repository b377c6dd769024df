"""What the content library needs from the outside world."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from scrm.content.model import Activity, ContentVersion, Scene
from scrm.content.products import Product
from scrm.paging import Page


class ContentRepository(Protocol):
    """Activities and their versions. A cursor is None for the first page; a foreign one raises InvalidCursorError."""

    def activity(self, activity_id: str) -> Activity | None: ...

    def version(self, activity_id: str, version: int) -> ContentVersion | None:
        """Strongly consistent: a recall counts from its answer on."""

    def versions(self, activity_id: str) -> Sequence[ContentVersion]:
        """All of an activity, oldest first."""

    def variant_of(self, content_hash: str) -> tuple[str, int, Scene] | None:
        """Activity, version and scene of the variant with this hash."""

    def add(self, activity: Activity, version: ContentVersion) -> bool:
        """Store a new version with its activity and hashes, all or nothing; False when someone was faster."""

    def save(self, version: ContentVersion) -> bool:
        """Store a version's new state over the revision that was read; False when someone was faster."""

    def originated_at(self, node_path: str, cursor: str | None, limit: int) -> Page[Activity]:
        """Activities made at or below a node, latest changed first."""

    def issued_by_head_office(self, cursor: str | None, limit: int) -> Page[Activity]:
        """Activities made at the root node itself, latest changed first."""


class ProductCatalogue(Protocol):
    """The products that content may speak of."""

    def product(self, product_id: str) -> Product | None: ...


class ProductNews(Protocol):
    """Who wants to know that a product is another one now. A repeat is harmless."""

    def product_changed(self, product_id: str) -> None: ...


class AssetNames(Protocol):
    """Which files of the media library exist."""

    def kinds_of(self, asset_ids: Iterable[str]) -> Mapping[str, str]:
        """WeCom's media type by asset, of those that exist."""


type ClaimsIn = Callable[[str], Sequence[str]]
"""The banned claims that a text makes, each once, in the order of the list."""


class ClaimFinder(Protocol):
    def __call__(self, banned: Sequence[str], allowed: Sequence[str]) -> ClaimsIn:
        """For the bank's lists; nothing inside an allowed phrase is a claim."""


class ContentJournal(Protocol):
    """The audit log, as far as content goes."""

    def told(self, version: ContentVersion, action: str, actor: str, at: datetime) -> None:
        """``made``, ``submitted``, ``reviewed``, ...; once per action and revision of the version."""
