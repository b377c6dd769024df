"""What members do with what they are asked to send: now, later, in part, when reminded, or never.

Scripted member by member, or by seeded percentages. The same script serves mass messages and moments.
"""

from dataclasses import dataclass, field
from typing import Literal

from local.simulator.decisions import percent_of

HOUR, DAY = 3_600, 86_400
_ALL = 100.0
type Upon = Literal["creation", "reminder"]


@dataclass(slots=True, kw_only=True)
class ScriptedConfirmation:
    """``confirms`` False: never. ``after_seconds`` count from the creation or from the first reminder.

    ``share_percent`` of the recipients are sent to, the others stay unsent for good. The member's client tells of it
    ``told_after_seconds`` later than it happened, as one without network does.
    """

    confirms: bool = True
    upon: Upon = "creation"
    after_seconds: int = HOUR
    share_percent: float = _ALL
    told_after_seconds: int = 0


NEVER = ScriptedConfirmation(confirms=False)


@dataclass(slots=True, kw_only=True)
class ConfirmationScript:
    """Percentages of the members not named in ``by_member``; what is left of 100 never confirms.

    A list in ``by_member`` is for the first, the second, and so on, thing that the member is asked to send; the last
    one stays.
    """

    prompt_percent: float = 0.0
    prompt_seconds: int = HOUR
    late_percent: float = 0.0
    late_seconds: int = 2 * DAY
    partly_percent: float = 0.0
    partly_share: float = 50.0
    seed: int = 0
    by_member: dict[str, ScriptedConfirmation | list[ScriptedConfirmation]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_member = {userid.lower(): scripted for userid, scripted in self.by_member.items()}

    def plan(self, userid: str, task_no: int) -> ScriptedConfirmation:
        """The same for the same seed, member (in any case) and number of the task, which begins at 1."""
        if scripted := self.by_member.get(userid.lower()):
            in_turn = scripted if isinstance(scripted, list) else [scripted]
            return in_turn[min(task_no, len(in_turn)) - 1]
        drawn = percent_of(self.seed, userid.lower(), str(task_no), "confirms")
        if drawn < self.prompt_percent:
            return ScriptedConfirmation(after_seconds=self.prompt_seconds)
        if drawn < self.prompt_percent + self.late_percent:
            return ScriptedConfirmation(after_seconds=self.late_seconds)
        if drawn < self.prompt_percent + self.late_percent + self.partly_percent:
            return ScriptedConfirmation(after_seconds=self.prompt_seconds, share_percent=self.partly_share)
        return NEVER


def is_in_share(userid: str, target_id: str, share_percent: float) -> bool:
    """Whether a member who confirms for a part of the recipients sends to this one; the same at every call."""
    return share_percent >= _ALL or percent_of(0, userid.lower(), target_id, "share") < share_percent
