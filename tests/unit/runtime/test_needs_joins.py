"""Needs as campaigns ask for them: the content's own rules, an owner's facts, one read where a rule asks."""

from scrm.audience.needs import NeedRule
from scrm.audience.parsing import parse
from scrm.campaign.ports import ApprovedContent
from scrm.campaign.task import Need
from scrm.campaign.terms import ContentRef
from scrm.runtime.needs_joins import RuledNeeds
from tests.fakes.audience import NOW, FakeKnown, facts
from tests.fakes.content import START, Library, a_draft

GAP = NeedRule("gap", parse("tier = gold"), 80, "尚未持有", product_ids=frozenset({"fund_01"}))
VIP = NeedRule("vip", parse("tags has any of (vip)"), 90, "贵宾", target_kpis=frozenset({"card_binding"}))


def asked(*rules: NeedRule) -> tuple[RuledNeeds, ApprovedContent, FakeKnown]:
    library = Library()
    released = library.released(a_draft(product_id="fund_01"))
    told = {"wm1": facts("wm1", tier="gold"), "wm2": facts("wm2"), "wm3": None}
    known = FakeKnown({"rm_li": told}, {"rm_li": {"wm2": ("vip",)}})
    ref = ContentRef(released.activity_id, 1)
    content = ApprovedContent(ref, "text", (), START, "fund_01", 2)
    return RuledNeeds(library.contents, known, lambda: rules), content, known  # type: ignore[arg-type]


def test_the_most_pressing_rule_of_each_customer() -> None:
    needs, content, _ = asked(GAP, VIP)

    found = needs.of("rm_li", ["wm1", "wm2", "wm3", "wm9"], content, NOW)

    assert found == {"wm1": Need("gap", 80, "尚未持有"), "wm2": Need("vip", 90, "贵宾")}


def test_nothing_is_read_for_content_that_no_rule_names() -> None:
    needs, content, known = asked()
    known.by_owner = {}

    assert needs.of("rm_li", ["wm1"], content, NOW) == {}
    assert known.tag_reads == 0
