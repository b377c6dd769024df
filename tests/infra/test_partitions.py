"""One template for aws and aws-cn: no partition, region or account is written out."""

import re

from tests.infra.cloudformation import TEMPLATE, written

SERVICE_PRINCIPALS = re.compile(r"\b(lambda|events|s3|scheduler|cloudwatch)\.amazonaws\.com\b")


def _lines() -> list[str]:
    return [
        line.split(" #")[0] for line in TEMPLATE.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")
    ]


def test_no_arn_names_a_partition() -> None:
    literal = [line.strip() for line in _lines() if re.search(r"arn:(aws|aws-cn)\b", line)]

    assert literal == []


def test_no_host_name_has_a_literal_suffix() -> None:
    # The five service principals are called the same in every partition.
    literal = [line.strip() for line in _lines() if "amazonaws.com" in SERVICE_PRINCIPALS.sub("", line)]

    assert literal == []


def test_no_region_and_no_account_is_written_out() -> None:
    literal = [line.strip() for line in _lines() if re.search(r"\b(cn|us|ap|eu)-[a-z]+-\d\b|\b\d{12}\b", line)]

    assert literal == []


def test_the_clock_of_the_simulator_is_off_by_default() -> None:
    parameters = written()["Parameters"]

    assert parameters["ClockUrl"]["Default"] == ""
    assert parameters["WecomBaseUrl"]["Default"] == "https://qyapi.weixin.qq.com"


def test_a_clock_elsewhere_than_on_loopback_is_refused() -> None:
    allowed = re.compile(written()["Parameters"]["ClockUrl"]["AllowedPattern"])

    assert allowed.fullmatch("http://127.0.0.1:8080/control/v1/clock")
    assert not allowed.fullmatch("http://clock.example/now")
    assert not allowed.fullmatch("https://127.0.0.1.example/now")
