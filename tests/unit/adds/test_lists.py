"""A day of many branches, page by page."""

from datetime import UTC, datetime
from typing import Final

from scrm.adds.model import Add, Company, Evidence, Judgement, State
from scrm.aws.judged_adds import BucketAddLists, BucketJudgedAdds
from scrm.node_paths import ROOT_PATH
from tests.fakes.collect import MemoryDocuments

AT: Final = datetime(2027, 3, 10, 3, tzinfo=UTC)
BRANCHES: Final = 120


def judged(branch_id: int, customer: str, state: State) -> Judgement:
    add = Add("rm", f"/1/{branch_id}/", customer, AT)
    return Judgement(Evidence(add, 0, Company(), Company()), state, (), 0, add.day)


def test_a_page_looks_into_so_many_branches_and_the_next_goes_on() -> None:
    documents = MemoryDocuments()
    day = AT.date()
    for branch_id in range(100, 100 + BRANCHES):
        state = State.EXCLUDED if branch_id in {120, 219} else State.VALID
        those = [judged(branch_id, f"{branch_id}a", State.VALID), judged(branch_id, f"{branch_id}b", state)]
        BucketJudgedAdds(documents).keep(day, str(branch_id), those)
    lists = BucketAddLists(documents)

    def pages(state: State | None, limit: int) -> list[list[str]]:
        found, cursor = [], None
        while True:
            page = lists.page(ROOT_PATH, day, state, cursor, limit)
            found.append([each.evidence.add.external_userid for each in page.items])
            cursor = page.cursor
            if cursor is None:
                return found

    assert pages(State.EXCLUDED, 10) == [["120b"], [], ["219b"]]
    everybody = [name for page in pages(None, 7) for name in page]
    assert everybody == [f"{branch_id}{letter}" for branch_id in range(100, 100 + BRANCHES) for letter in "ab"]
