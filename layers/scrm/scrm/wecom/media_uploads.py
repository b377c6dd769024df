"""Files lent to WeCom: the media library's port on the typed client."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from scrm import clock
from scrm.content.media import Asset, AssetRefusedError, LentMedia, MediaPostponedError, MediaUse
from scrm.wecom import errors as wecom
from scrm.wecom.api.call import UploadFile
from scrm.wecom.client import WecomClient

_TRY_AGAIN_AFTER: Final = timedelta(minutes=1)


class WecomMedia:
    """Implements `scrm.content.media.MediaUploader`. Uploading again is harmless: the older id stays good."""

    def __init__(self, client: WecomClient, now: Callable[[], datetime] = clock.now) -> None:
        self._client = client
        self._now = now

    def upload(self, asset: Asset, use: MediaUse, content: bytes) -> LentMedia:
        """``uploaded_at`` is before the call, so that the id is never taken for younger than it is."""
        at, file = self._now(), UploadFile(asset.file_name, content)
        media = self._client.media
        send = media.upload if use is MediaUse.MESSAGE else media.upload_for_moments
        try:
            return LentMedia(asset.asset_id, use, send(asset.kind.value, file).media_id, at)
        except (wecom.CallPostponedError, wecom.RateLimitedError) as error:
            raise MediaPostponedError(error.not_before) from error
        except (wecom.InvalidRequestError, wecom.PermissionDeniedError) as error:
            raise AssetRefusedError(f"WeCom refused the file with errcode {error.errcode}") from error
        except wecom.WecomError as error:
            raise MediaPostponedError(at + _TRY_AGAIN_AFTER) from error
