"""Attribution ledgers as documents of the data bucket, each written for one version.

``uplift/ledger/<month>/<6 digits>/figures.json`` by campaign, ``members-<branch>.json`` by member of a branch,
``rows-<campaign>.jsonl`` the largest changes of single customers. The figures are written last.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Protocol

from scrm import clock
from scrm.node_paths import branch_of
from scrm.uplift.ledger import Credit, Ledger, Windows
from scrm.uplift.ledgers import LedgerInputs

PREFIX: Final = "uplift/ledger"
SCHEMA_VERSION: Final = 1
_FIGURES: Final = "figures.json"
_JSON: Final = "application/json"
_JSON_LINES: Final = "application/x-ndjson"


class Documents(Protocol):
    """The data bucket, as far as ledgers need it."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool: ...

    def sizes_below(self, prefix: str) -> Iterator[tuple[str, int]]: ...


class BucketLedgers:
    """Implements `scrm.uplift.ledgers.LedgerDocuments`, and reads for operators."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def latest(self, month: str) -> tuple[int, LedgerInputs] | None:
        number = self.latest_version(month)
        if number is None:
            return None
        told = self.figures(month, number)["inputs"]
        windows = told["windows"]
        return number, LedgerInputs(
            customers=told["customers"],
            months=told["months"],
            touches=tuple(told["touches"]),
            holdings=told["holdings"],
            windows=Windows(windows["usual"], windows["by_kpi"], windows["by_product"]),
            relations=told.get("relations", ""),
        )

    def latest_version(self, month: str) -> int | None:
        found = [
            int(key.split("/")[-2])
            for key, _ in self._documents.sizes_below(f"{PREFIX}/{month}/")
            if key.endswith(f"/{_FIGURES}")
        ]
        return max(found, default=None)

    def keep(
        self,
        month: str,
        version: int,
        inputs: LedgerInputs,
        ledger: Ledger,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        at: datetime,
    ) -> None:
        for campaign_id, of_campaign in rows.items():
            body = b"".join(_dumped(row) + b"\n" for row in of_campaign)
            self._documents.put(_key(month, version, f"rows-{campaign_id}.jsonl"), body, _JSON_LINES)
        for branch, of_branch in _by_branch(ledger.by_member).items():
            content = [asdict(one) for one in of_branch]
            self._documents.put(_key(month, version, f"members-{branch}.json"), _dumped(content), _JSON)
        figures = {
            "schema_version": SCHEMA_VERSION,
            "month": month,
            "version": version,
            "made_at": clock.to_iso(at),
            "inputs": asdict(inputs),
            "credits": [asdict(one) for one in ledger.by_campaign],
        }
        self._documents.put(_key(month, version, _FIGURES), _dumped(figures), _JSON)

    def figures(self, month: str, version: int) -> Mapping[str, Any]:
        """Raises LookupError when there is no such version."""
        body = self._documents.get(_key(month, version, _FIGURES))
        if body is None:
            raise LookupError
        found: Mapping[str, Any] = json.loads(body)
        return found

    def members(self, month: str, version: int, branch_id: str) -> Sequence[Mapping[str, Any]]:
        body = self._documents.get(_key(month, version, f"members-{branch_id}.json"))
        found: Sequence[Mapping[str, Any]] = json.loads(body) if body else []
        return found

    def rows(self, month: str, version: int, campaign_id: str) -> Sequence[Mapping[str, Any]]:
        body = self._documents.get(_key(month, version, f"rows-{campaign_id}.jsonl"))
        return [json.loads(line) for line in (body or b"").splitlines()]


def _by_branch(credited: Sequence[Credit]) -> dict[str, list[Credit]]:
    found: dict[str, list[Credit]] = {}
    for one in credited:
        found.setdefault(branch_of(one.node), []).append(one)
    return found


def _key(month: str, version: int, name: str) -> str:
    return f"{PREFIX}/{month}/{version:06d}/{name}"


def _dumped(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
