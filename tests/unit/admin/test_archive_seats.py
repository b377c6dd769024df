"""Seats of the archive through the API: of the caller's node and what lies below it (S70)."""

from datetime import UTC, datetime

from scrm.archive.coverage import Coverage
from scrm.org.model import Member, MemberStatus
from tests.admin_api import BRANCH_10, HEAD_OFFICE, NODES, Api, Request

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def _serves(api: Api, userid: str, node_path: str, *, serves: bool = True) -> None:
    node_id = node_path.split("/")[-2]
    api.people.put_member(Member(userid, "", node_id, node_path, MemberStatus.ACTIVE, serves, NOW))


def test_a_branch_sees_its_own_members_and_head_office_all(api: Api) -> None:
    for node in NODES.values():
        api.people.put_node(node, None)
    _serves(api, "rm_one", "/1/10/12/")
    _serves(api, "rm_two", "/1/10/")
    _serves(api, "rm_three", "/1/20/")
    _serves(api, "clerk", "/1/10/", serves=False)
    Coverage(api.coverage).take_over(["rm_one"], NOW)

    of_branch = api.send(Request("/v1/archive/seats", claims=BRANCH_10)).body
    of_bank = api.send(Request("/v1/archive/seats", claims=HEAD_OFFICE)).body
    of_another = api.send(Request("/v1/archive/seats", query={"node_id": "20"}, claims=BRANCH_10))

    assert (of_branch["members"], of_branch["with_seat"]) == (2, 1)
    assert of_branch["without"] == [{"userid": "rm_two", "node_path": "/1/10/"}]
    assert of_bank["members"] == 3
    assert of_another.status == 404
