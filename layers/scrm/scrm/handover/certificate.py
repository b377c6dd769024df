"""The proof of a handover: every edge, every attempt, the evidence, and totals that add up (O1, S62).

A certificate is a function of the case and its chunks as they are stored: whoever writes it again writes the same
bytes. It holds ids, and the names of personal tags, which nobody can carry over: whoever took the customer over reads
here what they were. Both documents come piece by piece, so their size does not matter.
"""

import csv
import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from scrm import clock
from scrm.handover.edges import Attempt, Chunk, ChunkKind, Edge, EdgeState, totals
from scrm.handover.model import Certificate, HandoverCase, PlanReview
from scrm.handover.parts import PackageStore, left_behind
from scrm.handover.ports import CertificateDocuments
from scrm.spreadsheets import harmless

SCHEMA_VERSION: Final = 1
PREFIX: Final = "handover/certificates"
_EDGES_PER_PIECE = 500
_COLUMNS: Final = (
    "kind",
    "target_id",
    "state",
    "cause",
    "errcode",
    "owner_userid",
    "due_at",
    "updated_at",
    "reason",
    "attempt",
    "takeover_userid",
    "api",
    "called_at",
    "attempt_errcode",
    "outcome",
    "decided_at",
    "personal_tags",
)

type Tags = Mapping[str, Sequence[str]]
"""Names of the leaver's personal tags, by customer."""


class CertificateFormat(StrEnum):
    """JSON for programs, CSV for people and their spreadsheets: the same edges and attempts."""

    JSON = "json"
    CSV = "csv"

    @property
    def content_type(self) -> str:
        return "application/json" if self is CertificateFormat.JSON else "text/csv; charset=utf-8"


class TotalsDisagreeError(Exception):
    """The states of a case do not add up to its edges: no certificate is issued, and the case does not close."""


@dataclass(frozen=True, slots=True)
class Certification:
    """Use case: store the certificate of a case at its end. ``packages`` knows the tags that could not be carried."""

    documents: CertificateDocuments
    packages: PackageStore

    def issue(self, case: HandoverCase, chunks: Sequence[Chunk]) -> HandoverCase:
        """The case with its next certificate, whose documents are stored. ``case`` and ``chunks`` are what is stored.

        The documents' key holds their hash, so that no run that was late can put other bytes in their place.
        Raises TotalsDisagreeError.
        """
        found = _in_order(chunks)
        tags = self._personal_tags(case, chunks)
        number = len(case.certificates) + 1
        json_sha256 = digest_of(json_pieces(case, found, number, tags))
        key = f"{PREFIX}/{case.case_id}/{number:04d}-{json_sha256[:16]}"
        csv_sha256 = digest_of(csv_pieces(found, tags))
        self.documents.write(document_key(key, CertificateFormat.JSON), json_pieces(case, found, number, tags))
        self.documents.write(document_key(key, CertificateFormat.CSV), csv_pieces(found, tags))
        issued_at = case.closed_at or case.opened_at
        customers, groups = (sum(of is kind for of, _ in found) for kind in ChunkKind)
        issued = Certificate(number, issued_at, key, json_sha256, csv_sha256, customers, groups)
        return replace(case, certificates=(*case.certificates, issued))

    def _personal_tags(self, case: HandoverCase, chunks: Sequence[Chunk]) -> Tags:
        """By customer who has some, one package after the other."""
        mine: dict[str, set[str]] = defaultdict(set)
        for chunk in chunks:
            if chunk.package:
                mine[chunk.package].update(edge.target_id for edge in chunk.edges)
        found: dict[str, tuple[str, ...]] = {}
        for package, customers in sorted(mine.items()):
            contents = left_behind(self.packages.get(case.case_id, package))
            found |= {customer: tags for customer, tags in contents.items() if customer in customers}
        return found


def document_key(key: str, form: CertificateFormat) -> str:
    """Where the document lies in the data bucket."""
    return f"{key}.{form.value}"


