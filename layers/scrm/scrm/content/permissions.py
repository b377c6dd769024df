"""Who may offer which product (S58): nobody, unless a permission in effect says so, and while he is qualified."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol

from scrm import clock, ids
from scrm.content.products import Product

EVER: Final = datetime.max.replace(tzinfo=UTC)


class PermissionRefusal(StrEnum):
    """Why a member may not offer a product."""

    UNKNOWN_PRODUCT = "unknown_product"
    PRODUCT_NOT_ON_SALE = "product_not_on_sale"
    NOT_GRANTED = "not_granted"
    NOT_YET_EFFECTIVE = "not_yet_effective"
    ENDED = "ended"
    NOT_QUALIFIED = "not_qualified"
    QUALIFICATION_EXPIRED = "qualification_expired"


class InvalidPermissionError(Exception):
    """It cannot be given like this; the text says why."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission from ``effective_from`` until just before ``effective_until``; None: no end."""

    userid: str
    product_id: str
    effective_from: datetime
    effective_until: datetime | None
    granted_by: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Qualification:
    """A certificate of a member, good until just before ``valid_until``."""

    userid: str
    code: str
    valid_until: datetime
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class MemberPermissions:
    """All that is stored of one member."""

    grants: tuple[Grant, ...] = ()
    qualifications: tuple[Qualification, ...] = ()


class ProductRepository(Protocol):
    """The catalogue's table."""

    def product(self, product_id: str) -> Product | None: ...

    def products(self) -> Sequence[Product]:
        """The whole catalogue, by id."""

    def save(self, product: Product) -> bool:
        """Write over the version that was read, 0 for a new one; False when someone was faster."""


class PermissionRepository(Protocol):
    """Grants and qualifications, by member."""

    def grants(self, product_id: str, userids: Iterable[str]) -> Mapping[str, Grant]:
        """By member, of those that have one."""

    def qualifications(self, codes: Collection[str], userids: Iterable[str]) -> Mapping[str, list[Qualification]]:
        """Those of the codes that each member holds or held."""

    def of_member(self, userid: str) -> MemberPermissions: ...

    def put_grants(self, grants: Iterable[Grant]) -> None:
        """Each replaces the one that the member had for the product."""

    def put_qualifications(self, qualifications: Iterable[Qualification]) -> None:
        """Each replaces the one of the same code that the member had."""


@dataclass(frozen=True, slots=True)
class ProductPermissions:
    """Use cases of campaigns and operators."""

    products: ProductRepository
    repository: PermissionRepository
    now: Callable[[], datetime] = clock.now

    def permitted(self, product_id: str, userids: Iterable[str], at: datetime) -> set[str]:
        """Those of the members, by folded userid, who may offer the product at that moment.

        One request for up to 100 members, one more for each 100 when the product asks for qualifications.
        """
        return {userid for userid, why in self.refusals(product_id, userids, at).items() if why is None}

    def permitted_until(self, product_id: str, userid: str, at: datetime) -> datetime | None:
        """Until when he may offer it, from that moment on and by the dates on record; None: he may not now.

        A permission without an end lasts until `EVER`.
        """
        product = self.products.product(product_id)
        member = ids.fold_userid(userid)
        grant = self.repository.grants(product_id, [member]).get(member)
        if product is None or grant is None:
            return None
        held = self.repository.qualifications(product.qualifications, [member]) if product.qualifications else {}
        mine = held.get(member, [])
        if _why(product, grant, mine, at) is not None:
            return None
        return min(product.on_sale_until or EVER, grant.effective_until or EVER, *(one.valid_until for one in mine))

    def refusals(self, product_id: str, userids: Iterable[str], at: datetime) -> dict[str, PermissionRefusal | None]:
        """Why each of them may not; None: he may."""
        members = [*dict.fromkeys(map(ids.fold_userid, userids))]
        product = self.products.product(product_id)
        if product is None:
            return dict.fromkeys(members, PermissionRefusal.UNKNOWN_PRODUCT)
        if not product.is_on_sale(at):
            return dict.fromkeys(members, PermissionRefusal.PRODUCT_NOT_ON_SALE)
        grants = self.repository.grants(product_id, members)
        held = self.repository.qualifications(product.qualifications, members) if product.qualifications else {}
        return {
            member: _of_grant(grants.get(member), at) or _of_qualifications(product, held.get(member, []), at)
            for member in members
        }

    def of_member(self, userid: str, at: datetime) -> tuple[MemberPermissions, dict[str, PermissionRefusal | None]]:
        """What is stored of a member, and why he may not offer each product he was granted."""
        found = self.repository.of_member(ids.fold_userid(userid))
        whys: dict[str, PermissionRefusal | None] = {}
        for grant in found.grants:
            product = self.products.product(grant.product_id)
            whys[grant.product_id] = _why(product, grant, found.qualifications, at)
        return found, whys

    def grant(
        self, product_id: str, userids: Sequence[str], start: datetime, end: datetime | None, actor: str
    ) -> list[Grant]:
        """Raises InvalidPermissionError. What the members had for the product is replaced."""
        if self.products.product(product_id) is None:
            raise InvalidPermissionError("the catalogue has no such product")
        if end is not None and end < start:
            raise InvalidPermissionError("a permission cannot end before it starts")
        at = self.now()
        members = dict.fromkeys(map(ids.fold_userid, userids))
        grants = [Grant(member, product_id, start, end, actor, at) for member in members]
        self.repository.put_grants(grants)
        return grants

    def withdraw(self, product_id: str, userid: str, actor: str) -> None:
        """The permission ends now; that there was one stays on record. One that has ended stays as it is."""
        member, at = ids.fold_userid(userid), self.now()
        found = self.repository.grants(product_id, [member]).get(member)
        if found is not None and (found.effective_until is None or found.effective_until > at):
            start = min(found.effective_from, at)
            self.repository.put_grants([Grant(member, product_id, start, at, actor, at)])

    def qualify(self, userid: str, code: str, valid_until: datetime, actor: str) -> Qualification:
        """Record a certificate with its end."""
        found = Qualification(ids.fold_userid(userid), code, valid_until, actor, self.now())
        self.repository.put_qualifications([found])
        return found


def _why(
    product: Product | None, grant: Grant, held: Iterable[Qualification], at: datetime
) -> PermissionRefusal | None:
    if product is None:
        return PermissionRefusal.UNKNOWN_PRODUCT
    if not product.is_on_sale(at):
        return PermissionRefusal.PRODUCT_NOT_ON_SALE
    return _of_grant(grant, at) or _of_qualifications(product, held, at)


def _of_grant(grant: Grant | None, at: datetime) -> PermissionRefusal | None:
    if grant is None:
        return PermissionRefusal.NOT_GRANTED
    if at < grant.effective_from:
        return PermissionRefusal.NOT_YET_EFFECTIVE
    if grant.effective_until is not None and at >= grant.effective_until:
        return PermissionRefusal.ENDED
    return None


def _of_qualifications(product: Product, held: Iterable[Qualification], at: datetime) -> PermissionRefusal | None:
    until = {each.code: each.valid_until for each in held}
    if product.qualifications - until.keys():
        return PermissionRefusal.NOT_QUALIFIED
    if any(until[code] <= at for code in product.qualifications):
        return PermissionRefusal.QUALIFICATION_EXPIRED
    return None
