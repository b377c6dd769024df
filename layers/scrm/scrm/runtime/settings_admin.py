"""Environment of the admin API."""

import os
from dataclasses import dataclass
from typing import Self

_VARIABLES = (
    "PLATFORM_TABLE",
    "ORG_TABLE",
    "CONTACTS_TABLE",
    "HANDOVER_TABLE",
    "TASKS_TABLE",
    "PRESSURE_TABLE",
    "AUDIENCE_TABLE",
    "CONSENT_TABLE",
    "CONTENT_TABLE",
    "WELCOME_TABLE",
    "LEXICON_TABLE",
    "CAMPAIGN_TABLE",
    "SEND_TASK_TABLE",
    "AUDIT_TABLE",
    "DATA_BUCKET",
    "CONTACT_QUEUE_URL",
    "HANDOVER_QUEUE_URL",
    "RECONCILE_QUEUE_URL",
    "CAMPAIGN_QUEUE_URL",
    "CAMPAIGN_PLANNER_QUEUE_URL",
    "ARCHIVE_SCREEN_QUEUE_URL",
)


class IncompleteEnvironmentError(Exception):
    """Required environment variables are absent or empty; the message names them."""


@dataclass(frozen=True, slots=True)
class AdminSettings:
    platform_table: str
    org_table: str
    contacts_table: str
    handover_table: str
    tasks_table: str
    pressure_table: str
    audience_table: str
    consent_table: str
    content_table: str
    welcome_table: str
    lexicon_table: str
    campaign_table: str
    send_task_table: str
    audit_table: str
    data_bucket: str
    contact_queue_url: str
    handover_queue_url: str
    reconcile_queue_url: str
    campaign_queue_url: str
    campaign_planner_queue_url: str
    archive_screen_queue_url: str

    @classmethod
    def from_env(cls) -> Self:
        """Raises IncompleteEnvironmentError."""
        found = {name: os.environ.get(name, "") for name in _VARIABLES}
        if missing := [name for name, value in found.items() if not value]:
            raise IncompleteEnvironmentError(", ".join(missing))
        return cls(**{name.lower(): value for name, value in found.items()})
