"""One body for every kind of message that the archive knows, beside plain text."""

import json
from collections.abc import Callable
from typing import Any, Final

type Json = dict[str, Any]
type Files = Callable[[int], Json]  # of so many bytes: {"sdkfileid", "md5sum", "filesize"}

_LINK: Final = {
    "title": "三季度市场回顾",
    "description": "债市、股市与黄金",
    "link_url": "https://bank.example/q3",
    "image_url": "https://bank.example/q3.png",
}


def other_kinds(files: Files, member: str) -> list[Json]:
    """All but ``text``, ``revoke``, ``agree`` and ``disagree``: what the envelope of a message is completed with."""
    return [
        *_with_files(files),
        *_without_files(member),
        *_nested(files),
        *_calls(files),
        {"action": "switch", "user": member},
    ]


def _with_files(files: Files) -> list[Json]:
    voice, emotion = files(6_000), files(3_000)
    return [
        {"msgtype": "image", "image": files(20_480)},
        {"msgtype": "voice", "voice": {**_sized(voice, "voice_size"), "play_length": 5}},
        {"msgtype": "video", "video": {**files(900_000), "play_length": 12}},
        {
            "msgtype": "emotion",
            "emotion": {**_sized(emotion, "imagesize"), "type": 2, "width": 120, "height": 120},
        },
        {"msgtype": "file", "file": {**files(18_000), "filename": "产品说明书.pdf", "fileext": "pdf"}},
    ]


def _sized(file: Json, name: str) -> Json:
    return {"md5sum": file["md5sum"], name: file["filesize"], "sdkfileid": file["sdkfileid"]}


def _without_files(member: str) -> list[Json]:
    place = {
        "longitude": 114.05,
        "latitude": 22.54,
        "address": "福田区示例路1号",
        "title": "示例银行福田支行",
        "zoom": 15,
    }
    page = {"title": "我的持仓", "description": "手机银行", "username": "gh_x@app", "displayname": "手机银行"}
    packet = {"type": 1, "wish": "恭喜发财", "totalcnt": 1, "totalamount": 100}
    meeting = {"topic": "资产配置沟通", "starttime": 1763003600, "endtime": 1763007200, "address": "", "remarks": ""}
    dates = {"starttime": 1763003600, "endtime": 1763007200, "place": "福田支行", "remarks": ""}
    questions = [{"id": 1, "ques": "您的姓名", "type": "Text"}]
    form = {"room_name": "理财沙龙群", "creator": "小李", "create_time": "2025-11-13 10:00:00", "title": "沙龙报名"}
    note = {"msg_type": "text", "content": _nest({"content": "客户偏好短期限"})}
    news = {
        "title": "每周市场",
        "description": "一周要闻",
        "url": "https://bank.example/w",
        "picurl": "https://bank.example/w.png",
    }
    return [
        {"msgtype": "card", "card": {"corpname": "示例银行", "userid": member}},
        {"msgtype": "location", "location": place},
        {"msgtype": "link", "link": _LINK},
        {"msgtype": "weapp", "weapp": {**page, "appid": "wx0", "pagepath": "p/i"}},
        {"msgtype": "todo", "todo": {"title": "客户回访", "content": "周五前回访"}},
        {
            "msgtype": "vote",
            "vote": {"votetitle": "沙龙时间", "voteitem": ["周一", "周二"], "votetype": 101, "voteid": "v1"},
        },
        {"msgtype": "collect", "collect": {**form, "details": questions}},
        {"msgtype": "redpacket", "redpacket": packet},
        {"msgtype": "external_redpacket", "redpacket": packet},
        {"msgtype": "meeting", "meeting": {**meeting, "meetingid": 6000000000000000001}},
        {
            "msgtype": "meeting_notification",
            "info": {"meeting_id": 6000000000000000001, "notification_type": 2, "content": "会议已结束"},
            "time": "2025-11-13 10:00:00:123",
        },
        {"msgtype": "docmsg", "doc": {"title": "会议纪要", "doc_creator": member, "link_url": "https://doc.example/x"}},
        {"msgtype": "markdown", "info": {"content": "**提醒**：到期产品三只"}},
        {"msgtype": "news", "info": {"item": [news]}},
        {
            "msgtype": "calendar",
            "calendar": {"title": "拜访客户", "creatorname": "小李", "attendeename": ["小吴"], **dates},
        },
        {"msgtype": "sphfeed", "sphfeed": {"feed_type": 4, "sph_name": "示例银行", "feed_desc": "防诈骗小课堂"}},
        {"msgtype": "voiptext", "info": {"callduration": 9, "invitetype": 2}},
        {"msgtype": "qydiskfile", "info": {"filename": "名单.xlsx", "url": "https://drive.example/s?k=x"}},
        {"msgtype": "solitaire", "info": {"solitaire_type": 101, "solitaire_content": "#接龙\n1. 小李"}},
        {"msgtype": "note", "info": {"items": [note]}},
        {"msgtype": "hologram", "hologram": {"scene": "一种还没有人听说过的消息"}},
    ]


def _nested(files: Files) -> list[Json]:
    text = {
        "type": "ChatRecordText",
        "msgtime": 1763000000,
        "content": _nest({"content": "转一下群里的通知"}),
        "from_chatroom": True,
    }
    image = {"type": "image", "content": _nest(files(2_000))}
    return [
        {"msgtype": "chatrecord", "chatrecord": {"title": "群聊的聊天记录", "item": [text]}},
        {"msgtype": "mixed", "mixed": {"item": [{"type": "text", "content": _nest({"content": "看图"})}, image]}},
    ]


def _calls(files: Files) -> list[Json]:
    call = {"endtime": 1763000100, "sdkfileid": files(40_000)["sdkfileid"], "demofiledata": [], "sharescreendata": []}
    shared = {**files(4_000), "filename": "方案.pdf"}
    return [
        {"msgtype": "meeting_voice_call", "voiceid": "gr1", "meeting_voice_call": call},
        {"msgtype": "voip_doc_share", "voipid": "gr2", "voip_doc_share": shared},
    ]


def _nest(body: Json) -> str:
    return json.dumps(body, ensure_ascii=False)
