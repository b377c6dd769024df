"""Products and who may offer them, in the content library's table.

====================  =====================  ================================================================
pk                    sk                     item
====================  =====================  ================================================================
``PRODUCT#<id>``      ``PRODUCT``            a product; in index ``by_bank`` under ``PRODUCTS``
``SELLER#<userid>``   ``GRANT#<product>``    the member's permission for one product
``SELLER#<userid>``   ``QUALIFIED#<code>``   the member's certificate and its end
====================  =====================  ================================================================
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from scrm import clock
from scrm.aws.table import ABSENT, Condition, Item, Table, starts_with
from scrm.content.permissions import Grant, MemberPermissions, Qualification
from scrm.content.products import Product, RiskRating

SCHEMA_VERSION: Final = 1
_EVERY_PRODUCT: Final = "PRODUCTS"


class DynamoProducts:
    """Implements `scrm.content.permissions.ProductRepository`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def product(self, product_id: str) -> Product | None:
        item = self._table.get({"pk": f"PRODUCT#{product_id}", "sk": "PRODUCT"})
        return _to_product(item) if item else None

    def products(self) -> Sequence[Product]:
        everything = Condition("bank_pk = :all", {":all": _EVERY_PRODUCT})
        return [_to_product(item) for item in self._table.query(everything, index="by_bank")]

    def save(self, product: Product) -> bool:
        as_read = Condition("#version = :read", {":read": product.version}, {"#version": "version"})
        return self._table.put(_from_product(product), as_read if product.version else ABSENT)


class DynamoPermissions:
    """Implements `scrm.content.permissions.PermissionRepository`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def grants(self, product_id: str, userids: Iterable[str]) -> Mapping[str, Grant]:
        keys = [_grant_key(userid, product_id) for userid in userids]
        return {item["userid"]: _to_grant(item) for item in self._table.get_many(keys)}

    def qualifications(self, codes: Collection[str], userids: Iterable[str]) -> Mapping[str, list[Qualification]]:
        keys = [_qualification_key(userid, code) for userid in userids for code in sorted(codes)]
        found: dict[str, list[Qualification]] = {}
        for item in self._table.get_many(keys):
            found.setdefault(item["userid"], []).append(_to_qualification(item))
        return found

    def of_member(self, userid: str) -> MemberPermissions:
        items = list(self._table.query(starts_with(_seller(userid))))
        return MemberPermissions(
            grants=tuple(_to_grant(item) for item in items if item["sk"].startswith("GRANT#")),
            qualifications=tuple(_to_qualification(item) for item in items if item["sk"].startswith("QUALIFIED#")),
        )

    def put_grants(self, grants: Iterable[Grant]) -> None:
        self._table.batch_write(puts=map(_from_grant, grants))

    def put_qualifications(self, qualifications: Iterable[Qualification]) -> None:
        self._table.batch_write(puts=map(_from_qualification, qualifications))


def _seller(userid: str) -> str:
    return f"SELLER#{userid}"


def _grant_key(userid: str, product_id: str) -> dict[str, str]:
    return {"pk": _seller(userid), "sk": f"GRANT#{product_id}"}


def _qualification_key(userid: str, code: str) -> dict[str, str]:
    return {"pk": _seller(userid), "sk": f"QUALIFIED#{code}"}


def _from_product(product: Product) -> Item:
    return {
        "pk": f"PRODUCT#{product.product_id}",
        "sk": "PRODUCT",
        "schema_version": SCHEMA_VERSION,
        "version": product.version + 1,
        "bank_pk": _EVERY_PRODUCT,
        "place": product.product_id,
        "product_id": product.product_id,
        "name": product.name,
        "risk": product.risk.value,
        "on_sale_from": clock.to_iso(product.on_sale_from),
        "on_sale_until": clock.to_iso(product.on_sale_until) if product.on_sale_until else None,
        "qualifications": sorted(product.qualifications),
        "changed_by": product.changed_by,
        "changed_at": clock.to_iso(product.changed_at) if product.changed_at else None,
    }


def _to_product(item: Mapping[str, Any]) -> Product:
    return Product(
        product_id=item["product_id"],
        name=item["name"],
        risk=RiskRating(item["risk"]),
        on_sale_from=clock.from_iso(item["on_sale_from"]),
        on_sale_until=clock.from_iso(item["on_sale_until"]) if "on_sale_until" in item else None,
        qualifications=frozenset(item["qualifications"]),
        changed_by=item["changed_by"],
        changed_at=clock.from_iso(item["changed_at"]) if "changed_at" in item else None,
        version=item["version"],
    )


def _from_grant(grant: Grant) -> Item:
    return {
        **_grant_key(grant.userid, grant.product_id),
        "schema_version": SCHEMA_VERSION,
        "userid": grant.userid,
        "product_id": grant.product_id,
        "effective_from": clock.to_iso(grant.effective_from),
        "effective_until": clock.to_iso(grant.effective_until) if grant.effective_until else None,
        "granted_by": grant.granted_by,
        "granted_at": clock.to_iso(grant.granted_at),
    }


def _to_grant(item: Mapping[str, Any]) -> Grant:
    return Grant(
        userid=item["userid"],
        product_id=item["product_id"],
        effective_from=clock.from_iso(item["effective_from"]),
        effective_until=clock.from_iso(item["effective_until"]) if "effective_until" in item else None,
        granted_by=item["granted_by"],
        granted_at=clock.from_iso(item["granted_at"]),
    )


def _from_qualification(found: Qualification) -> Item:
    return {
        **_qualification_key(found.userid, found.code),
        "schema_version": SCHEMA_VERSION,
        "userid": found.userid,
        "code": found.code,
        "valid_until": clock.to_iso(found.valid_until),
        "recorded_by": found.recorded_by,
        "recorded_at": clock.to_iso(found.recorded_at),
    }


def _to_qualification(item: Mapping[str, Any]) -> Qualification:
    return Qualification(
        userid=item["userid"],
        code=item["code"],
        valid_until=clock.from_iso(item["valid_until"]),
        recorded_by=item["recorded_by"],
        recorded_at=clock.from_iso(item["recorded_at"]),
    )
