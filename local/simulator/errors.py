"""WeCom's error codes, and replies that look like its own: text, hint, source address, link."""

import secrets

OK = 0
BUSY = -1
BAD_SECRET = 40001
BAD_USERID = 40003
BAD_MEDIA_KIND = 40004
BAD_MEDIA_TYPE = 40005
BAD_MEDIA_SIZE = 40006
MEDIA_ID_INVALID = 40007
BAD_IMAGE = 40123
BAD_CORP_ID = 40013
BAD_TOKEN = 40014
USERID_LIST_INVALID = 40031
INVALID_PARAMETER = 40058
MISSING_PARAMETER = 40063
DEPARTMENT_UNKNOWN = 60123
TAG_UNKNOWN = 40068
TAG_NAME_TAKEN = 40071
TAG_NAME_LENGTH = 40072
TAG_CAP = 40126
FOREIGN_SECRET = 40091
EXTERNAL_USERID_INVALID = 40096
NOT_RESIGNED = 40097
NOT_REAL_NAMED = 40098
TAKEOVER_AT_CAP = 40099
IN_TRANSFER_RESIGNED = 40100
TRANSFERRED_TOO_OFTEN = 40128
IN_TRANSFER_ONJOB = 40129
SAME_MEMBER = 40130
NOT_A_FOLLOWER = 40131
TEAM_ACCOUNT = 40132
MEMBER_BANNED = 40143
TOKEN_MISSING = 41001
CORP_ID_MISSING = 41002
SECRET_MISSING = 41004
MEDIA_ID_MISSING = 41006
USERID_MISSING = 41009
EXTERNAL_USERID_MISSING = 41035
WAY_TYPE_MISSING = 41037
WAY_SCENE_MISSING = 41038
WAY_TYPE_INVALID = 41039
WAY_SCENE_INVALID = 41040
WAY_TOO_MANY_PEOPLE = 41041
WAY_STYLE_INVALID = 41042
WAY_ID_MISSING = 41043
WAY_ID_INVALID = 41044
WAY_CAP = 41045
MSGID_MISSING = 41046
MSGID_INVALID = 41047
NOBODY_TO_SEND_TO = 41048
WELCOME_CODE_MISSING = 41049
WELCOME_CODE_INVALID = 41050
WELCOME_CHAT_STARTED = 41051
WELCOME_NO_ARCHIVE_CONSENT = 41053
NOT_ACTIVATED = 41054
GROUP_TEMPLATE_CAP = 41055
GROUP_TEMPLATE_FOREIGN = 41058
MOMENT_ID_MISSING = 41059
MOMENT_ID_INVALID = 41060
MOMENT_NOT_OF_USER = 41061
MOMENT_NOT_PUBLISHED = 41062
MASS_DISTRIBUTING = 41063
TOO_MANY_ATTACHMENTS = 41064
BAD_ATTACHMENT = 41065
MOMENT_TYPE = 41067
RULE_WORDS_TOO_MANY = 41068
TOO_MANY_RULES = 41069
RULE_ID_INVALID = 41070
RULE_DELETED = 41071
ALBUM_NO_DESCRIPTION = 41073
ALBUM_DELETED = 41074
ALBUM_ID = 41075
RULE_RANGE_TOO_WIDE = 41076
RULE_NAME_TAKEN = 41077
TOO_MANY_MOMENT_JOBS = 41078
MOMENT_DISTRIBUTING = 41079
MOMENT_PIXELS = 41081
MOMENT_DURATION = 41082
RULE_WORD_INVALID = 41083
RULE_SEMANTICS_INVALID = 41084
ALBUM_CODE = 41085
ALBUM_PRICE = 41086
ALBUM_DESCRIPTION = 41087
ALBUM_EMPTY = 41088
MOMENT_EMPTY = 41089
MASS_CANCELLED = 41093
REMINDED_TOO_OFTEN = 41094
WELCOME_SENDING = 41096
TOKEN_EXPIRED = 42001
BAD_TASK_ID = 42014
CARD_OF_OTHER_APP = 42015
BUTTON_KEY_INVALID = 42018
BUTTON_KEY_MISSING = 42019
BUTTON_TEXT_MISSING = 42020
CODE_USED = 42022
CALLBACK_NEEDED = 43012
EMPTY_MEDIA = 44001
EMPTY_TEXT = 44004
MEDIA_TOO_LARGE = 45001
RATE_LIMIT = 45009
TOO_MANY_CONCURRENT = 45033
REPLY_TOO_LARGE = 45029
TOO_LONG = 45002
BAD_MESSAGE_TYPE = 40008
API_NOT_PERMITTED = 48002
SYNC_NEW_IP = 48009
APP_DISABLED = 50003
BAD_CURSOR = 50100
NO_RIGHT = 60011
IP_NOT_TRUSTED = 60020
USER_UNKNOWN = 60111
NO_VALID_RECEIVER = 81013
TOO_MANY_ITEMS = 81017
NO_RELATION = 84061
NOT_SERVICE_MEMBER = 84083
NOT_FOLLOW_USER = 84084
OWNER_NOT_RESIGNED = 90500
NOT_CUSTOMER_GROUP = 90501
OWNER_RESIGNED = 90502
OWNER_UNCHANGED = 90504
GROUP_INHERITING = 90507
GROUP_INHERITED_ALREADY = 90508
BAD_OPENGID = 90511
AGENT_NOT_OF_TOKEN = 301002
BAD_STATISTICS_TIME = 600018
URL_NOT_FETCHED = 830003
MD5_DIFFERS = 301019
BAD_RANGE = 830002
ARCHIVE_TOO_OLD = 10010  # the library's number: what the wire says is not public
ARCHIVE_IP = 301042
ARCHIVE_PAGE_TOO_LARGE = 301058
NOT_INTERNAL_GROUP = 301059
TOO_MANY_CONSENTS = 301060

