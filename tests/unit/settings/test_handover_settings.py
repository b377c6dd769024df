"""The topic ``handover``: the bank's part of the handover's settings, and nothing of WeCom's."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from scrm.handover.settings import HandoverSettings
from scrm.runtime.settings_joins import handover_settings
from scrm.settings.change import SettingsChange
from scrm.settings.errors import InvalidSettingsError
from scrm.settings.handover import TOPIC, HandoverDocument
from scrm.settings.reader import SettingsReader
from tests.fakes.settings import MemorySettingsStore, RecordedChanges
from tests.fakes.wecom import START, FakeClock

WECOMS = {"ids_per_call", "groups_per_day", "transfer_wait", "transfers_per_customer", "transfers_window"}


def changed(document: dict[str, Any]) -> MemorySettingsStore:
    store = MemorySettingsStore()
    SettingsChange(store, RecordedChanges(), TOPIC, HandoverDocument).replace(document, 0, "op_chen", START)
    return store


def in_force(store: MemorySettingsStore, platform: HandoverSettings | None = None) -> HandoverSettings:
    reader = SettingsReader(store, TOPIC, HandoverDocument, lambda error: pytest.fail(str(error)), FakeClock().now)
    return handover_settings(reader, platform or HandoverSettings())


def test_the_document_has_every_field_but_wecoms() -> None:
    bank = {field.name for field in fields(HandoverSettings) if field.name not in WECOMS}

    assert set(HandoverDocument.model_fields) == bank


def test_without_a_document_the_handover_obeys_its_defaults() -> None:
    assert in_force(MemorySettingsStore()) == HandoverSettings()


def test_the_handover_obeys_what_the_bank_changed_and_keeps_wecoms_limits() -> None:
    store = changed({"rounds": 3, "confirmation_wait": "PT48H", "poll_times": ["PT2H", "PT25H"]})

    settings = in_force(store, HandoverSettings(groups_per_day=200))

    assert (settings.rounds, settings.confirmation_wait, settings.groups_per_day) == (3, timedelta(hours=48), 200)
    assert settings.poll_times == (timedelta(hours=2), timedelta(hours=25))


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"groups_per_day": 900}, "groups_per_day"),
        ({"start_days_before": 1}, "start_days_before"),
        ({"retry_interval": "PT0S"}, "retry_interval"),
        ({"poll_times": []}, "poll_times"),
        ({"poll_times": ["PT4H", "PT1H"]}, "poll_times"),
        ({"greetings": [{"text": "好" * 201, "approved_by": "op-1"}]}, "greetings.0.text"),
        ({"greetings": [{"text": "您好", "approved_by": "op-1"}] * 2}, "greetings"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_work_is_refused_by_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        changed(document)

    assert [name for name, _ in refused.value.problems] == [field]


def test_approved_greetings_are_the_texts_that_customers_read() -> None:
    of_branch = {"node_id": "10", "text": "您好，今后由我为您服务。", "approved_by": "op-branch-10"}
    of_bank = {"text": "您好，您的客户经理已调整。", "approved_by": "op-head-office"}
    settings = in_force(changed({"greetings": [of_branch, of_bank]}))

    assert settings.greeting_of("/1/10/12/") == of_branch["text"]
    assert settings.greeting_of("/1/20/") == of_bank["text"]
    assert in_force(changed({"greetings": [of_branch]})).greeting_of("/1/20/") == ""
    assert in_force(changed({"greetings": []})).greeting_of("/1/10/") == ""
