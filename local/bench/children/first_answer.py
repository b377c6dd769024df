"""Answers the first sample event of one function: ``first_answer.py <function> <sample.json>``.

Prints the CPU seconds from the start of the process to that answer; the network is stubbed below botocore and requests.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


class Context:
    function_name = "bench"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:bench"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def stub_aws() -> list[str]:
    """Imported only now, so that the function loads botocore as it does in Lambda; its clients are made later."""
    stub = importlib.import_module("local.bench.children.stub")
    answers = importlib.import_module("local.bench.children.answers")
    asked: list[str] = stub.answer_with(answers.aws_answers(function))
    return asked


def stub_wecom() -> None:
    """Answer below requests' adapter, if the function has loaded requests at all."""
    requests: Any = sys.modules.get("requests")
    if requests is None:
        return

    answers = importlib.import_module("local.bench.children.answers")

    def send(_: Any, request: Any, **__: Any) -> Any:
        response = requests.Response()
        response.status_code, response.url, response.request = 200, request.url, request
        response._content = json.dumps(answers.wecom_answer(request.url)).encode()
        return response

    requests.adapters.HTTPAdapter.send = send


function, sample = sys.argv[1:]
handler = importlib.import_module(f"functions.{function}.handler").lambda_handler
asked = stub_aws()
stub_wecom()
answer = handler(json.loads(Path(sample).read_bytes()), Context())
print(json.dumps({"cpu_s": time.process_time(), "answer": answer, "asked": asked}, default=str))
