"""What can be wrong about targets. The texts are for the operator."""


class TargetError(Exception):
    """Base of the family."""


class InvalidPlanError(TargetError):
    """A figure of a plan is impossible. ``field``: which one, as the request names it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
