"""Files of the media library, in the content library's table.

===================  ================  ==================================================================
pk                   sk                item
===================  ================  ==================================================================
``ASSET#<id>``       ``ASSET``         what the file is, and whether it was checked
``ASSET#<id>``       ``LENT#<use>``    its media id at WeCom for one use, and when that began
===================  ================  ==================================================================

What is needed longer than its id lives is found by the time of its upload in ``by_bank`` (``bank_pk``, ``LENT``).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from scrm import clock
from scrm.aws.table import Condition, Item, Table
from scrm.content.media import Asset, AssetState, LentMedia, MediaKind, MediaUse

SCHEMA_VERSION: Final = 1
_LENT: Final = "LENT"


class DynamoAssets:
    """Implements `scrm.content.media.AssetRepository`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def assets(self, asset_ids: Iterable[str]) -> Mapping[str, Asset]:
        items = self._table.get_many([_asset_key(asset_id) for asset_id in dict.fromkeys(asset_ids)])
        return {item["asset_id"]: _to_asset(item) for item in items}

    def put(self, asset: Asset) -> None:
        self._table.put(_from_asset(asset))

    def lent(self, asset_id: str, use: MediaUse) -> LentMedia | None:
        item = self._table.get(_lent_key(asset_id, use))
        return _to_lent(asset_id, use, item) if item else None

    def put_lent(self, media: LentMedia) -> None:
        self._table.put(
            {
                **_lent_key(media.asset_id, media.use),
                "schema_version": SCHEMA_VERSION,
                "asset_id": media.asset_id,
                "use": media.use.value,
                "media_id": media.media_id,
                "uploaded_at": clock.to_iso(media.uploaded_at),
                "needed_until": clock.to_iso(media.needed_until) if media.needed_until else None,
                "bank_pk": _LENT if media.needed_until else None,
                "place": clock.to_iso(media.uploaded_at),
            }
        )

    def needed(self, uploaded_before: datetime) -> Iterator[LentMedia]:
        values = {":lent": _LENT, ":before": clock.to_iso(uploaded_before)}
        for item in self._table.query(Condition("bank_pk = :lent AND place < :before", values), index="by_bank"):
            yield _to_lent(item["asset_id"], MediaUse(item["use"]), item)


def _asset_key(asset_id: str) -> dict[str, str]:
    return {"pk": f"ASSET#{asset_id}", "sk": "ASSET"}


def _lent_key(asset_id: str, use: MediaUse) -> dict[str, str]:
    return {"pk": f"ASSET#{asset_id}", "sk": f"LENT#{use.value}"}


def _to_lent(asset_id: str, use: MediaUse, item: Mapping[str, Any]) -> LentMedia:
    needed_until = clock.from_iso(item["needed_until"]) if "needed_until" in item else None
    return LentMedia(asset_id, use, item["media_id"], clock.from_iso(item["uploaded_at"]), needed_until)


def _from_asset(asset: Asset) -> Item:
    return {
        **_asset_key(asset.asset_id),
        "schema_version": SCHEMA_VERSION,
        "asset_id": asset.asset_id,
        "kind": asset.kind.value,
        "file_name": asset.file_name,
        "size": asset.size,
        "sha256": asset.sha256,
        "node_id": asset.node_id,
        "node_path": asset.node_path,
        "made_by": asset.made_by,
        "made_at": clock.to_iso(asset.made_at),
        "state": asset.state.value,
    }


def _to_asset(item: Mapping[str, Any]) -> Asset:
    return Asset(
        asset_id=item["asset_id"],
        kind=MediaKind(item["kind"]),
        file_name=item["file_name"],
        size=item["size"],
        sha256=item["sha256"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        made_by=item["made_by"],
        made_at=clock.from_iso(item["made_at"]),
        state=AssetState(item["state"]),
    )
