"""Full pages of the archive through the handlers of archive_intake, archive_worker, archive_screen, archive_rollup.

``archive_store FOLDER STEP INDEXES`` runs one function in a process of its own over what the step before left in the
folder, and prints what it asked of DynamoDB and S3 and its peak memory. The first step draws the pages: a member's
share of the talk is log-normal, his customers are any of three million. One message in a thousand has a word of the
lexicon, one in two thousand a customer's need. Large pages have 50 KB of text in each message.
"""

import functools
import json
import random
import resource
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from local.bench.children.fake_aws import FakeAws
from local.simulator import archive_cipher
from scrm import clock
from scrm.archive.ports import MediaChunk
from scrm.aws import org_items, session
from scrm.aws.lexicon_table import DynamoLexicons
from scrm.aws.table import Table
from scrm.lexicon.model import Action, Direction, Entry, Lexicon
from scrm.lexicon.versions import LexiconVersion, VersionState
from scrm.org.model import Member, MemberStatus
from scrm.runtime.wiring import archive_source
from scrm.wecom.archive.local_source import LocalSource
from scrm.wecom.transport import AppCredentials

MEMBERS, CUSTOMERS, ROWS, LEXICON_WORDS = 300_000, 3_000_000, 1_000, 10_000
LARGE_BYTES = 50_000
SYLLABLES = "您好这款产品适合稳健型客户收益以合同为准明天上午网点见面谢谢麻烦看一下"
BEGAN = clock.now() - timedelta(minutes=5)


