"""O1, provable handover: 2,350 customers and 40 groups of a leaver, refusals, full takers, used quotas, lost answers,
and a process that dies once before and once after each remote call and write of the run.

WeCom is the simulator behind real HTTP; the adapters in memory pass the tables' conformance suite.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import Any

import pytest

from scrm import clock
from scrm.clock import BUSINESS_ZONE
from scrm.handover.certificate import CertificateFormat, document_key, problems_of
from scrm.handover.edges import AttemptOutcome, ChunkKind, Edge, EdgeCause, EdgeState, TransferApi
from scrm.handover.model import CaseOutcome, CaseState, SignalSource
from tests.fakes.handover import FakeStaff, signal, staff
from tests.local_bank import customer_id, small_world
from tests.simulated_handover import SimulatedHandover, simulated_handover

CUSTOMERS, GROUPS, IDS_PER_CALL = 2_350, 40, 100
LEAVER, MANAGER = "rm_wang01", "mgr_zhao01"
FIRST, FULL, NEXT = SUCCESSORS = "rm_li02", "rm_zhou03", "rm_sun04"
ELSEWHERE = "rm_qian05"  # of another branch
HOUR = timedelta(hours=1)
FIRST_ATTEMPTS_DECIDED, ALL_DECIDED = timedelta(hours=30), timedelta(hours=56)

QUOTA_USED = frozenset(customer_id(place) for place in range(24))  # 1 %
REFUSE_ONCE = frozenset(customer_id(place) for place in range(24, 59))  # 3 % refuse,
REFUSE_TWICE = frozenset(customer_id(place) for place in range(59, 94))  # half of them the next one as well
MEET_A_FULL_TAKER = 118  # 5 %: whoever comes last
ROOM = CUSTOMERS - len(QUOTA_USED | REFUSE_ONCE | REFUSE_TWICE) - MEET_A_FULL_TAKER

OPEN = {EdgeState.PLANNED, EdgeState.WAITING, EdgeState.FALLBACK}  # O1 calls all of them WAITING
OUTCOMES = {
    1: AttemptOutcome.DONE,
    2: AttemptOutcome.STARTED,
    3: AttemptOutcome.REFUSED,
    4: AttemptOutcome.TAKEOVER_FULL,
}


def bank_of(*colleagues: str) -> FakeStaff:
    """One branch with these colleagues, one of another branch, and a manager who holds no customers."""
    members = [staff(LEAVER), *map(staff, colleagues), replace(staff(ELSEWHERE), node_path="/1/20/")]
    return FakeStaff([*members, staff(MANAGER, can_take_over=False)], manager=MANAGER)


def corp(**caps: int) -> dict[str, Any]:
    """``caps``: how many customers WeCom lets these members have, which nobody tells us."""
    world = small_world(CUSTOMERS, GROUPS)
    world["members"] += [
        {"userid": userid, "name": userid, "department": [10], "main_department": 10} for userid in (NEXT, ELSEWHERE)
    ]
    for member in world["members"]:
        member["customer_cap"] = caps.get(member["userid"])
    return world


def hr_says_he_leaves(run: SimulatedHandover, *successors: str) -> None:
    last_day = clock.now().astimezone(BUSINESS_ZONE).date() + timedelta(days=5)
    run.tell(replace(signal(at=clock.now(), successors=successors), last_day=last_day))


def use_up_quotas(run: SimulatedHandover) -> None:
    """Some of the leaver's customers come to him by two transfers of these days, of which only WeCom knows."""
    run.sim.control.script_decisions(by_customer=dict.fromkeys(QUOTA_USED, "accept"))
    for handover, takeover in ((ELSEWHERE, NEXT), (NEXT, LEAVER)):
        rows = run.client.inheritance.transfer_onjob(handover, takeover, sorted(QUOTA_USED))
        assert {row.errcode for row in rows} == {0}
        run.clock.advance(2 * HOUR)


def totals(run: SimulatedHandover, kind: ChunkKind = ChunkKind.CUSTOMERS) -> dict[str, int]:
    return dict(Counter(edge.state.value for edge in run.edges(kind).values()))


def started(run: SimulatedHandover) -> Mapping[str, list[dict[str, Any]]]:
    """WeCom's transfers by customer, without those before the case."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in run.sim.control.transfers():
        if row["handover_userid"] == LEAVER:
            found[row["external_userid"]].append(row)
    return found


def assert_nobody_is_lost(run: SimulatedHandover) -> None:
    """Invariant 1 at this moment: each customer is done, under way, or somebody's open task until a day."""
    edges = run.edges()
    assert len(edges) == CUSTOMERS
    assert {edge.state for edge in edges.values()} <= OPEN | {EdgeState.DONE, EdgeState.MANUAL}
    manual = [edge for edge in edges.values() if edge.state is EdgeState.MANUAL]
    assert {edge.owner_userid for edge in manual} <= {MANAGER}
    assert all(edge.due_at is not None and edge.cause for edge in manual)
    counted = run.case.customer_totals
    assert sum(counted.values()) - counted["total"] == counted["total"] == CUSTOMERS


