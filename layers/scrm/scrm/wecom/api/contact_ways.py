"""Contact ways: codes by which customers add members (docs/wecom.md 15.1)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, all_rows, parsed, require_length
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.payloads.contact_ways import ListedWay, MadeWay, Way

_ADD: Final = "externalcontact/add_contact_way"
_UPDATE: Final = "externalcontact/update_contact_way"


class ContactWays:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def add(
        self,
        *,
        kind: int,
        scene: int,
        state: str,
        remark: str,
        users: Sequence[str],
        parties: Sequence[int],
        skip_verify: bool,
    ) -> MadeWay:
        """Make one. Not repeated after a lost answer, which would make another: look at `made` and their ``state``."""
        require_length(_ADD, "state", state, limits.STATE_LENGTH)
        body = {"type": kind, "scene": scene, "state": state, **_changeable(_ADD, remark, users, parties, skip_verify)}
        call = Call(_ADD, body=body, repeatable=False)
        return parsed(MadeWay, self._caller.call(call), call)

    def update(
        self, config_id: str, *, remark: str, users: Sequence[str], parties: Sequence[int], skip_verify: bool
    ) -> None:
        """Overwrite what can be changed."""
        body = {"config_id": config_id, **_changeable(_UPDATE, remark, users, parties, skip_verify)}
        self._caller.call(Call(_UPDATE, body=body))

    def get(self, config_id: str) -> Way:
        call = Call("externalcontact/get_contact_way", body={"config_id": config_id})
        return parsed(Way, self._caller.call(call).get("contact_way"), call)

    def made(self, since: datetime, until: datetime) -> Iterator[str]:
        """The config_ids of those made between the two; temporary ones are in no list."""
        body = {
            "start_time": int(since.timestamp()),
            "end_time": int(until.timestamp()) + 1,
            "limit": limits.WAYS_PAGE,
        }
        for row in all_rows(
            self._caller, Call("externalcontact/list_contact_way", body=body), ListedWay, "contact_way"
        ):
            yield row.config_id

    def delete(self, config_id: str) -> None:
        self._caller.call(Call("externalcontact/del_contact_way", body={"config_id": config_id}))


def _changeable(
    path: str,
    remark: str,
    users: Sequence[str],
    parties: Sequence[int],
    skip_verify: bool,  # noqa: FBT001 - a field
) -> dict[str, Any]:
    require_length(path, "remark", remark, limits.WAY_REMARK_LENGTH)
    if not users and not parties:
        raise InvalidRequestError(None, path, reason="user and party must not both be empty")
    if len(users) + len(parties) > limits.WAY_PEOPLE:
        raise InvalidRequestError(None, path, reason=f"user and party may name at most {limits.WAY_PEOPLE} together")
    return {"remark": remark, "skip_verify": skip_verify, "user": list(users), "party": list(parties)}
