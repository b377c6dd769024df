"""WeCom's own limits, in one place and versioned; no other module holds such a number.

Each line names its source: "1.4" is a section of docs/wecom.md.
UNVERIFIED: nothing citable was found; the figure is our assumption and may be changed by configuration.
"""

from datetime import timedelta
from typing import Final, NamedTuple

VERSION: Final = "2026-11"

# Frequency, per corp and single API path (1.4, page 90454 of 2023-08-28). Both windows bind.
CALLS_PER_MINUTE: Final = 10_000
CALLS_PER_HOUR: Final = 150_000
MINUTE: Final = timedelta(seconds=60)
HOUR: Final = timedelta(hours=1)

# Application messages of one app to one member (1.4); the excess is dropped without a word.
MESSAGES_TO_MEMBER_PER_MINUTE: Final = 30
MESSAGES_TO_MEMBER_PER_HOUR: Final = 1_000

# gettoken counts failures with a wrong secret: about 2,000 an hour block the source address (1.2 rule 6).
TOKEN_CALLS_PER_MINUTE: Final = 100  # ours, far below; nothing general is published for it
TOKEN_CALLS_PER_HOUR: Final = 1_000
TOKEN_REFUSED_PAUSE: Final = timedelta(seconds=60)  # ours: 60 tries an hour with a wrong secret

# Lock-out after 45009 (1.4): minute -> 60 s, hour -> 60 min, day -> calendar day, Asia/Shanghai.
PENALTY_MINUTE: Final = timedelta(seconds=60)
PENALTY_HOUR: Final = timedelta(hours=1)
PENALTY_MARGIN: Final = timedelta(seconds=1)  # ours: WeCom began to count a moment before we heard of it

# Concurrency (45033): unpublished; one tester saw it at 400 parallel calls and not at 40 (1.4). UNVERIFIED
CONCURRENCY_AFTER_REFUSAL: Final = 40

# Token (1.2).
TOKEN_LIFE: Final = timedelta(seconds=7200)  # the usual value; the returned expires_in is obeyed
TOKEN_MAX_BYTES: Final = 512
TOKEN_REFRESH_MARGIN: Final = timedelta(minutes=5)  # section 8, token store

# Class R (1.5): at most three retries.
RETRY_DELAYS: Final = (timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4))

# Trusted addresses take about a minute to apply (60020, 1.5).
TRUSTED_ADDRESS_DELAY: Final = timedelta(seconds=60)

# Ids per call and page sizes.
USERID_MAX_BYTES: Final = 64  # 4
MEMBER_IDS_PAGE: Final = 10_000  # 4, user/list_id
RELATION_USERIDS: Final = 100  # 5.4
RELATION_PAGE: Final = 100  # 5.4; the default is 50, a larger value is cut
GROUP_OWNERS: Final = 100  # 5.7
GROUP_PAGE: Final = 1_000  # 5.7
TRANSFER_CUSTOMERS: Final = 100  # 6.2
TRANSFER_RESULT_PAGE: Final = 1_000  # 6.3, not settable
UNASSIGNED_PAGE: Final = 1_000  # 6.5
TRANSFER_GROUPS: Final = 100  # 6.6
MESSAGE_MEMBERS: Final = 1_000  # 7.1
MESSAGE_DEPARTMENTS: Final = 100  # 7.1

# Welcome messages (15).
WELCOME_CODE_LIFE: Final = timedelta(seconds=20)  # 15, page 92137
WELCOME_MARGIN: Final = timedelta(seconds=2)  # ours: no call begins with less left
STATE_LENGTH: Final = 30  # 15, of a contact way, in characters

# Contact ways (15.1).
WAY_REMARK_LENGTH: Final = 30  # 15.1, in characters
WAY_PEOPLE: Final = 100  # 15.1, members, those of departments too
WAYS_PAGE: Final = 1_000  # 15.1; the default is 100

# Mass messages (13); their text and attachments stand with the content below.
MASS_MESSAGE_CUSTOMERS: Final = 10_000  # 13.1
MASS_MESSAGE_GROUPS: Final = 2_000  # 13.1
MASS_MESSAGE_LIST_PAGE: Final = 100  # 13.2; a larger value is taken as the default of 50
MASS_MESSAGE_RESULT_PAGE: Final = 1_000  # 13.3; a larger value is taken as the default of 500

# Moments (14); their text and attachments stand with the content below.
MOMENTS_SENDERS: Final = 100_000  # 14.1
MOMENTS_PER_MINUTE: Final = 10  # 14.1, creations of the whole corp; the 100,000 of a month WeCom counts itself
MOMENTS_JOB_LIFE: Final = timedelta(hours=24)  # 14.1
MOMENTS_LIST_PAGE: Final = 20  # 14.2
MOMENTS_MEMBERS_PAGE: Final = 1_000  # 14.2; a larger value is taken as the default of 500
MOMENTS_VIEWERS_PAGE: Final = 5_000  # 14.2; a larger value is taken as the default of 3,000

