"""Usage and coverage by node, of what a run read (S10): snapshots of a day that add up over nodes.

A member stands where the roster of the day has him, also with what he did in another team earlier in the month; so
active members are always some of the roster's. A bank customer stands where the bank's master has him, whoever follows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from scrm.collect.adding import RunAdds
from scrm.collect.datasets import MEMBER_DAYS, READINGS, RELATIONS, ROSTER, day_partition, run_partition
from scrm.collect.model import Run
from scrm.collect.ports import BankCustomers, CollectQueue, RunFolder
from scrm.kpi import measures
from scrm.kpi.ports import StandingMeasures
from scrm.sql import Selection, SqlEngine

USAGE: Final = "usage"
COVERAGE: Final = "coverage"

_READ_LAST: Final = """
WITH told AS (
  SELECT {columns} FROM readings WHERE day = $day
  UNION ALL
  SELECT {columns} FROM member_days
), numbered AS (
  SELECT {columns}, row_number() OVER (PARTITION BY userid ORDER BY read_on DESC, messages DESC, chats DESC) AS place
  FROM told
)
SELECT {columns} FROM numbered WHERE place = 1
""".format(columns=", ".join(MEMBER_DAYS.columns))  # noqa: S608 - the dataset's own columns

USAGE_OF_DAY: Final = """
WITH months AS (
  SELECT userid, sum(messages) AS messages FROM member_days WHERE day <= $day GROUP BY userid
), days AS (
  SELECT userid, messages, chats, reply_points, reply_minutes, groups_total, groups_active, group_customers,
         group_messages
  FROM member_days WHERE day = $day
)
SELECT roster.node_path,
  sum(CASE WHEN roster.on_roster THEN 1 ELSE 0 END) AS roster_rms,
  sum(CASE WHEN roster.on_roster AND roster.licensed THEN 1 ELSE 0 END) AS licensed_rms,
  sum(CASE WHEN roster.on_roster AND months.messages >= $least THEN 1 ELSE 0 END) AS active_rms,
  sum(CASE WHEN roster.on_roster AND days.messages >= $least THEN 1 ELSE 0 END) AS active_rms_day,
  sum(coalesce(days.messages, 0)) AS messages_sent,
  sum(coalesce(days.chats, 0)) AS chats,
  sum(coalesce(days.reply_points, 0)) AS reply_points,
  sum(CASE WHEN days.reply_points IS NULL THEN 0 ELSE days.chats END) AS reply_chats,
  sum(coalesce(days.reply_minutes, 0)) AS reply_minutes,
  sum(coalesce(days.groups_total, 0)) AS customer_groups,
  sum(coalesce(days.groups_active, 0)) AS active_groups,
  sum(coalesce(days.group_customers, 0)) AS group_customers,
  sum(coalesce(days.group_messages, 0)) AS group_messages
FROM roster
LEFT JOIN months ON months.userid = roster.userid
LEFT JOIN days ON days.userid = roster.userid
GROUP BY roster.node_path
"""
_USAGE_MEASURES: Final = (
    measures.ROSTER_RMS,
    measures.LICENSED_RMS,
    measures.ACTIVE_RMS,
    measures.ACTIVE_RMS_DAY,
    measures.MESSAGES_SENT,
    measures.CHATS,
    measures.REPLY_POINTS,
    measures.REPLY_CHATS,
    measures.REPLY_MINUTES,
    measures.CUSTOMER_GROUPS,
    measures.ACTIVE_GROUPS,
    measures.GROUP_CUSTOMERS,
    measures.GROUP_MESSAGES,
)

POOL_OF_DAY: Final = """
SELECT node_path, count(DISTINCT external_userid) AS pool_size FROM relations WHERE accountable GROUP BY node_path
"""

COVERAGE_OF_DAY: Final = """
WITH followed AS (
  SELECT DISTINCT external_userid FROM relations
), known AS (
  SELECT DISTINCT unionid FROM relations WHERE unionid <> ''
)
SELECT bank_customers.node_path,
  count(*) AS bank_customers,
  sum(CASE WHEN bank_customers.external_userid <> '' OR bank_customers.unionid <> '' THEN 1 ELSE 0 END) AS linked,
  sum(CASE WHEN followed.external_userid IS NOT NULL OR known.unionid IS NOT NULL THEN 1 ELSE 0 END) AS covered