def assert_everybody_is_with_one_member(run: SimulatedHandover) -> None:
    """Of WeCom's own lists: nobody has two owners, and whom our edge calls done is with its taker."""
    followers = {row["external_userid"]: row["userid"] for row in run.sim.control.relations()}
    assert len(run.sim.control.relations()) == len(followers)
    done = {one: edge for one, edge in run.edges().items() if edge.state is EdgeState.DONE}
    assert {one: followers.get(one) for one in done} == {
        one: edge.attempts[-1].takeover_userid for one, edge in done.items()
    }


def assert_evidence_is_wecoms(edge: Edge, rows: list[dict[str, Any]]) -> None:
    """Each transfer WeCom knows of is an attempt of the edge, in order, with its taker and outcome; and no more."""
    evidence = [(one.takeover_userid, one.outcome) for one in edge.attempts if one.errcode == 0]
    assert evidence == [(row["takeover_userid"], OUTCOMES[row["status"]]) for row in rows]


def test_every_customer_of_a_leaver_is_accounted_for_whatever_goes_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    world = corp(**{FIRST: ROOM, FULL: 0})
    for row in world["relations"]:
        row["userid"] = ELSEWHERE if row["external_userid"] in QUOTA_USED else LEAVER
    with simulated_handover(world, bank_of(*SUCCESSORS)) as run:
        use_up_quotas(run)
        run.full_pass()
        run.part.notes = {customer_id(place): f"note {place}" for place in range(CUSTOMERS)}
        run.sim.control.script_decisions(
            by_customer={
                **dict.fromkeys(REFUSE_ONCE, ("refuse", "ignore")),
                **dict.fromkeys(REFUSE_TWICE, ("refuse", "refuse", "ignore")),
            }
        )
        run.sim.control.add_fault("drop_after", "externalcontact/transfer_customer", skip=3, count=1)
        run.sim.control.add_fault("drop_after", "externalcontact/groupchat/onjob_transfer", count=1)
        run.kill_everywhere = True
        begin = clock.now()

        hr_says_he_leaves(run, *SUCCESSORS)
        while (elapsed := clock.now() - begin - run.hidden) < ALL_DECIDED:
            run.pass_time(HOUR)
            assert_nobody_is_lost(run)
            if elapsed >= FIRST_ATTEMPTS_DECIDED - HOUR:
                first = {rows[0]["status"] for rows in started(run).values()}
                assert first <= {1, 3, 4}

        assert_on_job_transfers_ended_right(run)

        it_deletes_the_account(run)

        assert_nobody_is_lost(run)
        assert_everybody_is_with_one_member(run)
        resigned = {one: edge for one, edge in run.edges().items() if one in QUOTA_USED}
        assert {edge.state for edge in resigned.values()} == {EdgeState.DONE}
        assert {edge.attempts[-1].api for edge in resigned.values()} == {TransferApi.RESIGNED}
        assert totals(run) == {"done": CUSTOMERS - len(REFUSE_TWICE), "manual": len(REFUSE_TWICE)}
        assert max(len(customers) for _, customers in run.transfer_calls) == IDS_PER_CALL
        assert max(len(rows) for rows in started(run).values()) == 2

        the_operator_closes_the_case(run)

        assert_certificate_proves_it(run)
        assert_what_was_known_of_them_followed(run)
        assert_repeats_change_nothing(run)
        kills = run.killer.kills

    with capsys.disabled():
        counted = f"customers {totals(run)}, groups {totals(run, ChunkKind.GROUPS)}"
        sys.stdout.write(f"\nO1 certificate after {kills} kills: {counted}\n")
    assert kills > 1_000


