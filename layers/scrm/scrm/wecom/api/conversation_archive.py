"""Who is archived: seats and answers (docs/wecom.md 16.1). Conversations themselves come from the archive's source."""

from collections.abc import Sequence
from typing import Any

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, require_ids, rows, texts
from scrm.wecom.payloads.archive import Agreement, Edition


class ConversationArchive:
    """Needs the archive app's own secret."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def permitted_members(self, edition: Edition | None = None) -> list[str]:
        """Members whose conversations are archived now; of all editions, or of one."""
        body: dict[str, Any] = {} if edition is None else {"type": int(edition)}
        call = Call("msgaudit/get_permit_user_list", body=body)
        return texts(self._caller.call(call), "ids", call)

    def agreements(self, pairs: Sequence[tuple[str, str]]) -> list[Agreement]:
        """What customers answered to members, by (userid, external_userid), 100 at once; who was never asked is
        left out."""
        path = "msgaudit/check_single_agree"
        require_ids(path, "pairs", [f"{member}/{customer}" for member, customer in pairs], limits.ARCHIVE_PAIRS)
        asked = [{"userid": member, "exteranalopenid": customer} for member, customer in pairs]
        call = Call(path, body={"info": asked})
        return rows(Agreement, self._caller.call(call), "agreeinfo", call)

    def room_agreements(self, room_id: str) -> list[Agreement]:
        """What the customers of a group answered."""
        call = Call("msgaudit/check_room_agree", body={"roomid": room_id})
        return rows(Agreement, self._caller.call(call), "agreeinfo", call)
