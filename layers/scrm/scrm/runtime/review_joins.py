"""Joins the bank's settings and the audit log to the review of cases."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from scrm import ids
from scrm.review.desk import ReviewRules
from scrm.review.model import ReviewCase, Severity

if TYPE_CHECKING:
    from scrm.audit.log import AuditLog
    from scrm.review.ports import ReviewCases
    from scrm.settings.reader import SettingsReader
    from scrm.settings.review import ReviewDocument


def review_rules(document: "ReviewDocument", salt: str) -> ReviewRules:
    """What is in force; ``salt`` is the bank's secret by which samples and second reviews are chosen."""
    return ReviewRules(
        due={
            Severity.SERIOUS: document.serious_due,
            Severity.WARNING: document.warning_due,
            Severity.NOTICE: document.notice_due,
        },
        complaint_due=document.complaint_due,
        escalate_after=document.escalate_after,
        second_for=frozenset(map(Severity, document.second_for)),
        second_share=document.second_share,
        sample_share=document.sample_share,
        salt=salt,
    )


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The bank's rules at the moment they are asked for, at most a minute old."""

    settings: "SettingsReader[ReviewDocument]"
    cases: "ReviewCases"

    def __call__(self) -> ReviewRules:
        return review_rules(self.settings.current(), self.cases.salt())


class AuditedReviews:
    """Implements `scrm.review.ports.ReviewJournal`; the entry says who did what, not why: notes stay with the case."""

    def __init__(self, audit: "AuditLog") -> None:
        self._audit = audit

    def told(self, case: ReviewCase, actor: str, at: datetime) -> None:
        action = case.steps[-1].action
        cause = ids.derive("evt", case.case_id, action, str(case.version))
        verb, _, about = action.partition(":")
        word, subject = f"review.{verb}", case.case_id
        if verb == "decided":
            word = f"{word}.{about}"
        elif about:
            subject = f"{subject}/{about}"
        self._audit.record(actor, word, subject, case.node_path, "done", at, cause=cause)
