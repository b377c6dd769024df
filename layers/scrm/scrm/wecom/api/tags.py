"""The corp's tags (docs/wecom.md 5.6). Every write here may be repeated: equal names collapse, marks are a set."""

from collections.abc import Sequence
from typing import Any

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, parsed, require_ids, require_length, rows
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.payloads.tags import TagGroup


class Tags:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def corp_tags(self, *, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> list[TagGroup]:
        """Tag groups with their tags; without ids the whole library. WeCom ignores tag ids when groups are given."""
        body: dict[str, Any] = {}
        if tag_ids:
            body["tag_id"] = list(tag_ids)
        if group_ids:
            body["group_id"] = list(group_ids)
        call = Call("externalcontact/get_corp_tag_list", body=body)
        return rows(TagGroup, self._caller.call(call), "tag_group", call)

    def add(self, names: Sequence[str], *, group_name: str = "", group_id: str = "") -> TagGroup:
        """Add tags to a group, by id or by name; a new name makes a new group."""
        path = "externalcontact/add_corp_tag"
        require_ids(path, "names", names, limits.CORP_TAGS)
        for name in (*names, group_name):
            require_length(path, "a tag name", name, limits.TAG_NAME_LENGTH)
        if bool(group_name) == bool(group_id):
            raise InvalidRequestError(None, path, reason="name the group either by id or by name")
        group = {"group_id": group_id} if group_id else {"group_name": group_name}
        call = Call(path, body={**group, "tag": [{"name": name} for name in names]})
        return parsed(TagGroup, self._caller.call(call).get("tag_group"), call)

    def rename(self, tag_or_group_id: str, name: str) -> None:
        path = "externalcontact/edit_corp_tag"
        require_length(path, "name", name, limits.TAG_NAME_LENGTH)
        self._caller.call(Call(path, body={"id": tag_or_group_id, "name": name}))

    def delete(self, *, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> None:
        """Delete tags or whole groups; a group without tags vanishes."""
        path = "externalcontact/del_corp_tag"
        require_ids(path, "tags and groups", (*tag_ids, *group_ids), limits.CORP_TAGS)
        self._caller.call(Call(path, body={"tag_id": list(tag_ids), "group_id": list(group_ids)}))

    def mark(self, userid: str, external_userid: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Change the tags this member gave this customer."""
        path = "externalcontact/mark_tag"
        require_ids(path, "tags", (*add, *remove), limits.CORP_TAGS)
        body = {"userid": userid, "external_userid": external_userid, "add_tag": list(add), "remove_tag": list(remove)}
        self._caller.call(Call(path, body=body))
