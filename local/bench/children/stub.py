"""Stands in for the network below botocore, so that everything above it (clients, signing, parsing) is paid for."""

import json
from collections.abc import Mapping
from typing import Any

import botocore.handlers
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders

type Answers = Mapping[str, Any]


class _Body:
    """The raw body as botocore reads it from urllib3."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self._content]


def answer_with(answers: Answers) -> list[str]:
    """Let every client made from now on get ``answers[operation]`` (JSON protocols), ``{}`` for an operation not named.

    Returns the operations asked for, growing as they come.
    """
    asked: list[str] = []

    def answer(request: AWSRequest, **_: Any) -> AWSResponse:
        if not request.headers.get("Authorization"):
            raise AssertionError("a request left unsigned")
        target = request.headers.get("X-Amz-Target", b"")
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        asked.append(operation)
        content = json.dumps(answers.get(operation, {})).encode()
        headers = HTTPHeaders.from_dict(
            {"content-type": "application/x-amz-json-1.0", "content-length": str(len(content))}
        )
        return AWSResponse(str(request.url), 200, headers, _Body(content))

    botocore.handlers.BUILTIN_HANDLERS.append(("before-send", answer))
    return asked
