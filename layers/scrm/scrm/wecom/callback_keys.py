"""The callback keys of a corp's apps, cached between invocations and read again when they were rotated."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from scrm.wecom.callback import CallbackKey
from scrm.wecom.crypto import MessageSeal

_MAX_AGE = timedelta(hours=1)
_REFRESH_PAUSE = timedelta(minutes=1)


class CachedCallbackKeys:
    """Implements `CallbackKeys` on ``{app: {"token", "encoding_aes_key", "previous": {"token", "encoding_aes_key"}}}``.

    Keys are read when first needed, once an hour, and after a refusal at most once a minute, so that forged requests
    cannot make the function hammer its secret store. When a later reading fails with one of ``retain_on``, ``report``
    is told and the known keys stay in use for a minute more; the first reading must succeed.
    """

    def __init__(
        self,
        corp_id: str,
        read: Callable[[], Mapping[str, Mapping[str, Any]]],
        retain_on: tuple[type[Exception], ...] = (),
        report: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._corp_id = corp_id
        self._read = read
        self._retain_on = retain_on
        self._report = report
        self._keys: dict[str, tuple[CallbackKey, ...]] | None = None
        self._read_at = self._due_at = datetime.min.replace(tzinfo=UTC)

    def of(self, app: str, now: datetime) -> Sequence[CallbackKey]:
        if self._keys is None:
            self._keys = self._load(now)
        elif now >= self._due_at:
            self._keys = self._reload(self._keys, now)
        return self._keys.get(app, ())

    def refresh(self, now: datetime) -> bool:
        if self._keys is None or now - self._read_at < _REFRESH_PAUSE:
            return False
        self._keys = self._reload(self._keys, now)
        return True

    def _load(self, now: datetime) -> dict[str, tuple[CallbackKey, ...]]:
        self._read_at = now
        self._due_at = now + _MAX_AGE
        return {app: tuple(self._rotation(secret)) for app, secret in self._read().items()}

    def _reload(self, known: dict[str, tuple[CallbackKey, ...]], now: datetime) -> dict[str, tuple[CallbackKey, ...]]:
        try:
            return self._load(now)
        except self._retain_on as error:
            self._report(error)
            self._due_at = now + _REFRESH_PAUSE
            return known

    def _rotation(self, secret: Mapping[str, Any]) -> list[CallbackKey]:
        generations = [secret, secret["previous"]] if secret.get("previous") else [secret]
        return [CallbackKey(key["token"], MessageSeal(key["encoding_aes_key"], self._corp_id)) for key in generations]
