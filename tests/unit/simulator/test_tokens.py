"""gettoken and what tokens are good for (1.2)."""

import pytest

from .builders import CORP_ID, HOUR, SECRET, Corp, small_world


def fetch(corp: Corp, corp_id: str = CORP_ID, secret: str = SECRET, source: str = "127.0.0.1") -> int:
    reply = corp.raw("GET", "gettoken", {"corpid": corp_id, "corpsecret": secret}, source=source)
    errcode: int = reply["errcode"]
    return errcode


def use(corp: Corp, token: str, source: str = "127.0.0.1") -> int:
    errcode: int = corp.raw("GET", "department/list", {"access_token": token}, source=source)["errcode"]
    return errcode


def test_a_token_lives_7200_seconds_of_simulated_time() -> None:
    corp = Corp()
    token = corp.token()

    corp.advance(7199)
    assert use(corp, token) == 0
    corp.advance(1)
    assert use(corp, token) == 42001


def test_fetching_again_gives_the_same_token_and_what_is_left_of_its_life() -> None:
    corp = Corp()
    token = corp.token()
    corp.advance(200)

    reply = corp.raw("GET", "gettoken", {"corpid": CORP_ID, "corpsecret": SECRET})

    assert (reply["access_token"], reply["expires_in"]) == (token, 7000)


def test_with_the_knob_fetching_again_gives_a_new_token_and_the_old_one_stays_good() -> None:
    corp = Corp(same_token_on_refetch=False)

    first, second = corp.token(), corp.token()

    assert first != second
    assert (use(corp, first), use(corp, second)) == (0, 0)


def test_tokens_of_two_apps_are_independent() -> None:
    world = small_world()
    world["apps"].append({"app": "second", "agent_id": 1000009, "secret": "second-secret"})
    corp = Corp(world)
    first, second = corp.token(), corp.token("second-secret")

    corp.simulator.actions.revoke_tokens("contacts")

    assert (use(corp, first), use(corp, second)) == (40014, 0)


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({}, 41002),
        ({"corpid": CORP_ID}, 41004),
        ({"corpid": "wwELSE", "corpsecret": SECRET}, 40013),
        ({"corpid": CORP_ID, "corpsecret": "wrong"}, 40001),
        ({"corpid": CORP_ID, "corpsecret": "theirs"}, 40091),
    ],
)
def test_gettoken_names_what_is_wrong(query: dict[str, str], errcode: int) -> None:
    corp = Corp(small_world(foreign_secrets=[{"corp_id": "wwELSE", "secret": "theirs"}]))

    assert corp.raw("GET", "gettoken", query)["errcode"] == errcode


def test_a_stopped_app_gets_no_token_and_its_old_one_is_refused() -> None:
    corp = Corp()
    token = corp.token()
    corp.simulator.simulation.world.apps["contacts"].enabled = False

    assert fetch(corp) == 40001
    assert use(corp, token) == 50003


@pytest.mark.parametrize(("token", "errcode"), [("", 41001), ("made-up", 40014)])
def test_a_call_without_a_real_token_is_refused(token: str, errcode: int) -> None:
    assert use(Corp(), token) == errcode


def test_a_revoked_token_fails_as_asked_and_the_next_fetch_gives_a_new_one() -> None:
    corp = Corp()
    token = corp.token()

    corp.simulator.actions.revoke_tokens(None, 42001)

    assert use(corp, token) == 42001
    assert use(corp, corp.token()) == 0


def test_too_many_wrong_secrets_shut_the_source_out_for_an_hour() -> None:
    corp = Corp(bad_secret_limit=3)

    codes = [fetch(corp, secret="wrong", source="127.0.0.9") for _ in range(3)]

    assert codes == [40001, 40001, 40001]
    assert fetch(corp, source="127.0.0.9") == 45009
    assert use(corp, corp.token(), source="127.0.0.9") == 45009
    assert fetch(corp, source="127.0.0.8") == 0
    corp.advance(HOUR)
    assert fetch(corp, source="127.0.0.9") == 0


def test_wrong_secrets_spread_over_hours_do_not_shut_anybody_out() -> None:
    corp = Corp(bad_secret_limit=3)

    for _ in range(4):
        fetch(corp, secret="wrong")
        corp.advance(HOUR / 2 + 1)

    assert fetch(corp) == 0
