"""What a function does is loaded by the first message or tick that wants it."""

import sys

import pytest
from pydantic import ValidationError

from functions.campaign_reconcile import handler as campaign_reconcile
from functions.campaign_worker import handler as campaign_worker
from functions.handover_worker import handler as handover_worker
from scrm.runtime.lazy_work import LazyWork
from scrm.runtime.work import media

WORKS = {
    "campaign_reconcile": campaign_reconcile.WORK,
    "campaign_worker": campaign_worker.WORK,
    "handover_worker": handover_worker.WORK,
}


def test_a_message_of_no_kind_known_here_is_poison() -> None:
    work = LazyWork({"send_task_planned": "sends.take"})

    for body in ('{"kind": "look_requested"}', "{}", ""):
        with pytest.raises(ValidationError):
            work.take(body)


def test_a_schedule_does_its_work_and_another_event_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    work = LazyWork({}, schedules={"worker.media": "media.refresh"})
    ticks: list[str] = []
    monkeypatch.setattr(media, "refresh", lambda: ticks.append("media"))

    taken = [work.tick("worker.media"), work.tick("worker.other"), work.tick("")]

    assert taken == [{}, None, None]
    assert ticks == ["media"]


@pytest.mark.parametrize("work", WORKS, ids=WORKS)
def test_what_a_handler_names_is_there_and_has_its_joins(work: str) -> None:
    for function in WORKS[work].functions():
        assert hasattr(sys.modules[function.__module__], "wiring")
