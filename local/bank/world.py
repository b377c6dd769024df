"""Make a bank's WeCom corp from a seed: the same seed and size give the same world, byte for byte."""

import base64
import hashlib
import random
from dataclasses import dataclass, field
from typing import Any

from local.bank import names
from local.bank.quirks import add_quirks

type Json = dict[str, Any]

CORP_ID = "wwSIMCORP0000001"
CONTACTS_APP = "contacts"
CONTACTS_AGENT_ID = 1_000_002
_SYNC_AGENT_ID = 1_000_003
HEAD_OFFICE = 1
_BRANCH_STEP, _SUB_BRANCH_STEP = 1_000, 10
_OPENED_AT = 1_700_000_000  # 2023-11-14: when the bank began with WeCom
_LATEST = 1_760_000_000  # 2025-10-09: nothing in the world is younger
_AES_KEY_CHARS = 43
_EXTERNAL_ID_CHARS = 30
_ADD_WAYS = (1, 1, 1, 2, 3, 4, 16, 202)
_ADD_WAY_QR = 1
_PHONE_DIGITS = 8
_UNTAGGED_OF_TEN = 3
# 43 base64 characters are 258 bits: the last one ends in two zero bits in a key that decodes everywhere.
_LAST_KEY_CHARS = "AEIMQUYcgkosw048"


@dataclass(frozen=True, slots=True)
class BankSize:
    """How much of everything. Every branch has managers on top of its share of ``rms``.

    ``shared_percent`` of the customers follow a second RM of the same branch; ``group_members`` is the most customers
    that a group chat holds.
    """

    branches: int = 3
    sub_branches: int = 2
    rms: int = 30
    customers: int = 2_000
    groups: int = 60
    shared_percent: int = 6
    group_members: int = 15


@dataclass(slots=True)
class _Draft:
    """The world while it is made."""

    random: random.Random
    seed: int
    departments: list[Json] = field(default_factory=list)
    members: list[Json] = field(default_factory=list)
    rms: list[Json] = field(default_factory=list)
    teams: list[int] = field(default_factory=list)
    customers: list[Json] = field(default_factory=list)
    relations: list[Json] = field(default_factory=list)
    tag_groups: list[Json] = field(default_factory=list)
    groups: list[Json] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)


def demo_world(seed: int = 20_261_121, callback_url: str | None = None) -> Json:
    """The demo bank: head office, 3 branches, 30 RMs, 2,000 customers, 60 customer groups, and a few awkward cases
    (`local.bank.quirks`)."""
    world = bank_world(BankSize(), seed, callback_url)
    add_quirks(world)
    return world


def tier_tags(world: Json) -> dict[str, str]:
    """Tag id -> customer tier, for example ``钻石客户``, highest last: the corp tags that carry the tier."""
    (group,) = (group for group in world["tag_groups"] if group["group_name"] == names.TIER_GROUP)
    return {tag["id"]: tag["name"] for tag in group["tag"]}


def bank_world(size: BankSize, seed: int, callback_url: str | None = None) -> Json:
    """A world document for the simulator; with ``callback_url`` the contacts app gets its events there."""
    draft = _Draft(random.Random(seed), seed)  # noqa: S311 - reproducible, not secret
    _add_organisation(draft, size)
    _add_tags(draft)
    _add_customers(draft, size)
    _add_groups(draft, size)
    return {
        "corp_id": CORP_ID,
        "corp_name": "示例银行",
        "apps": _apps(seed, callback_url),
        "departments": draft.departments,
        "members": draft.members,
        "customers": draft.customers,
        "relations": draft.relations,
        "tag_groups": draft.tag_groups,
        "groups": draft.groups,
    }


def _apps(seed: int, callback_url: str | None) -> list[Json]:
    contacts: Json = {"app": CONTACTS_APP, "agent_id": CONTACTS_AGENT_ID, "secret": _made_up(seed, "contacts", 43)}
    if callback_url is not None:
        contacts["callback"] = {
            "url": callback_url,
            "token": _made_up(seed, "callback-token", 24),
            "encoding_aes_key": _aes_key(seed),
        }
    sync = {
        "app": "contacts_sync",
        "agent_id": _SYNC_AGENT_ID,
        "secret": _made_up(seed, "contacts-sync", 43),
        "kind": "contacts_sync",
    }
    return [contacts, sync]


