"""Certified days of the archive through the API (O6)."""

from datetime import date

import pytest

from tests.admin_api import BRANCH_10, HEAD_OFFICE, Api, Request
from tests.fakes.archive import certified_day

AUDITOR = {**HEAD_OFFICE, "scrm_roles": "[auditor]"}


@pytest.fixture(autouse=True)
def _days(api: Api) -> None:
    api.certified.days = [certified_day(date(2026, 11, day)) for day in (24, 25, 26)]


def test_certified_days_are_listed_the_latest_first_page_by_page(api: Api) -> None:
    first = api.send(Request("/v1/archive/certificates", claims=AUDITOR, query={"limit": "2"})).body
    rest = api.send(
        Request("/v1/archive/certificates", claims=AUDITOR, query={"limit": "2", "cursor": first["cursor"]})
    ).body

    assert [each["day"] for each in (*first["items"], *rest["items"])] == ["2026-11-26", "2026-11-25", "2026-11-24"]
    assert rest["cursor"] is None


def test_a_day_shows_its_figures_and_what_was_signed(api: Api) -> None:
    shown = api.send(Request("/v1/archive/certificates/2026-11-26", claims=AUDITOR)).body

    assert (shown["key"], shown["root"], shown["signature"]) == ("days/2026-11-26.json", "ab" * 32, "c2lnbmVk")
    assert shown["counts"]["rows"] == 1_500
    assert shown["parked_by_key_version"] == {"2": 8}
    assert shown["seats"] == {"roster": 3, "permitted": 2, "without": 1}


@pytest.mark.parametrize(("day", "status"), [("2026-11-27", 404), ("yesterday", 422)])
def test_a_day_without_a_certificate_and_no_day_at_all_are_told_apart(api: Api, day: str, status: int) -> None:
    assert api.send(Request(f"/v1/archive/certificates/{day}", claims=AUDITOR)).status == status


@pytest.mark.parametrize("path", ["/v1/archive/certificates", "/v1/archive/certificates/2026-11-26"])
def test_a_branch_does_not_see_the_whole_banks_certificates(api: Api, path: str) -> None:
    assert api.send(Request(path, claims=BRANCH_10)).status == 403
