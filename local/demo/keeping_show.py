"""What compliance sees of the day: intake, cases, one closed by two reviewers, the certificate, both verifications."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from local.cli import archive_tables, conversation_tables, lexicon_tables, review_tables, tables
from local.cli.client import at
from local.demo.checks import Check
from local.demo.keeping import Keeping
from local.demo.keeping_checks import Kept, check_archive, read
from local.demo.stage import HEAD_OFFICE

_CASES_SHOWN = 8
_FOUND_SHOWN = 5
_WITHHELD = {None: "已存档", "no_consent": "客户不同意存档", "no_seat": "成员无席位", "no_key": "无公钥"}


def conversations(console: Console, told: Keeping) -> Iterator[Check]:
    """Print all of it, then compare it with what was written."""
    head_office = told.stage.as_operator(HEAD_OFFICE)
    kept = read(told)
    console.print(lexicon_tables.versions([told.lexicon]))
    console.print(lexicon_tables.sync_status(head_office.get(at("lexicon", "sync"))))
    console.print(_written(told))
    console.print(archive_tables.status(kept.status))
    console.print(archive_tables.media(kept.media))
    console.print(conversation_tables.found([row for row in kept.found if row["hits"]][:_FOUND_SHOWN]))
    console.print(_by_kind(kept))
    console.print(review_tables.cases(kept.cases[:_CASES_SHOWN]))
    for case in told.decided:
        for table in review_tables.case(case):
            console.print(table)
    console.print(archive_tables.certificate(told.certificate))
    console.print("[bold]核验（公钥在手，不经本系统接口）[/bold]")
    console.print(archive_tables.verified([told.before]))
    console.print(f"[bold]改动 {told.tampered} 的一个字节之后[/bold]")
    console.print(archive_tables.verified([told.after]))
    yield from check_archive(told, kept)


def _written(told: Keeping) -> Table:
    table = tables.titled("当天写下的消息", "结果", "条数")
    for withheld, number in Counter(each.withheld for each in told.written).most_common():
        table.add_row(_WITHHELD[withheld], str(number))
    return table


def _by_kind(kept: Kept) -> Table:
    table = tables.titled("审查案件合计", "类型", "件数", "其中已结案")
    for kind, title in review_tables.KINDS.items():
        cases = [case for case in kept.cases if case["kind"] == kind]
        table.add_row(title, str(len(cases)), str(sum(case["state"] == "closed" for case in cases)))
    return table