def digest_of(pieces: Iterable[bytes]) -> str:
    """SHA-256, in hex."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def problems_of(certificate: Certificate, documents: CertificateDocuments) -> list[str]:
    """What is wrong with a stored certificate, in sentences; nothing when both documents are whole and add up.

    Reads both again: their bytes are those whose hash the table holds, and the totals are those of the edges.
    """
    found: list[str] = []
    for form, expected in (
        (CertificateFormat.JSON, certificate.json_sha256),
        (CertificateFormat.CSV, certificate.csv_sha256),
    ):
        lines = documents.lines(document_key(certificate.key, form))
        if lines is None:
            found.append(f"The {form.value} document is missing.")
        elif digest_of(lines) != expected:
            found.append(f"The {form.value} document is not the one whose hash was stored.")
    if not found:
        lines = documents.lines(document_key(certificate.key, CertificateFormat.JSON))
        found += _disagreements(certificate, lines or ())
    return found


def json_pieces(
    case: HandoverCase, edges: Sequence[tuple[ChunkKind, Edge]], number: int, tags: Tags
) -> Iterator[bytes]:
    """The document: what the case is in the first line, then an edge a line. Raises TotalsDisagreeError."""
    head = json.dumps(_head(case, edges, number), ensure_ascii=False, separators=(",", ":"))
    yield f'{head[:-1]},"edges":[\n'.encode()
    for start in range(0, len(edges), _EDGES_PER_PIECE):
        part = edges[start : start + _EDGES_PER_PIECE]
        text = ",\n".join(json.dumps(_edge(*each, tags), ensure_ascii=False, separators=(",", ":")) for each in part)
        yield f"{text}{',' if start + len(part) < len(edges) else ''}\n".encode()
    yield b"]}\n"


def csv_pieces(edges: Sequence[tuple[ChunkKind, Edge]], tags: Tags) -> Iterator[bytes]:
    """A row an attempt, and one for an edge that nothing was tried for; begins with a byte order mark for Excel."""
    yield f"\N{BYTE ORDER MARK}{','.join(_COLUMNS)}\r\n".encode()
    for start in range(0, len(edges), _EDGES_PER_PIECE):
        text = io.StringIO()
        csv.writer(text).writerows(
            row for each in edges[start : start + _EDGES_PER_PIECE] for row in _rows(*each, tags)
        )
        yield text.getvalue().encode()


def _in_order(chunks: Sequence[Chunk]) -> list[tuple[ChunkKind, Edge]]:
    """By kind and id: in which chunk an edge happens to lie is nobody's business."""
    found = [(chunk.kind, edge) for chunk in chunks for edge in chunk.edges]
    for kind in ChunkKind:
        ids = {edge.target_id for of, edge in found if of is kind}
        if len(ids) != totals(chunks, kind)["total"]:
            raise TotalsDisagreeError(f"the edges of the case, {kind.value}, are not each there once")
    return sorted(found, key=lambda each: (each[0].value, each[1].target_id))


def _head(case: HandoverCase, edges: Sequence[tuple[ChunkKind, Edge]], number: int) -> Mapping[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "case_id": case.case_id,
        "number": number,
        "corp_id": case.corp_id,
        "change": case.change.value,
        "handover_userid": case.handover_userid,
        "node_id": case.node_id,
        "node_path": case.node_path,
        "opened_at": clock.to_iso(case.opened_at),
        "planned_at": _iso(case.planned_at),
        "last_day": case.last_day.isoformat() if case.last_day else None,
        "account_deleted_at": _iso(case.account_deleted_at),
        "cancelled_at": _iso(case.cancelled_at),
        "closed_at": _iso(case.closed_at),
        "outcome": case.outcome.value if case.outcome else None,
        "close_reason": case.close_reason,
        "signals": [
            {
                "source": signal.source.value,
                "kind": signal.kind,
                "event_id": signal.event_id,
                "occurred_at": clock.to_iso(signal.occurred_at),
                "note": signal.note,
            }
            for signal in case.signals
        ],
        "requested_successors": list(case.requested_successors),
        "unusable": dict(sorted(case.unusable.items())),
        "plan_made_by": case.plan_made_by,
        "plan_review": _review(case.review) if case.review else None,
        "package": dict(sorted(case.package.items())),
        "package_checksum": case.package_checksum,
        "lost_ids": list(case.lost_ids),
        "takers": _takers(edges),
        "totals": {kind.value: _totals(edges, kind) for kind in ChunkKind},
    }