def assert_on_job_transfers_ended_right(run: SimulatedHandover) -> None:
    """Asked once, or twice where the first taker was refused or full; the rest, with its cause, is the manager's."""
    assert_everybody_is_with_one_member(run)
    asked = started(run)
    met_full = {one for one, rows in asked.items() if rows[0]["status"] == 4}
    assert len(met_full) == MEET_A_FULL_TAKER
    twice = REFUSE_ONCE | REFUSE_TWICE | met_full
    assert {one: len(rows) for one, rows in asked.items()} == {
        one: 2 if one in twice else 1 for one in map(customer_id, range(CUSTOMERS)) if one not in QUOTA_USED
    }
    for one, edge in run.edges().items():
        assert_evidence_is_wecoms(edge, asked.get(one, []))
    manual = {one: edge.cause for one, edge in run.edges().items() if edge.state is EdgeState.MANUAL}
    assert manual == {
        **dict.fromkeys(QUOTA_USED, EdgeCause.QUOTA_USED),
        **dict.fromkeys(REFUSE_TWICE, EdgeCause.CUSTOMER_REFUSED),
    }
    assert totals(run) == {"done": CUSTOMERS - len(manual), "manual": len(manual)}
    assert totals(run, ChunkKind.GROUPS) == {"done": GROUPS}
    assert Counter(row["owner"] for row in run.sim.control.groups()) == {FIRST: GROUPS}
    assert run.case.state is CaseState.ATTENTION


def the_operator_closes_the_case(run: SimulatedHandover) -> None:
    """His request dies too at each of its calls: answers known, case read, log, chunks, case written, poll, answer."""
    calls = run.operator_closes("the manager called them")
    run.run_until_idle()

    assert calls == 7
    assert (run.case.outcome, run.case.close_reason) == (CaseOutcome.CLOSED_BY_PERSON, "the manager called them")


def assert_certificate_proves_it(run: SimulatedHandover) -> None:
    """One certificate, whose bytes the case vouches for: each customer with his end, and every transfer of WeCom's."""
    assert run.case.state is CaseState.CLOSED
    (certificate,) = run.case.certificates
    assert problems_of(certificate, run.certificates) == []
    document = json.loads(run.certificates.documents[document_key(certificate.key, CertificateFormat.JSON)])
    assert document["totals"] == {
        "customers": {
            "total": CUSTOMERS,
            "done": CUSTOMERS - len(REFUSE_TWICE),
            "resolved": len(REFUSE_TWICE),
        },
        "groups": {"total": GROUPS, "done": GROUPS},
    }
    attempts = {
        edge["target_id"]: [(one["takeover_userid"], one["outcome"]) for one in edge["attempts"] if not one["errcode"]]
        for edge in document["edges"]
        if edge["kind"] == "customers"
    }
    assert len(attempts) == CUSTOMERS
    assert attempts == {
        one: [(row["takeover_userid"], OUTCOMES[row["status"]].value) for row in rows]
        for one, rows in started(run).items()
    }


def assert_what_was_known_of_them_followed(run: SimulatedHandover) -> None:
    """Each new owner has the notes of exactly his customers; whom WeCom told nothing he is to greet."""
    owners = {row["external_userid"]: row["userid"] for row in run.sim.control.relations()}
    done = {one for one, edge in run.edges().items() if edge.state is EdgeState.DONE}
    assert {taker: set(notes) for taker, notes in run.part.given.items()} == {
        taker: {one for one in done if owners[one] == taker} for taker in (FIRST, NEXT)
    }
    assert run.tasks.greeted == {NEXT: QUOTA_USED}


def it_deletes_the_account(run: SimulatedHandover) -> None:
    """After the last day; whom the quota of the on-job API stopped goes by the other one, which has none."""
    run.pass_time(timedelta(days=4))
    run.sim.control.delete_member(LEAVER)
    run.tell(signal(SignalSource.CALLBACK, "evt_1", at=clock.now()))
    run.pass_time(32 * HOUR)


def assert_repeats_change_nothing(run: SimulatedHandover) -> None:
    """Every message of the run comes once more."""
    run.kill_everywhere = False
    before = deepcopy((run.edges(), run.edges(ChunkKind.GROUPS), run.case.state, run.case.customer_totals))
    asked, calls = run.sim.control.transfers(), len(run.transfer_calls)
    for queue, take in list(run.queues.sent):
        run.queues.send(queue, take)
    run.run_until_idle()

    assert (run.edges(), run.edges(ChunkKind.GROUPS), run.case.state, run.case.customer_totals) == before
    assert (run.sim.control.transfers(), len(run.transfer_calls)) == (asked, calls)


def test_without_faults_each_taker_costs_as_many_calls_as_his_customers_fill() -> None:
    with simulated_handover(corp(), bank_of(*SUCCESSORS)) as run:
        run.full_pass()
        hr_says_he_leaves(run)
        run.pass_time(26 * HOUR)

        taken = Counter(row["userid"] for row in run.sim.control.relations())
        calls = Counter(taker for taker, _ in run.transfer_calls)

    assert run.case.state is CaseState.CLOSED
    assert (taken.total(), set(taken)) == (CUSTOMERS, set(SUCCESSORS))
    assert calls == {taker: ceil(count / IDS_PER_CALL) for taker, count in taken.items()}
    assert calls.total() == ceil(CUSTOMERS / IDS_PER_CALL)
