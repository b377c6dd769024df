import pytest

from scrm.runtime.http.caller import Role, identify
from tests.admin_api import NODES
from tests.fakes.queries import FakeOrgQueries


@pytest.mark.parametrize(
    "claim",
    [
        "[operator auditor]",
        "operator auditor",
        "operator,auditor",
        '["operator","auditor"]',
        ["operator", "auditor"],
        "[operator auditor unknown_role]",
    ],
)
def test_roles_are_read_however_the_list_claim_is_written(claim: object) -> None:
    caller = identify({"sub": "op", "scrm_node": "10", "scrm_roles": claim}, FakeOrgQueries(NODES))

    assert caller.roles == {Role.OPERATOR, Role.AUDITOR}


@pytest.mark.parametrize(
    ("node_id", "role", "operates"),
    [
        ("1", "head_office", True),
        ("1", "operator", True),
        ("1", "auditor", False),
        ("10", "operator", False),
        ("10", "head_office", False),
    ],
)
def test_only_head_office_and_operators_at_the_root_operate_the_corp(node_id: str, role: str, operates: bool) -> None:  # noqa: FBT001
    caller = identify({"sub": "op", "scrm_node": node_id, "scrm_roles": f"[{role}]"}, FakeOrgQueries(NODES))

    assert caller.operates_the_corp is operates


def test_a_branch_does_not_see_one_whose_id_only_starts_alike() -> None:
    caller = identify({"sub": "op", "scrm_node": "10", "scrm_roles": "[operator]"}, FakeOrgQueries(NODES))

    assert caller.sees("/1/10/12/")
    assert not caller.sees("/1/100/")
    assert not caller.sees("/1/")
