"""Joins the rules of welcome messages to their table: loaded by the first request about them."""

from collections.abc import Callable

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.aws.content_table import DynamoContents
from scrm.aws.product_table import DynamoProducts
from scrm.aws.table import Table
from scrm.aws.welcome_journal import AuditedWelcome
from scrm.aws.welcome_table import DynamoWelcomeRules
from scrm.consent.links import OptOutLinks
from scrm.content.sending import ContentGate
from scrm.runtime.welcome_joins import LibraryGreetings
from scrm.welcome.rules import WelcomeDesk


def welcome_desk(rows: Table, contents: Table, log: AuditLog, links: Callable[[], OptOutLinks]) -> WelcomeDesk:
    gate = ContentGate(DynamoContents(contents), DynamoProducts(contents))
    return WelcomeDesk(DynamoWelcomeRules(rows), LibraryGreetings(gate, links), AuditedWelcome(log), clock.now)