def _aes_key(seed: int) -> str:
    letters = _made_up(seed, "callback-key", _AES_KEY_CHARS)
    return letters[:-1] + _LAST_KEY_CHARS[ord(letters[-1]) % len(_LAST_KEY_CHARS)]


def _add_organisation(draft: _Draft, size: BankSize) -> None:
    draft.departments.append({"id": HEAD_OFFICE, "name": "总行", "parentid": 0, "order": 1})
    for number in range(size.branches):
        _add_branch(draft, number, size.sub_branches)
    for number in range(size.rms):
        team = draft.teams[number % len(draft.teams)]
        member = _add_member(draft, "rm", team, "客户经理", external_position="理财经理")
        draft.rms.append(member)


def _add_branch(draft: _Draft, number: int, sub_branches: int) -> None:
    name, sub_names = names.BRANCHES[number % len(names.BRANCHES)]
    branch_id = _BRANCH_STEP * (number + 1)
    suffix = "" if number < len(names.BRANCHES) else f"{number // len(names.BRANCHES) + 1}"
    branch = {"id": branch_id, "name": name + suffix, "parentid": HEAD_OFFICE, "order": 1_000 - number}
    draft.departments.append(branch)
    manager = _add_member(draft, "mgr", branch_id, "分行行长", leads=True)
    branch["department_leader"] = [manager["userid"]]
    for sub_number in range(sub_branches):
        sub_id = branch_id + _SUB_BRANCH_STEP * (sub_number + 1)
        sub_name = sub_names[sub_number % len(sub_names)]
        sub_branch = {"id": sub_id, "name": sub_name, "parentid": branch_id, "order": 100 - sub_number}
        head = _add_member(draft, "mgr", sub_id, "支行行长", leads=True, leader=manager["userid"])
        sub_branch["department_leader"] = [head["userid"]]
        team = {"id": sub_id + 1, "name": names.TEAMS[sub_number % len(names.TEAMS)], "parentid": sub_id, "order": 1}
        draft.departments.extend((sub_branch, team))
        draft.teams.append(sub_id + 1)


def _add_member(
    draft: _Draft,
    role: str,
    department: int,
    position: str,
    *,
    external_position: str = "",
    leads: bool = False,
    leader: str | None = None,
) -> Json:
    """Managers lead a department and serve no customers; RMs do."""
    surname, pinyin = draft.random.choice(names.SURNAMES)
    userid = _numbered(draft, f"{role}_{pinyin}")
    member = {
        "userid": userid,
        "name": surname + draft.random.choice(names.GIVEN_NAMES),
        "department": [department],
        "main_department": department,
        "position": position,
        "is_leader_in_dept": [int(leads)],
        "direct_leader": [leader] if leader else [],
        "external_position": external_position,
        "contact_service": not leads,
    }
    draft.members.append(member)
    return member


def _numbered(draft: _Draft, stem: str) -> str:
    draft.numbers[stem] = draft.numbers.get(stem, 0) + 1
    return f"{stem}{draft.numbers[stem]:02d}"


def _add_tags(draft: _Draft) -> None:
    for order, (group_name, tag_names) in enumerate(names.TAG_GROUPS):
        tags = [
            {
                "id": _id(draft.seed, "et", group_name, name),
                "name": name,
                "create_time": _OPENED_AT,
                "order": 100 - rank,
            }
            for rank, name in enumerate(tag_names)
        ]
        group = {
            "group_id": _id(draft.seed, "et", group_name),
            "group_name": group_name,
            "create_time": _OPENED_AT,
            "order": 100 - order,
            "tag": tags,
        }
        draft.tag_groups.append(group)


def _add_customers(draft: _Draft, size: BankSize) -> None:
    by_branch: dict[int, list[Json]] = {}
    for member in draft.rms:
        by_branch.setdefault(_branch_of(member), []).append(member)
    for number in range(size.customers):
        customer = _customer(draft, number)
        draft.customers.append(customer)
        first = draft.random.choice(draft.rms)
        draft.relations.append(_relation(draft, first, customer))
        colleagues = [member for member in by_branch[_branch_of(first)] if member is not first]
        if colleagues and draft.random.randrange(100) < size.shared_percent:
            draft.relations.append(_relation(draft, draft.random.choice(colleagues), customer))


def _branch_of(member: Json) -> int:
    return int(member["main_department"]) // _BRANCH_STEP


