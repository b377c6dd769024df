"""Who decided how new customers are greeted, told to the audit log."""

from datetime import datetime

from scrm import ids
from scrm.audit.log import AuditLog
from scrm.welcome.model import WelcomeRule


class AuditedWelcome:
    """Implements `scrm.welcome.rules.WelcomeJournal`."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def told(self, rule: WelcomeRule, node_path: str, action: str, actor: str, at: datetime) -> None:
        subject = f"{rule.activity_id}/v{rule.version}"
        cause = ids.derive("evt", rule.node_id, rule.state, action, subject, str(rule.revision))
        self._audit.record(actor, f"welcome.{action}", subject, node_path, "done", at, cause=cause)
