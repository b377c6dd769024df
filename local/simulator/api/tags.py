"""Corp tags (5.6)."""

import secrets
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.api.external_contacts import followed, tell_edited
from local.simulator.errors import ApiError
from local.simulator.events import EXTERNAL_TAG, Event
from local.simulator.model import Tag, TagGroup

_NAME_CHARS = 30
_TAG_CAP = 3_000
_MAX_ORDER = 2**32 - 1


def list_tags(call: Call) -> Body:
    """All living tags; asked by id, also the deleted ones. Both kinds of id given: ``tag_id`` is ignored."""
    group_ids = arguments.text_list(call.args, "group_id", required=False, maximum=_TAG_CAP)
    tag_ids = arguments.text_list(call.args, "tag_id", required=False, maximum=_TAG_CAP)
    groups = call.world.tag_groups.values()
    if group_ids:
        rows = [_group(group, group.tag, with_deleted=True) for group in groups if group.group_id in group_ids]
    elif tag_ids:
        chosen = [(group, [tag for tag in group.tag if tag.id in tag_ids]) for group in groups]
        rows = [_group(group, tags, with_deleted=True) for group, tags in chosen if tags]
    else:
        living = [(group, [tag for tag in group.tag if not tag.deleted]) for group in groups if not group.deleted]
        rows = [_group(group, tags, with_deleted=False) for group, tags in living]
    return {"tag_group": rows}


def add_tags(call: Call) -> Body:
    wanted = _wanted_tags(call)
    living = sum(not tag.deleted for group in call.world.tag_groups.values() for tag in group.tag)
    if living + len(wanted) > _TAG_CAP:
        raise ApiError(errors.TAG_CAP)
    group = _group_for(call)
    present = {tag.name: tag for tag in group.tag if not tag.deleted}
    for name, order in wanted.items():
        if name not in present:
            present[name] = Tag(id=_new_id(), name=name, create_time=int(call.now), order=order)
            group.tag.append(present[name])
            call.note("tag_created", detail=present[name].id)
            _tell(call, "create", present[name].id, "tag")
    return {"tag_group": _group(group, [present[name] for name in wanted], with_deleted=False)}


def edit_tag(call: Call) -> Body:
    tag_id = arguments.text(call.args, "id")
    name = arguments.optional_text(call.args, "name")
    if name is not None and not 0 < len(name) <= _NAME_CHARS:
        raise ApiError(errors.TAG_NAME_LENGTH)
    group = call.world.tag_groups.get(tag_id)
    if group is not None and not group.deleted:
        _edit_group(call, group, name)
        return {}
    found = call.world.tag(tag_id)
    if found is None:
        raise ApiError(errors.TAG_UNKNOWN)
    group, tag = found
    if name is not None and any(other.name == name and other.id != tag_id for other in group.tag if not other.deleted):
        raise ApiError(errors.TAG_NAME_TAKEN)
    tag.name = name or tag.name
    tag.order = arguments.integer(call.args, "order", default=tag.order, maximum=_MAX_ORDER)
    call.note("tag_changed", detail=tag_id)
    _tell(call, "update", tag_id, "tag")
    return {}


def delete_tags(call: Call) -> Body:
    tag_ids = arguments.text_list(call.args, "tag_id", required=False, maximum=_TAG_CAP)
    group_ids = arguments.text_list(call.args, "group_id", required=False, maximum=_TAG_CAP)
    if not tag_ids and not group_ids:
        raise ApiError(errors.MISSING_PARAMETER)
    if any(call.world.tag(tag_id) is None for tag_id in tag_ids):
        raise ApiError(errors.TAG_UNKNOWN)
    if any(group_id not in call.world.tag_groups for group_id in group_ids):
        raise ApiError(errors.TAG_UNKNOWN)
    doomed = set(tag_ids)
    for group in call.world.tag_groups.values():
        whole = group.group_id in group_ids
        for tag in group.tag:
            if not tag.deleted and (whole or tag.id in doomed):
                tag.deleted = True
                call.note("tag_deleted", detail=tag.id)
                if not whole:  # deleting a group tells of the group only (3.3)
                    _tell(call, "delete", tag.id, "tag")
        if not group.deleted and (whole or all(tag.deleted for tag in group.tag)):
            group.deleted = True
            _tell(call, "delete", group.group_id, "tag_group")
    _untag(call)
    return {}


