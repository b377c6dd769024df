"""The services our session knows are botocore's, cut down and otherwise unchanged."""

import functools
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from local.setup.botocore_data import OPERATIONS, TARGET, files
from scrm.aws import session

STAGES = (
    "creating-client-class",
    "provide-client-params",
    "before-parameter-build",
    "before-endpoint-resolution",
    "before-call",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "response-received",
    "before-parse",
    "needs-retry",
    "after-call",
    "after-call-error",
)
REGIONS = ("cn-north-1", "cn-northwest-1", "eu-central-1", "us-east-1", "ap-southeast-1")


@functools.cache
def full_session() -> Session:
    return Session()


@functools.cache
def clients(service: str, region: str) -> tuple[Any, Any]:
    """The client of our session, and that of one with all of botocore's data."""
    return (
        session.session().create_client(service, region, config=session.CONFIG),
        full_session().create_client(service, region, config=session.CONFIG),
    )


def test_committed_data_is_what_the_pinned_botocore_gives() -> None:
    committed = {str(path.relative_to(TARGET)): path.read_text(encoding="utf-8") for path in TARGET.rglob("*.json")}

    assert committed == dict(files())


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", OPERATIONS)
def test_endpoints_and_signing_are_those_of_the_full_data(service: str, region: str) -> None:
    ours, full = clients(service, region)

    assert ours.meta.endpoint_url == full.meta.endpoint_url
    assert ours.meta.partition == full.meta.partition
    assert ours.meta.service_model.signing_name == full.meta.service_model.signing_name
    assert ours.meta.service_model.resolved_protocol == full.meta.service_model.resolved_protocol


@pytest.mark.parametrize(
    ("service", "operation"), [(service, operation) for service, names in OPERATIONS.items() for operation in names]
)
def test_operations_take_and_give_what_they_do_in_the_full_data(service: str, operation: str) -> None:
    ours, full = (each.meta.service_model.operation_model(operation) for each in clients(service, REGIONS[0]))

    assert _members(ours.input_shape) == _members(full.input_shape)
    assert _members(ours.output_shape) == _members(full.output_shape)
    assert [shape.name for shape in ours.error_shapes] == [shape.name for shape in full.error_shapes]


@pytest.mark.parametrize(
    ("service", "operation"), [(service, operation) for service, names in OPERATIONS.items() for operation in names]
)
def test_requests_pass_the_handlers_that_they_pass_in_the_full_session(service: str, operation: str) -> None:
    ours, full = clients(service, REGIONS[0])

    for stage in STAGES:
        event = f"{stage}.{ours.meta.service_model.service_id.hyphenize()}.{operation}"
        assert _handlers(ours, event) == _handlers(full, event)
    assert any(_handlers(ours, f"{stage}.sqs.SendMessage") for stage in STAGES)


def test_no_other_service_is_known() -> None:
    assert sorted(session.session().get_available_services()) == sorted(OPERATIONS)
    assert Path(TARGET).is_dir()


def _handlers(client: Any, event: str) -> list[str]:
    """Names of what acts on ``event``, in order, but for Powertools' user agent, whose place does not matter."""
    found = client.meta.events._emitter._handlers.prefix_search(event)
    handlers = [getattr(handler, "__qualname__", type(handler).__qualname__) for handler in found]
    return [name for name in handlers if "powertools" not in name]


def _members(shape: Any, seen: tuple[str, ...] = ()) -> Any:
    """The shape as nested names and types; a shape inside itself is named once."""
    if shape is None or shape.name in seen:
        return shape and shape.name
    inside = (*seen, shape.name)
    match shape.type_name:
        case "structure":
            return {name: _members(member, inside) for name, member in shape.members.items()}, shape.required_members
        case "list":
            return [_members(shape.member, inside)]
        case "map":
            return {"key": _members(shape.key, inside), "value": _members(shape.value, inside)}
    return shape.type_name
