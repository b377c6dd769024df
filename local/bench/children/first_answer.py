"""Answers one sample event of one function: ``first_answer.py <function> <sample.json> <answers.json>``.

Prints the CPU seconds from the start of the process to that answer, the answer, and what AWS and WeCom were asked for.
"""

import importlib
import json
import sys
import time
from pathlib import Path

from local.bench.children.stub import stub_aws, stub_wecom


class Context:
    function_name = "bench"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:bench"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


function, sample, answers_file = sys.argv[1:]
answers = json.loads(Path(answers_file).read_bytes())
asked = stub_aws(answers)
called = stub_wecom(answers)
handler = importlib.import_module(f"functions.{function}.handler").lambda_handler
answer = handler(json.loads(Path(sample).read_bytes()), Context())
print(json.dumps({"cpu_s": time.process_time(), "answer": answer, "asked": asked, "called": called}, default=str))
