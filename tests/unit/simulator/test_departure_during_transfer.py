"""An account is deleted while on-job transfers wait: the three things that may become of them (UNVERIFIED)."""

import pytest

from local.simulator.model import Decision

from .builders import DAY, HOUR, Corp

RESULT = "externalcontact/transfer_result"
UNASSIGNED = "externalcontact/get_unassigned_list"
PAIR = {"handover_userid": "rm_a", "takeover_userid": "rm_c"}


def left_while_waiting(fate: str, *names: str, **decisions: Decision) -> Corp:
    """rm_a started on-job transfers to rm_c and left half an hour later."""
    corp = Corp(transfers_of_departed=fate)
    corp.decide(**decisions)
    assert corp.codes("onjob", "rm_a", "rm_c", *names) == [0] * len(names)
    corp.advance(HOUR / 2)
    corp.leave("rm_a")
    return corp


def unassigned(corp: Corp) -> list[str]:
    return [row["external_userid"] for row in corp.post(UNASSIGNED)["info"]]


def test_void_ends_without_record_and_leaves_the_customer_to_the_resigned_api() -> None:
    corp = left_while_waiting("void", "wm1")

    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 5)]
    assert corp.codes("resigned", "rm_a", "rm_b", "wm1") == [0]
    corp.advance(DAY)
    assert corp.followers("wm1") == ["rm_b"]


def test_continue_completes_in_its_time_under_the_on_job_api() -> None:
    corp = left_while_waiting("continue", "wm1")

    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 2)]
    assert corp.statuses("resigned", "rm_a", "rm_c") == []
    assert unassigned(corp) == ["wm1", "wm2", "wm3"]
    corp.advance(DAY - HOUR / 2)

    assert corp.followers("wm1") == ["rm_c"]
    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 1)]
    assert unassigned(corp) == ["wm2", "wm3"]


def test_convert_shows_and_completes_under_the_resigned_api() -> None:
    corp = left_while_waiting("convert", "wm1", "wm2")

    assert corp.statuses("onjob", "rm_a", "rm_c") == []
    assert corp.statuses("resigned", "rm_a", "rm_c") == [("wm1", 2), ("wm2", 2)]
    corp.advance(DAY - HOUR / 2)

    assert corp.followers("wm1") == ["rm_c"]
    assert corp.statuses("resigned", "rm_a", "rm_c") == [("wm1", 1), ("wm2", 1)]
    assert unassigned(corp) == ["wm3"]


def test_convert_moves_only_what_still_waits() -> None:
    corp = Corp(transfers_of_departed="convert")
    corp.decide(wm1="refuse")
    corp.transfer("onjob", "rm_a", "rm_c", "wm1", "wm2")
    corp.advance(HOUR)

    corp.leave("rm_a")

    assert corp.statuses("onjob", "rm_a", "rm_c") == [("wm1", 3)]
    assert corp.statuses("resigned", "rm_a", "rm_c") == [("wm2", 2)]


@pytest.mark.parametrize("fate", ["continue", "convert"])
def test_while_it_goes_on_the_resigned_api_finds_the_customer_in_transfer(fate: str) -> None:
    corp = left_while_waiting(fate, "wm1")

    assert corp.codes("resigned", "rm_a", "rm_b", "wm1", "wm2") == [40100, 0]


@pytest.mark.parametrize(("fate", "listed"), [("continue", ["wm1", "wm2", "wm3"]), ("convert", ["wm2", "wm3"])])
def test_a_refusal_loses_the_customer_only_where_the_transfer_became_a_resigned_one(
    fate: str, listed: list[str]
) -> None:
    corp = left_while_waiting(fate, "wm1", wm1="refuse")

    corp.advance(DAY)

    assert corp.followers("wm1") == []
    assert unassigned(corp) == listed


@pytest.mark.parametrize("fate", ["void", "continue", "convert"])
def test_a_takeover_who_leaves_too_gives_the_customer_back_to_the_list(fate: str) -> None:
    corp = left_while_waiting(fate, "wm1")

    corp.leave("rm_c")
    corp.advance(DAY)

    assert unassigned(corp) == ["wm1", "wm2", "wm3"]
    assert corp.codes("resigned", "rm_a", "rm_b", "wm1") == [0]


def test_the_on_job_result_of_a_leaver_is_refused_when_the_knob_says_so() -> None:
    corp = left_while_waiting("continue", "wm1")
    answered = corp.post(RESULT, PAIR)

    corp.set_knobs(onjob_result_of_departed="refuses")
    refused = corp.post(RESULT, PAIR)

    assert (answered["errcode"], refused["errcode"]) == (0, 60111)
    assert refused["customer"] == []


def test_a_half_added_takeover_becomes_a_friend_by_the_transfer() -> None:
    corp = Corp()
    corp.befriend("rm_c", "wm1", standing="half")
    corp.transfer("onjob", "rm_a", "rm_c", "wm1")

    corp.advance(DAY)

    (follower,) = corp.get("externalcontact/get", external_userid="wm1")["follow_user"]
    assert (follower["userid"], follower["add_way"]) == ("rm_c", 202)
