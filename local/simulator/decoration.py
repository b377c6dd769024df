"""The quirks of WeCom's JSON: fields nobody has heard of, optional fields left out (checklist 11)."""

from typing import Any

from local.simulator.knobs import Knobs

UNKNOWN_FIELD = "x_reserved"
OPTIONAL_FIELDS = frozenset(
    {
        "unionid",
        "remark_mobiles",
        "remark_corp_name",
        "state",
        "description",
        "notice",
        "admin_list",
        "member_version",
        "group_nickname",
        "invitor",
        "department_leader",
        "name_en",
        "alias",
        "telephone",
        "direct_leader",
        "extattr",
        "external_profile",
        "external_position",
        "open_userid",
        "oper_userid",
        "avatar",
        "order",
    }
)


def decorate(value: Any, knobs: Knobs) -> Any:
    """A copy with an unknown field in every object, or without optional ones, as the knobs say."""
    if isinstance(value, dict):
        kept = {
            name: decorate(inner, knobs)
            for name, inner in value.items()
            if not (knobs.omit_optional_fields and name in OPTIONAL_FIELDS)
        }
        return {**kept, UNKNOWN_FIELD: 0} if knobs.extra_fields else kept
    if isinstance(value, list):
        return [decorate(item, knobs) for item in value] if value and isinstance(value[0], (dict, list)) else value
    return value
