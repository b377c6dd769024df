"""The content library in memory by the rules of the table, for its own tests and for those who build on it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scrm.content.authoring import Authoring, Originator
from scrm.content.calendar import Calendar, CalendarEntry
from scrm.content.catalogue import Catalogue
from scrm.content.model import (
    Activity,
    Attachment,
    AttachmentKind,
    ContentKind,
    ContentVersion,
    Draft,
    Scene,
    Variant,
)
from scrm.content.permission_changes import PermissionChanges
from scrm.content.permissions import Grant, MemberPermissions, ProductPermissions, Qualification
from scrm.content.ports import ContentJournal
from scrm.content.products import Product, RiskRating
from scrm.content.queries import ContentQueries
from scrm.content.sending import ContentGate
from scrm.content.settings import ContentSettings
from scrm.node_paths import ROOT_PATH, covers
from scrm.paging import InvalidCursorError, Page
from scrm.runtime.claim_joins import claims_finder
from scrm.runtime.content_limits import PLATFORM

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LABEL = "营销信息"
SETTINGS = replace(
    PLATFORM,
    banned_claims=("保本", "零风险", "guaranteed return", "risk-free"),
    allowed_phrases=("不保本",),
)
MAKER = Originator("operator:maker", "10", "/1/10/")
HEAD_OFFICE_MAKER = Originator("operator:maker-1", "1", "/1/")
REVIEWER, APPROVER, RELEASER = "operator:reviewer", "operator:approver", "operator:releaser"


@dataclass
class FakeContents:
    """Implements ContentRepository."""

    activities: dict[str, Activity] = field(default_factory=dict)
    rows: dict[tuple[str, int], ContentVersion] = field(default_factory=dict)

    def activity(self, activity_id: str) -> Activity | None:
        return self.activities.get(activity_id)

    def version(self, activity_id: str, version: int) -> ContentVersion | None:
        return self.rows.get((activity_id, version))

    def versions(self, activity_id: str) -> Sequence[ContentVersion]:
        return [row for (owner, _), row in sorted(self.rows.items()) if owner == activity_id]

    def variant_of(self, content_hash: str) -> tuple[str, int, Scene] | None:
        for row in self.rows.values():
            for scene, known in row.hashes:
                if known == content_hash:
                    return row.activity_id, row.version, scene
        return None

    def add(self, activity: Activity, version: ContentVersion) -> bool:
        known = self.activities.get(activity.activity_id)
        key = (version.activity_id, version.version)
        if (known.revision if known else 0) != activity.revision or key in self.rows:
            return False
        self.activities[activity.activity_id] = replace(activity, revision=activity.revision + 1)
        self.rows[key] = replace(version, revision=1)
        return True

    def save(self, version: ContentVersion) -> bool:
        key = (version.activity_id, version.version)
        known = self.rows.get(key)
        if known is None or known.revision != version.revision:
            return False
        self.rows[key] = replace(version, revision=version.revision + 1)
        return True

    def originated_at(self, node_path: str, cursor: str | None, limit: int) -> Page[Activity]:
        found = [each for each in self.activities.values() if covers(node_path, each.node_path)]
        return _page(found, f"at {node_path}", cursor, limit)

    def issued_by_head_office(self, cursor: str | None, limit: int) -> Page[Activity]:
        found = [each for each in self.activities.values() if each.node_path == ROOT_PATH]
        return _page(found, "head office", cursor, limit)


@dataclass
class FakeProducts:
    """Implements ProductCatalogue and ProductRepository: one product on sale, others by `rows`."""

    rows: dict[str, Product] = field(
        default_factory=lambda: {
            "fund_01": Product("fund_01", "稳健增利一号", RiskRating.R2, START - timedelta(days=30))
        }
    )

    def product(self, product_id: str) -> Product | None:
        return self.rows.get(product_id)

    def products(self) -> Sequence[Product]:
        return [self.rows[product_id] for product_id in sorted(self.rows)]

    def save(self, product: Product) -> bool:
        known = self.rows.get(product.product_id)
        if (known.version if known else 0) != product.version:
            return False
        self.rows[product.product_id] = replace(product, version=product.version + 1)
        return True


@dataclass
class FakePermissions:
    """Implements PermissionRepository."""

    granted: dict[tuple[str, str], Grant] = field(default_factory=dict)
    held: dict[tuple[str, str], Qualification] = field(default_factory=dict)

    def grants(self, product_id: str, userids: Iterable[str]) -> Mapping[str, Grant]:
        return {each: self.granted[each, product_id] for each in userids if (each, product_id) in self.granted}

    def qualifications(self, codes: Collection[str], userids: Iterable[str]) -> Mapping[str, list[Qualification]]:
        return {each: [self.held[each, code] for code in codes if (each, code) in self.held] for each in userids}

    def of_member(self, userid: str) -> MemberPermissions:
        grants = [grant for (owner, _), grant in sorted(self.granted.items()) if owner == userid]
        held = [found for (owner, _), found in sorted(self.held.items()) if owner == userid]
        return MemberPermissions(tuple(grants), tuple(held))

    def put_grants(self, grants: Iterable[Grant]) -> None:
        self.granted |= {(grant.userid, grant.product_id): grant for grant in grants}

    def put_qualifications(self, qualifications: Iterable[Qualification]) -> None:
        self.held |= {(found.userid, found.code): found for found in qualifications}


@dataclass
class FakeCalendar:
    """Implements CalendarRepository."""

    rows: dict[tuple[str, date, str], CalendarEntry] = field(default_factory=dict)

    def entries(self, node_id: str, first: date, last: date) -> Sequence[CalendarEntry]:
        return [
            entry for (node, day, _), entry in sorted(self.rows.items()) if node == node_id and first <= day <= last
        ]

    def put(self, entry: CalendarEntry) -> None:
        self.rows[entry.planned.node_id, entry.planned.day, entry.entry_id] = entry

    def remove(self, node_id: str, day: date, entry_id: str) -> bool:
        return self.rows.pop((node_id, day, entry_id), None) is not None


@dataclass
class FakeAssets:
    """Implements AssetNames."""

    rows: dict[str, str] = field(default_factory=lambda: {"asset_image": "image", "asset_video": "video"})

    def kinds_of(self, asset_ids: Iterable[str]) -> Mapping[str, str]:
        return {each: self.rows[each] for each in asset_ids if each in self.rows}


@dataclass
class FakeContentJournal:
    """Implements ContentJournal."""

    told_of: list[tuple[str, int, str, str]] = field(default_factory=list)

    def told(self, version: ContentVersion, action: str, actor: str, at: datetime) -> None:
        self.told_of.append((version.activity_id, version.version, action, actor))


@dataclass
class FakeOfferNews:
    """Implements SellerNews and ProductNews."""

    sellers: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)

    def may_offer_less(self, userids: Iterable[str]) -> None:
        self.sellers += userids

    def product_changed(self, product_id: str) -> None:
        self.products.append(product_id)


@dataclass
class Library:
    """The whole library over memory; `released` takes a draft all its way."""

    contents: FakeContents = field(default_factory=FakeContents)
    products: FakeProducts = field(default_factory=FakeProducts)
    assets: FakeAssets = field(default_factory=FakeAssets)
    grants: FakePermissions = field(default_factory=FakePermissions)
    plans: FakeCalendar = field(default_factory=FakeCalendar)
    news: FakeOfferNews = field(default_factory=FakeOfferNews)
    journal: ContentJournal = field(default_factory=FakeContentJournal)
    settings: ContentSettings = SETTINGS
    moment: datetime = START

    @property
    def authoring(self) -> Authoring:
        return Authoring(
            self.contents, self.products, self.assets, self.journal, self.settings, claims_finder, lambda: self.moment
        )

    @property
    def gate(self) -> ContentGate:
        return ContentGate(self.contents, self.products)

    @property
    def queries(self) -> ContentQueries:
        return ContentQueries(self.contents)

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.products, self.news, lambda: self.moment)

    @property
    def changes(self) -> PermissionChanges:
        return PermissionChanges(self.permissions, self.news)

    @property
    def permissions(self) -> ProductPermissions:
        return ProductPermissions(self.products, self.grants, lambda: self.moment)

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.plans, lambda: self.moment)

    def submitted(self, draft: Draft | None = None, key: str = "key", maker: Originator = MAKER) -> ContentVersion:
        made = self.authoring.create(maker, draft or a_draft(), key)
        return self.authoring.submit(made.activity_id, made.version, maker.actor)

    def approved(self, draft: Draft | None = None, key: str = "key", maker: Originator = MAKER) -> ContentVersion:
        found = self.submitted(draft, key, maker)
        self.authoring.review(found.activity_id, found.version, REVIEWER, "no objection")
        return self.authoring.approve(found.activity_id, found.version, APPROVER)

    def released(self, draft: Draft | None = None, key: str = "key", maker: Originator = MAKER) -> ContentVersion:
        found = self.approved(draft, key, maker)
        return self.authoring.release(found.activity_id, found.version, RELEASER)


def a_draft(**changes: Any) -> Draft:
    """A draft that nothing is wrong with, for every scene."""
    draft = Draft(
        title="秋季财富节",
        kind=ContentKind.ACTIVITY,
        selling_point="绑卡即享开户礼",
        target_kpi="card_binding",
        compliance_label=LABEL,
        valid_from=START,
        valid_until=START + timedelta(days=14),
        variants=(
            (Scene.ONE_TO_ONE, Variant(f"【{LABEL}】您好，秋季财富节开始了。", (image(), link()))),
            (Scene.MOMENTS, Variant(f"【{LABEL}】秋季财富节", (image(), image()))),
            (Scene.GROUP, Variant(f"【{LABEL}】各位，秋季财富节来了。")),
        ),
        product_id="fund_01",
    )
    return replace(draft, **changes)


def image(asset_id: str = "asset_image") -> Attachment:
    return Attachment(AttachmentKind.IMAGE, asset_id=asset_id)


def link(**changes: Any) -> Attachment:
    found = Attachment(AttachmentKind.LINK, title="了解活动", description="点击查看", url="https://bank.example.com/a")
    return replace(found, **changes)


def _page(found: Iterable[Activity], scope: str, cursor: str | None, limit: int) -> Page[Activity]:
    rows = sorted(found, key=lambda each: (each.changed_at, each.activity_id), reverse=True)
    given, _, number = (cursor or f"{scope}#0").rpartition("#")
    if given != scope:
        raise InvalidCursorError("the cursor belongs to another list")
    start = int(number)
    more = start + limit < len(rows)
    return Page(tuple(rows[start : start + limit]), f"{scope}#{start + limit}" if more else None)
