"""The corp of the full pass: members with a thousand customers each, written as text, so that nobody holds it twice."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Final

CORP_ID: Final = "wwSIMCORP0000001"
SECRET: Final = "full-pass-bench-secret"  # noqa: S105 - of the simulator
CUSTOMERS_PER_MEMBER: Final = 1_000
_ROOT: Final = (
    f'{{"corp_id": "{CORP_ID}", "corp_name": "示例银行", "departments": [{{"id": 1, "name": "总行"}}], '
    f'"apps": [{{"app": "contacts", "agent_id": 1000002, "secret": "{SECRET}"}}], '
)


def write_corp(path: Path, relations: int) -> None:
    """``relations`` customers, each of one member."""
    members = -(-relations // CUSTOMERS_PER_MEMBER)
    with path.open("w", encoding="utf-8") as file:
        file.write(_ROOT)
        for name, rows in (
            ("members", (_member(number) for number in range(members))),
            ("customers", (_customer(number) for number in range(relations))),
            ("relations", (_relation(number) for number in range(relations))),
        ):
            file.write(f'"{name}": [')
            file.writelines(_separated(rows))
            file.write("], ")
        file.write('"groups": []}')


def _separated(rows: Iterable[str]) -> Iterable[str]:
    return chain.from_iterable(("" if not place else ",", row) for place, row in enumerate(rows))


def _userid(number: int) -> str:
    return f"rm_{number:06d}"


def _external_userid(number: int) -> str:
    return f"wmFULLPASS{number:022d}"


def _member(number: int) -> str:
    return f'{{"userid": "{_userid(number)}", "name": "行员{number}", "department": [1], "main_department": 1}}'


def _customer(number: int) -> str:
    return f'{{"external_userid": "{_external_userid(number)}", "name": "客户{number}"}}'


def _relation(number: int) -> str:
    userid = _userid(number // CUSTOMERS_PER_MEMBER)
    noted = f'"remark": "客户{number}", "createtime": 1750000000'
    return f'{{"userid": "{userid}", "external_userid": "{_external_userid(number)}", {noted}}}'
