"""No request, however wrong, brings the simulator down: there is always an error code."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local.simulator.api.endpoints import ENDPOINTS

from .builders import Corp

TRANSFER = ("handover_userid", "takeover_userid", "external_userid", "transfer_success_msg", "cursor")
GROUPS = (
    "limit",
    "status_filter",
    "owner_filter",
    "cursor",
    "chat_id",
    "need_name",
    "chat_id_list",
    "new_owner",
    "opengid",
)
TAGS = (
    "tag_id",
    "group_id",
    "group_name",
    "tag",
    "id",
    "name",
    "order",
    "userid",
    "external_userid",
    "add_tag",
    "remove_tag",
)
DAYS = (
    "userid",
    "partyid",
    "start_time",
    "end_time",
    "day_begin_time",
    "day_end_time",
    "owner_filter",
    "offset",
    "limit",
)
MESSAGE = ("touser", "toparty", "totag", "msgtype", "agentid", "text", "news", "textcard", "template_card", "image",
           "enable_duplicate_check", "duplicate_check_interval", "msgid", "response_code", "userids", "partyids",
           "atall", "button")  # fmt: skip
REMARK = ("userid", "external_userid", "remark", "description", "remark_mobiles", "remark_company")
MASS = ("chat_type", "external_userid", "chat_id_list", "tag_filter", "sender", "allow_select", "text", "attachments",
        "msgid", "userid", "start_time", "end_time", "filter_type", "creator", "limit", "cursor")  # fmt: skip
MOMENT = ("text", "attachments", "visible_range", "jobid", "moment_id", "userid", "start_time", "end_time", "creator",
          "filter_type", "limit", "cursor")  # fmt: skip
WAY = ("type", "scene", "style", "remark", "skip_verify", "state", "user", "party", "is_temp", "expires_in", "unionid",
       "chat_expires_in", "conclusions", "config_id", "start_time", "end_time", "limit", "cursor")  # fmt: skip
ALBUM = ("description", "price", "product_sn", "attachments", "product_id", "limit", "cursor")
TEMPLATE = ("text", "image", "link", "miniprogram", "file", "video", "notify", "template_id")
RULE = ("rule_name", "word_list", "semantics_list", "extra_rule", "intercept_type", "applicable_range",
        "add_applicable_range", "remove_applicable_range", "rule_id")  # fmt: skip
OTHERS = ("userid", "userid_list", "external_userid", "department_id", "id", "fetch_child", "limit", "cursor",
          "media_id", "page_size", "page_id", "welcome_code", "text", "attachments")  # fmt: skip


def names_of(path: str) -> tuple[str, ...]:
    """The parameters that the endpoint reads."""
    families = {"transfer": TRANSFER, "groupchat": GROUPS, "opengid": GROUPS, "tag": TAGS, "message/": MESSAGE,
                "statistic": DAYS, "behavior": DAYS, "remark": REMARK,
                "msg_template": MASS, "groupmsg": MASS, "moment": MOMENT, "contact_way": WAY,
                "album": ALBUM, "welcome_template": TEMPLATE, "intercept_rule": RULE}  # fmt: skip
    return next((names for part, names in reversed(families.items()) if part in path), OTHERS)


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5),
    st.sampled_from(["rm_a", "rm_b", "wm1", "wr1", "et1", "etG", "text", "@all"]), st.just(1000002),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
CALLS = st.sampled_from(sorted(ENDPOINTS)).flatmap(
    lambda path: st.tuples(st.just(path), st.dictionaries(st.sampled_from(names_of(path)), VALUES, max_size=8))
)


@settings(max_examples=150)
@given(CALLS)
def test_every_endpoint_answers_any_json_with_a_code(call: tuple[str, dict[str, Any]]) -> None:
    path, body = call
    corp = Corp()

    reply = corp.post(path, body) if ENDPOINTS[path].method == "POST" else corp.get(path, **body)

    assert isinstance(reply["errcode"], int)
