"""Attribution ledgers as documents of the data bucket, each written for one version.

``uplift/ledger/<month>/<6 digits>/figures.json`` has the bank's by campaign, ``branches.json`` those by branch,
``credits-<branch>.json`` and ``members-<branch>.json`` a branch's by campaign and by member, ``rows-<campaign>.jsonl``
the largest changes of single customers. The figures are written last.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Protocol

from scrm import clock
from scrm.uplift.ledger import BranchCredits, Windows, summed
from scrm.uplift.ledgers import LedgerInputs

PREFIX: Final = "uplift/ledger"
SCHEMA_VERSION: Final = 1
_FIGURES: Final = "figures.json"
_BRANCHES: Final = "branches.json"
_NAMES: Final = ("campaign_id", "activity_id", "content_version", "channel")
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
        branches: Iterable[BranchCredits],
        rows: Iterable[tuple[str, Sequence[Mapping[str, Any]]]],
        at: datetime,
    ) -> None:
        for campaign_id, of_campaign in rows:
            body = b"".join(_dumped(row) + b"\n" for row in of_campaign)
            self._documents.put(_key(month, version, f"rows-{campaign_id}.jsonl"), body, _JSON_LINES)
        of_bank: list[dict[str, Any]] = []
        by_branch: list[dict[str, Any]] = []
        for one in branches:
            of_campaigns = [asdict(credit) for credit in one.by_campaign]
            if one.branch_id:
                members = [asdict(credit) for credit in one.by_member]
                self._documents.put(_key(month, version, f"credits-{one.branch_id}.json"), _dumped(of_campaigns), _JSON)
                self._documents.put(_key(month, version, f"members-{one.branch_id}.json"), _dumped(members), _JSON)
            by_branch += [{**row, "node": one.branch_id} for row in summed(of_campaigns, ())]
            of_bank = summed([*of_bank, *of_campaigns], _NAMES)
        self._documents.put(_key(month, version, _BRANCHES), _dumped(by_branch), _JSON)
        figures = {
            "schema_version": SCHEMA_VERSION,
            "month": month,
            "version": version,
            "made_at": clock.to_iso(at),
            "inputs": asdict(inputs),
            "credits": of_bank,
        }
        self._documents.put(_key(month, version, _FIGURES), _dumped(figures), _JSON)

    def figures(self, month: str, version: int) -> Mapping[str, Any]:
        """Raises LookupError when there is no such version."""
        body = self._documents.get(_key(month, version, _FIGURES))
        if body is None:
            raise LookupError
        found: Mapping[str, Any] = json.loads(body)
        return found

    def by_branch(self, month: str, version: int) -> Sequence[Mapping[str, Any]]:
        """Sums of each branch, in ``node``."""
        return self._listed(month, version, _BRANCHES)

    def of_branch(self, month: str, version: int, branch_id: str) -> Sequence[Mapping[str, Any]]:
        return self._listed(month, version, f"credits-{branch_id}.json")

    def members(self, month: str, version: int, branch_id: str) -> Sequence[Mapping[str, Any]]:
        return self._listed(month, version, f"members-{branch_id}.json")

    def rows(self, month: str, version: int, campaign_id: str) -> Sequence[Mapping[str, Any]]:
        body = self._documents.get(_key(month, version, f"rows-{campaign_id}.jsonl"))
        return [json.loads(line) for line in (body or b"").splitlines()]

    def _listed(self, month: str, version: int, name: str) -> Sequence[Mapping[str, Any]]:
        body = self._documents.get(_key(month, version, name))
        found: Sequence[Mapping[str, Any]] = json.loads(body) if body else []
        return found


def _key(month: str, version: int, name: str) -> str:
    return f"{PREFIX}/{month}/{version:06d}/{name}"


def _dumped(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
