"""What contact_sync does about a customer who came: he is counted, and gets his tags."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from scrm import clock
from scrm.runtime.wiring import contact_sync, ways
from scrm.ways.model import Arrival
from tests.unit.runtime.test_dispatch_queue import SentMessages

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
OURS = "way_" + "a" * 26


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> SentMessages:
    sent = SentMessages()
    monkeypatch.setattr(contact_sync, "contact_queue", lambda: sent)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return sent


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Facts of who was added."""
    found: list[tuple[str, str]] = []
    facts = SimpleNamespace(added=lambda userid, customer, _: found.append((userid, customer)))
    monkeypatch.setattr(contact_sync, "contact_facts", lambda: facts)
    return found


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(ways, "came", lambda arrival: found.append(arrival.state))
    return found


def arrival(state: str = "", days_ago: int = 0) -> Arrival:
    return Arrival(state, "rm_a", "wm1", NOW - timedelta(days=days_ago))


@pytest.mark.parametrize(("state", "ours"), [("", []), ("qr-07", []), (OURS, [OURS])])
def test_every_newcomer_gets_his_tags_by_a_message_of_their_own(
    queue: SentMessages, counted: list[str], told: list[tuple[str, str]], state: str, ours: list[str]
) -> None:
    contact_sync.came(arrival(state), is_new=True)

    (message,) = queue.bodies
    assert (message["kind"], message["userid"], message["came_by"]) == ("tags_due", "rm_a", state)
    assert counted == ours
    assert told == [("rm_a", "wm1")]


@pytest.mark.parametrize(("state", "tagged"), [("", 0), ("qr-07", 1), (OURS, 1)])
def test_who_was_a_colleagues_customer_gets_tags_only_by_a_contact_way(
    queue: SentMessages, counted: list[str], state: str, tagged: int
) -> None:
    contact_sync.came(arrival(state), is_new=False)

    assert len(queue.bodies) == tagged


@pytest.mark.parametrize(("days_ago", "tagged"), [(1, 1), (4, 0)])
def test_whom_the_pass_finds_is_counted_and_tagged_only_if_he_is_new(
    queue: SentMessages, counted: list[str], days_ago: int, tagged: int
) -> None:
    contact_sync.found_out(arrival(OURS, days_ago))

    assert (len(queue.bodies), counted) == (tagged, [OURS])
