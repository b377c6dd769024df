"""Welcome templates of groups (content paper, 3.2): what the owner's client greets new members of a group with."""

from typing import Any

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.api.content import checked_part
from local.simulator.api.media import picture_of
from local.simulator.errors import ApiError
from local.simulator.template_book import GroupTemplate

_TEXT_BYTES = 3_000
_KINDS = ("image", "link", "miniprogram", "file", "video")  # of several the first in this order wins
_LINK_FIELDS = ("title", "picurl", "desc", "url")


def add(call: Call) -> Body:
    blocks = _checked_blocks(call)
    arguments.integer(call.args, "notify", default=1, maximum=1)
    template = call.engines.simulation.state.group_templates.add(call.app.app, blocks)
    if template is None:
        raise ApiError(errors.GROUP_TEMPLATE_CAP)
    call.note("group_template_added", detail=template.template_id)
    return {"template_id": template.template_id}


def edit(call: Call) -> Body:
    template = _own(call)
    template.blocks = _checked_blocks(call)
    call.note("group_template_changed", detail=template.template_id)
    return {}


def get(call: Call) -> Body:
    """Any app of the corp may read it; an image comes back as its address."""
    return dict(_named(call).blocks)


def delete(call: Call) -> Body:
    template = _own(call)
    call.engines.simulation.state.group_templates.remove(template)
    call.note("group_template_deleted", detail=template.template_id)
    return {}


def _checked_blocks(call: Call) -> dict[str, Any]:
    """``text`` and at most one more block, as `get` shows them."""
    text = arguments.optional_text(arguments.mapping(call.args, "text"), "content") or ""
    if len(text.encode()) > _TEXT_BYTES:
        raise ApiError(errors.INVALID_PARAMETER, "text.content")
    kind = next((kind for kind in _KINDS if call.args.get(kind) is not None), None)
    if not text and kind is None:
        raise ApiError(errors.MISSING_PARAMETER, "text")
    blocks: dict[str, Any] = {"text": {"content": text}} if text else {}
    if kind is not None:
        blocks[kind] = _shown(call, kind, checked_part(call, kind, call.args[kind]))
    return blocks


def _shown(call: Call, kind: str, part: dict[str, Any]) -> dict[str, Any]:
    if kind == "image":
        return {"pic_url": part.get("pic_url") or picture_of(call, part["media_id"])}
    if kind == "link":
        return {name: part.get(name, "") for name in _LINK_FIELDS}
    return dict(part)


def _named(call: Call) -> GroupTemplate:
    template_id = arguments.text(call.args, "template_id")
    template = call.engines.simulation.state.group_templates.by_id.get(template_id)
    if template is None:
        raise ApiError(errors.INVALID_PARAMETER, "template_id")
    return template


def _own(call: Call) -> GroupTemplate:
    template = _named(call)
    if template.app != call.app.app:
        raise ApiError(errors.GROUP_TEMPLATE_FOREIGN)
    return template


_PATH = "externalcontact/group_welcome_template"
ENDPOINTS = {
    f"{_PATH}/add": Endpoint("POST", "customer", add),
    f"{_PATH}/edit": Endpoint("POST", "customer", edit),
    f"{_PATH}/get": Endpoint("POST", "customer", get),
    f"{_PATH}/del": Endpoint("POST", "customer", delete),
}
