"""Adds of one section of a bank, judged: ``adds.py make|judge <folder> [<members> <adds a day> <customers>]``.

``make`` writes the snapshots that a morning reads and a customer master as Parquet below the folder, by SQL: every
member adds so many customers a day, of whom a tenth is gone the day after and a twentieth is known to nobody. ``judge``
runs the use case over them and prints, as JSON, what it judged, its CPU and its peak of memory.
"""

import json
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from scrm.adds.appeals import Appeal
from scrm.adds.daily import DailyJudging
from scrm.adds.rules import AddRules
from scrm.adds.sections import Section
from scrm.adds.snapshots import ADDS, SEEN_DAYS, Days
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.aws.judged_adds import BucketJudgedAdds
from scrm.kpi.feeds.datasets import BANK_CUSTOMERS
from scrm.sql import Selection

SEEN_ON = date(2027, 3, 10)
MASTER = Selection(BANK_CUSTOMERS, ("version=1",))
RULES = AddRules()
BRANCHES = 4_000


class Folder:
    """A bucket that is a folder; the documents of judging are counted and not kept but for a section's hand-over."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bytes_out = 0

    def sizes_below(self, prefix: str, after: str = "") -> Iterator[tuple[str, int]]:
        place = self.root / prefix
        for path in sorted(place.rglob("*")) if place.is_dir() else ():
            key = str(path.relative_to(self.root))
            if path.is_file() and key > after:
                yield key, path.stat().st_size

    def download(self, key: str, path: Path) -> None:
        shutil.copyfile(self.root / key, path)

    def upload(self, key: str, path: Path, content_type: str) -> None:
        raise NotImplementedError

    def put(self, key: str, body: bytes, content_type: str) -> bool:  # noqa: ARG002 - of the port
        self.bytes_out += len(body)
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return True

    def get(self, key: str) -> bytes | None:
        path = self.root / key
        return path.read_bytes() if path.is_file() else None


class NoAppeals:
    def approved(self, first: date, last: date) -> list[Appeal]:  # noqa: ARG002 - of the port
        return []

    def save(self, appeal: Appeal, /) -> Appeal:
        raise NotImplementedError


class EverySnapshot:
    def sections(self, day: date) -> int | None:  # noqa: ARG002 - of the port
        return 1


def make(root: Path, members: int, a_day: float, customers: int) -> None:
    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{root}'")
    for day in sorted(Days.of(SEEN_ON, RULES, EverySnapshot()).snapshots):
        place = root / ADDS.place(f"day={day.isoformat()}")
        place.mkdir(parents=True)
        rows = round(members * a_day * SEEN_DAYS)
        first = (day - date(2026, 1, 1)).days
        connection.execute(
            f"""COPY (
              WITH numbered AS (
                SELECT number, number % {members} AS member, {first} - (number // {members}) % {SEEN_DAYS} AS day_no,
                  number // ({members} * {SEEN_DAYS}) AS round_no FROM range({rows}) AS t(number)
              ), adds AS (
                SELECT *, md5(member || '-' || day_no || '-' || round_no) AS who FROM numbered
              )
              SELECT '{day.isoformat()}' AS seen_on, 'rm_' || lpad(member::VARCHAR, 7, '0') AS userid,
                '/1/' || (1000 + member % {BRANCHES}) || '/' || (10000 + member % 30000) || '/' AS node_path,
                'wm' || substr(md5((hash(who) % {customers})::VARCHAR), 1, 30) AS external_userid, '' AS unionid,
                strftime(TIMESTAMP '2026-01-01 02:00:00' + to_days(day_no::INTEGER)
                  + to_seconds((hash(who) % 20000)::BIGINT), '%Y-%m-%dT%H:%M:%S.000Z') AS added_at,
                1::BIGINT AS adders, false AS was_followed, NULL::VARCHAR AS lost_at
              FROM adds WHERE day_no = {first} OR hash(who) % 10 > 0
              ORDER BY node_path, userid
            ) TO '{place}/all.parquet' (FORMAT parquet, COMPRESSION zstd)"""  # noqa: S608 - our own numbers
        )
    place = root / BANK_CUSTOMERS.place("version=1")
    place.mkdir(parents=True)
    connection.execute(
        f"""COPY (
          SELECT md5(number::VARCHAR) || md5((number + 1)::VARCHAR) AS customer_key,
            CASE WHEN number % 20 = 0 THEN '' ELSE 'wm' || substr(md5(number::VARCHAR), 1, 30) END AS external_userid,
            '' AS unionid, '' AS owner_userid, '1' AS node_id,
            '/1/' || (1000 + number % {BRANCHES}) || '/' AS node_path, '' AS tier,
            '' AS age_band, '' AS opened_on FROM range({customers}) AS t(number)
        ) TO '{place}/rows.parquet' (FORMAT parquet, COMPRESSION zstd)"""  # noqa: S608 - our own numbers
    )


def judge(root: Path) -> dict[str, float]:
    folder = Folder(root)
    now = datetime(2027, 3, 11, tzinfo=UTC)
    judging = DailyJudging(
        engine=DuckDbEngine(folder),
        judged=BucketJudgedAdds(folder, lambda: now),
        rules=lambda: (RULES, 1),
        appeals=NoAppeals(),
        snapshots=EverySnapshot(),
    )
    begun, cpu = time.monotonic(), time.process_time()
    judged = judging.judge(SEEN_ON, MASTER, Section(0, 1))
    spent, told = time.monotonic() - begun, folder.bytes_out
    judging.keep(SEEN_ON, Section(0, 1))
    return {
        "judged": judged,
        "wall_s": round(spent, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "out_mb": round(told / 2**20, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


if __name__ == "__main__":
    what, where, *numbers = sys.argv[1:]
    if what == "make":
        make(Path(where), int(numbers[0]), float(numbers[1]), int(numbers[2]))
        print("{}")
    else:
        print(json.dumps(judge(Path(where))))
