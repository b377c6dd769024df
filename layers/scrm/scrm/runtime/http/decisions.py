"""Carry out a person's decision about a case once per Idempotency-Key."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import BaseModel

from scrm import ids
from scrm.handover.errors import DecisionRefusedError, until_current
from scrm.handover.four_eyes import PendingDecision
from scrm.runtime.http.answers import AnsweredOnce
from scrm.runtime.http.problems import ProblemError


@dataclass(frozen=True, slots=True)
class DecidedOnce:
    """A repeat within a day does nothing. A request that died before its answer was stored is carried out again: what
    it did already is then refused with a sentence, and the case shows it."""

    answers: AnsweredOnce

    def decide(self, subject: str, key: str, request: BaseModel, decide: Callable[[], object]) -> str:
        """The id of the decision that waits for a second person; empty when it is done.

        Raises ProblemError 409 when the decision cannot be carried out, KeyReusedError for another request.
        """

        def carry_out() -> str:
            try:
                found = until_current(decide)
            except DecisionRefusedError as refused:
                raise ProblemError(HTTPStatus.CONFLICT, "decision-refused", str(refused)) from refused
            return json.dumps({"waits": found.decision_id} if isinstance(found, PendingDecision) else {})

        answer = self.answers.answer(ids.derive("decision", subject, key), request.model_dump_json(), carry_out)
        waits: str = json.loads(answer).get("waits", "")
        return waits
