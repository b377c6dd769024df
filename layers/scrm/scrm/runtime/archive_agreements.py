"""Asking about the archive's consents, joined to relations and groups and to WeCom's answers (R20)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from scrm.archive.asking import AgreementsRefusedError
from scrm.archive.coverage import Answer, ArchiveConsent
from scrm.contacts.ports import RelationReader
from scrm.wecom.api.conversation_archive import ConversationArchive
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.payloads.archive import AGREED, REFUSED, Agreement

_CONSENTS: Final = {AGREED: ArchiveConsent.AGREED, REFUSED: ArchiveConsent.REFUSED}


@dataclass(frozen=True, slots=True)
class KnownTalks:
    """Implements `scrm.archive.asking.Talks`."""

    contacts: RelationReader

    def customers_of(self, member: str) -> Iterator[str]:
        return (relation.external_userid for relation in self.contacts.relations_of(member))

    def groups_of(self, member: str) -> Iterator[str]:
        return (group.chat_id for group in self.contacts.groups_of(member))


@dataclass(frozen=True, slots=True)
class WecomAgreements:
    """Implements `scrm.archive.asking.Agreements`. An answer without a time is none: nobody knows since when it is."""

    archive: ConversationArchive

    def of_customers(self, member: str, external_userids: Sequence[str]) -> list[Answer]:
        try:
            found = self.archive.agreements([(member, customer) for customer in external_userids])
        except InvalidRequestError as refused:
            raise AgreementsRefusedError from refused
        return [
            Answer(member, each.external_userid, consent, each.changed_at)
            for each in found
            if (consent := _consent(each)) is not None and each.changed_at is not None
        ]

    def of_group(self, chat_id: str) -> list[ArchiveConsent]:
        try:
            found = self.archive.room_agreements(chat_id)
        except InvalidRequestError as refused:
            raise AgreementsRefusedError from refused
        return [consent for each in found if (consent := _consent(each)) is not None]


def _consent(found: Agreement) -> ArchiveConsent | None:
    has_time = found.changed_at is not None and found.changed_at.timestamp() > 0
    return _CONSENTS.get(found.status) if has_time else None
