"""The content library's table on moto, and the fakes by the same rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.engine.paths import ROOT
from scrm.aws import session
from scrm.aws.asset_table import DynamoAssets
from scrm.aws.calendar_table import DynamoCalendar
from scrm.aws.content_table import DynamoContents
from scrm.aws.product_table import DynamoPermissions, DynamoProducts
from scrm.aws.table import Table
from scrm.content.calendar import CalendarChannel, CalendarEntry, CalendarRepository, Planned
from scrm.content.hashing import hashes_of
from scrm.content.media import Asset, AssetState, LentMedia, MediaKind, MediaUse, ReadyAssets
from scrm.content.model import (
    Activity,
    Attachment,
    AttachmentKind,
    ContentKind,
    ContentState,
    ContentVersion,
    Scene,
    SourceChannel,
    SourceReference,
    Step,
    Variant,
)
from scrm.content.permissions import Grant, PermissionRepository, ProductPermissions, ProductRepository, Qualification
from scrm.content.ports import ContentRepository
from scrm.content.products import Product, RiskRating
from scrm.paging import InvalidCursorError
from tests.engine import declared_tables
from tests.fakes.content import START, FakeCalendar, FakeContents, FakePermissions, FakeProducts, a_draft

NAME = "content-alone"
DAY = date(2026, 11, 24)
DRAFT = a_draft(
    source=SourceReference(SourceChannel.MOBILE_BANK, "ACT-118"),
    scope_node_ids=("12", "14"),
    variants=(
        (Scene.GROUP, Variant("")),
        (
            Scene.ONE_TO_ONE,
            Variant("营销信息", (Attachment(AttachmentKind.MINIPROGRAM, "asset_1", "页", app_id="wx1", page="a"),)),
        ),
    ),
)


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with mock_aws():
        session.reset()
        schema = declared_tables(ROOT / "infra" / "template.yaml")["ContentTable"]
        boto3.client("dynamodb").create_table(TableName=NAME, BillingMode="PAY_PER_REQUEST", **schema)
        yield Table(session.client("dynamodb"), NAME)
    session.reset()


@pytest.fixture(autouse=True)
def _empty(table: Table) -> Iterator[None]:
    yield
    client: Any = boto3.client("dynamodb")
    for item in client.scan(TableName=NAME)["Items"]:
        client.delete_item(TableName=NAME, Key={name: item[name] for name in ("pk", "sk")})


@pytest.fixture(params=["table", "fake"])
def contents(request: pytest.FixtureRequest, table: Table) -> ContentRepository:
    return DynamoContents(table) if request.param == "table" else FakeContents()


@pytest.fixture(params=["table", "fake"])
def products(request: pytest.FixtureRequest, table: Table) -> ProductRepository:
    return DynamoProducts(table) if request.param == "table" else FakeProducts({})


@pytest.fixture(params=["table", "fake"])
def permissions(request: pytest.FixtureRequest, table: Table) -> PermissionRepository:
    return DynamoPermissions(table) if request.param == "table" else FakePermissions()


@pytest.fixture(params=["table", "fake"])
def calendar(request: pytest.FixtureRequest, table: Table) -> CalendarRepository:
    return DynamoCalendar(table) if request.param == "table" else FakeCalendar()


def activity(number: int, path: str = "/1/10/", versions: int = 1, revision: int = 0) -> Activity:
    node_id = path.split("/")[-2]
    changed_at = START + timedelta(minutes=number)
    return Activity(f"act_{number}", node_id, path, "秋季", ContentKind.ACTIVITY, versions, changed_at, revision)


def version(of: Activity, number: int = 1) -> ContentVersion:
    return ContentVersion(
        activity_id=of.activity_id,
        version=number,
        node_id=of.node_id,
        node_path=of.node_path,
        draft=DRAFT,
        hashes=hashes_of(of.activity_id, number, DRAFT),
        state=ContentState.DRAFT,
        steps=(Step(ContentState.DRAFT, "operator:maker", START),),
    )


def test_a_version_comes_back_as_it_was_stored(contents: ContentRepository) -> None:
    first = version(activity(1))

    assert contents.add(activity(1), first)

    assert contents.version("act_1", 1) == replace(first, revision=1)
    assert contents.activity("act_1") == replace(activity(1), revision=1)
    assert contents.variant_of(first.hashes[1][1]) == ("act_1", 1, Scene.ONE_TO_ONE)
    assert (contents.version("act_1", 2), contents.activity("act_2"), contents.variant_of("0" * 64)) == (None,) * 3


def test_versions_are_added_once_and_over_what_was_read(contents: ContentRepository) -> None:
    assert contents.add(activity(1), version(activity(1)))

    assert not contents.add(activity(1), version(activity(1)))
    assert not contents.add(activity(1, revision=1), version(activity(1)))
    assert contents.add(activity(1, versions=2, revision=1), version(activity(1), 2))
    assert [each.version for each in contents.versions("act_1")] == [1, 2]


def test_a_state_is_written_over_what_was_read(contents: ContentRepository) -> None:
    contents.add(activity(1), version(activity(1)))
    read = contents.version("act_1", 1)
    assert read is not None

    moved = read.moved(ContentState.IN_REVIEW, "operator:maker", START, "note")
    assert contents.save(moved)
    assert not contents.save(moved)

    assert contents.version("act_1", 1) == replace(moved, revision=2)


def test_activities_are_listed_by_node_latest_changed_first(contents: ContentRepository) -> None:
    for number, path in enumerate(["/1/10/", "/1/20/", "/1/", "/1/10/", "/1/10/"], 1):
        assert contents.add(activity(number, path), version(activity(number, path)))

    def listed(path: str, limit: int = 10) -> list[str]:
        found, cursor = [], None
        while True:
            page = contents.originated_at(path, cursor, limit)
            found += [each.activity_id for each in page.items]
            cursor = page.cursor
            if cursor is None:
                return found

    assert listed("/1/", 2) == ["act_5", "act_4", "act_3", "act_2", "act_1"]
    assert listed("/1/10/", 2) == ["act_5", "act_4", "act_1"]
    assert listed("/1/100/") == []
    assert [each.activity_id for each in contents.issued_by_head_office(None, 10).items] == ["act_3"]
    cursor = contents.originated_at("/1/10/", None, 1).cursor
    with pytest.raises(InvalidCursorError):
        contents.originated_at("/1/20/", cursor, 1)


def test_products_are_written_over_what_was_read(products: ProductRepository) -> None:
    fund = Product("fund_01", "稳健", RiskRating.R2, START, None, frozenset({"fund_sales"}), "operator:a", START)
    gold = Product("gold_01", "积存金", RiskRating.R3, START, START + timedelta(days=1))

    assert products.save(gold)
    assert products.save(fund)
    assert not products.save(fund)
    assert products.save(replace(fund, version=1, risk=RiskRating.R4))

    assert products.product("fund_01") == replace(fund, version=2, risk=RiskRating.R4)
    assert [each.product_id for each in products.products()] == ["fund_01", "gold_01"]
    assert products.product("fund_02") is None


def test_permissions_come_back_by_member(permissions: PermissionRepository) -> None:
    grants = [Grant(f"rm_{number:03d}", "fund_01", START, None, "operator:a", START) for number in range(120)]
    other = Grant("rm_000", "gold_01", START, START + timedelta(days=1), "operator:a", START)
    held = Qualification("rm_000", "fund_sales", START, "operator:a", START)

    permissions.put_grants([*grants, other])
    permissions.put_qualifications([held])

    asked = [f"rm_{number:03d}" for number in range(130)]
    assert permissions.grants("fund_01", asked) == {grant.userid: grant for grant in grants}
    found = permissions.qualifications({"fund_sales", "insurance"}, ["rm_000", "rm_001"])
    assert {userid: each for userid, each in found.items() if each} == {"rm_000": [held]}
    whole = permissions.of_member("rm_000")
    assert (set(whole.grants), whole.qualifications) == ({grants[0], other}, (held,))


def test_a_thousand_members_are_few_requests(table: Table) -> None:
    names: list[str] = []
    client: Any = session.client("dynamodb")
    client.meta.events.register("before-call.dynamodb", lambda model, **_: names.append(model.name), unique_id="count")
    assert DynamoProducts(table).save(Product("fund_01", "稳健", RiskRating.R2, START))
    names.clear()

    permitted = ProductPermissions(DynamoProducts(table), DynamoPermissions(table)).permitted(
        "fund_01", [f"rm_{number}" for number in range(1_000)], START
    )

    client.meta.events.unregister("before-call.dynamodb", unique_id="count")
    assert (permitted, names.count("GetItem"), names.count("BatchGetItem")) == (set(), 1, 10)


def test_the_calendar_is_read_by_days(calendar: CalendarRepository) -> None:
    def entry(day: date, node_id: str = "10") -> CalendarEntry:
        planned = Planned(node_id, day, CalendarChannel.MOMENTS, "card_binding", "act_1", "每日")
        return CalendarEntry(f"plan_{day}", planned, "operator:a", START)

    days = [DAY + timedelta(days=number) for number in range(-1, 4)]
    for day in days:
        calendar.put(entry(day))
    calendar.put(entry(DAY, "20"))

    assert list(calendar.entries("10", days[1], days[3])) == [entry(day) for day in days[1:4]]
    assert calendar.remove("10", DAY, f"plan_{DAY}")
    assert not calendar.remove("10", DAY, f"plan_{DAY}")
    assert list(calendar.entries("10", DAY, DAY)) == []


def test_assets_and_what_is_lent_of_them(table: Table) -> None:
    assets = DynamoAssets(table)
    asset = Asset("asset_1", MediaKind.IMAGE, "a.png", 9, "0" * 64, "10", "/1/10/", "operator:a", START)
    assets.put(asset)
    lent = LentMedia("asset_1", MediaUse.MOMENTS, "MEDIA1", START)
    assets.put_lent(lent)

    assert assets.assets(["asset_1", "asset_2"]) == {"asset_1": asset}
    assert (assets.lent("asset_1", MediaUse.MOMENTS), assets.lent("asset_1", MediaUse.MESSAGE)) == (lent, None)
    assert ReadyAssets(assets).kinds_of(["asset_1"]) == {}
    assets.put(replace(asset, state=AssetState.READY))
    assert ReadyAssets(assets).kinds_of(["asset_1"]) == {"asset_1": "image"}


def test_what_is_needed_longer_is_found_by_its_age(table: Table) -> None:
    assets = DynamoAssets(table)
    until = START + timedelta(days=10)
    young = LentMedia("asset_1", MediaUse.MESSAGE, "MEDIA1", START + timedelta(hours=2), until)
    old = LentMedia("asset_2", MediaUse.MESSAGE, "MEDIA2", START, until)
    unneeded = LentMedia("asset_3", MediaUse.MESSAGE, "MEDIA3", START)
    for each in (young, old, unneeded):
        assets.put_lent(each)

    found = list(assets.needed(START + timedelta(hours=1)))
    assets.put_lent(replace(old, needed_until=None))

    assert found == [old]
    assert list(assets.needed(START + timedelta(days=3))) == [young]
