"""A bank's settings as the code reads them: typed, defaults for what nobody set, kept for a minute (design 11)."""

import copy
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from scrm import clock
from scrm.settings.errors import InvalidSettingsError, field_of
from scrm.settings.ports import SettingsStore

KEPT_FOR: Final = timedelta(seconds=60)
_UNKNOWN_FIELD: Final = "extra_forbidden"


class SettingsReader[Settings: BaseModel]:
    """The settings of one topic; one reader per process, so that its copy is shared.

    ``model`` has a default for every field and forbids unknown ones (``extra="forbid"``). ``on_invalid`` hears of a
    stored document that does not fit, once per read.
    """

    def __init__(
        self,
        store: SettingsStore,
        topic: str,
        model: type[Settings],
        on_invalid: Callable[[InvalidSettingsError], None],
        now: Callable[[], datetime] = clock.now,
        kept_for: timedelta = KEPT_FOR,
    ) -> None:
        self._kept_for = kept_for
        self._store = store
        self._topic = topic
        self._model = model
        self._on_invalid = on_invalid
        self._now = now
        self._kept: tuple[Settings, datetime] | None = None

    def current(self) -> Settings:
        """What is in force, at most ``kept_for`` old.

        A stored document that does not fit (no API writes one) stops no work: what was read before stays in force, at
        first the defaults.
        """
        now = self._now()
        if self._kept is None or now - self._kept[1] >= self._kept_for:
            self._kept = self._read(), now
        return self._kept[0]

    def _read(self) -> Settings:
        try:
            return self.versioned()[0]
        except InvalidSettingsError as error:
            self._on_invalid(error)
            return self._kept[0] if self._kept else self._model()

    def versioned(self) -> tuple[Settings, int]:
        """What is in force this moment and its version, for those who edit it. Raises InvalidSettingsError."""
        document, version = self._store.read(self._topic)
        return stored_as(self._model, self._topic, document), version


def stored_as[Settings: BaseModel](model: type[Settings], topic: str, document: Mapping[str, Any]) -> Settings:
    """A stored document as ``model``: fields that only a newer release knows are ignored, at any depth.

    Nothing stored is the defaults as the code has them, for which no validator need be built: that is 2 % of a cold
    start. Raises InvalidSettingsError for a known field with a value that does not fit.
    """
    if not document:
        return model.model_construct()
    try:
        return model.model_validate(document)
    except ValidationError as error:
        unknown = [problem["loc"] for problem in error.errors() if problem["type"] == _UNKNOWN_FIELD]
        if not unknown:
            raise _invalid(topic, error) from None
    return given_as(model, topic, _without(document, unknown))


def given_as[Settings: BaseModel](model: type[Settings], topic: str, document: Mapping[str, Any]) -> Settings:
    """A document as somebody gives it: an unknown field is a mistake. Raises InvalidSettingsError."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _invalid(topic, error) from None


def _without(document: Mapping[str, Any], places: Iterable[tuple[int | str, ...]]) -> dict[str, Any]:
    rest = copy.deepcopy(dict(document))
    for place in places:
        parent: Any = rest
        for step in place[:-1]:
            parent = parent[step]
        del parent[place[-1]]
    return rest


def _invalid(topic: str, error: ValidationError) -> InvalidSettingsError:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return InvalidSettingsError(topic, [(field_of(problem["loc"]), problem["msg"]) for problem in found])
