"""Operators change who may offer what; messages that wait for a member to confirm them are asked about again (S58)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scrm import ids
from scrm.content.permissions import Grant, ProductPermissions, Qualification


class SellerNews(Protocol):
    """Who wants to know that members may offer less than before. A repeat is harmless."""

    def may_offer_less(self, userids: Iterable[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class PermissionChanges:
    """Use cases of operators. Told after the change: what is looked at before it would find nothing.

    An end that a date brings is told to nobody: whoever has something waiting looks again before that date.
    """

    permissions: ProductPermissions
    news: SellerNews

    def grant(
        self, product_id: str, userids: Sequence[str], start: datetime, end: datetime | None, actor: str
    ) -> list[Grant]:
        """As `ProductPermissions.grant`; the new permission may be shorter than the one it replaces."""
        grants = self.permissions.grant(product_id, userids, start, end, actor)
        if end is not None or start > self.permissions.now():
            self.news.may_offer_less(grant.userid for grant in grants)
        return grants

    def withdraw(self, product_id: str, userid: str, actor: str) -> None:
        """As `ProductPermissions.withdraw`."""
        self.permissions.withdraw(product_id, userid, actor)
        self.news.may_offer_less([ids.fold_userid(userid)])

    def qualify(self, userid: str, code: str, valid_until: datetime, actor: str) -> Qualification:
        """As `ProductPermissions.qualify`; a certificate that is renewed takes nothing from anybody."""
        member = ids.fold_userid(userid)
        held = self.permissions.repository.qualifications([code], [member]).get(member, [])
        found = self.permissions.qualify(member, code, valid_until, actor)
        if any(valid_until <= before.valid_until for before in held):
            self.news.may_offer_less([member])
        return found
