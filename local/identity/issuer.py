"""Keys and tokens of the issuer."""

import json
import time
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from local.identity.operators import Operator

TOKEN_LIFE_S = 3600
_KEY_BITS = 2048
_ALGORITHM = "RS256"


class Issuer:
    """Signs with a key made at start. ``url`` is the ``iss`` of every token, without a slash at its end."""

    def __init__(self, url: str, audience: str) -> None:
        self.url = url
        self.audience = audience
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        self._key_id = uuid.uuid4().hex

    def token(self, operator: Operator) -> str:
        """A token for one hour of wall time: expiry is checked by API Gateway, which knows no other clock."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self.audience,
            "sub": operator.name,
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_LIFE_S,
            "jti": uuid.uuid4().hex,
            "scrm_node": operator.node,
            "scrm_roles": list(operator.roles),
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"kid": self._key_id})

    def key_set(self) -> dict[str, Any]:
        """The JSON Web Key Set (RFC 7517)."""
        public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**public, "kid": self._key_id, "use": "sig", "alg": _ALGORITHM}]}

    def discovery(self) -> dict[str, Any]:
        """The OpenID Connect discovery document."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint": f"{self.url}/token",
            "authorization_endpoint": f"{self.url}/token",
            "response_types_supported": ["token"],
            "grant_types_supported": ["client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [_ALGORITHM],
            "claims_supported": ["sub", "scrm_node", "scrm_roles"],
        }