def _review(review: PlanReview) -> dict[str, Any]:
    return {
        "by": review.by,
        "at": clock.to_iso(review.at),
        "checksum": review.checksum,
        "customers": review.customers,
        "approved": review.approved,
        "reason": review.reason,
    }


def _totals(edges: Iterable[tuple[ChunkKind, Edge]], kind: ChunkKind) -> dict[str, int]:
    counted = Counter(edge.state.value for of, edge in edges if of is kind)
    return {"total": counted.total(), **dict(sorted(counted.items()))}


def _takers(edges: Iterable[tuple[ChunkKind, Edge]]) -> list[dict[str, Any]]:
    """Who has how many now."""
    done = Counter(
        (edge.attempts[-1].takeover_userid, kind)
        for kind, edge in edges
        if edge.state is EdgeState.DONE and edge.attempts
    )
    userids = sorted({userid for userid, _ in done})
    return [{"userid": userid, **{kind.value: done[userid, kind] for kind in ChunkKind}} for userid in userids]


def _edge(kind: ChunkKind, edge: Edge, tags: Tags) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "target_id": edge.target_id,
        "state": edge.state.value,
        "cause": edge.cause,
        "errcode": edge.errcode,
        "owner_userid": edge.owner_userid,
        "due_at": _iso(edge.due_at),
        "updated_at": _iso(edge.updated_at),
        "reason": edge.reason,
        "attempts": [_attempt(attempt) for attempt in edge.attempts],
        "personal_tags": list(tags.get(edge.target_id, ())),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "takeover_userid": attempt.takeover_userid,
        "api": attempt.api.value,
        "called_at": clock.to_iso(attempt.called_at),
        "errcode": attempt.errcode,
        "outcome": attempt.outcome.value,
        "decided_at": _iso(attempt.decided_at),
    }


def _rows(kind: ChunkKind, edge: Edge, tags: Tags) -> Iterator[list[Any]]:
    of_edge = _edge(kind, edge, tags)
    attempts, names = of_edge.pop("attempts"), harmless("; ".join(of_edge.pop("personal_tags")))
    if not attempts:
        yield [*of_edge.values(), 0] + [None] * (len(_COLUMNS) - len(of_edge) - 2) + [names]
    for place, attempt in enumerate(attempts, 1):
        yield [*of_edge.values(), place, *attempt.values(), names]


def _disagreements(certificate: Certificate, lines: Iterable[bytes]) -> Iterator[str]:
    """Reads the JSON document line by line: its totals against its edges and against what the table says."""
    rows = iter(lines)
    head = json.loads(next(rows) + b"]}")
    counted: dict[str, Counter[str]] = {kind.value: Counter() for kind in ChunkKind}
    for line in rows:
        if line.startswith(b"{"):
            edge = json.loads(line.rstrip(b",\n"))
            counted[edge["kind"]][edge["state"]] += 1
    for kind, expected in ((ChunkKind.CUSTOMERS, certificate.customers), (ChunkKind.GROUPS, certificate.groups)):
        stated, found = dict(head["totals"][kind.value]), counted[kind.value]
        if stated.pop("total") != expected or found.total() != expected or stated != found:
            yield f"The totals of the {kind.value} are not those of its edges."


def _iso(moment: datetime | None) -> str | None:
    return clock.to_iso(moment) if moment else None
