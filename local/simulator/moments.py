"""The moments engine: a call starts a job, the job makes a moment, members publish it, customers are shown it."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.simulator import errors
from local.simulator.clock import BEIJING, beijing_day
from local.simulator.confirmations import is_in_share
from local.simulator.errors import ApiError
from local.simulator.model import App
from local.simulator.moment_book import Content, Moment, MomentJob, MomentTask, Reaction
from local.simulator.state import Simulation
from local.simulator.world import fold

JOB_DUE = "moment_job_due"
PUBLICATION_DUE = "moment_publication_due"
_MINUTE = 60
_PER_MINUTE, _PER_MONTH = 10, 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentRequest:
    """Who is named; nobody is every member in the app's range, and no tag is every customer of theirs."""

    content: Content
    users: list[str]
    departments: list[int]
    tags: list[str]


class MomentEngine:
    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        simulation.timeline.on(JOB_DUE, self._job_due)
        simulation.timeline.on(PUBLICATION_DUE, self._publication_due)

    # Jobs

    def start(self, app: App, request: MomentRequest) -> MomentJob:
        """Raises: ApiError: 45009 more than 10 a minute or 100,000 a month, 41078 too many jobs at once."""
        now = self._simulation.now()
        self._count_creation(now)
        job = MomentJob(
            jobid=f"job{secrets.token_urlsafe(24)}",
            app=app.app,
            created_at=now,
            content=request.content,
            users=request.users,
            departments=request.departments,
            tags=request.tags,
        )
        self._simulation.state.moments.jobs[job.jobid] = job
        due = now + self._simulation.knobs.moment_job_seconds
        self._simulation.timeline.schedule(due, JOB_DUE, jobid=job.jobid)
        self._note("moment_job_started", detail=job.jobid)
        return job

    def _count_creation(self, now: float) -> None:
        book = self._simulation.state.moments
        while book.created_lately and book.created_lately[0] <= now - _MINUTE:
            book.created_lately.popleft()
        day = datetime.fromtimestamp(now, BEIJING).date().isoformat()
        month, per_day = day[:7], self._simulation.knobs.moments_per_day
        if len(book.created_lately) >= _PER_MINUTE or book.created_in[month] >= _PER_MONTH:
            raise ApiError(errors.RATE_LIMIT)
        if per_day is not None and book.created_in[day] >= per_day:
            raise ApiError(errors.RATE_LIMIT)
        if book.running_jobs() >= self._simulation.knobs.moment_running_jobs:
            raise ApiError(errors.TOO_MANY_MOMENT_JOBS)
        book.created_lately.append(now)
        book.created_in.update((day, month))

    async def _job_due(self, at: float, args: dict[str, Any]) -> None:
        state = self._simulation.state
        job = state.moments.jobs[args["jobid"]]
        job.done = True
        executors = self._executors(job)
        if not executors:
            job.errcode = self._simulation.knobs.moment_nobody_errcode
            return
        moment = self._new(job.content, at, creator=None, tags=job.tags or None)
        job.moment_id = moment.moment_id
        for userid in executors:
            plan = state.confirmations.plan(userid, state.moments.next_task_of(userid))
            task = MomentTask(number=len(moment.tasks), userid=userid, plan=plan)
            moment.tasks.append(task)
            if plan.confirms and plan.upon == "creation":
                self._schedule(moment, task, at + self._simulation.knobs.moment_dispatch_seconds)
        self._note("moment_created", detail=moment.moment_id)

    def _executors(self, job: MomentJob) -> list[str]:
        """Those in the app's range who are named, or all, and who have a customer with one of the tags.

        What is named in vain is kept in the job.
        """
        world = self._simulation.world
        app = world.apps[job.app]
        serving = {fold(member.userid): member for member in world.service_members(app)}
        job.bad_users = [userid for userid in job.users if fold(userid) not in serving]
        job.bad_departments = [number for number in job.departments if not world.sees_department(app, number)]
        job.bad_tags = [tag_id for tag_id in job.tags if world.tag(tag_id) is None]
        named = {fold(userid) for userid in job.users}
        trees = {below for number in job.departments for below in world.subtree(number)}
        chosen = [
            member.userid
            for folded, member in serving.items()
            if not (job.users or job.departments) or folded in named or trees.intersection(member.department)
        ]
        if not job.tags:
            return chosen
        return [userid for userid in chosen if self._customers(userid, job.tags)]

    def _customers(self, userid: str, tags: Iterable[str] | None) -> list[str]:
        """The member's customers, or those with one of the tags."""
        relations = (row for row in self._simulation.world.relations_of(userid) if row.standing != "half")
        wanted = None if tags is None else set(tags)
        return [row.external_userid for row in relations if wanted is None or wanted.intersection(row.tag_ids)]

    def _new(self, content: Content, at: float, *, creator: str | None, tags: list[str] | None) -> Moment:
        book = self._simulation.state.moments
        moment = Moment(
            number=book.next_number(),
            moment_id=f"mom{secrets.token_urlsafe(24)}",
            created_at=at,
            content=content,
            creator=creator,
            tags=tags,
        )
        book.add(moment)
        return moment

    # Publishing

    def publish_personally(self, userid: str, text: str) -> Moment:
        """A member publishes one of his own: at once, for all of his customers."""
        content: Content = {"text": {"content": text}}
        moment = self._new(content, self._simulation.now(), creator=userid, tags=None)
        plan = self._simulation.state.confirmations.plan(userid, 1)
        moment.tasks.append(MomentTask(number=0, userid=userid, plan=plan))
        self.publish(moment, moment.tasks[0])
        return moment

    def _schedule(self, moment: Moment, task: MomentTask, since: float) -> None:
        at = since + task.plan.after_seconds
        due = at + task.plan.told_after_seconds
        self._simulation.timeline.schedule(
            due, PUBLICATION_DUE, moment_id=moment.moment_id, task_no=task.number, published_at=at
        )

    async def _publication_due(self, at: float, args: dict[str, Any]) -> None:  # noqa: ARG002 - the handlers' shape
        moment = self._simulation.state.moments.by_id[args["moment_id"]]
        task = moment.tasks[args["task_no"]]
        self.publish(moment, task, share_percent=task.plan.share_percent, published_at=args["published_at"])

    def publish(
        self, moment: Moment, task: MomentTask, *, share_percent: float = 100.0, published_at: float | None = None
    ) -> bool:
        """The member publishes, for a share of the customers he may; False when he cannot (any more).

        With ``published_at`` he did so then and his client tells of it only now.
        """
        at = self._simulation.now() if published_at is None else published_at
        stopped = moment.cancelled_at is not None and moment.cancelled_at <= at
        if task.published_at is not None or stopped or self._simulation.world.member(task.userid) is None:
            return False
        task.published_at = at
        customers = self._customers(task.userid, moment.tags)
        task.chosen = [customer for customer in customers if is_in_share(task.userid, customer, share_percent)]
        task.visible = [customer for customer in task.chosen if self._is_shown(task.userid, customer, at)]
        self._note("moment_published", userid=task.userid, detail=moment.moment_id)
        return True

    def _is_shown(self, userid: str, customer: str, at: float) -> bool:
        """A customer who deleted the member sees nothing; beyond the knob's cap neither does anybody."""
        relation = self._simulation.world.relation(userid, customer)
        if relation is None or relation.standing != "mutual":
            return False
        shown, cap = self._simulation.state.moments.shown_on_day, self._simulation.knobs.moments_per_customer_day
        key = beijing_day(at), customer
        if cap is not None and shown[key] >= cap:
            return False
        shown[key] += 1
        return True

    def cancel(self, moment: Moment) -> None:
        """Who has not published cannot any more; cancelled again nothing changes."""
        if moment.cancelled_at is None:
            moment.cancelled_at = self._simulation.now()
            self._note("moment_cancelled", detail=moment.moment_id)

    def react(self, task: MomentTask, *, comment: bool, external_userid: str | None, userid: str | None) -> None:
        """Somebody comments on what the member published, or likes it."""
        at = self._simulation.now()
        task.reactions.append(Reaction(at=at, comment=comment, external_userid=external_userid, userid=userid))

    def _note(self, kind: str, *, userid: str | None = None, detail: str | None = None) -> None:
        self._simulation.ledger.changed(self._simulation.now(), kind, "moment", userid=userid, detail=detail)
