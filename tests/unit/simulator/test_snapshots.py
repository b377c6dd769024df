"""Everything comes back as it was."""

import pytest
from pydantic import ValidationError

from local.simulator.confirmations import ConfirmationScript
from local.simulator.world import World, WorldError

from .builders import DAY, HOUR, Corp, member, relation, small_world


def test_a_restored_snapshot_is_the_same_corp_tokens_and_pending_transfers_included() -> None:
    corp = Corp()
    token = corp.token()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    frozen = corp.simulator.simulation.freeze()
    before = corp.simulator.simulation.world.to_json()
    corp.leave("rm_b")
    corp.simulator.actions.revoke_tokens(None)

    corp.simulator.simulation.thaw(frozen, rewind_clock=False)

    assert corp.simulator.simulation.world.to_json() == before
    assert corp.raw("GET", "department/list", {"access_token": token})["errcode"] == 0
    corp.advance(DAY)
    assert corp.followers("wm1") == ["rm_c"]


def test_mass_messages_that_wait_for_a_member_are_in_the_snapshot() -> None:
    corp = Corp()
    script = ConfirmationScript(prompt_percent=100)
    corp.simulator.simulation.state.confirmations = script
    body = {"sender": "rm_a", "external_userid": ["wm1"], "text": {"content": "早"}}
    msgid = corp.post("externalcontact/add_msg_template", body)["msgid"]
    frozen = corp.simulator.simulation.freeze()
    corp.simulator.load_world(small_world())

    corp.simulator.simulation.thaw(frozen, rewind_clock=False)
    corp.advance(DAY)

    assert [row.msgid for row in corp.simulator.simulation.state.mass.deliveries] == [msgid]


def test_without_rewinding_time_goes_on_and_what_was_due_comes_at_once() -> None:
    corp = Corp()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")
    frozen = corp.simulator.simulation.freeze()
    corp.advance(2 * DAY)
    now = corp.simulator.simulation.now()

    corp.simulator.simulation.thaw(frozen, rewind_clock=False)
    corp.advance(0)

    assert corp.simulator.simulation.now() == now
    assert corp.followers("wm1") == ["rm_c"]


def test_with_rewinding_time_goes_back_too() -> None:
    corp = Corp()
    frozen = corp.simulator.simulation.freeze()
    now = corp.simulator.simulation.now()
    corp.advance(DAY)

    corp.simulator.simulation.thaw(frozen, rewind_clock=True)

    assert corp.simulator.simulation.now() == now


def test_a_world_read_and_loaded_is_the_same_world() -> None:
    corp = Corp()
    corp.leave("rm_a")
    read = corp.simulator.simulation.world.to_json()

    corp.simulator.load_world(read)

    assert corp.simulator.simulation.world.to_json() == read
    assert corp.codes("resigned", "rm_a", "rm_b", "wm1") == [0]


def test_loading_a_world_starts_afresh_but_keeps_timers_and_knobs() -> None:
    corp = Corp(latency_ms=7)
    corp.simulator.simulation.timeline.set_timer("poll", "rate(1 hour)", "http://engine.invalid/poll")
    token = corp.token()
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.simulator.load_world(small_world())

    assert corp.raw("GET", "department/list", {"access_token": token})["errcode"] == 40014
    assert corp.simulator.simulation.knobs.latency_ms == 7
    assert corp.advance(HOUR).fired == {"timer:poll": 1}
    assert corp.followers("wm1") == ["rm_a"]


@pytest.mark.parametrize(
    "broken",
    [
        {"members": [member("rm_a", 99)], "relations": [], "groups": []},
        {"relations": [relation("nobody", "wm1")]},
        {"relations": [relation("rm_a", "wm1"), relation("RM_A", "wm1")]},
        {"relations": [relation("rm_a", "wmX")]},
        {"groups": [{"chat_id": "w", "name": "", "owner": "nobody", "create_time": 1}]},
    ],
)
def test_a_world_that_contradicts_itself_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(WorldError):
        World.from_json(small_world(**broken))


def test_a_misspelt_field_is_refused() -> None:
    world = small_world()
    world["members"][0]["depratment"] = [10]

    with pytest.raises(ValidationError):
        World.from_json(world)
