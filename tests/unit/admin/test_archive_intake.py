"""How the archive's intake stands, and what may be asked of it, through the API (S69)."""

import pytest

from tests.admin_api import BRANCH_10, HEAD_OFFICE, Api, Request
from tests.fakes.archive import row

KEY = {"idempotency-key": "k1"}
AUDITOR = {**HEAD_OFFICE, "scrm_roles": "[auditor]"}


def test_the_intake_shows_how_far_it_is_and_what_is_parked(api: Api) -> None:
    api.archive.corp.rows = [row(2**63), row(2**63 + 1, version=7)]
    api.archive.intake().run("one", lambda: True)
    api.archive.open_all()

    shown = api.send(Request("/v1/archive/intake", claims=AUDITOR)).body

    assert (shown["seq"], shown["pages"], shown["open_pages"]) == (str(2**63 + 1), 1, 0)
    assert shown["parked"] == [{"key_version": 7, "reason": "key_missing", "rows": 1}]
    assert shown["newest_message_at"] == "2026-11-26T02:00:00.000Z"


def test_an_archive_that_has_not_begun_is_shown_as_such(api: Api) -> None:
    shown = api.send(Request("/v1/archive/intake", claims=HEAD_OFFICE)).body

    assert (shown["seq"], shown["pages"], shown["newest_message_at"], shown["parked"]) == ("0", 0, None, [])


@pytest.mark.parametrize("asked", ["sweep", "reopening"])
def test_head_office_may_ask_and_nobody_else(api: Api, asked: str) -> None:
    statuses = [
        api.send(Request(f"/v1/archive/intake/{asked}", "POST", claims=claims, headers=KEY, body={})).status
        for claims in (HEAD_OFFICE, AUDITOR, BRANCH_10)
    ]

    assert statuses == [202, 403, 403]
    assert api.archive_asked == [asked]


def test_a_branch_does_not_see_the_whole_banks_intake(api: Api) -> None:
    assert api.send(Request("/v1/archive/intake", claims=BRANCH_10)).status == 403
