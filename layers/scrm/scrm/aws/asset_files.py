"""Files that content shows, in the data bucket under ``content/media/``."""

from typing import Final

from scrm.aws.documents import DocumentStore
from scrm.content.media import Asset

# Long enough for 20 MB over a slow line, too short to be passed on.
LINK_VALID_S: Final = 900


class BucketAssets:
    """Implements `scrm.content.media.AssetFiles`."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def upload_link(self, asset: Asset) -> str:
        """A signed URL for `LINK_VALID_S`. What is put there later is noticed by its hash."""
        return self._store.upload_link(_key(asset), asset.size, LINK_VALID_S)

    def read(self, asset: Asset, most: int) -> bytes | None:
        return self._store.beginning(_key(asset), most + 1)


def _key(asset: Asset) -> str:
    return f"content/media/{asset.asset_id}"
