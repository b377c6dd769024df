"""Joins the content library to its table: loaded by the first request about content."""

from collections.abc import Callable
from dataclasses import dataclass

from scrm.audit.log import AuditLog
from scrm.aws.asset_files import BucketAssets
from scrm.aws.asset_table import DynamoAssets
from scrm.aws.calendar_table import DynamoCalendar
from scrm.aws.content_journal import AuditedContent
from scrm.aws.content_table import DynamoContents
from scrm.aws.documents import DocumentStore
from scrm.aws.product_table import DynamoPermissions, DynamoProducts
from scrm.aws.table import Table
from scrm.content.authoring import Authoring
from scrm.content.calendar import Calendar
from scrm.content.catalogue import Catalogue
from scrm.content.media import MediaDesk, ReadyAssets
from scrm.content.permissions import ProductPermissions
from scrm.content.ports import ProductNews
from scrm.content.queries import ContentQueries
from scrm.runtime.claim_joins import claims_finder
from scrm.runtime.content_limits import MEDIA
from scrm.runtime.wiring import content_settings


@dataclass(frozen=True, slots=True)
class AdminContent:
    """What operators do with content, products and the calendar. Settings are read by who needs them."""

    table: Table
    bucket: DocumentStore
    log: AuditLog
    news: Callable[[], ProductNews]

    @property
    def authoring(self) -> Authoring:
        """For one request, with the settings in force."""
        return Authoring(
            contents=DynamoContents(self.table),
            products=DynamoProducts(self.table),
            assets=ReadyAssets(DynamoAssets(self.table)),
            journal=AuditedContent(self.log),
            settings=content_settings.content(),
            claims=claims_finder,
        )

    @property
    def queries(self) -> ContentQueries:
        return ContentQueries(DynamoContents(self.table))

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(DynamoProducts(self.table), self.news())

    @property
    def permissions(self) -> ProductPermissions:
        return ProductPermissions(DynamoProducts(self.table), DynamoPermissions(self.table))

    @property
    def media(self) -> MediaDesk:
        return MediaDesk(DynamoAssets(self.table), BucketAssets(self.bucket), MEDIA)

    @property
    def calendar(self) -> Calendar:
        return Calendar(DynamoCalendar(self.table))
