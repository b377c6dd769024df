"""Zip the built functions, add the ``bootstrap`` that runs them under AWS's runtime client, and upload them."""

import hashlib
import io
import shlex
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from local.engine.sam_template import Template

BUCKET = "deployment-artifacts"
_EPOCH = (2020, 1, 1, 0, 0, 0)  # the same files make the same bytes, whenever they are zipped
_EXECUTABLE = 0o755 << 16
_BOOTSTRAP = """\
#!/bin/sh
# layers {digest}
export PYTHONPATH="$LAMBDA_TASK_ROOT:"{layers} PYTHONNOUSERSITE=1 TZ=:UTC AWS_EXECUTION_ENV=AWS_Lambda_python3.13
exec "$LOCAL_LAMBDA_PYTHON" -m awslambdaric "$_HANDLER"
"""


def upload_functions(template: Template, build_dir: Path, s3: Any) -> None:
    """Put each function's zip into `BUCKET` and name it in the (built) SAM template in place of its folder."""
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    digests = {path: _digest_of(path) for path in _layer_directories(template, build_dir).values()}
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and isinstance(properties.get("CodeUri"), str):
            layers = _layers_of(template, properties, build_dir)
            digest = hashlib.sha256("".join(digests[path] for path in layers).encode()).hexdigest()
            data = _zipped(build_dir / properties["CodeUri"], _bootstrap(layers, digest))
            key = f"{logical_id}-{hashlib.sha256(data).hexdigest()[:16]}.zip"
            s3.put_object(Bucket=BUCKET, Key=key, Body=data)
            properties["CodeUri"] = f"s3://{BUCKET}/{key}"
    _forget_layer_contents(template)


def _bootstrap(layers: list[Path], digest: str) -> bytes:
    """The layers' digest makes changed layers a changed function, so that an update restarts it."""
    search_path = shlex.quote(":".join(str(path / "python") for path in layers))
    return _BOOTSTRAP.format(digest=digest, layers=search_path).encode()


def _layer_directories(template: Template, build_dir: Path) -> dict[str, Path]:
    return {
        logical_id: (build_dir / resource["Properties"]["ContentUri"]).resolve()
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    }


def _layers_of(template: Template, function: dict[str, Any], build_dir: Path) -> list[Path]:
    """The function's layers, the later one first, as the later layer wins on AWS; one that an operator gives by a
    parameter is not there in the local run."""
    directories = _layer_directories(template, build_dir)
    shared = template.get("Globals", {}).get("Function", {}).get("Layers", [])
    ours = (layer for layer in [*shared, *function.get("Layers", [])] if "Ref" in layer)
    return [directories[layer["Ref"]] for layer in reversed(list(ours))]


def _forget_layer_contents(template: Template) -> None:
    """Layer resources are dropped by the overlay; SAM only wants some address for what they hold."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = f"s3://{BUCKET}/not-uploaded.zip"


def _zipped(directory: Path, bootstrap: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(directory):
            archive.writestr(_entry(path.relative_to(directory).as_posix()), path.read_bytes())
        archive.writestr(_entry("bootstrap"), bootstrap)
    return buffer.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = _EXECUTABLE
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _digest_of(directory: Path) -> str:
    """Of names, sizes and times: a layer of 30 MB is not read through at every start; a build writes new times."""
    digest = hashlib.sha256()
    for path in _files(directory):
        known = path.stat()
        digest.update(f"{path.relative_to(directory)}:{known.st_size}:{known.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(directory: Path) -> Iterator[Path]:
    yield from sorted(path for path in directory.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
