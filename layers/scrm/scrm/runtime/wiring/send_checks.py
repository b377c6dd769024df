"""What everybody asks who plans, creates or follows send tasks: the checks and the ledger."""

import functools
from typing import TYPE_CHECKING

from scrm import clock
from scrm.archive.coverage import Coverage
from scrm.audience.intake import FactsReader
from scrm.aws.archive_members import DynamoArchiveMembers
from scrm.aws.audience_table import DynamoDossiers
from scrm.aws.customer_owners import DynamoOwners
from scrm.campaign.checks import SendChecks
from scrm.runtime.archive_joins import ArchivedOnly, Restricted
from scrm.runtime.audience_joins import FactRules
from scrm.runtime.consent_joins import ConsentedOnly
from scrm.runtime.dispatch_joins import LibraryContents
from scrm.runtime.when_asked import when_asked
from scrm.runtime.wiring import audience_settings, consent, send_tasks
from scrm.runtime.wiring.content_gate import content_gate
from scrm.runtime.wiring.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scrm.campaign.ports import PressureLedger, ProductPermissions
    from scrm.runtime.ceiling_joins import ShownCeilings


@functools.cache
def facts() -> FactsReader:
    return FactsReader(DynamoDossiers(table("AUDIENCE_TABLE")))


@functools.cache
def checks() -> SendChecks:
    return SendChecks(
        LibraryContents(content_gate()),
        when_asked(_permissions),
        ConsentedOnly(consent.consents(), consent.required, _archived_only()),
        owners(),
    )


def shown_ceilings(userid: str) -> "Mapping[str, int]":
    """What the tags of his customers show; only a moment that is narrowed by them asks."""
    return _shown()(userid)


@functools.cache
def _shown() -> "ShownCeilings":
    from scrm.aws.contact_table import DynamoContactRepository  # noqa: PLC0415 - see above
    from scrm.runtime.ceiling_joins import ContactTags, ShownCeilings  # noqa: PLC0415

    return ShownCeilings(ContactTags(DynamoContactRepository(table("CONTACTS_TABLE"))), ceiling_tag_ids)


def ceiling_tag_ids() -> "Sequence[str]":
    from scrm.aws.ceiling_library import DynamoCeilingTags  # noqa: PLC0415 - as above

    return DynamoCeilingTags(table("AUDIENCE_TABLE"), tuple).known()


def _archived_only() -> ArchivedOnly:
    coverage = Coverage(DynamoArchiveMembers(table("ARCHIVE_TABLE")))
    return ArchivedOnly(coverage, _restricted, FactRules(facts(), audience_settings.rules, shown_ceilings))


def _restricted() -> Restricted:
    found = consent.reader().current()
    return Restricted(refused=found.exclude_archive_refusals, without_seat=found.exclude_without_seat)


@functools.cache
def owners() -> DynamoOwners:
    return DynamoOwners(table("CONTACTS_TABLE"))


def _permissions() -> "ProductPermissions":
    from scrm.aws.product_table import DynamoPermissions, DynamoProducts  # noqa: PLC0415 - asked about products only
    from scrm.content.permissions import ProductPermissions as Permissions  # noqa: PLC0415

    library = table("CONTENT_TABLE")
    return Permissions(DynamoProducts(library), DynamoPermissions(library))


@functools.cache
def places() -> "PressureLedger":
    """Who only looks at tasks asks it when somebody has ended."""
    return when_asked(_places)


def _places() -> "PressureLedger":
    from scrm.runtime.pressure_places import LedgerPlaces  # noqa: PLC0415 - see above
    from scrm.runtime.wiring import pressure  # noqa: PLC0415

    return LedgerPlaces(pressure.ledger(), clock.now)


def reset() -> None:
    """Forget every built object; for tests."""
    from scrm.runtime.wiring import pressure  # noqa: PLC0415 - see above

    pressure.reset()
    audience_settings.reset()
    consent.reset()
    send_tasks.reset()
    for factory in (content_gate, facts, checks, owners, places, _shown):
        factory.cache_clear()
