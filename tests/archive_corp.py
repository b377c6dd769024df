"""A simulated corp whose conversations are archived, its keys, and the product's sources on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from local.simulator.server import RunningSimulator, running_simulator
from scrm.wecom.archive.local_source import LocalSource
from scrm.wecom.transport import AppCredentials

CORP_ID = "wwSIMCORP0000001"
ARCHIVE_SECRET = "archive-secret-of-the-simulated-corp"
ARCHIVE_AGENT = 2_000_004

type Json = dict[str, Any]


@cache
def private_key(version: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(version: int) -> str:
    key = private_key(version)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(version: int) -> str:
    key = private_key(version).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def world() -> Json:
    """rm_a, who is archived, with customers wm1 (agreed) and wm2 (has not answered)."""
    return {
        "corp_id": CORP_ID,
        "apps": [{"app": "archive", "agent_id": ARCHIVE_AGENT, "secret": ARCHIVE_SECRET, "kind": "archive"}],
        "departments": [{"id": 1, "name": "总行"}],
        "members": [{"userid": userid, "name": userid, "department": [1]} for userid in ("rm_a", "rm_b")],
        "customers": [{"external_userid": customer, "name": customer} for customer in ("wm1", "wm2")],
        "relations": [
            {"userid": "rm_a", "external_userid": "wm1", "createtime": 1, "archive_consent": "agreed"},
            {"userid": "rm_a", "external_userid": "wm2", "createtime": 1},
        ],
    }


def begin(sim: RunningSimulator) -> None:
    """The corp afresh, with its first public key and rm_a's seat."""
    sim.control.load_world(world(), fresh=True)
    assert sim.control.archive.upload_key(public_pem(1)) == 1
    sim.control.archive.set_seats(["rm_a"])


@contextmanager
def archived_corp() -> Iterator[RunningSimulator]:
    with running_simulator(world()) as sim:
        yield sim


def credentials(secret: str = ARCHIVE_SECRET) -> AppCredentials:
    return AppCredentials(CORP_ID, secret)


def local_source(sim: RunningSimulator, secret: str = ARCHIVE_SECRET) -> LocalSource:
    return LocalSource(sim.base_url, lambda: credentials(secret))
