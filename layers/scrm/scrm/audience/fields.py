"""What a segment may ask of a customer: names, types, and how they read in Chinese."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from scrm.audience.facts import Activity, Consent, CustomerFacts
from scrm.audience.heard import heard_among, without_heard

type Value = str | int | bool | date


class FieldType(StrEnum):
    """What kind of values a field has; ``words`` is a set of them."""

    WORD = "word"
    WORDS = "words"
    NUMBER = "number"
    FLAG = "flag"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Known:
    """A customer at a moment: the bank's facts, today in Shanghai, the corp tags his owner gave him, and among them
    what he told his owner (`scrm.audience.heard`)."""

    facts: CustomerFacts
    today: date
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``values`` are the words it may have, empty for any; ``read`` is None where nobody knows.

    ``is_sensitive``: it tells of his money, what he can bear, or his age (PIPL art. 28), so that choosing by it wants
    an impact assessment first (R4).
    """

    name: str
    type: FieldType
    chinese: str
    read: Callable[[Known], Any]
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    is_sensitive: bool = False


_ACTIVITIES: Final = {
    Activity.NEW.value: "新客",
    Activity.ACTIVE.value: "活跃",
    Activity.SILENT.value: "沉默",
    Activity.DORMANT.value: "睡眠",
}
_CONSENTS: Final = {
    Consent.GIVEN.value: "已同意",
    Consent.WITHDRAWN.value: "已拒绝",
    Consent.UNKNOWN.value: "未知",
}


def _age(known: Known) -> int | None:
    return known.facts.age_on(known.today)


def _held(known: Known) -> int:
    return len(known.facts.holdings)


_FIELDS: Final = (
    Field("tier", FieldType.WORD, "客户等级", lambda known: known.facts.tier or None),
    Field("aum_band", FieldType.NUMBER, "资产档位", lambda known: known.facts.aum_band, is_sensitive=True),
    Field("holdings", FieldType.WORDS, "持有产品", lambda known: known.facts.holdings, is_sensitive=True),
    Field("holdings_count", FieldType.NUMBER, "持有产品数", _held, is_sensitive=True),
    Field("labels", FieldType.WORDS, "行内标签", lambda known: known.facts.labels),
    Field("tags", FieldType.WORDS, "企业标签", lambda known: without_heard(known.tags)),
    Field("heard", FieldType.WORDS, "聊天中表达的需求", lambda known: heard_among(known.tags)),
    Field("activity", FieldType.WORD, "活跃度", lambda known: known.facts.activity, _ACTIVITIES),
    Field("long_tail", FieldType.FLAG, "长尾客户", lambda known: known.facts.is_long_tail),
    Field("pool", FieldType.WORD, "客户池", lambda known: known.facts.pool or None),
    Field("risk_class", FieldType.NUMBER, "风险承受等级", lambda known: known.facts.risk_class, is_sensitive=True),
    Field("assessed_on", FieldType.DAY, "风险评估日", lambda known: known.facts.assessed_on, is_sensitive=True),
    Field("age", FieldType.NUMBER, "年龄", _age, is_sensitive=True),
    Field("consent", FieldType.WORD, "营销同意", lambda known: known.facts.consent, _CONSENTS),
)
FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in _FIELDS}
