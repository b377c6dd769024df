"""What campaigns may send of the library (S56, R18)."""

import pytest

from scrm.campaign.refusals import CampaignRefusedError
from scrm.campaign.terms import Channel, ContentRef
from scrm.content.model import OPT_OUT_LINK, Scene, Variant
from scrm.runtime.campaign_joins import LibraryVersions
from tests.fakes.content import LABEL, START, Library, a_draft


def test_a_text_with_one_customers_link_goes_to_no_audience() -> None:
    library = Library()
    draft = a_draft(variants=((Scene.ONE_TO_ONE, Variant(f"{LABEL}{OPT_OUT_LINK}")),), product_id="")
    found = library.released(draft)
    ref = ContentRef(found.activity_id, 1, dict(found.hashes)[Scene.ONE_TO_ONE])

    with pytest.raises(CampaignRefusedError, match="choose a version without it"):
        LibraryVersions(library.gate).sendable(ref, Channel.ONE_TO_ONE, START)
