"""The plain end of a handover, written into customers without reading them (S21).

Nearly always both callbacks came before we look: the taker follows, and the leaver's relation ended by a transfer that
named no taker. What `scrm.contacts.ownership` makes of our report is then known beforehand, if nobody else follows and
the master names nobody but the leaver. The condition says exactly this; whoever is otherwise is read and settled as
ever, and tests/integration/test_taken_over.py compares the two ways.
"""

from collections.abc import Sequence

from scrm import clock
from scrm.aws import contact_items as items
from scrm.aws.table import Condition, Update
from scrm.contacts.model import Basis, Claim, Finding, QuotaUse, RelationState
from scrm.contacts.ownership import SAME_TRANSFER, TOLD_LATE

_PLAIN = (
    "owner_userid = :taker AND size(followers) = :two"
    " AND followers.#taker[0] = :active AND followers.#taker[1] <= :latest"
    " AND followers.#leaver[0] = :ended AND followers.#leaver[2] >= :earliest"
    " AND size(claims) = :one AND claims[0][1] = :handover AND claims[0][2] = :leaver AND claims[0][3] = :nobody"
    " AND claims[0][0] BETWEEN :earliest AND :at"
    " AND attribute_not_exists(quota_uses)"
    " AND ((attribute_not_exists(master) AND attribute_not_exists(finding))"
    " OR (master.userid = :leaver AND finding = :gap))"
)
_CHANGE = (
    "SET claims = list_append(claims, :claims), owner_since = :at, basis = :handover, version = version + :one{quota}"
)


def updates(claim: Claim, external_userids: Sequence[str], quota_use: QuotaUse | None) -> list[Update]:
    """One for each customer; ``claim`` names leaver and taker, and its case."""
    values = {
        ":taker": claim.userid,
        ":leaver": claim.from_userid,
        ":two": 2,
        ":one": 1,
        ":active": RelationState.ACTIVE.value,
        ":ended": RelationState.ENDED.value,
        ":handover": Basis.HANDOVER.value,
        ":gap": Finding.GAP.value,
        ":nobody": "",
        ":at": clock.to_iso(claim.at),
        ":earliest": clock.to_iso(claim.at - TOLD_LATE),
        ":latest": clock.to_iso(claim.at + SAME_TRANSFER),
        ":claims": [items.claim_value(claim)],
    }
    quota = ""
    if quota_use is not None:
        values[":uses"] = [[clock.to_iso(quota_use.at), quota_use.case_id]]
        quota = ", quota_uses = :uses"
    condition = Condition(_PLAIN, values, {"#leaver": claim.from_userid, "#taker": claim.userid})
    change = _CHANGE.format(quota=quota)
    return [Update(items.customer_key(customer), change, condition) for customer in external_userids]
