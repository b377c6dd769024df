"""Which module has the operations of a path. A family is loaded when a request for one of its paths comes.

A new family is one line here and a module whose ``@router`` functions are at these paths. ``*`` stands for an id; the
longest entry that fits counts. A topic of the settings is a family of its own (``settings/<topic>``).
"""

import importlib
import sys
from collections.abc import Mapping
from typing import Final

from scrm.runtime import cold_start

_BASE = "/v1/"
FAMILIES: Final[Mapping[str, str]] = {
    "activities": "activities",
    "add-appeals": "adds",
    "adds": "adds",
    "archive/certificates": "archive_certificates",
    "archive/accesses": "archive_messages",
    "archive/deletion-requests": "archive_deletions",
    "archive/exports": "archive_exports",
    "archive/holds": "archive_holds",
    "archive/intake": "archive_intake",
    "archive/seats": "archive_seats",
    "archive/media": "archive_media",
    "archive/messages": "archive_messages",
    "archive/retention": "archive_retention",
    "attribution": "attribution",
    "audience-preview": "segments",
    "audit": "audit_entries",
    "calendar": "calendar",
    "campaigns": "campaigns",
    "campaigns/*/recipients": "campaign_results",
    "campaigns/*/results": "campaign_results",
    "campaigns/*/tasks": "campaign_results",
    "cases": "cases",
    "cases/*/approval": "plans",
    "cases/*/certificate": "certificates",
    "cases/*/download": "certificates",
    "cases/*/plan": "plans",
    "cases/*/preview": "plans",
    "cases/*/rejection": "plans",
    "consents": "consents",
    "contact-ways": "contact_ways",
    "covers": "covers",
    "customers": "customers",
    "customers/*/exposure": "exposure",
    "customers/*/recommendations": "recommendations",
    "decisions": "two_persons",
    "gate-overrides": "gates",
    "gates": "gates",
    "kpi-feeds": "kpi_feeds",
    "kpi-figures": "kpi_figures",
    "kpi-recounts": "kpi_recounts",
    "kpi-reports": "kpi_reports",
    "kpis": "kpis",
    "lexicon": "lexicon",
    "me": "me",
    "media": "media",
    "members/*/cover": "covers",
    "members/*/preview": "plans",
    "members/*/recommendations": "recommendations",
    "members/*/tasks": "tasks",
    "nodes": "organisation",
    "nodes/*/pilot-exit": "pilot_exits",
    "orphans": "orphans",
    "pilot-exits": "pilot_exits",
    "pressure": "pressure",
    "pressure-exceptions": "pressure",
    "product-permissions": "product_permissions",
    "products": "products",
    "rejections": "organisation",
    "review-cases": "review_cases",
    "review-reports": "review_reports",
    "segment-fields": "segments",
    "segment-uploads": "segments",
    "segments": "segments",
    "settings/adds": "adds_settings",
    "settings/audience": "audience_settings",
    "settings/campaigns": "campaign_settings",
    "settings/consent": "consent_settings",
    "settings/content": "content_settings",
    "settings/handover": "settings",
    "settings/kpi": "kpi_settings",
    "settings/needs": "needs_settings",
    "settings/pressure": "pressure_settings",
    "settings/service": "service_settings",
    "settings/review": "review_settings",
    "settings/targets": "target_settings",
    "settings/uplift": "uplift_settings",
    "shared-campaigns": "shared_campaigns",
    "syncs": "full_syncs",
    "targets": "targets",
    "uplift-reviews": "uplift_reviews",
    "tag-rules": "tag_rules",
    "tasks": "tasks",
    "welcome-rules": "welcome_rules",
}


def module_of(path: str) -> str | None:
    """The name of the module with the operations at or below ``/v1/...``; None if there is none."""
    entry = entry_of(path)
    return None if entry is None else FAMILIES[entry]


def entry_of(path: str) -> str | None:
    """The longest entry that fits."""
    if not path.startswith(_BASE):
        return None
    first, second, third = (*path.removeprefix(_BASE).split("/"), "", "")[:3]
    fitting = (entry for entry in (f"{first}/*/{third}", f"{first}/{second}", first) if entry in FAMILIES)
    return next(fitting, None)


def load(path: str) -> None:
    """Have the operations for ``path`` registered with the router, which they are once their module is imported."""
    if (name := module_of(path)) is not None:
        _import(name)


def load_all() -> None:
    """For who looks at the whole API: the OpenAPI document."""
    for name in sorted(set(FAMILIES.values())):
        _import(name)


def _import(name: str) -> None:
    place = f"{__package__}.{name}"
    if place not in sys.modules:
        with cold_start.loading():
            importlib.import_module(place)
