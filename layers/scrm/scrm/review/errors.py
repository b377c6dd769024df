"""What can go wrong with review cases."""


class ReviewError(Exception):
    """Base of the family."""


class UnknownReviewCaseError(ReviewError):
    """No case of this desk has the id."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"there is no review case {case_id} at your desk; list the cases again")


class ReviewNotAllowedError(ReviewError):
    """The case is not in a state for this, or not with this person; the text says what to do."""


class StaleReviewCaseError(ReviewError):
    """Somebody else wrote the case in between."""

    def __init__(self) -> None:
        super().__init__("the case was changed in between: read it again, then repeat")


class CaseChangedError(ReviewError):
    """The case is not as the person saw it who wants to change it."""

    def __init__(self) -> None:
        super().__init__("the case was changed since you read it: read it again, then decide")
