"""After a handover the new owner has what the leaver had noted, his open tasks and one card, whatever went wrong."""

import pytest

from scrm import clock
from tests.departure import HOUR, depart, right
from tests.engine import EngineTables
from tests.local_bank import LocalBank, local_bank
from tests.notes import NOTED, check_what_followed, noted, noted_world, prepare, the_case

pytestmark = pytest.mark.engine

CUSTOMERS, GROUPS = 6, 1


def test_new_owner_has_what_the_leaver_noted_and_got_one_card(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_bank(tables, noted_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        prepare(bank)
        found = depart(bank)
        check_what_followed(bank, CUSTOMERS)
        counts = the_case(bank).package

    assert found == right(CUSTOMERS, GROUPS)
    assert counts == {
        "relation.held": 3,
        "relation.checked": 3,
        "relation.differing": 3,
        "relation.written": 3,
        "relation.not_carried": 1,
        "tasks.held": 2,
        "tasks.checked": 1,
        "tasks.differing": 1,
        "tasks.written": 1,
        "greetings": CUSTOMERS - 1,
    }


def test_wecom_that_takes_no_remarks_for_a_while_holds_up_no_customer(
    tables: EngineTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_remarks(bank: LocalBank) -> None:
        bank.sim.control.add_fault("errcode", "externalcontact/remark", errcode=45009, seconds=33 * HOUR)

    with local_bank(tables, noted_world(CUSTOMERS, GROUPS), monkeypatch) as bank:
        for _ in range((5 - clock.now().hour) % 24):  # a third 45009 lasts to midnight; begun late, that is too long
            bank.advance(HOUR)
        prepare(bank)
        found = depart(bank, disturb=refuse_remarks)
        while_refused = noted(bank, NOTED)
        for _ in range(8):
            bank.advance(HOUR)
        check_what_followed(bank, CUSTOMERS)

    assert found == right(CUSTOMERS, GROUPS)
    assert while_refused[0] != "王总"
