"""What customer callbacks and finished handovers tell, written into customers and relations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrm.contacts import ownership
from scrm.contacts.model import (
    UNKNOWN_TIME,
    Basis,
    Claim,
    Customer,
    QuotaUse,
    RelationState,
    Standing,
)
from scrm.contacts.names import NameBook
from scrm.contacts.ports import ContactRepository, CustomerSource, Known
from scrm.contacts.writer import CustomerWriter, Wanted


@dataclass(frozen=True, slots=True)
class Taken:
    """Customers that one member took over from another in one case."""

    case_id: str
    handover_userid: str
    takeover_userid: str
    external_userids: tuple[str, ...]
    at: datetime
    on_job: bool


@dataclass(frozen=True, slots=True)
class ContactChanges:
    """Use case of the customer callbacks and of the handover's reports.

    A callback costs one read (relation, customer and alias together) and one transaction; a repeat only the read.
    """

    source: CustomerSource
    repository: ContactRepository
    writer: CustomerWriter

    def added(
        self,
        userid: str,
        external_userid: str,
        at: datetime,
        *,
        half: bool = False,
        came_by: str = "",
        hear: Callable[[bool], object] = lambda _: None,
    ) -> None:
        """``came_by`` is the ``state`` of the contact way by which he came, empty for none.

        ``hear`` is told, before anything is stored, whether he is new to the bank: nobody else follows him, or did so
        in the last 30 days. One who was handed over is not.
        """
        state = RelationState.HALF_ADDED if half else RelationState.ACTIVE
        known, actual = self._read(userid, external_userid)
        rows = known or self.repository.read(customers=[external_userid])
        customer = rows.customers.get(external_userid)
        hear(customer is None or not set(customer.followers) - {actual})
        ways = {actual: came_by} if came_by else {}

        def edit(customer: Customer) -> Customer:
            return ownership.with_news(customer, actual, Standing(state, at, at))

        self.writer.apply([Wanted(external_userid, edit, (actual,), came_by=ways)], known)

    def deleted_by_member(self, userid: str, external_userid: str, at: datetime, *, by_transfer: bool = False) -> None:
        """The relation ended; ``by_transfer`` when WeCom gave the customer to someone it does not name."""

        def edit(customer: Customer, actual: str) -> Customer:
            ended = ownership.with_news(customer, actual, _gone(RelationState.ENDED, at))
            return ownership.with_claim(ended, Claim(at, Basis.HANDOVER, actual, "", userid)) if by_transfer else ended

        self._tell(userid, external_userid, edit)

    def deleted_by_customer(self, userid: str, external_userid: str, at: datetime) -> None:
        """The relation becomes one-way: it still counts, but it cannot be transferred."""
        self._told(userid, external_userid, _gone(RelationState.DELETED_BY_CUSTOMER, at))

    def edited(self, userid: str, external_userid: str) -> tuple[str, ...]:
        """Remark or tags changed and the event does not say how: read this one customer again; his corp tags now."""
        details = self.source.details_of(userid, external_userid)
        if details is None:
            return ()
        known, actual = self._read(userid, external_userid)
        noted = replace(details, came_by="")  # whose callback was lost the full pass finds and counts
        self.writer.apply([Wanted(external_userid, _as_it_is, (actual,), {actual: noted})], known)
        return details.tag_ids

    def taken_over(self, taken: Taken) -> None:
        """A handover finished for at most 100 customers; the callbacks of the same fact may be late or lost.

        Where they came, only owner and quota are added to the customers: one transaction, and where one of them is no
        plain case, a read and another.
        """
        leaver, taker = taken.handover_userid, taken.takeover_userid
        claim = Claim(taken.at, Basis.HANDOVER, leaver, taker, taken.case_id)
        use = QuotaUse(taken.at, taken.case_id) if taken.on_job else None
        if self.repository.note_taken_over(claim, _once(taken.external_userids), use):
            return
        known = self.repository.read(customers=taken.external_userids)
        if not all(_knows(known.customers.get(customer), leaver, taker) for customer in taken.external_userids):
            leaver, taker = NameBook(self.repository).current(leaver, taker)
        claim = replace(claim, from_userid=leaver, userid=taker)

        def edit(customer: Customer) -> Customer:
            claimed = ownership.with_claim(customer, claim)
            return ownership.with_quota_use(claimed, use) if use else claimed

        self.writer.apply([Wanted(customer, edit) for customer in _once(taken.external_userids)], known)

    def quota_counted(self, case_id: str, external_userids: Sequence[str], at: datetime, *, full: bool) -> None:
        """Attempts that count although nothing moved; ``full``: WeCom says that 2 in 90 days are used (40128)."""

        def edit(customer: Customer) -> Customer:
            if full:
                return ownership.with_quota_full(customer, at)
            return ownership.with_quota_use(customer, QuotaUse(at, case_id))

        self.writer.apply([Wanted(customer, edit) for customer in _once(external_userids)])

    def _told(self, userid: str, external_userid: str, news: Standing) -> None:
        def edit(customer: Customer, actual: str) -> Customer:
            return ownership.with_news(customer, actual, news)

        self._tell(userid, external_userid, edit)

    def _tell(self, userid: str, external_userid: str, edit: Callable[[Customer, str], Customer]) -> None:
        known, actual = self._read(userid, external_userid)
        self.writer.apply([Wanted(external_userid, lambda customer: edit(customer, actual), (actual,))], known)

    def _read(self, userid: str, external_userid: str) -> tuple[Known | None, str]:
        """The customer and his relation, and the name that the member goes by now."""
        known = self.repository.read([(userid, external_userid)], [external_userid], [userid])
        if userid not in known.aliases or not known.aliases[userid].new_userid:
            return known, userid
        (actual,) = NameBook(self.repository).current(userid)
        return None, actual


def _gone(state: RelationState, at: datetime) -> Standing:
    """News that says nothing of when the member was added."""
    return Standing(state, UNKNOWN_TIME, at)


def _as_it_is(customer: Customer) -> Customer:
    return customer


def _knows(customer: Customer | None, *userids: str) -> bool:
    return customer is not None and all(userid in customer.followers for userid in userids)


def _once(external_userids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(external_userids))
