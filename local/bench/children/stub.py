"""Stands in for the network below botocore and requests: what is above it (clients, signing, parsing) is paid for."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from io import BytesIO
from types import ModuleType
from typing import Any, cast
from urllib.parse import urlsplit


class _Body:
    """The raw body as botocore reads it from urllib3: at once, or by whoever wanted a stream."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._unread = BytesIO(content)

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self._content]

    def read(self, amount: int | None = None, **_: Any) -> bytes:
        return self._unread.read(amount)

    def close(self) -> None:
        self._unread.close()


class _Once:
    """Finds one module, and has it changed once it is loaded."""

    def __init__(self, name: str, change: Callable[[Any], None]) -> None:
        self._name = name
        self._change = change

    def find_spec(self, name: str, path: Sequence[str] | None, _: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        spec = PathFinder.find_spec(name, path)
        loader: Any = spec and spec.loader
        load = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            self._change(module)

        loader.exec_module = exec_module
        return spec


def _when_loaded(name: str, change: Callable[[Any], None]) -> None:
    """Change a module when the function loads it, be that with its handler or for its first message."""
    if name in sys.modules:
        change(sys.modules[name])
    else:
        sys.meta_path.insert(0, _Once(name, change))


def stub_aws(answers: Mapping[str, Any]) -> list[str]:
    """Let every client made from now on get its reply from ``answers``; returns the operations asked for, growing."""
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - the function loads it
        from botocore.compat import HTTPHeaders  # noqa: PLC0415

        if not request.headers.get("Authorization"):
            raise AssertionError("a request left unsigned")
        target = request.headers.get("X-Amz-Target")
        if target is None:  # S3 speaks in methods and paths
            asked.append(f"S3 {request.method}")
            content = _object(answers, str(request.url)) if request.method == "GET" else None
            if content is not None:
                return AWSResponse(str(request.url), 200, HTTPHeaders.from_dict({"ETag": '"0"'}), _Body(content))
            is_list = "list-type=2" in request.url  # of a bucket without objects
            is_read = request.method in {"GET", "HEAD"} and not is_list
            body = b"<ListBucketResult/>" if is_list else b"<Error><Code>NoSuchKey</Code></Error>" if is_read else b""
            stored = HTTPHeaders.from_dict({"content-type": "application/xml", "ETag": '"0"', "x-amz-version-id": "v1"})
            return AWSResponse(str(request.url), 404 if is_read else 200, stored, _Body(body))
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        asked.append(operation)
        sent = json.loads(cast("bytes", request.body))
        reply = json.dumps(_reply(answers, operation, sent)).encode()
        headers = HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"})
        return AWSResponse(str(request.url), 200, headers, _Body(reply))

    _when_loaded("botocore.handlers", lambda handlers: handlers.BUILTIN_HANDLERS.append(("before-send", answer)))
    return asked


def stub_wecom(answers: Mapping[str, Any]) -> list[str]:
    """Answer below requests' adapter, should the function load requests at all; returns the paths asked, growing."""
    asked: list[str] = []

    def send(_: Any, request: Any, **__: Any) -> Any:
        path = urlsplit(request.url).path.removeprefix("/cgi-bin/")
        asked.append(path)
        response = sys.modules["requests"].Response()
        response.status_code, response.url, response.request = 200, request.url, request
        response._content = json.dumps({"errcode": 0, "errmsg": "ok", **answers["wecom"].get(path, {})}).encode()
        return response

    _when_loaded("requests.adapters", lambda adapters: setattr(adapters.HTTPAdapter, "send", send))
    return asked


def _reply(answers: Mapping[str, Any], operation: str, request: Mapping[str, Any]) -> Any:
    if operation == "GetSecretValue":
        return {"SecretString": answers["secrets"][request["SecretId"]]}
    if operation == "GetItem":
        found = _items(answers, [request["Key"]])
        return {"Item": found[0]} if found else {}
    if operation == "BatchGetItem":
        return {
            "Responses": {table: _items(answers, wanted["Keys"]) for table, wanted in request["RequestItems"].items()}
        }
    if operation == "Query":
        values = request["ExpressionAttributeValues"]
        found = _partition(answers, values) if "IndexName" not in request else _indexed(answers, values)
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}
    return answers["aws"].get(operation, {})


def _object(answers: Mapping[str, Any], url: str) -> bytes | None:
    """What the bucket has under the key of a request; it has no more than the sample needs."""
    stored: str | None = answers["objects"].get(urlsplit(url).path.removeprefix("/"))
    return None if stored is None else stored.encode()


def _items(answers: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Those of these items that there are. All tables share one room: no two have the same keys."""
    return [item for item in answers["items"] if {"pk": item["pk"], "sk": item["sk"]} in keys]


def _partition(answers: Mapping[str, Any], values: Mapping[str, Any]) -> list[Any]:
    prefix = values.get(":sk", {"S": ""})["S"]
    return [item for item in answers["items"] if item["pk"] == values.get(":pk") and item["sk"]["S"].startswith(prefix)]


def _indexed(answers: Mapping[str, Any], values: Mapping[str, Any]) -> list[Any]:
    """What an index holds whose partition is the one asked for."""
    asked = list(values.values())
    names = [name for item in answers["items"] for name in item if name.endswith("_pk")]
    return [item for item in answers["items"] if any(item.get(name) in asked for name in dict.fromkeys(names))]