FROM bank_customers
LEFT JOIN followed ON followed.external_userid = bank_customers.external_userid
LEFT JOIN known ON known.unionid = bank_customers.unionid
GROUP BY bank_customers.node_path
"""
_COVERAGE_MEASURES: Final = (measures.BANK_CUSTOMERS, measures.LINKED_CUSTOMERS, measures.COVERED_CUSTOMERS)

STATEMENTS: Final = (_READ_LAST, USAGE_OF_DAY, POOL_OF_DAY, COVERAGE_OF_DAY)


@dataclass(frozen=True, slots=True)
class RunMeasuring:
    """Use case of the queue. ``least_messages``: an RM who sent so many in the period is active.

    ``history_days``: how far back WeCom is asked once, when the bank's first run is done.
    """

    engine: SqlEngine
    standing: StandingMeasures
    customers: BankCustomers
    folder: RunFolder
    queue: CollectQueue
    least_messages: Callable[[], int]
    history_days: int
    adds: RunAdds
    has_time: Callable[[], bool]

    def measure(self, run: Run, measured: int = 0) -> bool:
        """Go on behind the step that is ``measured``: days are stored, then told, as the month is made of those stored.

        True when all is told; what follows it is due then. Repeatable as a whole.
        """
        steps = [*((self._keep, day) for day in run.days), *((self.usage, day) for day in run.days)]
        for number, (step, day) in enumerate(steps[measured:], measured):
            if number > measured and not self.has_time():
                self.queue.run_read(run, number)
                return False
            step(run, day)
        if not run.window:
            self.adds.begin(run)
            self.queue.coverage_due(run)
        self._go_back(run)
        return True

    def usage(self, run: Run, day: date) -> None:
        """By the roster of the day itself where there is one: a history has only that of its morning."""
        roster_day = run.roster_day if run.window else day
        rows = self._usage(day, roster_day) or self._usage(day, run.roster_day)
        self.standing.stand(day, USAGE, run.version, rolled_up(rows, _USAGE_MEASURES))

    def coverage(self, run: Run) -> None:
        """Without a customer master only the pool is known."""
        day = run.roster_day
        relations = Selection(RELATIONS, (day_partition(day),))
        by_node = rolled_up(self.engine.query(POOL_OF_DAY, [relations], {}), (measures.POOL_SIZE,))
        published = self.customers.published()
        if published is not None:
            rows = self.engine.query(COVERAGE_OF_DAY, [relations, published], {})
            for node_id, told in rolled_up(rows, _COVERAGE_MEASURES).items():
                by_node[node_id] = {measures.POOL_SIZE: 0, **by_node.get(node_id, {}), **told}
        self.standing.stand(day, COVERAGE, run.version, by_node)

    def _keep(self, run: Run, day: date) -> None:
        """What was read of the day, and what was known of members whom WeCom told nothing of this time."""
        selections = [
            Selection(READINGS, (run_partition(run),)),
            Selection(MEMBER_DAYS, (day_partition(day),)),
        ]
        rows = self.engine.rows(_READ_LAST, selections, {"day": day.isoformat()})
        columns = tuple(MEMBER_DAYS.columns)
        told = (dict(zip(columns, row, strict=True)) for row in rows)
        self.engine.write(MEMBER_DAYS, day_partition(day), "all", told)

    def _usage(self, day: date, roster_day: date) -> list[tuple[Any, ...]]:
        month = [day - timedelta(days=back) for back in range(day.day)]
        selections = [
            Selection(ROSTER, (day_partition(roster_day),)),
            Selection(MEMBER_DAYS, tuple(map(day_partition, month))),
        ]
        return self.engine.query(USAGE_OF_DAY, selections, {"day": day.isoformat(), "least": self.least_messages()})

    def _go_back(self, run: Run) -> None:
        """One window after the other, so that a morning's own run never waits for history."""
        if run.window == 0 and not self.folder.begin_history():
            return
        further = run.further_back(self.history_days)
        if further is not None:
            self.queue.run_due(further)
        if run.window == 0:
            self.folder.note_history()


def rolled_up(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Rows of a node path and values: every node on the path gets them, which is how a node has all below it."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(names, 0))
    for path, *values in rows:
        for node_id in dict.fromkeys(part for part in path.split("/") if part):
            told = sums[node_id]
            for name, value in zip(names, values, strict=True):
                told[name] += int(value or 0)
    return dict(sums)
