"""A member's userid where one comes in from outside: checked, and folded to lower case (docs/wecom.md 4)."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from scrm import ids

MOST_SUCCESSORS: Final = 100
"""Who may be named as successors of one member at once."""

type Userid = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$"), AfterValidator(ids.fold_userid)
]
