"""Writes ``events/customer_web/*.json`` (``python -m tests.contract.make_page_events``)."""

import json
from pathlib import Path
from typing import Any

from tests.admin_api import AT
from tests.customer_page import page_event, token_until
from tests.fakes.consent import Answers

FOLDER = Path(__file__).parents[2] / "events" / "customer_web"
CUSTOMER = "wmEXAMPLE0000000000000000000001"
_LAST_DAY_OF_ALL = 65_535  # in 2149: the samples stay good
_IN_2024 = 20_000


def samples() -> dict[str, dict[str, Any]]:
    """By name: what a customer's browser, a messenger's preview and somebody with half a link ask for."""
    answers = Answers(AT)
    good, ended = (token_until(answers, CUSTOMER, day) for day in (_LAST_DAY_OF_ALL, _IN_2024))
    other = "a" if good[-20] != "a" else "b"
    return {
        "open_page": page_event("GET", good),
        "opt_out": page_event("POST", good, "answer=opted_out&confirm=1"),
        "consent": page_event("POST", good, "answer=consented&confirm=1"),
        "consent_not_confirmed": page_event("POST", good, "answer=consented"),
        "open_ended_link": page_event("GET", ended),
        "open_changed_link": page_event("GET", f"{good[:-20]}{other}{good[-19:]}"),
    }


def rendered() -> dict[str, str]:
    return {name: json.dumps(event, indent=2, ensure_ascii=False) + "\n" for name, event in samples().items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
