"""Joins greeting customers to its table, the content library and WeCom."""

import functools
import time
from typing import TYPE_CHECKING

from scrm import clock
from scrm.aws.content_table import DynamoContents
from scrm.aws.org_members import DynamoMembers
from scrm.aws.product_table import DynamoProducts
from scrm.aws.welcome_table import DynamoWelcomeClaims, DynamoWelcomeRules
from scrm.content.sending import ContentGate
from scrm.runtime.welcome_intake import WelcomeIntake
from scrm.runtime.welcome_joins import OrgMemberNodes, ReleasedGreetings
from scrm.runtime.wiring.tables import table
from scrm.runtime.wiring.wecom import report_permission_denied, wecom_client
from scrm.wecom import limits
from scrm.wecom.governor_state import Priority
from scrm.wecom.welcome_sends import WecomWelcomes
from scrm.welcome.greeting import Welcome

if TYPE_CHECKING:
    from scrm.consent.links import OptOutLinks
    from scrm.content.media import MediaLibrary


@functools.cache
def welcome_intake() -> WelcomeIntake:
    rows, contents = table("WELCOME_TABLE"), table("CONTENT_TABLE")
    welcome = Welcome(
        members=OrgMemberNodes(DynamoMembers(table("ORG_TABLE"))),
        rules=DynamoWelcomeRules(rows),
        claims=DynamoWelcomeClaims(rows),
        contents=ReleasedGreetings(
            ContentGate(DynamoContents(contents), DynamoProducts(contents)), _media_library, _opt_out_links
        ),
        sender=WecomWelcomes(wecom_client(Priority.WELCOME), report_permission_denied),
        life=limits.WELCOME_CODE_LIFE - limits.WELCOME_MARGIN,
        now=clock.now,
        pause=time.sleep,
    )
    return WelcomeIntake(welcome.greet)


def _media_library() -> "MediaLibrary":
    from scrm.runtime.wiring.media import media_library  # noqa: PLC0415 - most greetings show no file

    return media_library(Priority.WELCOME)


def _opt_out_links() -> "OptOutLinks":
    from scrm.runtime.wiring import links  # noqa: PLC0415 - only a text with the customer's link loads the cipher

    return links.opt_out_links()


def reset() -> None:
    """Forget every built object; for tests."""
    welcome_intake.cache_clear()
