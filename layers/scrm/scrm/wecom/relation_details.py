"""The part of a handover that WeCom may or may not carry over by itself: remark, description, corp tags (S62).

What a transfer carries is UNVERIFIED (docs/wecom.md 6.4), so the taker's relations are read back in pages and only what
is missing is written. What the taker set himself stays: tags are added and never removed, and a text is written only
where he has none. A remark that is empty or the customer's own name, which WeCom shows while nobody set one, is none.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from scrm import clock
from scrm.handover import errors as handover
from scrm.handover.parts import PartResult
from scrm.wecom import errors as wecom
from scrm.wecom import limits
from scrm.wecom.client import WecomClient
from scrm.wecom.handover_errors import HandoverErrors
from scrm.wecom.payloads.external_contacts import Relation

PAGES_PER_CALL: Final = 10
_ENOUGH_WRITTEN: Final = 100  # customers; each is up to two calls, and one message has a minute for them


class RelationDetails(Protocol):
    """What a member noted about a customer; ``personal_tags`` are names, None when nobody ever read them."""

    @property
    def remark(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def tag_ids(self) -> Sequence[str]: ...

    @property
    def personal_tags(self) -> Sequence[str] | None: ...


class RelationDetailsSource(Protocol):
    """The relation table."""

    def details_of(self, userid: str, external_userids: Sequence[str]) -> Mapping[str, RelationDetails]:
        """Details of those customers that the member has, by customer."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to go on: in the page at ``page``, after the customer ``after``. Both empty at the beginning."""

    page: str = ""
    after: str = ""

    @classmethod
    def of(cls, cursor: str) -> "_Place":
        return cls(*json.loads(cursor)) if cursor else cls()

    def cursor(self) -> str:
        return json.dumps([self.page, self.after], separators=(",", ":"))


@dataclass(slots=True)
class _Tally:
    """The counts of one call, in customers but for ``not_carried`` (tags)."""

    checked: int = 0
    differing: int = 0
    written: int = 0
    failed: int = 0
    not_carried: int = 0
    lost_ids: set[str] = field(default_factory=set)

    def result(self, cursor: str = "") -> PartResult:
        lost = tuple(sorted(self.lost_ids))
        return PartResult(
            self.checked, self.differing, self.written, self.failed, self.not_carried, cursor=cursor, lost_ids=lost
        )


