"""WeCom's Moments in the campaign's words (docs/wecom.md 14)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from scrm import clock, ids
from scrm.campaign import dispatch_errors as dispatch
from scrm.campaign.moment_packs import JobEnd
from scrm.campaign.ports import MessageSeen
from scrm.campaign.reactions import Reaction, ReactionKind
from scrm.wecom import errors as wecom
from scrm.wecom.campaign_calls import CampaignCalls
from scrm.wecom.client import WecomClient
from scrm.wecom.payloads.moments import JobStatus

_NOT_PUBLISHED: Final = frozenset({wecom.MOMENT_NOT_OF_MEMBER, wecom.MOMENT_NOT_PUBLISHED})


class WecomMomentCalls(CampaignCalls):
    """Implements `scrm.campaign.moment_packs.MomentCalls`."""

    def __init__(
        self,
        client: WecomClient,
        on_permission_denied: Callable[[wecom.PermissionDeniedError], None],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        super().__init__(on_permission_denied, now)
        self._api = client.moments
        self._tags = client.tags

    def create(
        self, members: Sequence[str], text: str, attachments: Sequence[Mapping[str, Any]], tag_ids: Sequence[str] = ()
    ) -> str:
        if tag_ids and not self._has(tag_ids):
            raise dispatch.SendRefusedError(wecom.TAG_UNKNOWN)
        return self.asked(lambda: self._api.create(members, text, attachments, tag_ids))

    def _has(self, tag_ids: Sequence[str]) -> bool:
        """Whether WeCom knows every one of the tags."""
        groups = self.asked(lambda: self._tags.corp_tags(tag_ids=tag_ids))
        return set(tag_ids) <= {tag.id for group in groups for tag in group.tag if not tag.deleted}

    def job(self, jobid: str) -> JobEnd | None:
        answer = self.asked(lambda: self._api.job(jobid))
        if answer.status is not JobStatus.DONE:
            return None
        result = answer.result
        if result.invalid_external_contact_list.tag_list:  # deleted meanwhile: who would be shown it nobody knows
            if result.moment_id:
                self.cancel(result.moment_id)
            return JobEnd(errcode=wecom.TAG_UNKNOWN)
        return JobEnd(result.moment_id, result.errcode)

    def created_between(self, since: datetime, until: datetime) -> Iterator[MessageSeen]:
        for row in self.each(self._api.created(since, until)):
            if not row.creator:
                yield MessageSeen(row.moment_id, row.created_at, row.text.content)

    def members(self, moment_id: str) -> Iterator[tuple[str, bool]]:
        for row in self.each(self._api.members(moment_id)):
            yield ids.fold_userid(row.userid), row.has_published

    def viewers(self, moment_id: str, userid: str) -> Iterator[str]:
        try:
            for row in self.each(self._api.viewers(moment_id, userid)):
                yield row.external_userid
        except dispatch.SendRefusedError as refused:
            if refused.errcode not in _NOT_PUBLISHED:
                raise

    def reactions(self, moment_id: str, userid: str) -> Iterator[Reaction]:
        """Members react too; only customers are told of."""
        try:
            found = self.asked(lambda: self._api.reactions(moment_id, userid))
        except dispatch.SendRefusedError as refused:
            if refused.errcode not in _NOT_PUBLISHED:
                raise
            return
        for kind, rows in ((ReactionKind.LIKE, found.like_list), (ReactionKind.COMMENT, found.comment_list)):
            for row in rows:
                if row.external_userid and row.at:
                    yield Reaction(row.external_userid, kind, row.at)

    def cancel(self, moment_id: str) -> None:
        self.asked(lambda: self._api.cancel(moment_id))
