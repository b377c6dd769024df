"""Judgements as lines of JSON: what is stored, shown to people, and judged again later with the same outcome."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from scrm import clock
from scrm.adds.model import Add, Answer, Company, Evidence, Finding, Judgement, Rule, State

SCHEMA_VERSION: Final = 1


def to_line(judgement: Judgement) -> bytes:
    """One line with its end; the same judgement gives the same bytes."""
    add = judgement.evidence.add
    line = {
        "schema_version": SCHEMA_VERSION,
        "add_id": add.add_id,
        "state": judgement.state.value,
        "rules_version": judgement.rules_version,
        "judged_on": judgement.judged_on.isoformat(),
        "on_appeal": judgement.on_appeal,
        "findings": [
            {"rule": each.rule.value, "answer": each.answer.value, "saw": dict(each.saw)} for each in judgement.findings
        ],
        "add": {
            **asdict(add),
            "added_at": clock.to_iso(add.added_at),
            "lost_at": clock.to_iso(add.lost_at) if add.lost_at else None,
        },
        "usual_tenths": judgement.evidence.usual_tenths,
        "on_day": asdict(judgement.evidence.on_day),
        "of_month": asdict(judgement.evidence.of_month),
    }
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def from_line(text: bytes) -> Judgement:
    line = json.loads(text)
    findings = tuple(Finding(Rule(each["rule"]), Answer(each["answer"]), each["saw"]) for each in line["findings"])
    evidence = Evidence(_add(line["add"]), line["usual_tenths"], Company(**line["on_day"]), Company(**line["of_month"]))
    return Judgement(
        evidence,
        State(line["state"]),
        findings,
        line["rules_version"],
        date.fromisoformat(line["judged_on"]),
        line.get("on_appeal", False),
    )


def _add(told: Mapping[str, Any]) -> Add:
    lost_at = told["lost_at"]
    return Add(
        **{
            **told,
            "added_at": clock.from_iso(told["added_at"]),
            "lost_at": clock.from_iso(lost_at) if lost_at else None,
        }
    )