_TEXTS = {
    BUSY: "system busy",
    BAD_SECRET: "invalid credential",
    BAD_MEDIA_KIND: "invalid media type",
    BAD_MEDIA_TYPE: "invalid file type",
    BAD_MEDIA_SIZE: "invalid media size",
    MEDIA_ID_INVALID: "invalid media_id",
    BAD_IMAGE: "invalid image",
    BAD_USERID: "invalid userid",
    BAD_CORP_ID: "invalid corpid",
    BAD_TOKEN: "invalid access_token",
    USERID_LIST_INVALID: "userid list invalid",
    INVALID_PARAMETER: "invalid Request Parameter",
    MISSING_PARAMETER: "some parameters are empty",
    DEPARTMENT_UNKNOWN: "invalid party id",
    TAG_UNKNOWN: "invalid tagid",
    TAG_NAME_TAKEN: "tag name exists",
    TAG_NAME_LENGTH: "invalid tag name length",
    TAG_CAP: "too many corp tags",
    FOREIGN_SECRET: "secret belongs to another corp",
    EXTERNAL_USERID_INVALID: "invalid external userid",
    NOT_RESIGNED: "the user has not resigned",
    NOT_REAL_NAMED: "the user is not real-name verified",
    TAKEOVER_AT_CAP: "the takeover user has too many customers",
    IN_TRANSFER_RESIGNED: "the external contact is in a transfer process",
    TRANSFERRED_TOO_OFTEN: "the customer was transferred too often",
    IN_TRANSFER_ONJOB: "the customer is being transferred",
    SAME_MEMBER: "handover user and takeover user are the same",
    NOT_A_FOLLOWER: "handover user does not follow the customer",
    TEAM_ACCOUNT: "not allowed for a team account",
    MEMBER_BANNED: "the user is banned",
    TOKEN_MISSING: "access_token missing",
    CORP_ID_MISSING: "corpid missing",
    SECRET_MISSING: "corpsecret missing",
    MEDIA_ID_MISSING: "missing media_id",
    USERID_MISSING: "userid missing",
    EXTERNAL_USERID_MISSING: "missing external userid",
    WAY_TYPE_MISSING: "missing contact way type",
    WAY_SCENE_MISSING: "missing contact way scene",
    WAY_TYPE_INVALID: "invalid contact way type",
    WAY_SCENE_INVALID: "invalid contact way scene",
    WAY_TOO_MANY_PEOPLE: "too many people in a contact way",
    WAY_STYLE_INVALID: "invalid contact way style",
    WAY_ID_MISSING: "missing contact way config_id",
    WAY_ID_INVALID: "invalid contact way config_id",
    WAY_CAP: "too many contact ways",
    NOT_ACTIVATED: "the user is not activated",
    MSGID_MISSING: "missing msgid",
    MSGID_INVALID: "invalid msgid",
    NOBODY_TO_SEND_TO: "no one to send",
    WELCOME_CODE_MISSING: "missing welcome code",
    WELCOME_CODE_INVALID: "invalid welcome code",
    WELCOME_CHAT_STARTED: "the customer has begun a conversation",
    MOMENT_ID_MISSING: "missing moment id",
    MOMENT_ID_INVALID: "invalid moment id",
    MOMENT_NOT_OF_USER: "the user did not publish this moment",
    MOMENT_NOT_PUBLISHED: "the user has not published this moment",
    MASS_DISTRIBUTING: "the message is being distributed",
    TOO_MANY_ATTACHMENTS: "too many attachments",
    BAD_ATTACHMENT: "invalid attachment type",
    MASS_CANCELLED: "the message was cancelled",
    REMINDED_TOO_OFTEN: "reminded too often",
    WELCOME_NO_ARCHIVE_CONSENT: "the customer has not agreed to chat archiving",
    WELCOME_SENDING: "the welcome message is being sent",
    GROUP_TEMPLATE_CAP: "too many group welcome templates",
    GROUP_TEMPLATE_FOREIGN: "the template is another app's",
    RULE_WORDS_TOO_MANY: "too many sensitive words",
    TOO_MANY_RULES: "too many sensitive rules",
    RULE_ID_INVALID: "invalid sensitive rule id",
    RULE_DELETED: "the sensitive rule was deleted",
    RULE_RANGE_TOO_WIDE: "the range is too wide, use departments",
    RULE_NAME_TAKEN: "sensitive rule name exists",
    RULE_WORD_INVALID: "invalid sensitive word",
    RULE_SEMANTICS_INVALID: "invalid semantics",
    ALBUM_NO_DESCRIPTION: "missing product description",
    ALBUM_DELETED: "the product was deleted",
    ALBUM_ID: "invalid product_id",
    ALBUM_CODE: "invalid product_sn",
    ALBUM_PRICE: "invalid price",
    ALBUM_DESCRIPTION: "invalid product description",
    ALBUM_EMPTY: "product without attachments",
    BAD_RANGE: "invalid range",
    URL_NOT_FETCHED: "the url could not be fetched",
    MD5_DIFFERS: "md5 differs",
    MOMENT_TYPE: "invalid moment type",
    TOO_MANY_MOMENT_JOBS: "too many running moment jobs",
    MOMENT_DISTRIBUTING: "the moment is being distributed",
    MOMENT_PIXELS: "invalid image pixels",
    MOMENT_DURATION: "invalid video duration",
    MOMENT_EMPTY: "text and attachments are empty",
    TOKEN_EXPIRED: "access_token expired",
    BAD_TASK_ID: "invalid task_id",
    CARD_OF_OTHER_APP: "the card was sent by another app",
    BUTTON_KEY_INVALID: "invalid button key",
    BUTTON_KEY_MISSING: "missing button key",
    BUTTON_TEXT_MISSING: "missing button text",
    CODE_USED: "code was used already",
    CALLBACK_NEEDED: "the app has no callback url",
    EMPTY_MEDIA: "empty media data",
    EMPTY_TEXT: "text content is empty",
    MEDIA_TOO_LARGE: "media size out of limit",
    RATE_LIMIT: "api freq out of limit",
    TOO_MANY_CONCURRENT: "api concurrent out of limit",
    REPLY_TOO_LARGE: "response too large",
    TOO_LONG: "content size out of limit",
    BAD_MESSAGE_TYPE: "invalid message type",
    API_NOT_PERMITTED: "api forbidden",
    SYNC_NEW_IP: "api forbidden for this ip",
    APP_DISABLED: "app is disabled",
    BAD_CURSOR: "invalid cursor",
    NO_RIGHT: "no privilege to access/modify contact/party/agent",
    IP_NOT_TRUSTED: "not allow to access from your ip",
    USER_UNKNOWN: "userid not found",
    NO_VALID_RECEIVER: "user & party & tag all invalid",
    TOO_MANY_ITEMS: "too many items",
    NO_RELATION: "not external contact",
    NOT_SERVICE_MEMBER: "user is not a customer contact member",
    NOT_FOLLOW_USER: "user is not the follow user",
    OWNER_NOT_RESIGNED: "the owner of this chat is not resigned",
    NOT_CUSTOMER_GROUP: "chat is not external group chat",
    OWNER_RESIGNED: "the owner of this chat is resigned",
    OWNER_UNCHANGED: "the owner of this chat is unchanged",
    GROUP_INHERITING: "the chat is being inherited",
    GROUP_INHERITED_ALREADY: "the chat was inherited already",
    BAD_OPENGID: "invalid opengid",
    AGENT_NOT_OF_TOKEN: "not allowed to access the agent",
    ARCHIVE_TOO_OLD: "the file is too old",
    ARCHIVE_IP: "not allow to access from your ip",
    ARCHIVE_PAGE_TOO_LARGE: "response too large",
    NOT_INTERNAL_GROUP: "not an internal group chat",
    TOO_MANY_CONSENTS: "too many items",
    BAD_STATISTICS_TIME: "invalid start or end time",
}


class ApiError(Exception):
    """A business error: HTTP 200 with ``errcode``; ``detail`` goes in front of the hint."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(errcode, detail)
        self.errcode = errcode
        self.detail = detail


def text_of(errcode: int) -> str:
    return "ok" if errcode == OK else _TEXTS.get(errcode, "request refused")


def error_message(errcode: int, now: float, source: str, detail: str = "") -> str:
    """The text of a failed call; it differs at each call, so a client that matches on it breaks here too."""
    text = f"{detail} {text_of(errcode)}".strip()
    hint = f"[{int(now)}_{secrets.randbelow(100):02d}_{secrets.token_hex(16)}]"
    return (
        f"{text}, hint: {hint}, from ip: {source}, "
        f"more info at https://open.work.weixin.qq.com/devtool/query?e={errcode}"
    )
