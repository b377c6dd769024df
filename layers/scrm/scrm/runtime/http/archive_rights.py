"""Who may do what with archived conversations, and how a refused step is told."""

from collections.abc import Callable
from http import HTTPStatus

from scrm import clock
from scrm.archive.access import Reader
from scrm.archive.records import Asker, StaleRecordError, StepRefusedError
from scrm.runtime.http.caller import Caller
from scrm.runtime.http.problems import NotAllowedError, ProblemError
from scrm.runtime.http.routing import current_caller, router


def reader(node_path: str = "") -> Reader:
    """Who reads. Raises NotAllowedError for whoever may not."""
    caller = current_caller()
    if not caller.reads_conversations:
        raise NotAllowedError("Conversations are read by compliance officers, auditors and head office.")
    request_id = router.current_event.request_context.request_id
    return Reader(caller.actor, node_path or caller.node.path, clock.now(), request_id)


def unmasking_reader() -> Reader:
    guard()
    return reader()


def guard() -> Caller:
    """The caller, if he is a compliance officer."""
    caller = current_caller()
    if not caller.guards_the_archive:
        raise NotAllowedError("This is for compliance officers.")
    return caller


def asker(caller: Caller) -> Asker:
    return Asker(caller.actor, caller.node.path, clock.now())


def stepped[Record](step: Callable[[], Record]) -> Record:
    """The record after the step, or a problem that says why not."""
    try:
        return step()
    except StepRefusedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "step-refused", str(refused)) from refused
    except StaleRecordError as stale:
        detail = "Somebody else changed this at the same time; read it again."
        raise ProblemError(HTTPStatus.CONFLICT, "changed-meanwhile", detail) from stale