class RelationPart:
    """Implements `scrm.handover.parts.HandoverPart`; idempotent because it writes only what differs.

    Content of a customer: ``remark``, ``description``, ``tag_ids``, ``personal_tags`` (names; nobody can write them for
    another member, so they are listed here and counted). A customer that the taker's list does not show is not checked:
    then the sum of ``checked`` stays below the number of contents.
    """

    name = "relation"

    def __init__(
        self,
        client: WecomClient,
        source: RelationDetailsSource,
        on_permission_denied: Callable[[wecom.PermissionDeniedError], None],
        now: Callable[[], datetime] = clock.now,
        pages_per_call: int = PAGES_PER_CALL,
    ) -> None:
        self._client = client
        self._source = source
        self._errors = HandoverErrors(on_permission_denied, now)
        self._pages_per_call = pages_per_call

    def collect(self, handover_userid: str, external_userids: Sequence[str]) -> dict[str, Any]:
        found = self._source.details_of(handover_userid, external_userids)
        contents = {customer: _content(details) for customer, details in found.items()}
        return {customer: content for customer, content in sorted(contents.items()) if any(content.values())}

    def apply(
        self,
        takeover_userid: str,
        contents: Mapping[str, Any],
        attempt_id: str,  # noqa: ARG002 - the state at WeCom tells what is left to do
        cursor: str = "",
    ) -> PartResult:
        """Some pages of the taker's relations, compared and completed.

        Where WeCom postpones after a part was done, the result's cursor says where to go on; where nothing was done,
        TransferPostponedError is raised and the cursor stays the caller's. Raises TransferRefusedError when the taker
        himself is refused (60111).
        """
        begin = place = _Place.of(cursor)
        tally = _Tally()
        for _ in range(self._pages_per_call if contents else 0):
            try:
                place, rows, following = self._page(takeover_userid, place)
                for row in _wanted(rows, contents, place.after):
                    customer = row.external_contact.external_userid
                    self._complete(takeover_userid, row, contents[customer], tally)
                    place = _Place(place.page, customer)
            except handover.TransferPostponedError:
                if place == begin:
                    raise
                return tally.result(place.cursor())
            all_found = not cursor and tally.checked == len(contents)
            if not following or all_found:
                return tally.result()
            place = _Place(following)
            if tally.written >= _ENOUGH_WRITTEN:
                break
        return tally.result(place.cursor() if contents else "")

    def _page(self, takeover_userid: str, place: _Place) -> tuple[_Place, Sequence[Relation], str]:
        """The page of the taker's relations at a place and WeCom's next cursor.

        When WeCom no longer takes the cursor the place is the beginning: what was done differs no more.
        """
        contacts = self._client.external_contacts
        try:
            page = self._errors.asked(lambda: contacts.relations_page([takeover_userid], place.page))
        except handover.TransferRefusedError as error:
            if not place.page or error.errcode != wecom.CURSOR_INVALID:
                raise
            place = _Place()
            page = self._errors.asked(lambda: contacts.relations_page([takeover_userid]))
        return place, page.rows, page.next_cursor

    def _complete(self, userid: str, row: Relation, content: Mapping[str, Any], tally: _Tally) -> None:
        """Write what the taker lacks of one customer. Counted once all is done, as a postponed one comes again."""
        texts, tag_ids = _missing_texts(row, content), _missing_tags(row, content)
        marked, lost = self._mark(userid, row, tag_ids, tally.lost_ids)
        noted, refused = self._note(userid, row, texts)
        tally.checked += 1
        tally.differing += bool(texts or tag_ids)
        tally.written += marked or noted
        tally.failed += bool(lost) or refused
        tally.not_carried += len(content.get("personal_tags") or ())

    def _note(self, userid: str, row: Relation, texts: Mapping[str, str]) -> tuple[bool, bool]:
        """Set remark and description; whether it was done, and whether WeCom refused it."""
        if not texts:
            return False, False
        contacts, customer = self._client.external_contacts, row.external_contact.external_userid
        try:
            self._errors.asked(lambda: contacts.remark(userid, customer, **texts))
        except handover.TransferRefusedError:
            return False, True
        return True, False

    def _mark(self, userid: str, row: Relation, tag_ids: Sequence[str], lost_ids: set[str]) -> tuple[bool, bool]:
        """Add tags; whether some were added, and whether some could not be. Deleted tags go into ``lost_ids``."""
        wanted = [tag_id for tag_id in tag_ids if tag_id not in lost_ids]
        if not wanted:
            return False, bool(tag_ids)
        tags, customer = self._client.tags, row.external_contact.external_userid
        try:
            self._errors.asked(lambda: tags.mark(userid, customer, add=wanted))
        except handover.TransferRefusedError as error:
            gone = self._gone(wanted) if error.errcode == wecom.TAG_UNKNOWN else set()
            if not gone:
                return False, True
            lost_ids.update(gone)
            return self._mark(userid, row, tag_ids, lost_ids)
        return True, len(wanted) < len(tag_ids)

    def _gone(self, tag_ids: Sequence[str]) -> set[str]:
        """Those of the tags that the library no longer has."""
        groups = self._errors.asked(lambda: self._client.tags.corp_tags(tag_ids=tag_ids))
        living = {tag.id for group in groups for tag in group.tag if not tag.deleted}
        return set(tag_ids) - living


def _content(details: RelationDetails) -> dict[str, Any]:
    return {
        "remark": details.remark,
        "description": details.description,
        "tag_ids": sorted(details.tag_ids),
        "personal_tags": None if details.personal_tags is None else sorted(details.personal_tags),
    }


def _wanted(rows: Sequence[Relation], contents: Mapping[str, Any], after: str) -> list[Relation]:
    """The page's rows that the package speaks of, in an order of our own: WeCom promises none."""
    mine = [row for row in rows if row.external_contact.external_userid in contents]
    later = [row for row in mine if row.external_contact.external_userid > after]
    return sorted(later, key=lambda row: row.external_contact.external_userid)


def _missing_texts(row: Relation, content: Mapping[str, Any]) -> dict[str, str]:
    """What to write, cut to WeCom's limits; nothing where the taker has a text of his own."""
    name, has = row.external_contact.name, row.follow_info
    texts: dict[str, str] = {}
    remark = _own_remark(content.get("remark", ""), name)
    if remark and not _own_remark(has.remark, name):
        texts["remark"] = remark
    if content.get("description") and not has.description:
        texts["description"] = content["description"][: limits.DESCRIPTION_LENGTH]
    return texts


def _own_remark(remark: str, name: str) -> str:
    """The remark a member set himself, cut to WeCom's limit; empty when it only repeats the customer's name."""
    cut = remark[: limits.REMARK_LENGTH]
    return "" if cut == name[: limits.REMARK_LENGTH] else cut


def _missing_tags(row: Relation, content: Mapping[str, Any]) -> list[str]:
    has = set(row.follow_info.tag_id)
    return [tag_id for tag_id in content.get("tag_ids", ()) if tag_id not in has]
