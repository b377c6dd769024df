"""Joins the lexicon's rules to WeCom, their table and the contact queue."""

from scrm.aws.lexicon_sync import DynamoSyncStates, SqsLexiconSync
from scrm.aws.lexicon_table import DynamoLexicons
from scrm.lexicon.intercept import RuleSync
from scrm.runtime.wiring.tables import queue, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.lexicon_rules import WecomRules


def rule_sync() -> RuleSync:
    found = table("LEXICON_TABLE")
    return RuleSync(DynamoLexicons(found), WecomRules(wecom_client(Priority.STATISTICS)), DynamoSyncStates(found))


def lexicons() -> DynamoLexicons:
    return DynamoLexicons(table("LEXICON_TABLE"))


def requests() -> SqsLexiconSync:
    return SqsLexiconSync(queue("CONTACT_QUEUE_URL"))
