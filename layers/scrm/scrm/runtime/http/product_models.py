"""Products and permissions on the wire."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from scrm.content import permissions, products
from scrm.content.permissions import PermissionRefusal
from scrm.content.products import RiskRating
from scrm.handover.userid import Userid
from scrm.runtime.http.wire import Asked, Moment, Reply, Timestamp

Code = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]


class ProductRequest(Asked):
    """A product as it shall be, over the version that was read; 0 for a new one."""

    name: str = Field(min_length=1, max_length=64)
    risk: RiskRating = Field(description="1 to 5 for R1 to R5.")
    on_sale_from: Moment
    on_sale_until: Moment | None = None
    qualifications: list[Code] = Field(
        default_factory=list, max_length=10, description="What whoever offers it must hold, all of it."
    )
    version: int = Field(default=0, ge=0)


class Product(Reply):
    product_id: str
    name: str
    risk: RiskRating
    on_sale_from: Timestamp
    on_sale_until: Timestamp | None
    qualifications: list[str]
    is_on_sale: bool
    changed_by: str
    version: int

    @classmethod
    def at(cls, found: products.Product, now: datetime) -> Self:
        return cls(
            product_id=found.product_id,
            name=found.name,
            risk=found.risk,
            on_sale_from=found.on_sale_from,
            on_sale_until=found.on_sale_until,
            qualifications=sorted(found.qualifications),
            is_on_sale=found.is_on_sale(now),
            changed_by=found.changed_by,
            version=found.version,
        )


class ProductList(Reply):
    """The whole catalogue, by id."""

    items: list[Product]


class GrantRequest(Asked):
    """Let members offer a product from one moment until another; without an end until it is withdrawn."""

    product_id: str = Field(min_length=1, max_length=64)
    userids: list[Userid] = Field(min_length=1, max_length=100)
    effective_from: Moment
    effective_until: Moment | None = None


class QualificationRequest(Asked):
    """A certificate that a member holds until a moment."""

    valid_until: Moment


class Grant(Reply):
    """A permission. ``refusal`` says why it does not help him now; null: he may offer the product."""

    product_id: str
    effective_from: Timestamp
    effective_until: Timestamp | None
    granted_by: str
    granted_at: Timestamp
    refusal: PermissionRefusal | None


class Qualification(Reply):
    code: str
    valid_until: Timestamp
    recorded_by: str


class MemberPermissions(Reply):
    """What a member may offer; what is not listed he may not."""

    userid: str
    grants: list[Grant]
    qualifications: list[Qualification]

    @classmethod
    def of(
        cls,
        userid: str,
        found: permissions.MemberPermissions,
        whys: dict[str, PermissionRefusal | None],
    ) -> Self:
        grants = [
            Grant(
                product_id=each.product_id,
                effective_from=each.effective_from,
                effective_until=each.effective_until,
                granted_by=each.granted_by,
                granted_at=each.granted_at,
                refusal=whys[each.product_id],
            )
            for each in found.grants
        ]
        held = [Qualification.model_validate(each) for each in found.qualifications]
        return cls(userid=userid, grants=grants, qualifications=held)


class GrantsDone(Reply):
    """Who was given the permission."""

    product_id: str
    userids: list[str]
