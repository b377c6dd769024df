"""Writes ``layers/scrm/scrm/aws/data``: botocore's own description of the operations we call, and of no others.

    python -m local.setup.botocore_data

Making the first client, botocore looks through 400 service folders, parses the endpoints of all of them and reads
models that are mostly documentation: a quarter of the callback's cold start. The session loads from this folder
instead. The files are generated from the pinned botocore (Apache-2.0); a contract test fails when they are not what it
would give. An operation that is missing here is an AttributeError on its client: add it to `OPERATIONS` and run this.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore

TARGET = Path(__file__).parents[2] / "layers" / "scrm" / "scrm" / "aws" / "data"
OPERATIONS = {
    "athena": ("GetQueryExecution", "GetQueryResults", "StartQueryExecution", "StopQueryExecution"),
    "dynamodb": (
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "DescribeEndpoints",  # never called; botocore looks in the model whether it is there
        "GetItem",
        "PutItem",
        "Query",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    ),
    "events": ("PutEvents",),
    "kms": ("GetPublicKey", "Sign"),
    "s3": (
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CreateMultipartUpload",
        "DeleteObjects",
        "GetObject",
        "GetObjectRetention",
        "HeadBucket",  # never called by us; botocore asks for the bucket's region after some errors
        "HeadObject",
        "ListObjectVersions",
        "ListObjectsV2",
        "PutObject",
        "PutObjectRetention",
        "UploadPart",
    ),
    "secretsmanager": ("GetSecretValue",),
    "sqs": ("SendMessage", "SendMessageBatch"),
}
PARTITIONS = ("aws", "aws-cn")
_SOURCE = Path(botocore.__file__).parent / "data"


def files() -> Iterator[tuple[str, str]]:
    """Path below `TARGET` and text of every file."""
    yield "endpoints.json", _render(_our_endpoints(_read("endpoints")))
    yield "partitions.json", _render(_our_partitions(_read("partitions")))
    yield "sdk-default-configuration.json", _render(_read("sdk-default-configuration"))
    for service, operations in OPERATIONS.items():
        version = max(folder.name for folder in (_SOURCE / service).iterdir())
        folder = f"{service}/{version}"
        yield f"{folder}/service-2.json", _render(_model(_read(f"{folder}/service-2"), operations))
        if (_SOURCE / f"{folder}/service-2.sdk-extras.json").exists():
            yield f"{folder}/service-2.sdk-extras.json", _render(_read(f"{folder}/service-2.sdk-extras"))
        yield f"{folder}/endpoint-rule-set-1.json", _render(_read(f"{folder}/endpoint-rule-set-1"))
        yield f"{folder}/paginators-1.json", _render(_read(f"{folder}/paginators-1"))


def main() -> None:
    for path, content in files():
        target = TARGET / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")


def _read(path: str) -> dict[str, Any]:
    plain, packed = _SOURCE / f"{path}.json", _SOURCE / f"{path}.json.gz"
    content = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
    document: dict[str, Any] = json.loads(content)
    return document


def _our_endpoints(document: dict[str, Any]) -> dict[str, Any]:
    partitions = [
        {**partition, "services": {name: partition["services"][name] for name in OPERATIONS}}
        for partition in document["partitions"]
        if partition["partition"] in PARTITIONS
    ]
    return {**document, "partitions": partitions}


def _our_partitions(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "partitions": [each for each in document["partitions"] if each["id"] in PARTITIONS]}


def _model(document: dict[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """The service's model with these operations and the shapes that they reach."""
    document = _without_documentation(document)
    kept = {name: document["operations"][name] for name in operations}
    shapes: dict[str, Any] = {}
    found = list(_references(kept))
    while found:
        name = found.pop()
        if name not in shapes:
            shapes[name] = document["shapes"][name]
            found += _references(shapes[name])
    for parameter in document.get("clientContextParams", {}).values():
        parameter["documentation"] = ""  # botocore reads the key
    return {**document, "operations": kept, "shapes": shapes}


def _references(node: Any) -> Iterator[str]:
    """Names of the shapes that ``node`` refers to, directly."""
    if isinstance(node, dict):
        shape = node.get("shape")
        if isinstance(shape, str):
            yield shape
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _without_documentation(node: Any) -> Any:
    """Without texts for people; a member that happens to be called documentation is no text and stays."""
    if isinstance(node, dict):
        return {
            key: _without_documentation(value)
            for key, value in node.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    return [_without_documentation(each) for each in node] if isinstance(node, list) else node


def _render(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    main()
