"""Joins automatic tags to their table, the organisation and WeCom: loaded by the first newcomer."""

import functools

from scrm import clock
from scrm.audience.intake import FactsReader
from scrm.aws.audience_table import DynamoDossiers
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.org_members import DynamoMembers
from scrm.aws.tag_rule_table import DynamoTagRules, DynamoTallies
from scrm.contacts.changes import ContactChanges
from scrm.contacts.writer import CustomerWriter
from scrm.runtime.observability import count, logger
from scrm.runtime.tagging_joins import KeptTags, KnownNewcomers
from scrm.runtime.wiring import consent
from scrm.runtime.wiring.tables import table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.tagging.marking import AutoTags, TagOutcome
from scrm.tagging.messages import TagsDue
from scrm.tagging.model import Newcomer
from scrm.wecom.governor_state import Priority
from scrm.wecom.sources import WecomCustomers
from scrm.wecom.tag_library import WecomTagLibrary


def tag(message: TagsDue) -> TagOutcome:
    """A newcomer's tags; the outcome is counted by whoever takes the message."""
    found = _auto_tags().tag(Newcomer(message.userid, message.external_userid, message.came_by, message.at))
    if found.missing:
        count("TagRuleTagMissing", found.missing)
    if found.errcode:
        logger.warning("WeCom refused automatic tags", errcode=found.errcode)
    return found.outcome


@functools.cache
def _auto_tags() -> AutoTags:
    rows, client = table("WELCOME_TABLE"), wecom_client(Priority.STATISTICS)
    contacts = DynamoContactRepository(table("CONTACTS_TABLE"))
    subjects = KnownNewcomers(
        DynamoMembers(table("ORG_TABLE")),
        contacts,
        lambda: FactsReader(DynamoDossiers(table("AUDIENCE_TABLE"))),
        lambda: ContactChanges(WecomCustomers(client), contacts, CustomerWriter(contacts, clock.now)),
    )
    library = WecomTagLibrary(client)
    return AutoTags(DynamoTagRules(rows), library, subjects, KeptTags(consent.opt_out_tag_ids), DynamoTallies(rows))


def reset() -> None:
    """Forget every built object; for tests."""
    _auto_tags.cache_clear()
