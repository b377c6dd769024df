"""The corp's welcome templates of groups."""

import secrets
from dataclasses import dataclass, field
from typing import Any

_MOST = 100


@dataclass(slots=True, kw_only=True)
class GroupTemplate:
    """``app`` made it and alone may change it; ``blocks`` are as `get` shows them."""

    template_id: str
    app: str
    blocks: dict[str, Any]


@dataclass(slots=True)
class GroupTemplateBook:
    by_id: dict[str, GroupTemplate] = field(default_factory=dict)

    def add(self, app: str, blocks: dict[str, Any]) -> GroupTemplate | None:
        """None when the corp has no place for another one."""
        if len(self.by_id) >= _MOST:
            return None
        template = GroupTemplate(template_id=f"msgTPL{secrets.token_urlsafe(20)}", app=app, blocks=blocks)
        self.by_id[template.template_id] = template
        return template

    def remove(self, template: GroupTemplate) -> None:
        del self.by_id[template.template_id]