# Rules of sensitive words (17); a hundred a corp, which `scrm.lexicon.packing` keeps to.
RULE_NAME_LENGTH: Final = 20  # 17, in characters
RULE_WORDS: Final = 300  # 17
RULE_WORD_LENGTH: Final = 32  # 17, of an addition; what is shown is said to have 30
RULE_RANGE: Final = 1_000  # 17, departments or members a call

# The archive's companions (16).
ARCHIVE_PAIRS: Final = 100  # 16.1

# Statistics (18).
STATISTICS_DAYS: Final = 30  # 18, a closed range
STATISTICS_HISTORY: Final = timedelta(days=180)  # 18
GROUP_STATISTICS_PAGE: Final = 1_000  # 18; the default is 500

# Inheritance.
TRANSFER_WAIT: Final = timedelta(hours=24)  # 6.2: completes by itself after this
TRANSFERS_PER_CUSTOMER: Final = 2  # 6.2, on-job only
TRANSFERS_WINDOW: Final = timedelta(days=90)  # 6.2, calendar days
RESIGNED_WINDOW: Final = timedelta(days=365)  # 6.2: the leaver left no longer ago than this
GROUP_TRANSFERS_PER_DAY: Final = 300  # 6.6, per person's groups
GROUP_TRANSFERS_PER_GROUP: Final = 2  # 6.6, on-job, per TRANSFERS_WINDOW

# Texts, in characters unless the name says bytes.
REMARK_LENGTH: Final = 20  # 5.5
DESCRIPTION_LENGTH: Final = 150  # 5.5
REMARK_COMPANY_LENGTH: Final = 20  # 5.5
TAG_NAME_LENGTH: Final = 30  # 5.6
CORP_TAGS: Final = 3_000  # 5.6
TRANSFER_MESSAGE_LENGTH: Final = 200  # 6.2, on-job only
TEXT_BYTES: Final = 2_048  # 7.1, text and markdown
CARD_TITLE_LENGTH: Final = 128  # 7.1
CARD_DESCRIPTION_LENGTH: Final = 512  # 7.1
CARD_URL_BYTES: Final = 2_048  # 7.1
CARD_BUTTON_LENGTH: Final = 4  # 7.1
DUPLICATE_CHECK_INTERVAL: Final = timedelta(hours=4)  # 7.1, the most; a killed sender's message comes after 30 minutes

# Content that members send to customers; UTF-8 bytes where the name says so (docs/wecom.md 12).
MASS_TEXT_BYTES: Final = 4_000  # 12.1, page 92135; welcome messages too
MASS_ATTACHMENTS: Final = 9  # 12.1
MOMENTS_TEXT_LENGTH: Final = 2_000  # 12.2, page 95094, in characters
MOMENTS_TEXT_BYTES: Final = 4_000  # 12.2
MOMENTS_IMAGES: Final = 9  # 12.2; of videos and links one
LINK_TITLE_BYTES: Final = 128  # 12.1
LINK_DESCRIPTION_BYTES: Final = 512  # 12.1
LINK_URL_BYTES: Final = 2_048  # 12.1
MINIPROGRAM_TITLE_BYTES: Final = 64  # 12.1

# Files for them, by media type (docs/wecom.md 12.3).
MEDIA_LIFE: Final = timedelta(days=3)  # 12.3
MEDIA_MARGIN: Final = timedelta(hours=12)  # ours: what is left when a media id is used
MEDIA_AHEAD: Final = timedelta(hours=24)  # ours: what is left when one that is still needed is fetched anew
MEDIA_LEAST_BYTES: Final = 6  # 12.3, more than 5
_MEGABYTE: Final = 1024 * 1024
MEDIA_BYTES: Final = {"image": 10 * _MEGABYTE, "video": 10 * _MEGABYTE, "file": 20 * _MEGABYTE}  # 12.3
MOMENTS_MEDIA_BYTES: Final = {"image": 10 * _MEGABYTE, "video": 10 * _MEGABYTE}  # 12.3


class PathLimits(NamedTuple):
    """How often one API path may be called by the whole corp, and how many calls may run at once after a 45033."""

    per_minute: int = CALLS_PER_MINUTE
    per_hour: int = CALLS_PER_HOUR
    concurrency_after_refusal: int = CONCURRENCY_AFTER_REFUSAL


_OWN_LIMITS: Final = {
    "gettoken": PathLimits(TOKEN_CALLS_PER_MINUTE, TOKEN_CALLS_PER_HOUR),
    "externalcontact/add_moment_task": PathLimits(MOMENTS_PER_MINUTE, MOMENTS_PER_MINUTE * 60),
}
_COMMON: Final = PathLimits()
_TO_MEMBER: Final = "message/send#"
_TO_MEMBER_LIMITS: Final = PathLimits(MESSAGES_TO_MEMBER_PER_MINUTE, MESSAGES_TO_MEMBER_PER_HOUR)


def of_path(path: str) -> PathLimits:
    """The limits of an API path (below ``/cgi-bin/``), or of what `messages_to` names."""
    return _TO_MEMBER_LIMITS if path.startswith(_TO_MEMBER) else _OWN_LIMITS.get(path, _COMMON)


def messages_to(userid: str) -> str:
    """The budget of application messages to one member, by folded userid; kept as an API path's is."""
    return f"{_TO_MEMBER}{userid}"
