import pytest

from scrm.org.model import Lifecycle, OperatingMode, OrgNode
from scrm.org.nodes import (
    BranchCodeError,
    EffectiveSetting,
    GateShutError,
    NodeChangedError,
    NodeSetting,
    NodeSettings,
    UnknownNodeError,
    effective_setting,
)
from tests.fakes.org import T0, FakeFormalGate, FakeOrg

PILOT = NodeSetting(Lifecycle.PILOT, OperatingMode.BRANCH_PLANNED_RM_SERVED, "0571")
NODES = [
    OrgNode("1", "总行", "/1/", "0", lifecycle=Lifecycle.FORMAL),
    OrgNode("10", "杭州分行", "/1/10/", "1"),
    OrgNode("20", "宁波分行", "/1/20/", "1"),
]


def settings_of(nodes: list[OrgNode], shut: set[str] | None = None) -> NodeSettings:
    return NodeSettings(FakeOrg.of(nodes=nodes), FakeFormalGate(shut or set()))


def test_change_needs_the_version_that_was_read() -> None:
    settings = settings_of(NODES)

    changed = settings.change("10", PILOT, 0)

    assert (changed.lifecycle, changed.branch_code, changed.version) == (Lifecycle.PILOT, "0571", 1)
    with pytest.raises(NodeChangedError):
        settings.change("10", NodeSetting(None, None), 0)


def test_repeated_change_gives_the_same_answer() -> None:
    settings = settings_of(NODES)
    changed = settings.change("10", PILOT, 0)

    assert settings.change("10", PILOT, 0) == changed


def test_branch_code_belongs_to_one_node_until_it_is_given_back() -> None:
    settings = settings_of(NODES)
    settings.change("10", PILOT, 0)

    with pytest.raises(BranchCodeError, match="another node"):
        settings.change("20", PILOT, 0)

    settings.change("10", NodeSetting(None, None), 1)
    assert settings.change("20", PILOT, 0).branch_code == "0571"


@pytest.mark.parametrize("code", ["0571 ", "杭州", "=1+1", "0" * 33])
def test_malformed_branch_code_is_refused(code: str) -> None:
    with pytest.raises(BranchCodeError, match="letters, digits"):
        settings_of(NODES).change("10", NodeSetting(None, None, code), 0)


def test_unknown_or_closed_node_is_refused() -> None:
    closed = OrgNode("30", "", "/1/30/", "1", closed_at=T0)
    settings = settings_of([closed])

    for node_id in ("30", "31"):
        with pytest.raises(UnknownNodeError):
            settings.change(node_id, PILOT, 0)


def test_a_node_becomes_formal_only_through_an_open_gate() -> None:
    settings = settings_of(NODES, shut={"/1/10/"})
    settings.change("10", PILOT, 0)

    with pytest.raises(GateShutError, match="two persons"):
        settings.change("10", NodeSetting(Lifecycle.FORMAL, None, "0571"), 1)

    kept = settings.repository.node("10")
    assert kept is not None
    assert kept.lifecycle is Lifecycle.PILOT
    assert settings.change("20", NodeSetting(Lifecycle.FORMAL, None), 0).lifecycle is Lifecycle.FORMAL


def test_what_is_formal_already_and_who_goes_back_ask_no_gate() -> None:
    settings = settings_of(NODES, shut={"/1/"})

    still = settings.change("1", NodeSetting(Lifecycle.FORMAL, OperatingMode.HQ_DIRECT), 0)
    back = settings.change("1", NodeSetting(Lifecycle.PREPARATION, None), still.version)

    assert (still.lifecycle, back.lifecycle) == (Lifecycle.FORMAL, Lifecycle.PREPARATION)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/1/10/11/", EffectiveSetting(Lifecycle.PILOT, OperatingMode.HQ_DIRECT)),
        ("/1/20/", EffectiveSetting(Lifecycle.FORMAL, OperatingMode.HQ_DIRECT)),
        ("/9/", EffectiveSetting(Lifecycle.PREPARATION, OperatingMode.HQ_DIRECT)),
    ],
)
def test_node_without_a_word_of_its_own_follows_the_one_above(path: str, expected: EffectiveSetting) -> None:
    pilot = OrgNode("10", "", "/1/10/", "1", lifecycle=Lifecycle.PILOT)

    assert effective_setting(path, {"1": NODES[0], "10": pilot, "20": NODES[2]}) == expected
