"""What a bank decides about consent: the document of the topic ``consent``, with the defaults the code ships."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

TOPIC: Final = "consent"

type TagId = Annotated[str, Field(min_length=1, max_length=64)]


class ConsentDocument(BaseModel):
    """An opt-out always holds; no setting lifts one."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    consent_required: bool = Field(
        default=False, description="Whether marketing goes only to customers who consented, not to all but opt-outs."
    )
    exclude_archive_refusals: bool = Field(
        default=False,
        description="Whether customers who refused the archive of their talk with a member get no marketing from him.",
    )
    exclude_without_seat: bool = Field(
        default=False, description="Whether members without a seat of the archive send no one-to-one marketing."
    )
    opt_out_tag_ids: tuple[TagId, ...] = Field(
        default=(), max_length=20, description="Corp tags by which a member says that the customer wants no marketing."
    )
