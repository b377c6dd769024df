"""The transfer engine: customers on their way from one member to another (section 6.4).

WAITING until the customer decides or the waiting time is over, then DONE, REFUSED or AT_CAP. The state changes in one
step, so a customer never has both members or neither because of a transfer, but for a resigned one that is refused.
A handover member who leaves meanwhile takes their customers to the unassigned list; what becomes of the attempt then
is a knob.
"""

from typing import Any

from local.simulator import errors
from local.simulator.callbacks import CallbackDispatcher
from local.simulator.clock import DAY_SECONDS, YEAR_SECONDS
from local.simulator.decisions import percent_of
from local.simulator.errors import ApiError
from local.simulator.events import EXTERNAL_CONTACT, Event
from local.simulator.model import ADD_WAY_ASSIGNED, MEMBER_ACTIVE, App, Decision, Member, Relation, TransferKind
from local.simulator.state import Simulation
from local.simulator.transfer_book import AT_CAP, DONE, NO_RECORD, REFUSED, WAITING, TransferAttempt
from local.simulator.welcome import issue_welcome_code
from local.simulator.world import fold

TRANSFER_DUE = "transfer_due"
_SYSTEM_OPERATOR = "admin"


class TransferEngine:
    def __init__(self, simulation: Simulation, dispatcher: CallbackDispatcher) -> None:
        self._simulation = simulation
        self._dispatcher = dispatcher
        simulation.timeline.on(TRANSFER_DUE, self._fall_due)

    # Starting

    def start(
        self, kind: TransferKind, app: App, handover: str, takeover: str, customers: list[str]
    ) -> list[dict[str, Any]]:
        """One call of transfer_customer; the rows of its reply.

        Raises:
            ApiError: a fault of either member, which refuses the whole call.
        """
        self._check_members(kind, app, handover, takeover)
        return [
            {"external_userid": customer, "errcode": self._start_one(kind, app, handover, takeover, customer)}
            for customer in customers
        ]

    def _check_members(self, kind: TransferKind, app: App, handover: str, takeover: str) -> None:
        if fold(handover) == fold(takeover):
            raise ApiError(errors.SAME_MEMBER)
        leaving = self._leaver(handover) if kind == "resigned" else self._simulation.world.member(handover)
        if leaving is None or not self._simulation.world.sees(app, handover):
            raise ApiError(errors.USER_UNKNOWN, "handover_userid")
        if leaving.banned:
            raise ApiError(errors.MEMBER_BANNED)
        # A leaver must have logged in within the year before leaving (6.2).
        until = self._simulation.now() if leaving.left_at is None else leaving.left_at
        if not leaving.logged_in_since(until - YEAR_SECONDS):
            raise ApiError(self._simulation.knobs.stale_login_errcode, "handover_userid")
        taking = self._simulation.world.member(takeover)
        if taking is None or not self._simulation.world.sees(app, takeover):
            raise ApiError(errors.USER_UNKNOWN, "takeover_userid")
        self._check_takeover(taking)

    def _leaver(self, handover: str) -> Member | None:
        world = self._simulation.world
        if world.member(handover) is not None:
            raise ApiError(errors.NOT_RESIGNED)
        leaver = world.leaver(handover)
        gone_since = self._simulation.now() - self._simulation.knobs.inheritance_days * DAY_SECONDS
        return leaver if leaver is not None and (leaver.left_at or 0) >= gone_since else None

    def _check_takeover(self, taking: Member) -> None:
        if not taking.contact_service:
            raise ApiError(errors.NOT_SERVICE_MEMBER)
        if taking.team_account:
            raise ApiError(errors.TEAM_ACCOUNT)
        refused = self._simulation.knobs.banned_takeover_errcode
        if taking.banned and refused is not None:
            raise ApiError(refused, "takeover_userid")
        if not (taking.real_named and taking.status == MEMBER_ACTIVE):
            raise ApiError(errors.NOT_REAL_NAMED)
        if not taking.logged_in_since(self._simulation.now() - YEAR_SECONDS):
            raise ApiError(self._simulation.knobs.stale_login_errcode, "takeover_userid")

    def _start_one(self, kind: TransferKind, app: App, handover: str, takeover: str, customer: str) -> int:
        refusal = self._refusal(kind, app, handover, takeover, customer)
        if refusal:
            return refusal
        state, now, knobs = self._simulation.state, self._simulation.now(), self._simulation.knobs
        book = state.transfers
        scripted = state.decisions.decide(customer, len(book.of_customer(customer)) + 1)
        attempt = TransferAttempt(
            attempt_id=book.next_id(),
            kind=kind,
            handover_userid=handover,
            takeover_userid=takeover,
            external_userid=customer,
            started_at=now,
            decision=scripted.decision,
            takeover_time=int(now + knobs.transfer_wait_seconds),
        )
        book.add(attempt)
        after = knobs.decision_delay_seconds if scripted.after_seconds is None else scripted.after_seconds
        wait = knobs.transfer_wait_seconds
        due = now + (wait if scripted.decision == "ignore" else min(after, wait))
        self._simulation.timeline.schedule(due, TRANSFER_DUE, attempt_id=attempt.attempt_id)
        self._note("transfer_started", attempt, detail=takeover)
        return errors.OK

    def _refusal(self, kind: TransferKind, app: App, handover: str, takeover: str, customer: str) -> int:
        world = self._simulation.world
        relation = self._offered_relation(kind, handover, customer)
        if relation is None:
            return self._no_relation(kind, app, customer)
        if refusal := self._standing_refusal(relation):
            return refusal
        if self._is_locked(handover, customer):
            return errors.IN_TRANSFER_ONJOB if kind == "onjob" else errors.IN_TRANSFER_RESIGNED
        if kind == "onjob" and self._onjob_quota_used(customer):
            return errors.TRANSFERRED_TOO_OFTEN
        if world.relation(takeover, customer) is None and self._is_at_cap(takeover):
            return errors.TAKEOVER_AT_CAP
        return errors.OK

    def _standing_refusal(self, relation: Relation) -> int:
        if relation.standing == "half":
            return errors.NO_RELATION
        refusal = self._simulation.knobs.deleted_by_customer_errcode
        return errors.OK if refusal is None or relation.standing != "customer_deleted" else refusal

    def _no_relation(self, kind: TransferKind, app: App, customer: str) -> int:
        world = self._simulation.world
        if customer not in world.customers:
            return errors.EXTERNAL_USERID_INVALID
        followers = world.followers_of(customer)
        if kind == "onjob" and followers and not any(world.sees(app, relation.userid) for relation in followers):
            return errors.EXTERNAL_USERID_INVALID
        return errors.NOT_A_FOLLOWER

    def _offered_relation(self, kind: TransferKind, handover: str, customer: str) -> Relation | None:
        """What an attempt of this kind can be started on."""
        if kind == "onjob":
            return self._simulation.world.relation(handover, customer)
        row = self._simulation.world.unassigned.get(handover, customer)
        return row.relation if row else None

    def _moving_relation(self, attempt: TransferAttempt) -> Relation | None:
        """What a waiting attempt moves: an on-job one may have lost its handover member to a departure."""
        relation = self._offered_relation(attempt.kind, attempt.handover_userid, attempt.external_userid)
        if relation is None and attempt.kind == "onjob":
            return self._offered_relation("resigned", attempt.handover_userid, attempt.external_userid)
        return relation

    def _is_locked(self, handover: str, customer: str) -> bool:
        waiting = self._simulation.state.transfers.waiting_for(customer)
        if self._simulation.knobs.transfer_lock == "relation":
            waiting = [attempt for attempt in waiting if fold(attempt.handover_userid) == fold(handover)]
        return bool(waiting)

    def _onjob_quota_used(self, customer: str) -> bool:
        knobs = self._simulation.knobs
        used = self._simulation.state.transfers.onjob_uses(
            customer, self._simulation.now(), knobs.onjob_quota_days, count_refused=knobs.refusals_use_quota
        )
        return used >= knobs.onjob_quota

    def _is_at_cap(self, userid: str) -> bool:
        member = self._simulation.world.member(userid)
        cap = member.customer_cap if member else None
        cap = self._simulation.knobs.default_customer_cap if cap is None else cap
        return cap is not None and self._simulation.world.count_customers(userid) >= cap

    # Ending

    async def _fall_due(self, at: float, args: dict[str, Any]) -> None:
        attempt = self._simulation.state.transfers.get(args["attempt_id"])
        self.settle(attempt, attempt.decision, at)

    def decide(self, external_userid: str, decision: Decision) -> list[TransferAttempt]:
        """The customer decides now; the attempts it ended. ``ignore`` completes them, as waiting does."""
        waiting = self._simulation.state.transfers.waiting_for(external_userid)
        for attempt in waiting:
            self.settle(attempt, decision, self._simulation.now())
        return waiting

    def settle(self, attempt: TransferAttempt, decision: Decision, at: float) -> None:
        """End a waiting attempt; anything already ended stays as it is."""
        if attempt.status != WAITING:
            return
        attempt.decision = decision
        relation = self._moving_relation(attempt)
        if decision == "vanish" or relation is None:
            self._void(attempt, at)
        elif decision == "refuse" or relation.standing == "customer_deleted":
            self._refuse(attempt, at)
        elif decision == "full" or (self._takeover_is_new(attempt) and self._is_at_cap(attempt.takeover_userid)):
            self._simulation.state.transfers.end(attempt, AT_CAP, at)
            self._note("transfer_at_cap", attempt)
            self._tell_failure(attempt, "customer_limit_exceed", at)
        else:
            self._complete(attempt, relation, at)

    def member_left(self, userid: str, at: float) -> None:
        """A member is about to leave: what was on its way to them is void, what was on its way from them goes by the
        knob. Attempts started after an earlier departure under the same userid do not care."""
        book, fate = self._simulation.state.transfers, self._simulation.knobs.transfers_of_departed
        converted = []
        for attempt in book.waiting_of_member(userid):
            if fold(attempt.takeover_userid) == fold(userid) or (attempt.kind == "onjob" and fate == "void"):
                self._void(attempt, at)
            elif attempt.kind == "onjob" and fate == "convert":
                converted.append(attempt)
                self._note("transfer_converted", attempt)
        book.convert_to_resigned(converted)

    def _void(self, attempt: TransferAttempt, at: float) -> None:
        """End an attempt that lost its ground, for example because one of the members left."""
        self._simulation.state.transfers.end(attempt, NO_RECORD if attempt.kind == "onjob" else None, at)
        self._note("transfer_void", attempt)

    def _takeover_is_new(self, attempt: TransferAttempt) -> bool:
        """Whether a friendship will be made: a half-added or one-way relation is none that could be merged into."""
        relation = self._simulation.world.relation(attempt.takeover_userid, attempt.external_userid)
        return relation is None or relation.standing != "mutual"

    def _complete(self, attempt: TransferAttempt, relation: Relation, at: float) -> None:
        is_new = self._takeover_is_new(attempt)
        self._simulation.state.transfers.end(attempt, DONE, at)
        self._release(attempt)
        if is_new:
            self._simulation.world.add_relation(self._taken_over(attempt, relation, at))
        self._note("transfer_done", attempt, detail=attempt.takeover_userid)
        self._tell_completion(attempt, at, is_new=is_new)

    def _release(self, attempt: TransferAttempt) -> None:
        """Take the customer from the handover member."""
        world = self._simulation.world
        handover, customer = fold(attempt.handover_userid), attempt.external_userid
        if attempt.kind == "resigned" or world.remove_relation(handover, customer) is None:
            world.unassigned.remove(handover, customer)

    def _taken_over(self, attempt: TransferAttempt, relation: Relation, at: float) -> Relation:
        knobs, world = self._simulation.knobs, self._simulation.world
        taking = world.member(attempt.takeover_userid)
        return Relation(
            userid=taking.userid if taking else attempt.takeover_userid,
            external_userid=attempt.external_userid,
            createtime=int(at),
            remark=relation.remark if knobs.copy_remark else world.customers[attempt.external_userid].name,
            description=relation.description if knobs.copy_remark else "",
            remark_mobiles=relation.remark_mobiles if knobs.copy_remark else None,
            tag_ids=list(relation.tag_ids) if knobs.keep_corp_tags else [],
            add_way=ADD_WAY_ASSIGNED,
            oper_userid=_SYSTEM_OPERATOR,
            chat_started=False,
        )

    def _refuse(self, attempt: TransferAttempt, at: float) -> None:
        self._simulation.state.transfers.end(attempt, REFUSED, at)
        lost = attempt.kind == "resigned" and self._simulation.knobs.refusal_loses_resigned_customer
        if lost:
            self._release(attempt)
        self._note("transfer_refused", attempt, detail="relation lost" if lost else None)
        self._tell_failure(attempt, "customer_refused", at)
        if lost:
            self._tell("del_external_contact", attempt.handover_userid, attempt.external_userid, at)

    # Telling

    def _tell_completion(self, attempt: TransferAttempt, at: float, *, is_new: bool) -> None:
        book, knobs = self._simulation.state.transfers, self._simulation.knobs
        customer = attempt.external_userid
        comes_back = (fold(attempt.takeover_userid), customer) in book.moved_away
        if is_new and not comes_back:
            more: dict[str, str] = {}
            if knobs.transfer_welcome_code:
                code = issue_welcome_code(self._simulation, attempt.takeover_userid, customer)
                more["WelcomeCode"] = code
            self._tell("add_external_contact", attempt.takeover_userid, customer, at, **more)
        if attempt.kind == "onjob":
            source = {"Source": "DELETE_BY_TRANSFER"}
            self._tell("del_external_contact", attempt.handover_userid, customer, at, **source)
        elif knobs.resigned_done_emits_delete:
            self._tell("del_external_contact", attempt.handover_userid, customer, at)
        book.moved_away.add((fold(attempt.handover_userid), customer))

    def _tell_failure(self, attempt: TransferAttempt, reason: str, at: float) -> None:
        state = self._simulation.state
        drawn = percent_of(state.decisions.seed, attempt.external_userid, str(attempt.attempt_id), "transfer_fail")
        lost = drawn < state.knobs.transfer_fail_loss_percent or attempt.external_userid in state.decisions.untold
        if not lost:
            self._tell("transfer_fail", attempt.takeover_userid, attempt.external_userid, at, FailReason=reason)

    def _tell(self, change_type: str, userid: str, external_userid: str, at: float, **more: str) -> None:
        fields = {"UserID": userid, "ExternalUserID": external_userid, **more}
        self._dispatcher.emit(Event(EXTERNAL_CONTACT, change_type, fields, about=userid), at=at)

    def _note(self, kind: str, attempt: TransferAttempt, detail: str | None = None) -> None:
        self._simulation.ledger.changed(
            self._simulation.now(),
            kind,
            f"transfer:{attempt.kind}:{attempt.attempt_id}",
            userid=attempt.handover_userid,
            external_userid=attempt.external_userid,
            detail=detail,
        )
