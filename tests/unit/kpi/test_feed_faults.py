"""What may be wrong with a delivery: it is refused with what to do, or rows are left out; nothing is half published."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scrm.kpi.feeds import manifest as manifests
from scrm.kpi.feeds.columns import COLUMNS
from scrm.kpi.feeds.datasets import CURRENT, Feed
from scrm.kpi.feeds.intake import FeedBusyError, FeedSettings, Outcome
from tests.fakes.feed_bank import FOLDER, PLACES, FeedBank, csv_of, key_of, master_row, month_row

MARCH = "2027-03"
MONTHS = Feed.CUSTOMER_MONTHS
MASTER = Feed.BANK_CUSTOMERS
MONTH_COLUMNS = [column.name for column in COLUMNS[MONTHS]]
MASTER_COLUMNS = [column.name for column in COLUMNS[MASTER]]
ROWS = [month_row(customer) for customer in range(1, 6)]


def nothing_is_published(bank: FeedBank) -> bool:
    return not any(key.startswith(("kpi/customer_months/", "kpi/versions/")) for key in bank.bucket.files)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"totals": {}}, "totals: name the sum of aum_fen"),
        ({"totals": {"aum_fen": 1}}, "totals: aum_fen adds up to another sum"),
        ({"period": "2027-13"}, "a month like 2027-03"),
        ({"period": "2027-04"}, "it ends on 2027-04-30, which lies in the future"),
        ({"period": "2027-03-31"}, "a month like 2027-03"),
        ({"delivered_at": "2027-04-02T03:00:00"}, "delivered_at: Input should have timezone info"),
        ({"delivered_at": "0001-01-01T00:00:00+08:00"}, "delivered_at: no calendar has this time"),
        ({"delivered_at": "2027-04-03T03:00:00+08:00"}, "T19:00:00.000Z lies 1080 minutes ahead of our clock"),
        ({"delivered_at": "2027-04-02T01:05:00.001Z"}, "T01:05:00.001Z lies 6 minutes ahead of our clock"),
        ({"encoding": "latin-1"}, "encoding: "),
        ({"feed": "secrets"}, "feed: "),
        ({"files": [{"name": "../other.csv", "rows": 1, "sha256": "0" * 64}]}, "files.0.name: "),
        ({"files": [{"name": "gone.csv", "rows": 1, "sha256": "0" * 64}]}, "gone.csv is not in the bucket"),
        ({"files": [{"name": "rows.csv", "rows": 5, "sha256": "0" * 64}]}, "its SHA-256 is another"),
    ],
)
def test_a_manifest_that_does_not_fit_refuses_the_delivery(change: dict[str, Any], why: str) -> None:
    bank = FeedBank()
    bank.put(csv_of(ROWS, MONTH_COLUMNS))

    taken = bank.take({**bank.manifest(MONTHS, MARCH, ROWS), **change})

    assert taken.outcome is Outcome.REFUSED
    assert why in taken.reason
    assert nothing_is_published(bank)
    assert [found.reason for _, found in bank.listed("2027-04")] == [taken.reason]


def test_a_delivery_stamped_ahead_keeps_no_later_correction_out() -> None:
    bank = FeedBank()
    bank.deliver(MONTHS, MARCH, ROWS, "2027-04-02T01:00:00Z")
    ahead = bank.deliver(MONTHS, MARCH, ROWS[1:], "2028-04-02T01:00:00Z")
    bank.moment += timedelta(minutes=1)
    corrected = bank.deliver(MONTHS, MARCH, ROWS[:4], "2027-04-02T01:01:00Z")

    assert ahead.reason.endswith("Correct the clock or the zone, and put the manifest again with the right time.")
    assert (corrected.outcome, corrected.version) == (Outcome.PUBLISHED, 2)


def test_a_clock_of_the_bank_that_is_a_little_ahead_is_tolerated() -> None:
    assert FeedBank().deliver(MONTHS, MARCH, ROWS, "2027-04-02T01:05:00Z").outcome is Outcome.PUBLISHED


def test_missing_rows_refuse_the_delivery() -> None:
    bank = FeedBank()
    bank.put(csv_of(ROWS[:-1], MONTH_COLUMNS))

    taken = bank.take(bank.manifest(MONTHS, MARCH, ROWS))

    assert taken.reason.startswith("rows.csv has 4 rows, the manifest says 5.")
    assert nothing_is_published(bank)


def test_half_a_file_is_another_file() -> None:
    bank = FeedBank()
    bank.put(csv_of(ROWS, MONTH_COLUMNS))
    manifest = bank.manifest(MONTHS, MARCH, ROWS)
    bank.put(csv_of(ROWS, MONTH_COLUMNS)[:200])

    assert "its SHA-256 is another" in bank.take(manifest).reason


def test_a_row_told_twice_counts_once_and_customers_told_differently_are_left_out() -> None:
    bank = FeedBank()
    told = [*ROWS, ROWS[0], {**ROWS[1], "aum_fen": 9}]

    taken = bank.deliver(MONTHS, MARCH, told)

    assert (taken.rows, taken.repeated, taken.quarantined) == (4, 1, 2)
    assert taken.rules == {"customer_key: several rows have it and differ": 2}
    assert key_of(2) not in {key for (key,) in bank.rows(MONTHS, MARCH, "customer_key")}
    assert bank.bucket.files[taken.report_key].decode().count("several rows") == 2


def test_a_customer_whose_manager_is_in_two_departments_is_in_none_of_them_twice() -> None:
    bank = FeedBank()
    others = [master_row(customer) for customer in range(2, 6)]

    taken = bank.deliver(MASTER, "2027-03-31", [master_row(1, "12"), master_row(1, "20"), *others])

    assert (taken.rows, taken.quarantined) == (4, 2)


def test_a_branch_code_that_two_nodes_seem_to_have_for_a_moment_doubles_nobody() -> None:
    """It was just moved from one to the other, and the index of nodes does not know yet."""
    bank = FeedBank(places=(*PLACES, ("BJ01", "20", "/1/20/")))

    taken = bank.deliver(MASTER, "2027-03-31", [master_row(1, "BJ01"), master_row(2)])

    assert (taken.outcome, taken.rows, taken.quarantined) == (Outcome.PUBLISHED, 2, 0)


def test_more_unusable_rows_than_the_bank_allows_refuse_the_delivery_and_the_report_says_which() -> None:
    bank = FeedBank(settings=FeedSettings(bad_percent=20))
    rows = [*ROWS[:3], month_row(7, aum_fen=-5), month_row(8, aum_fen=-5)]

    taken = bank.deliver(MONTHS, MARCH, rows)

    assert taken.outcome is Outcome.REFUSED
    assert taken.reason == (
        "2 of 5 rows cannot be used; more than 20 % is a mix-up. Most often: 2 times aum_fen: it must not be negative."
    )
    assert bank.bucket.files[taken.report_key].decode().splitlines()[1:] == [
        "rows.csv,5,aum_fen: it must not be negative",
        "rows.csv,6,aum_fen: it must not be negative",
    ]
    assert nothing_is_published(bank)


@pytest.mark.parametrize(
    ("broken", "fine", "told"),
    [
        (3, 0, ["rows.csv,2", "rows.csv,3", "rows.csv,4"]),
        (4, 0, ["rows.csv,2", "rows.csv,3", "rows.csv,4", ",,the first 3 of 4 rows that cannot be used"]),
        (2, 3, ["rows.csv,2", "rows.csv,3", "rows.csv,4", ",,the first 3 of 5 rows that cannot be used"]),
        (0, 5, ["rows.csv,2", "rows.csv,3", "rows.csv,4", ",,the first 3 of 5 rows that cannot be used"]),
    ],
)
def test_the_report_lists_so_many_rows_at_most_and_says_if_there_are_more(
    broken: int, fine: int, told: list[str]
) -> None:
    """Lines that are no rows, and rows that break a rule, together."""
    bank = FeedBank(most_listed=3)
    rows = [month_row(customer, active=7) for customer in range(broken + fine)]
    head, *lines = csv_of(rows, MONTH_COLUMNS).splitlines(keepends=True)
    bank.put(b"".join([head, *(b"," + line for line in lines[:broken]), *lines[broken:]]))

    taken = bank.take(bank.manifest(MONTHS, MARCH, rows))

    listed = bank.bucket.files[taken.report_key].decode().splitlines()
    assert listed[0] == "file,line,reason"
    assert len(listed) == len(told) + 1
    assert [line[: len(begin)] for line, begin in zip(listed[1:], told, strict=True)] == told


def test_negative_assets_are_taken_if_the_bank_says_so() -> None:
    bank = FeedBank(settings=FeedSettings(negative_money=True))

    assert bank.deliver(MONTHS, MARCH, [month_row(1, aum_fen=-5)]).rows == 1


def test_far_fewer_rows_than_before_are_refused_unless_they_are_meant() -> None:
    bank = FeedBank()
    bank.deliver(MONTHS, "2027-02", [month_row(customer, "2027-02") for customer in range(10)])
    bank.put(csv_of(ROWS, MONTH_COLUMNS))
    manifest = bank.manifest(MONTHS, MARCH, ROWS)

    assert "fewer than 70 % look like a cut file" in bank.take(manifest).reason
    assert bank.take({**manifest, "smaller_is_meant": True}).outcome is Outcome.PUBLISHED


def in_other_bytes(change: Callable[[bytes], bytes], encoding: str = "utf-8", **manifest: Any) -> tuple[FeedBank, Any]:
    bank = FeedBank()
    rows = [master_row(1), master_row(2), master_row(3)]
    bank.put(change(csv_of(rows, MASTER_COLUMNS)))
    told = bank.manifest(MASTER, "2027-03-31", rows)
    return bank, bank.take({**told, "encoding": encoding, **manifest})


def test_gb18030_is_read_when_the_manifest_says_so() -> None:
    bank, taken = in_other_bytes(lambda content: content.decode().encode("gb18030"), "gb18030")

    assert taken.rows == 3
    assert bank.rows(MASTER, CURRENT, "DISTINCT tier") == [("金卡",)]


@pytest.mark.parametrize(
    ("change", "encoding", "why"),
    [
        (lambda content: content.decode().encode("gb18030"), "utf-8", "rows.csv is not utf-8 as the manifest says"),
        (lambda content: content, "gb18030", "rows.csv is UTF-8, the manifest says gb18030"),
        (lambda content: content.decode().encode("utf-16"), "utf-8", "rows.csv is UTF-16"),
        (lambda content: content.replace(b"node", b"branch"), "utf-8", "must name these columns once each: node"),
        (lambda _: b"", "utf-8", "must name these columns once each: customer_key"),
    ],
)
def test_a_file_in_another_encoding_or_without_a_column_is_refused(
    change: Callable[[bytes], bytes], encoding: str, why: str
) -> None:
    _, taken = in_other_bytes(change, encoding)

    assert taken.outcome is Outcome.REFUSED
    assert why in taken.reason


def test_rows_of_any_width_break_two_rules_at_most() -> None:
    """Each rule is told with its count, in a list that people read."""
    bank = FeedBank()
    head = csv_of(ROWS, MONTH_COLUMNS).splitlines()[0]
    bank.put(b"\n".join([head, *(b"x" + b"," * commas for commas in range(40))]))

    taken = bank.take(bank.manifest(MONTHS, MARCH, ROWS))

    assert taken.rules == {
        "the row has fewer cells than the header, which has 7": 6,
        "the row has more cells than the header, which has 7": 33,
        "customer_key: it must be a hash of 64 hexadecimal digits in lower case, never an account number": 1,
    }


def test_utf_8_that_is_told_to_be_gb18030_is_found_however_late_its_first_character_comes() -> None:
    """Read as GB18030 it would be published as words that nobody wrote."""
    many = b"\n" * 2_000_000

    _, taken = in_other_bytes(lambda content: content.replace(b"\n", many, 1), "gb18030")

    assert taken.reason.startswith("rows.csv is UTF-8, the manifest says gb18030")


def test_gb18030_whose_only_word_could_be_letters_in_utf_8_is_taken() -> None:
    bank, taken = in_other_bytes(lambda content: content.decode().replace("金卡", "一").encode("gb18030"), "gb18030")

    assert taken.rows == 3
    assert bank.rows(MASTER, CURRENT, "DISTINCT tier") == [("一",)]


def test_a_byte_order_mark_and_empty_lines_do_not_matter() -> None:
    _, taken = in_other_bytes(lambda content: b"\xef\xbb\xbf" + content + b"\r\n\r\n")

    assert (taken.rows, taken.quarantined) == (3, 0)


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        (b"=HYPERLINK(1)", "tier: it must be a word of 1 to 32 letters, digits and _ . -"),
        (b"a\x00b", "the line has a NUL or a carriage return"),
        (b"x" * 70_000, "the line is longer than 65536 characters"),
        (b"x" * 40_000, "tier: it must be a word of 1 to 32 letters, digits and _ . -"),
        (b'"never closed', "the row is not valid CSV; check its quotes"),
        (b"one,more", "the row has more cells than the header, which has 8"),
    ],
)
def test_a_cell_that_is_none_costs_its_row_alone(cell: bytes, rule: str) -> None:
    gold = "金卡".encode()
    _, taken = in_other_bytes(lambda content: content.replace(gold, cell, 1))

    assert (taken.rows, taken.rules) == (2, {rule: 1})


@pytest.mark.parametrize("broken", [b'"never closed', b"x" * 70_000, b"7,7", b"7.5"])
def test_a_row_whose_numbers_nobody_can_read_costs_that_row_and_not_the_sum_of_all(broken: bytes) -> None:
    bank = FeedBank()
    content = csv_of(ROWS, MONTH_COLUMNS)
    assert content.count(b",300,") == 1
    bank.put(content.replace(b",300,", b"," + broken + b","))

    taken = bank.take(bank.manifest(MONTHS, MARCH, ROWS))

    assert (taken.outcome, taken.rows, taken.quarantined) == (Outcome.PUBLISHED, 4, 1)


@pytest.mark.parametrize(
    ("opened_on", "rule"),
    [
        ("2027-04-01", "the day lies after the manifest's period"),
        ("2027-02-30", "it must be a day like 2019-05-31, without time or zone"),
        ("2027/02/03", "it must be a day like 2019-05-31, without time or zone"),
        ("2027-03-30T16:00:00Z", "it must be a day like 2019-05-31, without time or zone"),
        ("0019-05-31", "no day before 1900 can be right"),
    ],
)
def test_a_day_that_cannot_be_right_costs_its_row(opened_on: str, rule: str) -> None:
    bank = FeedBank()
    rows = [master_row(1, opened_on="2019-05-31"), master_row(2), master_row(3, opened_on=opened_on)]

    taken = bank.deliver(MASTER, "2027-03-31", rows)

    assert (taken.rows, taken.rules) == (2, {f"opened_on: {rule}": 1})


def test_of_two_that_publish_at_once_the_loser_is_told_to_look_again() -> None:
    bank = FeedBank()
    bank.deliver(MONTHS, MARCH, ROWS)
    first = bank.versions.latest(MONTHS, MARCH)
    assert first is not None
    bank.put(csv_of(ROWS[:4], MONTH_COLUMNS))
    manifest = bank.manifest(MONTHS, MARCH, ROWS[:4], "2027-04-02T05:00:00+08:00")
    bank.bucket.files[f"{FOLDER}manifest.json"] = json.dumps(manifest).encode()
    intake = bank.intake()
    publish = bank.versions.publish
    faster = replace(first, version=2, delivery_id="other")

    class FasterOther:
        """Publishes version 2 in the moment before ours."""

        latest = bank.versions.latest
        of_version = bank.versions.of_version
        periods = bank.versions.periods
        latest_period = bank.versions.latest_period

        def publish(self, publication: Any) -> bool:
            publish(faster)
            return publish(publication)

    with pytest.raises(FeedBusyError):
        replace(intake, publications=FasterOther()).take(f"{FOLDER}manifest.json", bank.moment)

    assert intake.take(f"{FOLDER}manifest.json", bank.moment).version == 3
    assert len(bank.rows(MONTHS, MARCH)) == 4


@pytest.mark.parametrize("killed_at", range(1, 6))
def test_killed_at_any_write_and_told_again_it_is_one_version_with_its_measures(killed_at: int) -> None:
    bank = FeedBank()
    bank.deliver(MASTER, "2027-03-31", [master_row(1), master_row(2)])
    bank.put(csv_of([*ROWS[:2], {**ROWS[2], "active": 7}], MONTH_COLUMNS))
    manifest = bank.manifest(MONTHS, MARCH, [*ROWS[:2], {**ROWS[2], "active": 7}])

    class DyingError(Exception):
        pass

    writes = iter(range(1, 100))
    put, upload = bank.bucket.put, bank.bucket.upload

    def dying(write: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **more: Any) -> Any:
            number = next(writes)
            if number == killed_at:
                raise DyingError
            return write(*given, **more)

        return wrapped

    bank.bucket.put, bank.bucket.upload = dying(put), dying(upload)  # type: ignore[method-assign]
    if killed_at <= 4:
        with pytest.raises(DyingError):
            bank.take(manifest)
    bank.bucket.put, bank.bucket.upload = put, upload  # type: ignore[method-assign]
    taken = bank.take(manifest)

    assert (taken.outcome, taken.version, taken.rows, taken.quarantined) == (Outcome.PUBLISHED, 1, 2, 1)
    assert len(bank.rows(MONTHS, MARCH)) == 2
    ((_, (_, nodes)),) = bank.measures.stood.items()
    assert nodes["1"]["fact_customers"] == 2


def test_what_is_no_manifest_is_refused() -> None:
    bank = FeedBank()
    bank.bucket.files[f"{FOLDER}manifest.json"] = b"\xff not json"

    taken = bank.intake().take(f"{FOLDER}manifest.json", datetime(2027, 4, 2, tzinfo=UTC))

    assert taken.outcome is Outcome.REFUSED
    assert "the manifest: Invalid JSON" in taken.reason


def test_the_published_schema_is_that_of_the_code_and_takes_a_manifest() -> None:
    published = json.loads(Path("docs/contracts/kpi-feed-manifest.schema.json").read_text("utf-8"))
    bank = FeedBank()
    bank.put(csv_of(ROWS, MONTH_COLUMNS))

    assert published == manifests.schema()
    jsonschema.validate(bank.manifest(MONTHS, MARCH, ROWS), published)


def test_the_documentation_has_every_column() -> None:
    page = Path("docs/kpi-feeds.md").read_text("utf-8")

    assert [
        name for found in COLUMNS.values() for name in (each.name for each in found) if f"`{name}`" not in page
    ] == []