class DrawnPages:
    """Implements `ChatSource`: pages that were drawn before, one file each; their cipher is the local run's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.cipher = LocalSource("http://127.0.0.1:1", lambda: AppCredentials("corp", "secret"))

    def get_chat_data(self, seq: int, limit: int) -> bytes:  # noqa: ARG002 - always a full page
        page = self._folder / f"page-{seq}.json"
        return page.read_bytes() if page.exists() else b'{"errcode":0,"chatdata":[]}'

    def decrypt(self, random_key: bytes, encrypted: str) -> bytes:
        return self.cipher.decrypt(random_key, encrypted)

    def get_media(self, sdk_file_id: str, index: str) -> MediaChunk:  # noqa: ARG002 - see below
        raise ValueError("no page has a file")


def draw(aws: FakeAws, folder: Path, pages: int, *, large: bool) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (folder / "key.pem").write_text(pem, encoding="utf-8")
    dice = random.Random(20_261_127)  # noqa: S311 - drawn again the same
    shares = list(accumulate(dice.lognormvariate(0, 1.5) for _ in range(MEMBERS)))
    seen: set[str] = set()
    words = put_lexicon(aws, dice)
    for page in range(pages):
        rows: list[dict[str, Any]] = []
        for member in dice.choices(range(MEMBERS), cum_weights=shares, k=ROWS):
            message = spoken(dice, f"rm_{member}", words, page * ROWS + len(rows), large=large)
            seen.add(f"rm_{member}")
            random_key = archive_cipher.random_key()
            rows.append(
                {
                    "seq": page * ROWS + len(rows) + 1,
                    "msgid": message["msgid"],
                    "publickey_ver": 1,
                    "encrypt_random_key": archive_cipher.seal_key(key.public_key(), random_key),
                    "encrypt_chat_msg": archive_cipher.seal_message(
                        random_key, json.dumps(message, ensure_ascii=False).encode()
                    ),
                }
            )
        body = json.dumps({"errcode": 0, "errmsg": "ok", "chatdata": rows})
        (folder / f"page-{page * ROWS}.json").write_text(body, encoding="utf-8")
    put_members(aws, seen)


def spoken(dice: random.Random, member: str, words: list[str], number: int, *, large: bool) -> dict[str, Any]:
    """A message between a member and a customer, either way."""
    said = "".join(dice.choices(SYLLABLES, k=dice.randint(5, 60)))
    if large:
        start = dice.randrange(len(_long_text()) - LARGE_BYTES // 3)
        said = _long_text()[start : start + LARGE_BYTES // 3]
    if number % 1_000 == 500:  # noqa: PLR2004 - a word to look at
        said += words[dice.randrange(LEXICON_WORDS // 2)]
    customer = f"wmSIM{dice.randrange(CUSTOMERS):027d}"
    heard = number % 2_000 == 700  # noqa: PLR2004 - a need
    if heard:
        said += words[-1]
    sides = (customer, member) if heard or dice.random() < 0.5 else (member, customer)  # noqa: PLR2004
    return {
        "msgid": f"{number:019d}_1764118800000_external",
        "action": "send",
        "from": sides[0],
        "tolist": [sides[1]],
        "roomid": "",
        "msgtime": int(BEGAN.timestamp() * 1000) + number,
        "msgtype": "text",
        "text": {"content": said},
    }


@functools.cache
def _long_text() -> str:
    """What large messages are cut from: it compresses as badly as it can."""
    dice = random.Random(50)  # noqa: S311 - drawn again the same
    return "".join(dice.choices(SYLLABLES, k=1_000_000))


def put_lexicon(aws: FakeAws, dice: random.Random) -> list[str]:
    """Words of rare characters, which nobody says by chance; the last one is a need."""
    rare = [chr(code) for code in range(0x9000, 0x9800)]
    words = sorted({"".join(dice.choices(rare, k=4)) for _ in range(LEXICON_WORDS)})
    entries = [Entry(f"word_{number}", word, direction=Direction.BOTH) for number, word in enumerate(words[:-1])]
    need = Entry("loan", words[-1], direction=Direction.TO_STAFF, action=Action.NEED_SIGNAL)
    lexicon = Lexicon((*entries, need))
    store = DynamoLexicons(Table(aws.client("dynamodb"), "LexiconTable"))
    version = LexiconVersion(1, VersionState.IN_FORCE, "a" * 64, len(words), "", "maker", BEGAN, "cause", revision=1)
    store.add(version, lexicon)
    store.put_in_force(version, None)
    return words


def put_members(aws: FakeAws, userids: set[str]) -> None:
    table = Table(aws.client("dynamodb"), "OrgTable")
    for userid in sorted(userids):
        member = Member(userid, userid, "12", "/1/10/12/", MemberStatus.ACTIVE, serves_customers=True, changed_at=BEGAN)
        table.put(org_items.from_member(member, None))


class Context:
    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:bench"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 600_000


def intake(aws: FakeAws) -> None:  # noqa: ARG001 - what it is asked for comes by its schedule
    from functions.archive_intake import handler  # noqa: PLC0415 - each function loads its own

    handler.lambda_handler({"schedule": handler.DUE}, Context())  # type: ignore[arg-type]


def worker(aws: FakeAws) -> None:
    from functions.archive_worker import handler  # noqa: PLC0415

    refuse_failures(handler.lambda_handler(aws.taken("archive"), Context()))  # type: ignore[arg-type]


def screen(aws: FakeAws) -> None:
    from functions.archive_screen import handler  # noqa: PLC0415

    refuse_failures(handler.lambda_handler(aws.taken("archive_screen"), Context()))  # type: ignore[arg-type]


def rollup(aws: FakeAws) -> None:  # noqa: ARG001
    from functions.archive_rollup import handler  # noqa: PLC0415

    handler.lambda_handler({"schedule": handler.MERGE}, Context())  # type: ignore[arg-type]


def refuse_failures(answer: Any) -> None:
    if answer["batchItemFailures"]:
        raise RuntimeError("a page did not go through")


def secrets_in(folder: Path) -> Iterator[tuple[str, str]]:
    pem = folder / "key.pem"
    if pem.exists():
        load_pem_private_key(pem.read_bytes(), None)
        yield "keys", json.dumps({"1": pem.read_text(encoding="utf-8")})


def main(folder: Path, step: str, indexes: Any) -> None:
    aws = FakeAws(folder, indexes, dict(secrets_in(folder)))
    session.client = aws.client
    archive_source.chat_source = functools.cache(lambda: DrawnPages(folder))
    if step.startswith("draw"):
        _, pages, kind = step.split("-")
        draw(aws, folder, int(pages), large=kind == "large")
        aws.wru.clear()
    else:
        {"intake": intake, "worker": worker, "screen": screen, "rollup": rollup}[step](aws)
    aws.keep()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wru": aws.wru, "puts": aws.puts, "peak_mb": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
