"""A callback with a welcome code becomes an arrival (docs/wecom.md 3.1)."""

from collections.abc import Callable

from scrm import ids
from scrm.runtime.messages import CallbackReceived
from scrm.welcome.greeting import Answer
from scrm.welcome.model import Arrival


class WelcomeIntake:
    """Use case: what the welcome queue brings. The fields are read as they are, no event class is loaded for them."""

    def __init__(self, greet: Callable[[Arrival], Answer]) -> None:
        self._greet = greet

    def take_body(self, body: str) -> Answer:
        """Raises ValidationError for a message that is no callback."""
        told = CallbackReceived.model_validate_json(body)
        fields = {name: value for name, value in told.fields.items() if isinstance(value, str)}
        names = ("UserID", "ExternalUserID", "State", "WelcomeCode")
        userid, customer, state, code = (fields.get(name, "") for name in names)
        return self._greet(Arrival(ids.fold_userid(userid), customer, state, told.occurred_at, code))