def _customer(draft: _Draft, number: int) -> Json:
    """Mostly WeChat users; one in fifty is on WeCom at a company of theirs. Optional fields are often absent."""
    chosen = draft.random
    gender = chosen.choice((1, 2, 2, 0))
    surname = chosen.choice(names.SURNAMES)[0]
    title = {1: "先生", 2: "女士", 0: ""}[gender]
    name = surname + title if title else chosen.choice(names.NICKNAMES)
    customer: Json = {
        "external_userid": _id(draft.seed, "wm", "customer", str(number)),
        "name": name,
        "type": 1,
        "gender": gender,
        "avatar": f"https://example.invalid/avatar/{number}.png",
    }
    if chosen.randrange(50) == 0:
        customer.update(type=2, position="财务经理", corp_name=chosen.choice(names.EMPLOYERS))
    elif chosen.randrange(10):
        customer["unionid"] = "o" + _id(draft.seed, "", "unionid", str(number))
    return customer


def _relation(draft: _Draft, member: Json, customer: Json) -> Json:
    chosen = draft.random
    tags = [chosen.choice(group["tag"]) for group in draft.tag_groups if chosen.randrange(10) >= _UNTAGGED_OF_TEN]
    grade = tags[0]["name"].removesuffix("客户") if tags else "新客"
    add_way = chosen.choice(_ADD_WAYS)
    relation: Json = {
        "userid": member["userid"],
        "external_userid": customer["external_userid"],
        "createtime": chosen.randrange(_OPENED_AT, _LATEST),
        "remark": f"{customer['name']}-{grade}",
        "description": chosen.choice(names.DESCRIPTIONS),
        "tag_ids": [tag["id"] for tag in tags],
        "add_way": add_way,
        "oper_userid": member["userid"],
        "chat_started": True,
    }
    if add_way == _ADD_WAY_QR and chosen.randrange(3) == 0:
        relation["state"] = chosen.choice(names.CONTACT_WAY_STATES)
    if chosen.randrange(3) == 0:
        # no mobile number begins with 100: these are nobody's
        relation["remark_mobiles"] = [f"100{chosen.randrange(10**_PHONE_DIGITS):0{_PHONE_DIGITS}d}"]
    return relation


def _add_groups(draft: _Draft, size: BankSize) -> None:
    customers_of: dict[str, list[str]] = {}
    for relation in draft.relations:
        customers_of.setdefault(relation["userid"], []).append(relation["external_userid"])
    sub_branch_names = {row["id"]: row["name"] for row in draft.departments}
    for number in range(size.groups):
        owner = draft.rms[number % len(draft.rms)]
        place = sub_branch_names[owner["main_department"] - 1].removesuffix("支行")
        draft.groups.append(_group(draft, number, owner, place, customers_of.get(owner["userid"], []), size))


def _group(draft: _Draft, number: int, owner: Json, place: str, customers: list[str], size: BankSize) -> Json:
    chosen = draft.random
    created = chosen.randrange(_OPENED_AT, _LATEST)
    invited = chosen.sample(customers, min(len(customers), chosen.randrange(5, size.group_members + 1)))
    colleague = chosen.choice(draft.rms)
    colleagues = [] if colleague is owner else [colleague["userid"]]
    staff = [{"userid": userid, "type": 1, "join_time": created} for userid in (owner["userid"], *colleagues)]
    guests = [
        {
            "userid": customer,
            "type": 2,
            "join_time": chosen.randrange(created, _LATEST + 1),
            "join_scene": chosen.choice((1, 2, 3)),
            "invitor": owner["userid"],
        }
        for customer in invited
    ]
    return {
        "chat_id": _id(draft.seed, "wr", "group", str(number)),
        "name": f"{place}{names.GROUP_THEMES[number % len(names.GROUP_THEMES)]}{number + 1}群",
        "owner": owner["userid"],
        "create_time": created,
        "notice": names.GROUP_NOTICE if chosen.randrange(2) else "",
        "members": staff + guests,
        "admins": colleagues,
    }


def _id(seed: int, prefix: str, *parts: str) -> str:
    """``prefix`` and 30 letters and digits that follow from seed and parts."""
    return prefix + _made_up(seed, "\x00".join(parts), _EXTERNAL_ID_CHARS)


def _made_up(seed: int, purpose: str, length: int) -> str:
    digest = hashlib.sha512(f"{seed}\x00{purpose}".encode()).digest()
    letters = base64.b64encode(digest).decode().replace("+", "A").replace("/", "B").replace("=", "C")
    return letters[:length]
