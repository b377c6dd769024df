"""The made-up WeCom corp of a local stack: the same secrets go to the simulator and to Secrets Manager.

They are drawn anew for each stack, so none is ever written in a tracked file.
"""

import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from local.engine.deploy import DeployedStack
from local.engine.emulator import Engine

CORP_ID = "wwSIMCORP0000001"
APP = "contacts"
AGENT_ID = 1000002
ARCHIVE_APP = "archive"
ARCHIVE_AGENT_ID = 2000004
_SECRET_BYTES = 32
_AES_KEY_CHARS = 43
# 43 base64 characters are 258 bits: the last one of a key ends in two zero bits.
_LAST_CHARS = "AEIMQUYcgkosw048"


@dataclass(frozen=True, slots=True)
class WecomCredentials:
    """One corp with two apps, `APP` and `ARCHIVE_APP`, whose callbacks have the same token and key.

    ``encoding_aes_key`` is the 43 characters that WeCom's console shows; ``archive_key`` the archive's first private
    key, PEM.
    """

    corp_id: str
    app_secret: str
    token: str
    encoding_aes_key: str
    archive_secret: str
    archive_key: str

    @classmethod
    def draw(cls) -> "WecomCredentials":
        """Fresh ones, strong enough that a scan of the logs can look for them."""
        return cls(
            corp_id=CORP_ID,
            app_secret=secrets.token_urlsafe(_SECRET_BYTES),
            token=secrets.token_hex(16),
            encoding_aes_key=_encoding_aes_key(),
            archive_secret=secrets.token_urlsafe(_SECRET_BYTES),
            archive_key=_private_key(),
        )

    def simulator_apps(self, callback_urls: Mapping[str, str]) -> list[dict[str, Any]]:
        """The apps as the simulator's world document wants them."""
        callback = {"token": self.token, "encoding_aes_key": self.encoding_aes_key}
        contacts: dict[str, Any] = {"app": APP, "agent_id": AGENT_ID, "secret": self.app_secret}
        archive: dict[str, Any] = {
            "app": ARCHIVE_APP,
            "agent_id": ARCHIVE_AGENT_ID,
            "secret": self.archive_secret,
            "kind": "archive",
        }
        return [{**app, "callback": {"url": callback_urls[app["app"]], **callback}} for app in (contacts, archive)]

    def archive_public_key(self) -> str:
        """The half that is uploaded to WeCom's console, PEM."""
        public: Any = load_pem_private_key(self.archive_key.encode(), None).public_key()
        return str(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())

    def put_into(self, engine: Engine, stack: DeployedStack) -> None:
        """Fill the template's secrets, as an operator does after the first deployment."""
        apps = {
            APP: {"agent_id": AGENT_ID, "secret": self.app_secret},
            ARCHIVE_APP: {"agent_id": ARCHIVE_AGENT_ID, "secret": self.archive_secret},
        }
        callback = {"token": self.token, "encoding_aes_key": self.encoding_aes_key}
        values = {
            "WecomSecret": {"corp_id": self.corp_id, "apps": apps},
            "CallbackSecret": dict.fromkeys(apps, callback),
            "ArchiveKeysSecret": {"1": self.archive_key},
        }
        client = engine.client("secretsmanager")
        for logical_id, value in values.items():
            if logical_id in stack.physical_ids:
                secret_id = stack.physical_ids[logical_id]
                client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(value))


def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _encoding_aes_key() -> str:
    """WeCom's console gives letters and digits only."""
    characters = string.ascii_letters + string.digits
    drawn = "".join(secrets.choice(characters) for _ in range(_AES_KEY_CHARS - 1))
    return drawn + secrets.choice(_LAST_CHARS)
