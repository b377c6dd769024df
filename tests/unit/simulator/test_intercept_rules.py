"""Rules of words that members must not send (content paper, 6)."""

import pytest

from .builders import Corp, Json, small_world

ADD, LIST, GET, UPDATE, DELETE = (
    f"externalcontact/{name}"
    for name in (
        "add_intercept_rule",
        "get_intercept_rule_list",
        "get_intercept_rule",
        "update_intercept_rule",
        "del_intercept_rule",
    )
)


def rule(name: str = "禁止承诺", **changes: object) -> Json:
    given = {"rule_name": name, "word_list": ["保本", "稳赚"], "semantics_list": [1, 2], "intercept_type": 1}
    return {**given, "applicable_range": {"department_list": [1]}, **changes}


def read(corp: Corp, rule_id: str) -> Json:
    found: Json = corp.post(GET, {"rule_id": rule_id})["rule"]
    return found


def test_a_rule_is_read_as_it_was_made_changed_and_deleted() -> None:
    corp = Corp()
    rule_id = corp.post(ADD, rule())["rule_id"]
    made = read(corp, rule_id)

    change = {"rule_id": rule_id, "word_list": [], "extra_rule": {"semantics_list": []}, "intercept_type": 2}
    ranges = {
        "add_applicable_range": {"user_list": ["rm_a"]},
        "remove_applicable_range": {"department_list": [1]},
    }
    changed = corp.post(UPDATE, {**change, **ranges})["errcode"]
    after = read(corp, rule_id)

    assert (made["word_list"], made["semantics_list"], made["intercept_type"]) == (["保本", "稳赚"], [1, 2], 1)
    assert made["applicable_range"] == {"user_list": [], "department_list": [1]}
    assert changed == 0
    assert (after["word_list"], after["semantics_list"], after["intercept_type"]) == (["保本", "稳赚"], [], 2)
    assert after["applicable_range"] == {"user_list": ["rm_a"], "department_list": []}
    assert [each["rule_name"] for each in corp.get(LIST)["rule_list"]] == ["禁止承诺"]
    assert corp.post(DELETE, {"rule_id": rule_id})["errcode"] == 0
    assert corp.get(LIST)["rule_list"] == []
    assert corp.post(GET, {"rule_id": rule_id})["errcode"] == 41071
    assert corp.post(GET, {"rule_id": "unknown"})["errcode"] == 41070


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"rule_name": "长" * 21}, 40058),
        ({"rule_name": ""}, 40063),
        ({"word_list": []}, 40063),
        ({"word_list": ["词"] * 301}, 41068),
        ({"word_list": ["长" * 33]}, 41083),
        ({"semantics_list": [4]}, 41084),
        ({"intercept_type": 3}, 40058),
        ({"applicable_range": {}}, 40063),
        ({"applicable_range": {"department_list": list(range(1_001))}}, 41076),
        ({"applicable_range": {"department_list": [987654]}}, 60123),
        ({"applicable_range": {"user_list": ["nobody"]}}, 60011),
    ],
)
def test_what_wecom_does_not_take_is_refused(changes: Json, code: int) -> None:
    assert Corp().post(ADD, rule(**changes))["errcode"] == code


def test_a_name_is_one_rules_and_a_corp_has_a_hundred() -> None:
    corp = Corp()
    made = [corp.post(ADD, rule(f"规则{number}")) for number in range(100)]

    assert {each["errcode"] for each in made} == {0}
    assert corp.post(ADD, rule("规则7"))["errcode"] == 41077
    assert corp.post(ADD, rule("规则100"))["errcode"] == 41069
    assert corp.post(UPDATE, {"rule_id": made[0]["rule_id"], "rule_name": "规则1"})["errcode"] == 41077
    assert corp.post(UPDATE, {"rule_id": made[0]["rule_id"], "rule_name": "规则0"})["errcode"] == 0


def test_a_rule_that_loses_its_whole_range_is_left_as_it_was() -> None:
    corp = Corp()
    rule_id = corp.post(ADD, rule())["rule_id"]

    refused = corp.post(UPDATE, {"rule_id": rule_id, "remove_applicable_range": {"department_list": [1]}})

    assert refused["errcode"] == 40058
    assert read(corp, rule_id)["applicable_range"]["department_list"] == [1]


def test_an_app_changes_only_its_own_rules_and_reads_all() -> None:
    world = small_world()
    world["apps"].append({"app": "second", "agent_id": 9, "secret": "second-secret"})
    corp = Corp(world)
    rule_id = corp.post(ADD, rule())["rule_id"]

    assert corp.post(DELETE, {"rule_id": rule_id}, secret="second-secret")["errcode"] == 60011
    assert corp.post(UPDATE, {"rule_id": rule_id}, secret="second-secret")["errcode"] == 60011
    assert corp.post(GET, {"rule_id": rule_id}, secret="second-secret")["rule"]["rule_name"] == "禁止承诺"
