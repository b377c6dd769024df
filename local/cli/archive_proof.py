"""What an auditor does with his own credentials: reads the archive's bucket and checks each day's certificate.

It asks nothing of our API or functions, whose word would prove nothing: it reads S3 and the public key alone, with the
same rules that the certificate was made by. ``layers/scrm`` must be on the path, as ``make scrm`` puts it.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from local.cli.errors import InvalidFileError, UnreachableError
from scrm.archive.certifying import ArchiveFaultyError, Verifying
from scrm.aws.archive_objects import S3ArchiveObjects
from scrm.aws.kms_signature import PublicKeyVerifier
from scrm.aws.kms_signature import public_key as key_in_kms


@dataclass(frozen=True, slots=True)
class VerifiedDay:
    """``faults``: kind (`scrm.archive.certificate.FaultKind`) and the object it was found at; none when all is well."""

    day: str
    faults: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return {"day": self.day, "faults": [{"kind": kind, "object": key} for kind, key in self.faults]}


def days_asked(days: Sequence[date], first: date | None, last: date | None) -> list[date]:
    """Those named, and those from ``first`` to ``last``, which stands for ``first`` when it is not given."""
    asked = set(days)
    if first is not None:
        asked |= {first + timedelta(days=number) for number in range(((last or first) - first).days + 1)}
    return sorted(asked)


def read_key(key_id: str | None, path: Path | None) -> Callable[[], bytes]:
    """Reads the public key, DER: from KMS, or from a file that somebody kept. Raises InvalidFileError."""
    if path is None:
        return lambda: _asked(lambda: key_in_kms(_client("kms"), key_id or ""))
    content = path.read_bytes()
    try:
        key = load_pem_public_key(content) if content.lstrip().startswith(b"-----") else load_der_public_key(content)
    except ValueError:
        raise InvalidFileError(f"{path.name} 不是公钥文件（PEM 或 DER）") from None
    return lambda: key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem_of(der: bytes) -> str:
    return load_der_public_key(der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def verified(
    days: Sequence[date], bucket: str, public_key: Callable[[], bytes], s3: Callable[[], Any] | None = None
) -> list[VerifiedDay]:
    """``s3`` opens the client, the auditor's own if absent. Raises UnreachableError when S3 or KMS refuses."""
    objects = S3ArchiveObjects(s3 or (lambda: _client("s3")), bucket)
    verifying = Verifying(objects, PublicKeyVerifier(public_key))
    return [_asked(functools.partial(_verified, verifying, day)) for day in days]


def _verified(verifying: Verifying, day: date) -> VerifiedDay:
    try:
        faults = verifying.verify(day)
    except ArchiveFaultyError as error:
        faults = list(error.faults)
    found = dict.fromkeys((fault.kind.value, fault.key) for fault in faults)
    return VerifiedDay(day.isoformat(), tuple(found))


def _asked[Answer](ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except ClientError as error:
        raise UnreachableError(f"AWS 拒绝了读取：{error.response['Error']['Code']}；请检查凭证、桶和密钥") from None
    except BotoCoreError as error:
        raise UnreachableError(f"无法访问 AWS：{type(error).__name__}；请检查凭证、区域和网络") from None


@functools.cache
def _client(service: Literal["kms", "s3"]) -> Any:
    return boto3.client(service)
