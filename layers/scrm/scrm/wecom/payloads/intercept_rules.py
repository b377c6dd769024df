"""What rules of sensitive words answer (docs/wecom.md 17)."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from scrm.wecom.payloads.base import Items, Payload, Text


def _id(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


type RuleId = Annotated[str, BeforeValidator(_id)]
"""A text; the sample of a page shows a number."""


class AddedRule(Payload):
    rule_id: RuleId


class RuleRow(Payload):
    rule_id: RuleId
    rule_name: Text = ""


class RuleRange(Payload):
    """Cut down to what the app sees."""

    user_list: Items[str] = ()
    department_list: Items[int] = ()


class ExtraRule(Payload):
    semantics_list: Items[int] = ()


class RuleDetails(Payload):
    """``semantics_list`` stands in one of two places: the page and its sample contradict each other."""

    rule_id: RuleId
    rule_name: Text = ""
    word_list: Items[str] = ()
    semantics_list: Items[int] = ()
    extra_rule: ExtraRule = Field(default_factory=ExtraRule)
    intercept_type: int = 0
    applicable_range: RuleRange = Field(default_factory=RuleRange)

    @property
    def semantics(self) -> tuple[int, ...]:
        return self.semantics_list or self.extra_rule.semantics_list
