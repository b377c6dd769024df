"""The bank's feed: what a row may hold, and which files are refused whole."""

from datetime import date

import pytest

from scrm.audience.facts import Activity, Consent, CustomerFacts
from scrm.audience.feed import REQUIRED, FeedColumns, FeedRefusedError, FeedRowError, Plausibility
from tests.fakes.audience import NOW

HEADER = (
    b"\xef\xbb\xbfExternal_UserID,name,risk_class,assessed_on,born_on,consent,"
    b"tier,aum_band,holdings,labels,activity,long_tail,pool,protected\r\n"
)


def test_a_row_becomes_facts_and_foreign_columns_are_skipped() -> None:
    row = "wm1,王总,c4,2026-01-02,1980-02-29,given,private,12,fund_02|fund_01|,高净值|vip,active,no,branch_centre,\r\n"

    found = FeedColumns.of(HEADER).facts(row.encode(), NOW)

    assert found == CustomerFacts(
        external_userid="wm1",
        told_at=NOW,
        tier="private",
        aum_band=12,
        holdings=("fund_01", "fund_02"),
        labels=("vip", "高净值"),
        activity=Activity.ACTIVE,
        is_long_tail=False,
        pool="branch_centre",
        risk_class=4,
        assessed_on=date(2026, 1, 2),
        born_on=date(1980, 2, 29),
        consent=Consent.GIVEN,
    )


def test_what_the_bank_does_not_know_stays_unknown() -> None:
    columns = FeedColumns.of(b"external_userid,risk_class,assessed_on,born_on,consent")

    assert columns.facts(b"wm1,,,,", NOW) == CustomerFacts("wm1", NOW)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("external_userid", "wm 1"),
        ("external_userid", ""),
        ("risk_class", "C6"),
        ("risk_class", "0"),
        ("assessed_on", "2026-02-30"),
        ("assessed_on", "2026-11-27"),
        ("born_on", "1899-12-31"),
        ("born_on", "20260101x"),
        ("consent", "perhaps"),
        ("tier", "a b"),
        ("aum_band", "-1"),
        ("aum_band", "100"),
        ("aum_band", "²"),
        ("holdings", "a|b c"),
        ("holdings", "|".join(f"p{number}" for number in range(51))),
        ("activity", "often"),
        ("long_tail", "1"),
        ("protected", "maybe"),
    ],
)
def test_a_cell_that_means_nothing_makes_its_row_unusable_and_is_not_repeated(column: str, cell: str) -> None:
    columns = FeedColumns.of(",".join(dict.fromkeys((*REQUIRED, column))).encode())
    row = ",".join(cell if name == column else "wm1" if name == "external_userid" else "" for name in columns.names)

    with pytest.raises(FeedRowError, match=f"^{column}: ") as refused:
        columns.facts(row.encode(), NOW)

    assert not cell or cell not in str(refused.value)


@pytest.mark.parametrize("line", [b"", b"external_userid,risk_class", HEADER.replace(b"tier", b"pool"), b"\xff\xfe"])
def test_a_header_that_lacks_a_column_or_names_one_twice_refuses_the_file(line: bytes) -> None:
    with pytest.raises(FeedRefusedError):
        FeedColumns.of(line)


@pytest.mark.parametrize("line", [b"wm1,,,", b"wm1,,,,,", b'wm1,",,,', "wm1,,,,给".encode("gb18030")])
def test_a_row_of_another_shape_is_unusable(line: bytes) -> None:
    with pytest.raises(FeedRowError):
        FeedColumns.of(b"external_userid,risk_class,assessed_on,born_on,consent").facts(line, NOW)


def test_a_cut_or_mixed_up_file_is_refused() -> None:
    rule = Plausibility()
    rule.check(rows=100, bad=5, rows_before=142)

    for rows, bad, before in ((0, 0, 0), (100, 6, 0), (99, 0, 142)):
        with pytest.raises(FeedRefusedError):
            rule.check(rows, bad, before)
