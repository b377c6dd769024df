"""Terms of plans and the headcounts they were split by, as documents of the data bucket.

``targets/terms/<plan>/<sha256>.json`` and ``targets/splits/<plan>/<version>/<node>.json``; neither is ever overwritten.
Fractions are written as ``4/5``. A first month is written only where the programme does not begin in January, or a
branch not with the bank, so that terms of before keep their checksum.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final

from scrm.aws.documents import DocumentMissingError, DocumentStore
from scrm.targets.planner import BranchShare, Conversion
from scrm.targets.plans import Baseline, PlanTerms

_JSON: Final = "application/json"


class TermsChangedError(Exception):
    """The stored terms are not those that were approved; the key is named. This is tampering until shown otherwise."""


class BucketPlanDocuments:
    """Implements `scrm.targets.plans.PlanDocuments`."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def keep_terms(self, plan_id: str, terms: PlanTerms) -> str:
        body = _written(terms)
        sha256 = hashlib.sha256(body).hexdigest()
        self._documents.put(_terms_key(plan_id, sha256), body, _JSON, if_absent=True)
        return sha256

    def terms(self, plan_id: str, sha256: str) -> PlanTerms:
        key = _terms_key(plan_id, sha256)
        body = self._documents.get(key)
        if body is None:
            raise DocumentMissingError(key)
        if hashlib.sha256(body).hexdigest() != sha256:
            raise TermsChangedError(key)
        return _read(json.loads(body))

    def keep_headcount(self, plan_id: str, version: int, node_id: str, weights: Mapping[str, int]) -> Mapping[str, int]:
        body = _dumped(dict(weights))
        if self._documents.put(_split_key(plan_id, version, node_id), body, _JSON, if_absent=True):
            return weights
        return self.headcount(plan_id, version, node_id) or weights

    def headcount(self, plan_id: str, version: int, node_id: str) -> Mapping[str, int] | None:
        body = self._documents.get(_split_key(plan_id, version, node_id))
        if body is None:
            return None
        weights: dict[str, int] = json.loads(body)
        return weights


def _terms_key(plan_id: str, sha256: str) -> str:
    return f"targets/terms/{plan_id}/{sha256}.json"


def _split_key(plan_id: str, version: int, node_id: str) -> str:
    return f"targets/splits/{plan_id}/{version}/{node_id}.json"


def _dumped(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _written(terms: PlanTerms) -> bytes:
    baseline = terms.baseline
    return _dumped(
        {
            "schema_version": 1,
            "kpi": terms.kpi,
            "year": terms.year,
            "outcome": terms.outcome,
            "baseline": {"value": baseline.value, "as_of": baseline.as_of.isoformat(), "source": baseline.source},
            "conversion": _conversion(terms.conversion),
            "season": terms.season,
            "shares": [_share(share) for share in terms.shares],
        }
        | ({"first_month": terms.first_month} if terms.first_month > 1 else {})
    )


def _share(share: BranchShare) -> list[Any]:
    own = _conversion(share.conversion) if share.conversion else None
    return [share.node_id, share.weight, own, *([share.first_month] if share.first_month else [])]


def _conversion(conversion: Conversion) -> dict[str, Any]:
    return {
        "uplift_per_valid_add": str(conversion.uplift_per_valid_add),
        "valid_per_added": str(conversion.valid_per_added),
        "added_per_reached": str(conversion.added_per_reached),
        "reached_per_rm": str(conversion.reached_per_rm),
        "ramp": [str(share) for share in conversion.ramp],
    }


def _read(content: Mapping[str, Any]) -> PlanTerms:
    baseline = content["baseline"]
    return PlanTerms(
        kpi=content["kpi"],
        year=content["year"],
        outcome=content["outcome"],
        baseline=Baseline(baseline["value"], date.fromisoformat(baseline["as_of"]), baseline["source"]),
        conversion=_to_conversion(content["conversion"]),
        season=tuple(content["season"]),
        shares=tuple(
            BranchShare(node_id, weight, _to_conversion(own) if own else None, *first_month)
            for node_id, weight, own, *first_month in content["shares"]
        ),
        first_month=content.get("first_month", 1),
    )


def _to_conversion(content: Mapping[str, Any]) -> Conversion:
    return Conversion(
        uplift_per_valid_add=Fraction(content["uplift_per_valid_add"]),
        valid_per_added=Fraction(content["valid_per_added"]),
        added_per_reached=Fraction(content["added_per_reached"]),
        reached_per_rm=Fraction(content["reached_per_rm"]),
        ramp=tuple(Fraction(share) for share in content["ramp"]),
    )
