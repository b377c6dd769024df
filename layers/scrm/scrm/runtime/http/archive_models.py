"""What operations on archived conversations say alike, on the wire."""

from typing import Annotated

from pydantic import Field

from scrm.runtime.http.wire import Asked

Reason = Annotated[str, Field(min_length=2, max_length=500, description="Why; kept with the access, never logged.")]
PartyId = Annotated[str, Field(min_length=1, max_length=64)]
CustomerId = Annotated[str, Field(pattern=r"^w[mo][A-Za-z0-9_-]{1,62}$", description="external_userid")]


class Why(Asked):
    reason: Reason
