"""What a customer reads when WeCom moves him on the job: the approved text of the branch (S54, S62)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Greeting:
    """An approved text of at most 200 characters. Without ``node_id`` it is the whole bank's."""

    node_id: str
    text: str
    approved_by: str


STANDARD: Final = (
    Greeting(
        node_id="",
        text="您好，因工作安排，您的客户经理已调整，今后由我继续为您服务。如有任何需要，请随时与我联系。",
        approved_by="standard_text",
    ),
)


def greeting_for(greetings: Iterable[Greeting], node_path: str) -> str:
    """The text of the nearest node upward, else the bank's, else none."""
    texts = {greeting.node_id: greeting.text for greeting in greetings}
    upward = reversed([part for part in node_path.split("/") if part])
    return next((texts[node_id] for node_id in (*upward, "") if node_id in texts), "")
