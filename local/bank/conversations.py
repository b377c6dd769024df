"""What is said at the demo bank, made from a seed: every kind of message, both directions, in twos and in groups.

Some lines hold a word that must be found and some only look like it; each line says so, so that whoever checks what was
found has the truth to compare with.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.bank import conversation_texts as texts
from local.bank.conversation_bodies import Files, other_kinds

type Json = dict[str, Any]

ARCHIVE_APP = "archive"
ARCHIVE_AGENT_ID = 2_000_004
_LINES = (3, 9)
_REFUSED_OF = 25  # one customer in so many refuses the archive
_GROUP_OF = 6  # one conversation in so many is a group's
_PLANTED_OF, _NEAR_MISS_OF = 12, 9


@dataclass(frozen=True, slots=True)
class Line:
    """One message, for `ControlClient.archive.say`.

    ``hit`` is the listed word that was planted in it, ``near_miss`` the one that it only looks like; else empty.
    """

    message: Json
    hit: str = ""
    near_miss: str = ""


def add_archive(world: Json, secret: str) -> list[str]:
    """An archive app for the bank, and an answer of every customer about it: one in 25 refuses. The RMs, for seats."""
    world["apps"].append({"app": ARCHIVE_APP, "agent_id": ARCHIVE_AGENT_ID, "secret": secret, "kind": "archive"})
    for number, relation in enumerate(world["relations"]):
        relation["archive_consent"] = "refused" if number % _REFUSED_OF == _REFUSED_OF - 1 else "agreed"
    for group in world["groups"]:
        for member in group["members"]:
            if member["type"] == 2:  # noqa: PLR2004 - WeCom's number for a customer
                member["archive_consent"] = "agreed"
    return [member["userid"] for member in world["members"] if member["contact_service"]]


def conversations(world: Json, count: int, seed: int = 20_261_126, files: Files | None = None) -> list[Line]:
    """So many conversations between members and their customers; the first one has every kind of message.

    ``files`` makes the files that messages name, for example ``ControlClient.archive.make_file``.
    """
    chosen = random.Random(seed)  # noqa: S311 - reproducible, not secret
    relations = [row for row in world["relations"] if row.get("standing", "mutual") == "mutual"]
    first = next(row for row in relations if row.get("archive_consent", "agreed") == "agreed")
    lines = list(_every_kind(first, files or _made_up))
    for _ in range(count - 1):
        if world["groups"] and not chosen.randrange(_GROUP_OF):
            lines.extend(_in_group(chosen, chosen.choice(world["groups"])))
        else:
            row = chosen.choice(relations)
            lines.extend(_talk(chosen, row["userid"], [row["external_userid"]], ""))
    return lines


def _every_kind(relation: Json, files: Files) -> Iterator[Line]:
    member, customer = relation["userid"], relation["external_userid"]
    yield Line(_text(member, [customer], "", "您好，以下是给您的资料。") | {"msgid": "m-recalled"})
    for more in other_kinds(files, member):
        envelope = {} if more.get("action") == "switch" else {"from": member, "tolist": [customer]}
        yield Line({**envelope, **more})
    recall = {"action": "recall", "msgtype": "revoke", "revoke": {"pre_msgid": "m-recalled"}}
    yield Line({"from": member, "tolist": [customer], **recall})


def _in_group(chosen: random.Random, group: Json) -> Iterator[Line]:
    customers = [row["userid"] for row in group["members"] if row["type"] == 2]  # noqa: PLR2004
    return _talk(chosen, group["owner"], customers, group["chat_id"])


def _talk(chosen: random.Random, member: str, customers: list[str], room: str) -> Iterator[Line]:
    for number in range(chosen.randint(*_LINES)):
        if number % 2 or not customers:
            yield _line(chosen, member, customers, room, by_member=True)
        else:
            speaker = chosen.choice(customers)
            others = [member, *(customer for customer in customers if customer != speaker)]
            yield _line(chosen, speaker, others, room, by_member=False)


def _line(chosen: random.Random, sender: str, others: list[str], room: str, *, by_member: bool) -> Line:
    planted = texts.PLANTED_BY_MEMBER if by_member else texts.PLANTED_BY_CUSTOMER
    near = texts.NEAR_MISSES_OF_MEMBER if by_member else texts.NEAR_MISSES_OF_CUSTOMER
    if not chosen.randrange(_PLANTED_OF):
        word, content = chosen.choice(planted)
        return Line(_text(sender, others, room, content), hit=word)
    if not chosen.randrange(_NEAR_MISS_OF):
        word, content = chosen.choice(near)
        return Line(_text(sender, others, room, content), near_miss=word)
    content = chosen.choice(texts.FROM_MEMBER if by_member else texts.FROM_CUSTOMER)
    return Line(_text(sender, others, room, content.format(name="")))


def _text(sender: str, others: list[str], room: str, content: str) -> Json:
    return {"from": sender, "tolist": others, "roomid": room, "msgtype": "text", "text": {"content": content}}


def _made_up(size: int) -> Json:
    """A file that nobody can fetch."""
    md5 = hashlib.md5(str(size).encode(), usedforsecurity=False).hexdigest()
    return {"sdkfileid": f"file-of-{size}", "md5sum": md5, "filesize": size}
