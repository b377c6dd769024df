"""How the fetching of archived messages' files stands, through the API (S69)."""

from datetime import timedelta

from scrm.archive.media import MediaPlace
from scrm.archive.media_pages import OpenFile
from tests.admin_api import AT, BRANCH_10, HEAD_OFFICE, Api, Request

PATH = "/v1/archive/media/status"
AUDITOR = {**HEAD_OFFICE, "scrm_roles": "[auditor]"}


def test_open_files_are_told_with_the_moment_at_which_the_first_is_lost(api: Api) -> None:
    api.media.files = [
        OpenFile(MediaPlace(0, number, 0), None, AT + timedelta(hours=number), AT, 10005 * (number > 0))
        for number in range(3)
    ]

    shown = api.send(Request(PATH, claims=AUDITOR)).body

    assert shown == {
        "open_files": 3,
        "oldest_message_at": "2026-11-21T08:00:00.000Z",
        "first_lost_at": "2026-11-26T08:00:00.000Z",
        "refused": [{"code": 10005, "files": 2}],
    }


def test_a_branch_does_not_see_the_whole_banks_files(api: Api) -> None:
    assert api.send(Request(PATH, claims=BRANCH_10)).status == 403
