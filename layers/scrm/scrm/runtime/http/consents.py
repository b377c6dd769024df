"""What a customer said about advertising (R1, R18): what stands, how it came about, and what he told an operator."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import AwareDatetime, Field

from scrm import clock, ids
from scrm.consent.consents import ConsentDesk, Consents
from scrm.consent.model import ConsentAnswer, ConsentSource, Statement
from scrm.consent.ports import ConsentBusyError
from scrm.runtime.http.caller import Caller, Role
from scrm.runtime.http.problems import NotAllowedError, ProblemError
from scrm.runtime.http.routing import IdempotencyKey, current_caller, responses, router
from scrm.runtime.http.visible_customers import visible_customer
from scrm.runtime.http.wire import Asked, Reply, Timestamp
from scrm.runtime.observability import count
from scrm.runtime.wiring import admin_api as wiring

CustomerId = Annotated[str, Path(max_length=64, description="The customer's external_userid.")]
_MAY_RECORD = frozenset({Role.HEAD_OFFICE, Role.OPERATOR, Role.COMPLIANCE})


class ConsentStatement(Reply):
    """One answer as it was told. ``by`` is the operator or member who passed it on."""

    answer: ConsentAnswer
    source: ConsentSource
    said_at: Timestamp
    recorded_at: Timestamp
    by: str

    @classmethod
    def of(cls, statement: Statement, recorded_at: datetime) -> Self:
        return cls(
            answer=statement.answer,
            source=statement.source,
            said_at=statement.at,
            recorded_at=recorded_at,
            by=statement.by,
        )


class Consent(Reply):
    """What stands for a customer, and everything he ever said."""

    external_userid: str
    answer: ConsentAnswer | None = Field(description="Null when he never answered.")
    since: Timestamp | None
    statements: list[ConsentStatement] = Field(description="By the time they were made, the latest first.")

    @classmethod
    def read(cls, external_userid: str, consents: Consents) -> Self:
        standing = consents.standing_of(external_userid)
        history = reversed(consents.store.history(external_userid))
        return cls(
            external_userid=external_userid,
            answer=standing.answer if standing else None,
            since=standing.at if standing else None,
            statements=[ConsentStatement.of(*each) for each in history],
        )


class ConsentLink(Reply):
    """The address of the customer's own page; whoever has it speaks for him."""

    external_userid: str
    url: str
    good_until: Timestamp


class ConsentRequest(Asked):
    """What the customer told the bank. ``said_at`` absent: just now. ``reference`` names the proof, nobody."""

    answer: ConsentAnswer
    said_at: AwareDatetime | None = None
    reference: str = Field(default="", max_length=64, pattern=r"^[0-9A-Za-z._/-]*$")


@router.get(
    "/v1/consents/<external_userid>",
    operation_id="getConsent",
    summary="Whether a customer may be sent marketing, and all he said about it.",
    tags=["consent"],
    responses=responses(HTTPStatus.OK, Consent, HTTPStatus.NOT_FOUND),
)
def get_consent(external_userid: CustomerId) -> Consent:
    visible_customer(external_userid)
    return Consent.read(external_userid, wiring.consents())


@router.put(
    "/v1/consents/<external_userid>",
    operation_id="recordConsent",
    summary="Record what a customer told the bank; the latest answer by the time he gave it stands.",
    tags=["consent"],
    responses=responses(HTTPStatus.OK, Consent, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def record_consent(external_userid: CustomerId, request: Annotated[ConsentRequest, Body()]) -> Consent:
    visible_customer(external_userid)
    caller, now = _recording_caller(), clock.now()
    said_at = request.said_at or now
    if said_at > now:
        detail = "A customer cannot have answered in the future; leave said_at out for an answer given just now."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "said-in-the-future", detail)
    if request.answer is ConsentAnswer.CONSENTED and not request.reference:
        detail = "A consent needs the reference of its proof, such as a form's or a recording's number."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "reference-missing", detail)
    cause = request.reference or ids.derive("req", caller.actor, clock.to_iso(said_at))
    statement = Statement(external_userid, request.answer, ConsentSource.OPERATOR, said_at, cause, by=caller.actor)
    _hear(wiring.consent_desk(), statement)
    return Consent.read(external_userid, wiring.consents())


@router.post(
    "/v1/consents/<external_userid>/link",
    operation_id="makeConsentLink",
    summary="A link for the customer to the page on which he chooses himself; give it to nobody else.",
    tags=["consent"],
    responses=responses(HTTPStatus.OK, ConsentLink, HTTPStatus.NOT_FOUND),
)
def make_consent_link(external_userid: CustomerId, key: IdempotencyKey) -> ConsentLink:
    del key  # nothing is stored, and the links of one day are the same
    visible_customer(external_userid)
    _recording_caller()
    links = wiring.opt_out_links()
    return ConsentLink(
        external_userid=external_userid,
        url=links.link_for(external_userid),
        good_until=links.tokens.good_until(),
    )


def _hear(desk: ConsentDesk, statement: Statement) -> None:
    try:
        count(desk.hear(statement).value)
    except ConsentBusyError as busy:
        detail = "This customer is being changed by others; repeat."
        raise ProblemError(HTTPStatus.CONFLICT, "customer-changed", detail) from busy


def _recording_caller() -> Caller:
    caller = current_caller()
    if not caller.roles & _MAY_RECORD:
        raise NotAllowedError("Head office, operators and compliance record customers' answers and make their links.")
    return caller
