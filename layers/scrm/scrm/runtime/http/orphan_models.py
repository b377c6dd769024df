"""What the API says about the nightly audit, on the wire."""

from pydantic import Field

from scrm.handover.orphans import OrphanKind
from scrm.runtime.http.wire import Page, Reply, Timestamp


class Orphans(Reply):
    """Customers or group chats of one leaver that no case answered for when an audit looked."""

    finding_id: str
    kind: OrphanKind
    leaver_userid: str
    case_id: str = Field(description="The case that answers for them now.")
    target_ids: list[str]
    found_at: Timestamp
    resolved_at: Timestamp | None = Field(description="When a later audit saw that they are nobody's no longer.")


class AuditCounts(Reply):
    listed: int = Field(description="Customers and group chats that WeCom lists as nobody's.")
    answered: int = Field(description="Those of them that a case answered for.")
    departed: int = Field(description="Members who left that were looked at from our side.")
    opened: int = Field(description="Cases that had to be opened.")


class OrphanAudit(Reply):
    """One audit of the whole bank."""

    run_id: str
    started_at: Timestamp
    finished_at: Timestamp | None
    counts: AuditCounts
    orphans: int = Field(description="Customers and group chats in its findings.")


class OrphanPage(Page):
    """Findings, and the audit that began last."""

    items: list[Orphans]
    latest_audit: OrphanAudit | None
