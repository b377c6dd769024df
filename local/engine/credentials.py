"""The made-up WeCom corp of a local stack: the same secrets go to the simulator and to Secrets Manager.

They are drawn anew for each stack, so none is ever written in a tracked file.
"""

import json
import secrets
import string
from dataclasses import dataclass
from typing import Any

from local.engine.deploy import DeployedStack
from local.engine.emulator import Engine

CORP_ID = "wwSIMCORP0000001"
APP = "contacts"
AGENT_ID = 1000002
_SECRET_BYTES = 32
_AES_KEY_CHARS = 43
# 43 base64 characters are 258 bits: the last one of a key ends in two zero bits.
_LAST_CHARS = "AEIMQUYcgkosw048"


@dataclass(frozen=True, slots=True)
class WecomCredentials:
    """One corp with one app, `APP`; ``encoding_aes_key`` is the 43 characters that WeCom's console shows."""

    corp_id: str
    app_secret: str
    token: str
    encoding_aes_key: str

    @classmethod
    def draw(cls) -> "WecomCredentials":
        """Fresh ones, strong enough that a scan of the logs can look for them."""
        return cls(
            corp_id=CORP_ID,
            app_secret=secrets.token_urlsafe(_SECRET_BYTES),
            token=secrets.token_hex(16),
            encoding_aes_key=_encoding_aes_key(),
        )

    def simulator_app(self, callback_url: str) -> dict[str, Any]:
        """The app as the simulator's world document wants it."""
        callback = {"url": callback_url, "token": self.token, "encoding_aes_key": self.encoding_aes_key}
        return {"app": APP, "agent_id": AGENT_ID, "secret": self.app_secret, "callback": callback}

    def put_into(self, engine: Engine, stack: DeployedStack) -> None:
        """Fill the template's two secrets, as an operator does after the first deployment."""
        app = {"agent_id": AGENT_ID, "secret": self.app_secret}
        values = {
            "WecomSecret": {"corp_id": self.corp_id, "apps": {APP: app}},
            "CallbackSecret": {APP: {"token": self.token, "encoding_aes_key": self.encoding_aes_key}},
        }
        client = engine.client("secretsmanager")
        for logical_id, value in values.items():
            if logical_id in stack.physical_ids:
                secret_id = stack.physical_ids[logical_id]
                client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(value))


def _encoding_aes_key() -> str:
    """WeCom's console gives letters and digits only."""
    characters = string.ascii_letters + string.digits
    drawn = "".join(secrets.choice(characters) for _ in range(_AES_KEY_CHARS - 1))
    return drawn + secrets.choice(_LAST_CHARS)
