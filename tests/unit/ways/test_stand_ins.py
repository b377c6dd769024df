"""Who serves customers of a contact way for a member who cannot (S54, S63)."""

from datetime import UTC, date, datetime

import pytest

from scrm import clock
from scrm.org.model import Cover, Member, MemberStatus
from scrm.runtime.ways_joins import StandIns
from tests.fakes.org import FakeOrg
from tests.fakes.ways import FakeWays

AT = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
ON_LEAVE = Cover("rm_a", AT, "evt_1", "rm_b", date(2026, 11, 20), date(2026, 12, 20))


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)


def org(**status: MemberStatus) -> FakeOrg:
    found = FakeOrg()
    for name in ("a", "b", "c"):
        state = status.get(name, MemberStatus.ACTIVE)
        found.put_member(Member(f"rm_{name}", "", "10", "/1/10/", state, serves_customers=True, changed_at=AT))
    return found


def stand_in(found: FakeOrg, takers: dict[str, str] | None = None, node_path: str = "/1/10/") -> str | None:
    return StandIns(found, FakeWays(takers=takers or {})).stand_in("rm_a", node_path)


def test_a_member_who_can_serves_himself_and_on_leave_his_cover_does() -> None:
    found = org()
    assert stand_in(found) == "rm_a"

    assert found.put_cover(ON_LEAVE, None)

    assert stand_in(found) == "rm_b"


def test_a_cover_who_cannot_serve_leaves_the_customers_with_the_member() -> None:
    found = org(b=MemberStatus.DISABLED)
    assert found.put_cover(ON_LEAVE, None)

    assert stand_in(found) == "rm_a"


def test_who_left_has_the_successor_of_his_successor() -> None:
    found = org(a=MemberStatus.LEFT, b=MemberStatus.LEFT)

    assert stand_in(found) is None
    assert stand_in(found, {"rm_a": "rm_b", "rm_b": "rm_c"}) == "rm_c"
    assert stand_in(found, {"rm_a": "rm_b", "rm_b": "rm_a"}) is None


def test_nobody_of_another_node_serves() -> None:
    assert stand_in(org(), {"rm_a": "rm_b"}, "/1/20/") is None
