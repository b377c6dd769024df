import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from local.engine.paths import ROOT
from local.identity.__main__ import main
from local.identity.issuer import Issuer
from local.identity.operators import NAMES, find_operator
from local.identity.server import running_issuer


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


def get(issuer: Issuer, path: str) -> Any:
    reply = requests.get(f"{issuer.url}{path}", timeout=5)
    reply.raise_for_status()
    return reply.json()


def ask_token(issuer: Issuer, **form: str) -> requests.Response:
    return requests.post(f"{issuer.url}/token", data=form, timeout=5)


def claims_for(issuer: Issuer, operator: str) -> dict[str, Any]:
    """The claims as a relying party reads them: discovery, key set, signature, issuer, audience, expiry."""
    token = ask_token(issuer, grant_type="client_credentials", client_id=operator).json()["access_token"]
    key = jwt.PyJWKClient(get(issuer, "/.well-known/openid-configuration")["jwks_uri"]).get_signing_key_from_jwt(token)
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256"], audience=issuer.audience, issuer=issuer.url, options={"require": ["exp"]}
    )
    return claims


@pytest.mark.parametrize(
    ("operator", "node", "roles"),
    [
        ("head_office", "1", ["head_office", "operator"]),
        ("auditor", "1", ["auditor"]),
        ("branch_10", "10", ["operator"]),
    ],
)
def test_a_token_proves_an_operators_node_and_roles(issuer: Issuer, operator: str, node: str, roles: list[str]) -> None:
    claims = claims_for(issuer, operator)

    assert (claims["sub"], claims["scrm_node"], claims["scrm_roles"]) == (operator, node, roles)


def test_a_token_lives_an_hour_of_wall_time(issuer: Issuer) -> None:
    claims = claims_for(issuer, "head_office")

    assert claims["exp"] - claims["iat"] == 3600
    assert abs(claims["iat"] - time.time()) < 60


def test_discovery_names_this_issuer_and_its_key_set_holds_no_private_part(issuer: Issuer) -> None:
    discovery = get(issuer, "/.well-known/openid-configuration")
    (key,) = get(issuer, "/jwks")["keys"]

    assert discovery["issuer"] == issuer.url
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg", "key_ops"}
    assert get(issuer, "/.well-known/jwks.json")["keys"] == [key]


def test_each_issuer_has_its_own_key() -> None:
    one, other = Issuer("http://127.0.0.1:1", "scrm"), Issuer("http://127.0.0.1:1", "scrm")

    assert one.key_set() != other.key_set()


@pytest.mark.parametrize("name", ["", "root", "branch_", "branch_0", "branch_1x", "branch_12345678901", "HEAD_OFFICE"])
def test_nobody_else_gets_a_token(issuer: Issuer, name: str) -> None:
    reply = ask_token(issuer, grant_type="client_credentials", client_id=name)

    assert find_operator(name) is None
    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")


def test_other_requests_are_refused(issuer: Issuer) -> None:
    grant = ask_token(issuer, grant_type="password", client_id="head_office")
    missing = requests.get(f"{issuer.url}/users", timeout=5)
    huge = requests.post(f"{issuer.url}/token", data="x" * 5000, timeout=5)

    assert (grant.status_code, grant.json()["error"]) == (400, "unsupported_grant_type")
    assert (missing.status_code, huge.status_code) == (404, 404)
    assert get(issuer, "/operators")["operators"] == list(NAMES)


def test_the_program_listens_on_loopback_and_ends_when_told() -> None:
    process = subprocess.Popen([sys.executable, "-m", "local.identity"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        issuer = requests.get(f"{url}/.well-known/openid-configuration", timeout=5).json()["issuer"]
    finally:
        process.terminate()
        _, code = process.communicate(), process.wait(10)

    assert url.startswith("http://127.0.0.1:")
    assert (issuer, code) == (url, 0)


def test_a_wrong_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--port", "many"])

    assert ended.value.code == 2
    assert "--port" in capsys.readouterr().err
