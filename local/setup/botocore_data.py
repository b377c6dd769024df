"""Writes ``layers/scrm/scrm/aws/data``: botocore's own descriptions of the services we call, and of no others.

    python -m local.setup.botocore_data

Making the first client, botocore looks through 400 service folders, parses the endpoints of all of them and reads
models that are mostly documentation: a third of the callback's cold start. The session loads from this folder instead. The
files are generated from the pinned botocore (Apache-2.0); a contract test fails when they differ from what it would give.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore

TARGET = Path(__file__).parents[2] / "layers" / "scrm" / "scrm" / "aws" / "data"
SERVICES = ("dynamodb", "events", "secretsmanager", "sqs")
PARTITIONS = ("aws", "aws-cn")
_SOURCE = Path(botocore.__file__).parent / "data"
_SERVICE_FILES = ("service-2", "endpoint-rule-set-1", "paginators-1")


def files() -> Iterator[tuple[str, str]]:
    """Path below `TARGET` and text of every file."""
    yield "endpoints.json", _render(_our_endpoints(_read("endpoints")))
    yield "partitions.json", _render(_our_partitions(_read("partitions")))
    yield "sdk-default-configuration.json", _render(_read("sdk-default-configuration"))
    for service in SERVICES:
        version = max(folder.name for folder in (_SOURCE / service).iterdir())
        for name in _SERVICE_FILES:
            path = f"{service}/{version}/{name}"
            yield f"{path}.json", _render(_without_documentation(_read(path)))


def main() -> None:
    for path, content in files():
        target = TARGET / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")


def _read(path: str) -> dict[str, Any]:
    plain, packed = _SOURCE / f"{path}.json", _SOURCE / f"{path}.json.gz"
    document: dict[str, Any] = json.loads(plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes()))
    return document


def _our_endpoints(document: dict[str, Any]) -> dict[str, Any]:
    partitions = [
        {**partition, "services": {name: partition["services"][name] for name in SERVICES}}
        for partition in document["partitions"]
        if partition["partition"] in PARTITIONS
    ]
    return {**document, "partitions": partitions}


def _our_partitions(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "partitions": [each for each in document["partitions"] if each["id"] in PARTITIONS]}


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