def mark_tag(call: Call) -> Body:
    relation = followed(call)
    added = arguments.text_list(call.args, "add_tag", required=False, maximum=_TAG_CAP)
    removed = arguments.text_list(call.args, "remove_tag", required=False, maximum=_TAG_CAP)
    if not added and not removed:
        raise ApiError(errors.MISSING_PARAMETER)
    if any(call.world.tag(tag_id) is None for tag_id in added):
        raise ApiError(errors.TAG_UNKNOWN)
    kept = [tag_id for tag_id in relation.tag_ids if tag_id not in removed]
    relation.tag_ids = kept + [tag_id for tag_id in dict.fromkeys(added) if tag_id not in kept]
    call.note("relation_changed", userid=relation.userid, external_userid=relation.external_userid)
    if call.knobs.api_write_events:
        tell_edited(call, relation)
    return {}


def _wanted_tags(call: Call) -> dict[str, int]:
    """Name -> order; equal names are one tag."""
    tags = call.args.get("tag")
    if not isinstance(tags, list) or not tags:
        raise ApiError(errors.MISSING_PARAMETER, "tag")
    wanted: dict[str, int] = {}
    for tag in tags:
        if not isinstance(tag, dict):
            raise ApiError(errors.INVALID_PARAMETER, "tag")
        name = arguments.text(tag, "name")
        if len(name) > _NAME_CHARS:
            raise ApiError(errors.TAG_NAME_LENGTH)
        wanted.setdefault(name, arguments.integer(tag, "order", default=0, maximum=_MAX_ORDER))
    return wanted


def _group_for(call: Call) -> TagGroup:
    groups = call.world.tag_groups
    group_id = arguments.optional_text(call.args, "group_id")
    if group_id:
        group = groups.get(group_id)
        if group is None or group.deleted:
            raise ApiError(errors.TAG_UNKNOWN)
        return group
    name = arguments.text(call.args, "group_name", chars=_NAME_CHARS)
    for group in groups.values():
        if group.group_name == name and not group.deleted:
            return group
    order = arguments.integer(call.args, "order", default=0, maximum=_MAX_ORDER)
    group = TagGroup(group_id=_new_id(), group_name=name, create_time=int(call.now), order=order)
    groups[group.group_id] = group
    _tell(call, "create", group.group_id, "tag_group")
    return group


def _edit_group(call: Call, group: TagGroup, name: str | None) -> None:
    others = (other for other in call.world.tag_groups.values() if other is not group and not other.deleted)
    if name is not None and any(other.group_name == name for other in others):
        raise ApiError(errors.TAG_NAME_TAKEN)
    group.group_name = name or group.group_name
    group.order = arguments.integer(call.args, "order", default=group.order, maximum=_MAX_ORDER)
    call.note("tag_group_changed", detail=group.group_id)
    _tell(call, "update", group.group_id, "tag_group")


def _untag(call: Call) -> None:
    living = {tag.id for group in call.world.tag_groups.values() for tag in group.tag if not tag.deleted}
    for relation in call.world.relations():
        relation.tag_ids = [tag_id for tag_id in relation.tag_ids if tag_id in living]


def _group(group: TagGroup, tags: list[Tag], *, with_deleted: bool) -> Body:
    row: dict[str, Any] = {
        "group_id": group.group_id,
        "group_name": group.group_name,
        "create_time": group.create_time,
        "order": group.order,
        "tag": [_tag(tag, with_deleted=with_deleted) for tag in tags],
    }
    return row | ({"deleted": group.deleted} if with_deleted else {})


def _tag(tag: Tag, *, with_deleted: bool) -> Body:
    row: Body = {"id": tag.id, "name": tag.name, "create_time": tag.create_time, "order": tag.order}
    return row | ({"deleted": tag.deleted} if with_deleted else {})


def _tell(call: Call, change_type: str, thing_id: str, tag_type: str) -> None:
    if call.knobs.api_write_events:
        call.engines.dispatcher.emit(Event(EXTERNAL_TAG, change_type, {"Id": thing_id, "TagType": tag_type}))


def _new_id() -> str:
    return f"etSIM{secrets.token_hex(14)}"


ENDPOINTS = {
    "externalcontact/get_corp_tag_list": Endpoint("POST", "customer", list_tags, {"tag_group": []}),
    "externalcontact/add_corp_tag": Endpoint("POST", "customer", add_tags),
    "externalcontact/edit_corp_tag": Endpoint("POST", "customer", edit_tag),
    "externalcontact/del_corp_tag": Endpoint("POST", "customer", delete_tags),
    "externalcontact/mark_tag": Endpoint("POST", "customer", mark_tag),
}
