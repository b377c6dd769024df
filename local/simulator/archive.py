"""What gets into the archive, and who is told: seats, consent, keys, poisoned rows, msgaudit_notify."""

import json
import secrets
from collections.abc import Iterable
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from local.simulator import archive_cipher
from local.simulator.archive_book import ArchivedRow, Said, Withheld
from local.simulator.behaviour_book import OUTSIDE
from local.simulator.callbacks import CallbackDispatcher
from local.simulator.events import Event
from local.simulator.model import EXTERNAL, ArchiveConsent, GroupMember, Relation
from local.simulator.state import Simulation
from local.simulator.world import fold

type Json = dict[str, Any]
type Poison = Literal[
    "short", "garbage", "bad_key", "wrong_key", "unknown_version", "not_json", "not_utf8", "nul", "no_msgid", "no_row"
]

NOTICE_DUE = "msgaudit_notify_due"
_EVENT = "msgaudit_notify"
_CONSENT_KINDS: dict[str, tuple[str, str]] = {
    "agreed": ("agree", "agree_time"),
    "refused": ("disagree", "disagree_time"),
}
_TEXT = {"msgtype": "text", "text": {"content": "毒"}}


class ArchiveEngine:
    def __init__(self, simulation: Simulation, dispatcher: CallbackDispatcher) -> None:
        self._simulation = simulation
        self._dispatcher = dispatcher
        simulation.timeline.on(NOTICE_DUE, self._notice_due)

    def upload_key(self, pem: str) -> int:
        """The console's upload of a public key; its version. Rows from now on are under this key.

        Raises:
            PublicKeyError: not an RSA key of 2048 bits.
        """
        archive_cipher.public_key(pem)
        book = self._simulation.state.archive
        book.public_keys[book.key_version + 1] = pem
        return book.key_version

    def say(self, messages: Iterable[Json]) -> list[Said]:
        """Messages pass between people; what the archive takes of them gets a row.

        ``msgid``, ``action``, ``msgtime``, ``tolist`` and ``roomid`` are filled in where they are not given.
        """
        said = [self._say(message) for message in messages]
        self._tell(any(one.seq is not None for one in said))
        return said

    def skip(self, count: int) -> int:
        """Sequence numbers that no row will have; the last of them."""
        self._simulation.state.archive.last_seq += count
        return self._simulation.state.archive.last_seq

    def poison(self, kind: Poison) -> int:
        """A row that something is wrong with; its seq."""
        row = self._row(self._filled(dict(_TEXT)), _poisoned_text(kind))
        fields: Any = row.fields
        if kind == "short":
            fields["encrypt_chat_msg"] = "short"
        elif kind == "garbage":
            fields["encrypt_chat_msg"] = secrets.token_urlsafe(90)
        elif kind == "bad_key":
            fields["encrypt_random_key"] = "not base64!"
        elif kind == "wrong_key":
            fields["encrypt_chat_msg"] = archive_cipher.seal_message(archive_cipher.random_key(), b"{}")
        elif kind == "unknown_version":
            fields["publickey_ver"] += 1_000
        elif kind == "no_msgid":
            del fields["msgid"]
        elif kind == "no_row":
            row.fields = "no row"
        self._tell(news=True)
        return row.seq

    def consent_changed(self, relation: Relation) -> None:
        """A customer agrees to the archive of a chat, or refuses: the archive says so itself."""
        relation.archive_consent_at = self._simulation.now()
        self._say_consent(relation.archive_consent, relation.external_userid, [relation.userid], "")

    def group_consent(self, chat_id: str, row: GroupMember, consent: ArchiveConsent) -> None:
        """The same of one customer in one group."""
        row.archive_consent, row.archive_consent_at = consent, self._simulation.now()
        group = self._simulation.world.groups.get(chat_id)
        others = [other.userid for other in group.members if other is not row] if group else []
        self._say_consent(consent, row.userid, others, chat_id)

    def _say_consent(self, consent: ArchiveConsent | None, customer: str, others: list[str], room: str) -> None:
        if consent is None or consent not in _CONSENT_KINDS or not self._simulation.state.archive.key_version:
            return
        kind, time_name = _CONSENT_KINDS[consent]
        body = {"userid": customer, time_name: self._now_ms()}
        self.say([{"from": customer, "tolist": others, "roomid": room, "msgtype": kind, kind: body}])

    def _say(self, message: Json) -> Said:
        message = self._filled(message)
        book = self._simulation.state.archive
        withheld = self._withheld(message)
        seq = None if withheld else self._row(message, json.dumps(message, ensure_ascii=False).encode()).seq
        said = Said(seq=seq, key_version=book.key_version if seq else None, message=message, withheld=withheld)
        book.said.append(said)
        self._simulation.state.behaviour.say(message)
        self._simulation.state.group_history.say(message)
        return said

    def _filled(self, message: Json) -> Json:
        now_ms = self._now_ms()
        if message.get("action") == "switch":
            return {"msgid": f"{secrets.randbelow(10**18)}_{now_ms}", "time": now_ms, **message}
        people = [message.get("from", ""), *message.get("tolist", [])]
        suffix = "_external" if any(person.startswith(OUTSIDE) for person in people) else ""
        envelope = {
            "msgid": f"{secrets.randbelow(10**18)}_{now_ms}{suffix}",
            "action": "send",
            "from": "",
            "tolist": [],
            "roomid": "",
            "msgtime": now_ms,
        }
        return {**envelope, **message}

    def _row(self, message: Json, plain: bytes) -> ArchivedRow:
        book = self._simulation.state.archive
        key = archive_cipher.random_key()
        row = ArchivedRow(
            seq=book.next_seq(),
            at=self._simulation.now(),
            fields={
                "seq": book.last_seq,
                "msgid": message["msgid"],
                "publickey_ver": book.key_version,
                "encrypt_random_key": archive_cipher.seal_key(self._public_key(), key),
                "encrypt_chat_msg": archive_cipher.seal_message(key, plain),
            },
        )
        book.rows.append(row)
        return row

    def _public_key(self) -> RSAPublicKey:
        pem = self._simulation.state.archive.public_keys[self._simulation.state.archive.key_version]
        return archive_cipher.public_key(pem)

    def _withheld(self, message: Json) -> Withheld | None:
        book = self._simulation.state.archive
        if not book.public_keys:
            return "no_key"
        people = {message.get("from") or message.get("user", ""), *message.get("tolist", [])}
        if not {fold(userid) for userid in book.effective()} & {fold(person) for person in people}:
            return "no_seat"
        return None if self._agreed(message, people) else "no_consent"

    def _agreed(self, message: Json, people: set[str]) -> bool:
        """Whoever is outside has agreed to this chat; a refusal itself is archived.

        In a group it is the one who writes that counts, and for what members write that anybody has agreed.
        """
        outside = {person for person in people if person.startswith(OUTSIDE)}
        if not outside or message.get("msgtype") in {"agree", "disagree"}:
            return True
        world = self._simulation.world
        group = world.groups.get(message.get("roomid", ""))
        if group is not None:
            agreed = {row.userid for row in group.members if row.type == EXTERNAL and row.archive_consent == "agreed"}
            return message["from"] in agreed if message["from"] in outside else bool(agreed & outside)
        inside = people - outside
        relations = [world.relation(member, customer) for member in inside for customer in outside]
        return any(relation is not None and relation.archive_consent == "agreed" for relation in relations)

    def _tell(self, news: bool) -> None:  # noqa: FBT001 - its one argument
        """At most once in the knob's time; what comes meanwhile is told at its end."""
        book, now = self._simulation.state.archive, self._simulation.now()
        if not news or book.notice_due:
            return
        due = now if book.notified_at is None else book.notified_at + self._simulation.knobs.archive_notice_seconds
        if due > now:
            book.notice_due = True
            self._simulation.timeline.schedule(due, NOTICE_DUE)
            return
        self._notify()

    async def _notice_due(self, at: float, args: Json) -> None:  # noqa: ARG002 - the handlers' shape
        self._simulation.state.archive.notice_due = False
        self._notify()

    def _notify(self) -> None:
        self._simulation.state.archive.notified_at = self._simulation.now()
        for app in self._simulation.world.apps.values():
            if app.kind == "archive":
                self._dispatcher.emit(Event(_EVENT, None, {"AgentID": app.agent_id}), apps=[app.app])

    def _now_ms(self) -> int:
        return int(self._simulation.now() * 1_000)


def _poisoned_text(kind: Poison) -> bytes:
    texts: dict[str, bytes] = {
        "not_json": b"this is no JSON",
        "not_utf8": b'{"msgid":"m","msgtype":"text","text":{"content":"\xff\xfe"}}',
        "nul": json.dumps({"msgid": "m", "msgtype": "text", "text": {"content": "a\x00b"}}).encode() + b"\x00",
    }
    return texts.get(kind, b"{}")
