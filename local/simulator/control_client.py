"""A client of the control API for tests, the demo and the local run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import requests

from local.simulator.archive_client import ArchiveControl

type Json = dict[str, Any]

_SECONDS = 30.0
_WORLD_SECONDS = 600.0  # a million relations are half a gigabyte
_ADVANCE_SECONDS = 3_600.0  # an advance awaits every webhook on its way
_PAGE = 5_000


def _decisions(decisions: str | Sequence[str]) -> list[Json]:
    in_turn = [decisions] if isinstance(decisions, str) else decisions
    return [{"decision": decision} for decision in in_turn]


class ControlError(Exception):
    """The control API refused; ``status`` is its HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"HTTP {status}: {detail}")
        self.status = status


class ControlClient:
    """Bodies and replies are those of docs/contracts/simulator-control.openapi.json."""

    def __init__(self, control_url: str) -> None:
        self._root = f"{control_url.rstrip('/')}/control/v1"
        self._http = requests.Session()
        self._http.trust_env = False
        self.archive = ArchiveControl(self._send, self._all_rows)

    def close(self) -> None:
        self._http.close()

    # Time

    def health(self) -> Json:
        return self._get("health")

    def clock(self) -> Json:
        """``{"now", "offset_seconds"}``"""
        return self._get("clock")

    def advance(self, seconds: float) -> Json:
        """Walk; ``{"now", "offset_seconds", "fired", "failures"}``. 0 runs and awaits what is due by now."""
        return self._send("POST", "clock/advance", {"seconds": seconds}, timeout=_ADVANCE_SECONDS)

    def advance_to(self, moment: str) -> Json:
        return self._send("POST", "clock/advance", {"to": moment}, timeout=_ADVANCE_SECONDS)

    def settle_hook(self, url: str | None) -> None:
        """Have ``url`` posted to, and awaited, before an advance leaps over half a minute or more."""
        self._send("PUT", "clock/settle", {"url": url})

    def set_timer(self, name: str, expression: str, url: str) -> Json:
        return self._send("POST", "timers", {"name": name, "expression": expression, "url": url})

    def timers(self) -> list[Json]:
        return self._rows("timers")

    def drop_timer(self, name: str) -> None:
        self._send("DELETE", f"timers/{name}")

    def take_snapshot(self, name: str) -> None:
        self._send("POST", "snapshots", {"name": name}, timeout=_WORLD_SECONDS)

    def restore_snapshot(self, name: str, *, rewind_clock: bool = False) -> None:
        self._send("POST", f"snapshots/{name}/restore", {"rewind_clock": rewind_clock}, timeout=_WORLD_SECONDS)

    def knobs(self) -> Json:
        return self._get("knobs")

    def set_knobs(self, **changes: Any) -> Json:
        return self._send("PATCH", "knobs", changes)

    # The corp

    def load_world(self, document: Json, *, fresh: bool = False) -> Json:
        """Start afresh with this corp; knobs and timers stay unless ``fresh``. The clock goes on in any case."""
        return self._send("PUT", f"world?fresh={str(fresh).lower()}", document, timeout=_WORLD_SECONDS)

    def world(self) -> Json:
        document: Json = self._request("GET", "world", timeout=_WORLD_SECONDS)
        return document

    def summary(self) -> Json:
        return self._get("world/summary")

    def set_callback(self, app: str, *, url: str, token: str, encoding_aes_key: str) -> None:
        body = {"url": url, "token": token, "encoding_aes_key": encoding_aes_key}
        self._send("PUT", f"apps/{app}/callback", body)

    def verify_callback(self, app: str) -> str | None:
        """None when the receiver passed the console's URL check, else why not."""
        error: str | None = self._send("POST", f"apps/{app}/callback/verify")["error"]
        return error

    def patch_app(self, app: str, **changes: Any) -> Json:
        return self._send("PATCH", f"apps/{app}", changes)

    def members(self, *, departed: bool = False) -> list[Json]:
        return self._rows("members", departed=str(departed).lower())

    def member(self, userid: str) -> Json:
        return self._get(f"members/{userid}")

    def create_member(self, member: Json) -> Json:
        return self._send("POST", "members", member)

    def patch_member(self, userid: str, **changes: Any) -> Json:
        """For example ``customer_cap=10``, ``banned=True``, ``department=[3]``."""
        return self._send("PATCH", f"members/{userid}", changes)

    def cap_member(self, userid: str, customers: int | None) -> Json:
        return self.patch_member(userid, customer_cap=customers)

    def delete_member(self, userid: str) -> Json:
        """Somebody leaves: ``delete_user`` is told."""
        return self._send("DELETE", f"members/{userid}")

    def move_member(self, userid: str, *departments: int) -> Json:
        """To other departments, the first of them the main one; ``update_user`` tells both."""
        return self.patch_member(userid, department=list(departments), main_department=departments[0])

    def set_leaders(self, department_id: int, *userids: str) -> Json:
        """All who lead the department from now on."""
        return self._send("PUT", f"departments/{department_id}/leaders", {"userids": list(userids)})

    def put_department(self, department: Json) -> Json:
        return self._send("PUT", f"departments/{department['id']}", department)

    def relations(self, userid: str | None = None, external_userid: str | None = None) -> list[Json]:
        """All of them, page by page."""
        return self._all_rows("relations", userid=userid, external_userid=external_userid)

    def add_customers(self, added: Iterable[Json]) -> list[str | None]:
        """``[{"relation": .., "customer"?: ..}]`` in one second; their welcome codes."""
        codes: list[str | None] = self._send("POST", "relations", list(added))["welcome_codes"]
        return codes

    def patch_relation(self, userid: str, external_userid: str, **changes: Any) -> Json:
        return self._send("PATCH", f"relations/{userid}/{external_userid}", changes)

    def remove_relation(
        self, userid: str, external_userid: str, *, by: Literal["member", "customer"] = "member"
    ) -> None:
        self._send("DELETE", f"relations/{userid}/{external_userid}?by={by}")

    def unassigned(self, handover_userid: str | None = None) -> list[Json]:
        return self._all_rows("unassigned", handover_userid=handover_userid)

    def contact_ways(self) -> list[Json]:
        """Every contact way, oldest first."""
        return self._all_rows("contact-ways")

    def scan(self, config_id: str, external_userid: str, customer: Json | None = None) -> Json:
        """A customer scans a contact way and adds who it leads to: ``{"userid", "welcome_code", "temporary"}``."""
        body = {"config_id": config_id, "external_userid": external_userid, "customer": customer}
        return self._send("POST", "contact-ways/scan", body)

    def temporary_chats(self) -> list[Json]:
        return self._all_rows("temporary-chats")

    def welcomes(self, external_userid: str | None = None) -> list[Json]:
        """Welcome codes and what was sent with them, oldest first."""
        return self._all_rows("welcomes", external_userid=external_userid)

    def groups(self, owner: str | None = None) -> list[Json]:
        return self._all_rows("groups", owner=owner)

    def group(self, chat_id: str) -> Json:
        return self._get(f"groups/{chat_id}")

    def create_group(self, group: Json) -> Json:
        return self._send("POST", "groups", group)

    def patch_group(self, chat_id: str, **changes: Any) -> Json:
        return self._send("PATCH", f"groups/{chat_id}", changes)

    def join_group(self, chat_id: str, members: list[Json]) -> Json:
        return self._send("POST", f"groups/{chat_id}/join", members)

    def leave_group(self, chat_id: str, userids: list[str]) -> Json:
        return self._send("POST", f"groups/{chat_id}/leave", {"userids": userids})

    # Transfers

    def script_decisions(
        self,
        *,
        accept_percent: float = 0,
        refuse_percent: float = 0,
        seed: int = 0,
        by_customer: Mapping[str, str | Sequence[str]] | None = None,
        untold: Iterable[str] = (),
    ) -> None:
        """What customers do; who is in no percentage is silent, and moves when the waiting time is over.

        A list in ``by_customer`` is for the first, the second, and so on, attempt; the last one stays. ``untold`` are
        customers whose ``transfer_fail`` never arrives.
        """
        named = {customer: _decisions(decisions) for customer, decisions in (by_customer or {}).items()}
        body = {
            "accept_percent": accept_percent,
            "refuse_percent": refuse_percent,
            "seed": seed,
            "by_customer": named,
            "untold": list(untold),
        }
        self._send("PUT", "decisions", body)

    def decide(self, external_userid: str, decision: str) -> int:
        """The customer decides now; how many transfers that ended."""
        count: int = self._send("POST", "transfers/decide", {"external_userid": external_userid, "decision": decision})[
            "count"
        ]
        return count

    def transfers(self, external_userid: str | None = None) -> list[Json]:
        return self._all_rows("transfers", external_userid=external_userid)

    # Sending

    def script_confirmations(self, **script: Any) -> None:
        """What members do when asked to send; see `local.simulator.confirmations.ConfirmationScript`.

        Who is in no percentage and not in ``by_member`` never confirms.
        """
        self._send("PUT", "confirmations", script)

    def confirm_messages(
        self,
        userid: str | None = None,
        msgid: str | None = None,
        *,
        share_percent: float = 100,
        sent_at: str | None = None,
    ) -> int:
        """A member (all of them) presses send on what waits (on this message); how many messages that sent."""
        body = {"userid": userid, "msgid": msgid, "share_percent": share_percent, "sent_at": sent_at}
        count: int = self._send("POST", "mass-messages/confirm", body)["count"]
        return count

    def send_personally(self, userid: str, target_ids: Sequence[str], text: str, chat_type: str = "single") -> Json:
        """A member sends a mass message of his own; it leaves at once and uses the same quota."""
        body = {"userid": userid, "target_ids": list(target_ids), "text": text, "chat_type": chat_type}
        return self._send("POST", "mass-messages/personal", body)

    def mass_messages(self, userid: str | None = None) -> list[Json]:
        """Every mass message (that the member is asked to send), oldest first."""
        return self._all_rows("mass-messages", userid=userid)

    def mass_deliveries(self, target_id: str | None = None) -> list[Json]:
        """What reached customers and groups: ``{"at", "msgid", "userid", "target_id"}``."""
        return self._all_rows("mass-messages/deliveries", target_id=target_id)

    def moments(self) -> list[Json]:
        """Every moment with its members, oldest first."""
        return self._all_rows("moments")

    def publish_moments(
        self,
        userid: str | None = None,
        moment_id: str | None = None,
        *,
        share_percent: float = 100,
        published_at: str | None = None,
    ) -> int:
        """A member (all of them) publishes what waits (this moment); how many moments that published."""
        body = {"userid": userid, "moment_id": moment_id, "share_percent": share_percent, "published_at": published_at}
        count: int = self._send("POST", "moments/publish", body)["count"]
        return count

    def publish_personally(self, userid: str, text: str) -> Json:
        """A member publishes a moment of his own, for all of his customers."""
        return self._send("POST", "moments/personal", {"userid": userid, "text": text})

    def react(self, moment_id: str, userid: str, **reaction: Any) -> None:
        """On what ``userid`` published: ``by_customer`` or ``by_member``, a ``comment`` or else a like."""
        self._send("POST", "moments/reactions", {"moment_id": moment_id, "userid": userid, **reaction})

    def media(self) -> list[Json]:
        """Every uploaded file, oldest first: its id, kind, use, name, size and SHA-256."""
        return self._all_rows("media")

    # Faults and callbacks

    def add_fault(self, kind: str, path: str = "*", **details: Any) -> str:
        """Details: errcode, status, delay_ms, before_work, skip, count, seconds. The fault's id."""
        fault_id: str = self._send("POST", "faults", {"kind": kind, "path": path, **details})["fault_id"]
        return fault_id

    def faults(self) -> list[Json]:
        return self._rows("faults")

    def remove_fault(self, fault_id: str) -> None:
        self._send("DELETE", f"faults/{fault_id}")

    def clear_faults(self) -> None:
        self._send("DELETE", "faults")

    def start_outage(self, seconds: float | None = None) -> None:
        """WeCom is down for so much simulated time, or until `end_outage`."""
        self._send("PUT", "outage", {"seconds": seconds})

    def end_outage(self) -> None:
        self._send("DELETE", "outage")

    def callback_policy(self, *rules: Json, seed: int = 0) -> None:
        """Rules as in `local.simulator.delivery_policy.DeliveryRule`; none puts it in order again."""
        self._send("PUT", "callbacks/policy", {"seed": seed, "rules": list(rules)})

    def pending_callbacks(self) -> int:
        count: int = self._get("callbacks/pending")["count"]
        return count

    def send_event(self, event: str, change_type: str | None = None, **request: Any) -> int:
        """``fields``, ``about``, ``apps``, ``copies``; how many deliveries were queued."""
        body = {"event": event, "change_type": change_type, **request}
        queued: int = self._send("POST", "events", body)["deliveries"]
        return queued

    def revoke_tokens(self, app: str | None = None, errcode: int = 40014) -> int:
        count: int = self._send("POST", "tokens/revoke", {"app": app, "errcode": errcode})["count"]
        return count

    # Ledger

    def calls(self, since: int = 0, path: str | None = None) -> list[Json]:
        return self._ledger("calls", since, path=path)

    def changes(self, since: int = 0, kind: str | None = None) -> list[Json]:
        return self._ledger("changes", since, kind=kind)

    def deliveries(self, since: int = 0) -> list[Json]:
        return self._ledger("callbacks", since)

    def messages(self, app: str | None = None, userid: str | None = None) -> list[Json]:
        """Accepted application messages, oldest first; with ``userid`` those sent to the member, dropped or not."""
        return self._all_rows("ledger/messages", app=app, userid=userid)

    def inbox(self, userid: str) -> list[Json]:
        """The messages the member received, each as ``{"msgtype": .., "content": .., "at": ..}`` and more."""
        return [row for row in self.messages(userid=userid) if userid.lower() in map(str.lower, row["receivers"])]

    def penalties(self) -> Json:
        return self._get("limits")

    def _ledger(self, book: str, since: int, **query: Any) -> list[Json]:
        found: list[Json] = []
        while True:
            page = self._rows(f"ledger/{book}", since=since, limit=_PAGE, **query)
            found.extend(page)
            if len(page) < _PAGE:
                return found
            since = page[-1]["seq"]

    def _get(self, path: str, **query: Any) -> Json:
        reply: Json = self._request("GET", path, query=query)
        return reply

    def _rows(self, at: str, **query: Any) -> list[Json]:
        rows: list[Json] = self._request("GET", at, query=query)
        return rows

    def _all_rows(self, at: str, **query: Any) -> list[Json]:
        found: list[Json] = []
        while True:
            page = self._rows(at, offset=len(found), limit=_PAGE, **query)
            found.extend(page)
            if len(page) < _PAGE:
                return found

    def _send(self, method: str, path: str, body: Any = None, timeout: float = _SECONDS) -> Json:
        reply: Json = self._request(method, path, body=body, timeout=timeout)
        return reply

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: Json | None = None,
        body: Any = None,
        timeout: float = _SECONDS,
    ) -> Any:
        reply = self._http.request(method, f"{self._root}/{path}", params=query, json=body, timeout=timeout)
        if not reply.ok:
            raise ControlError(reply.status_code, reply.text)
        return reply.json() if reply.content else {}
