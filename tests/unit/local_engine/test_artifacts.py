"""Function zips: the same input makes the same bytes, changed layers make another zip."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local.engine.artifacts import BUCKET, upload_functions

Template = dict[str, Any]


class FakeS3:
    """Keeps what is put."""

    class exceptions:  # noqa: N801 - the name boto3 gives it
        class BucketAlreadyOwnedByYou(Exception):  # noqa: N818 - the name boto3 gives it
            pass

    class meta:  # noqa: N801
        region_name = "cn-north-1"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def create_bucket(self, **_: Any) -> None:
        if self.objects:
            raise self.exceptions.BucketAlreadyOwnedByYou

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - boto3's names
        assert Bucket == BUCKET
        self.objects[Key] = Body


@pytest.fixture
def built(tmp_path: Path) -> Path:
    for name, text in {
        "EchoFunction/handler.py": "x = 1\n",
        "DepsLayer/python/a.py": "a = 1\n",
        "ScrmLayer/python/b.py": "b = 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _template() -> Template:
    layer = "AWS::Serverless::LayerVersion"
    return {
        "Globals": {"Function": {"Layers": [{"Ref": "DepsLayer"}, {"Ref": "ScrmLayer"}]}},
        "Resources": {
            "DepsLayer": {"Type": layer, "Properties": {"ContentUri": "DepsLayer"}},
            "ScrmLayer": {"Type": layer, "Properties": {"ContentUri": "ScrmLayer"}},
            "EchoFunction": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "EchoFunction"}},
        },
    }


def _uploaded(built: Path) -> tuple[str, bytes]:
    s3, template = FakeS3(), _template()
    upload_functions(template, built, s3)
    ((key, data),) = s3.objects.items()
    assert template["Resources"]["EchoFunction"]["Properties"]["CodeUri"] == f"s3://{BUCKET}/{key}"
    return key, data


def test_zip_holds_the_code_and_a_bootstrap_that_puts_the_function_first_and_the_later_layer_before(
    built: Path,
) -> None:
    _, data = _uploaded(built)

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("handler.py") == b"x = 1\n"
        bootstrap = archive.read("bootstrap").decode()
        assert archive.getinfo("bootstrap").external_attr >> 16 & 0o111
    assert f'PYTHONPATH="$LAMBDA_TASK_ROOT:"{built}/ScrmLayer/python:{built}/DepsLayer/python ' in bootstrap
    assert 'exec "$LOCAL_LAMBDA_PYTHON" -m awslambdaric "$_HANDLER"' in bootstrap


def test_same_input_makes_the_same_bytes(built: Path) -> None:
    assert _uploaded(built) == _uploaded(built)


def test_compiled_files_do_not_change_the_zip(built: Path) -> None:
    before, _ = _uploaded(built)
    (built / "EchoFunction" / "__pycache__").mkdir()
    (built / "EchoFunction" / "__pycache__" / "handler.pyc").write_bytes(b"x")

    after, _ = _uploaded(built)

    assert after == before


def test_changed_layer_changes_the_function_so_that_an_update_restarts_it(built: Path) -> None:
    before, _ = _uploaded(built)
    (built / "ScrmLayer" / "python" / "b.py").write_text("b = 22\n", encoding="utf-8")

    after, _ = _uploaded(built)

    assert after != before


def test_second_deploy_finds_its_bucket_there(built: Path) -> None:
    s3 = FakeS3()

    upload_functions(_template(), built, s3)
    upload_functions(_template(), built, s3)

    assert len(s3.objects) == 1
