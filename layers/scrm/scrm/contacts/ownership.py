"""Who answers for a customer (S21): pure rules over the facts of one customer.

Facts are merged so that their order does not matter: of what WeCom told of a follower the newest counts, claims are a
set, and everything else is derived anew after each change. A handover brings ownership along only when the one who
handed over was the owner: taking over a second follower's relation does not take the customer from his RM.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from scrm.contacts.model import (
    UNKNOWN_TIME,
    Basis,
    Claim,
    Customer,
    Finding,
    MasterRow,
    QuotaUse,
    RelationState,
    Standing,
)

KEEP_ENDED = timedelta(days=30)
KEEP_CLAIMS = timedelta(days=90)
# WeCom moves a customer of a member who is there at most twice in 90 days (docs/wecom.md 6.2).
QUOTA = 2
QUOTA_WINDOW = timedelta(days=90)
# The taker's "added" and the leaver's "deleted" come within moments of one another; clocks differ a little.
SAME_TRANSFER = timedelta(hours=1)
# We tell of a transfer when we look, at most so long after WeCom did.
TOLD_LATE = timedelta(days=7)

_NEXT = timedelta(milliseconds=1)  # what the stored times can tell apart

# Two things told of one relation in the same second: the one further down is taken as the later.
_RANK = (RelationState.HALF_ADDED, RelationState.ACTIVE, RelationState.DELETED_BY_CUSTOMER, RelationState.ENDED)


def merged(known: Standing | None, news: Standing) -> Standing:
    """The newer of two, with the latest time the member was added."""
    if known is None:
        return news
    newer = max(known, news, key=lambda standing: (standing.changed_at, _RANK.index(standing.state)))
    return replace(newer, since=max(known.since, news.since))


def with_news(customer: Customer, userid: str, news: Standing) -> Customer:
    """WeCom told something of one follower."""
    return replace(customer, followers={**customer.followers, userid: merged(customer.followers.get(userid), news)})


def in_order(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The order in which claims are played, each once. A rename does not change it: no name decides that may change.

    By time; of one moment assignments before handovers, as who assigned saw the owner of before; then by cause, which
    stays as it was first told. What still is equal, a case that gives a customer to two at once, stays as it was
    stored.
    """
    return tuple(sorted(dict.fromkeys(claims), key=lambda claim: (claim.at, claim.basis, claim.cause)))


def with_claim(customer: Customer, claim: Claim) -> Customer:
    return replace(customer, claims=in_order((*customer.claims, claim)))


def with_assignment(customer: Customer, userid: str, actor: str, at: datetime) -> Customer:
    """The assignment is later than those stored before it, whatever the clocks say: the one stored last holds."""
    assigned = (claim.at for claim in customer.claims if claim.basis is Basis.ASSIGNED)
    later = max((made_at + _NEXT for made_at in assigned), default=at)
    return with_claim(customer, Claim(max(at, later), Basis.ASSIGNED, "", userid, actor))


def with_quota_use(customer: Customer, use: QuotaUse) -> Customer:
    return replace(customer, quota_uses=tuple(sorted({*customer.quota_uses, use})))


def with_quota_full(customer: Customer, at: datetime) -> Customer:
    return replace(customer, quota_full_at=max(at, customer.quota_full_at or at))


def with_master(customer: Customer, row: MasterRow) -> Customer:
    """The later file counts; of two rows of one time the greater userid, so that order does not matter."""
    known = customer.master
    if known and (known.as_of, known.userid) > (row.as_of, row.userid):
        return customer
    return replace(customer, master=row)


def standing_of(customer: Customer, userid: str) -> Standing | None:
    """How the member stands, handovers included whose callbacks did not come."""
    return _standing(customer.followers.get(userid), userid, customer.claims)


def followers_of(customer: Customer) -> dict[str, Standing]:
    """Everyone who follows the customer, the longest first."""
    everyone = {*customer.followers, *(claim.userid for claim in customer.claims if claim.userid)}
    found = {userid: standing for userid in everyone if (standing := standing_of(customer, userid)) is not None}
    following = [(userid, standing) for userid, standing in found.items() if standing.follows]
    return dict(sorted(following, key=lambda pair: (pair[1].follows_since, pair[0])))


def quota_uses_of(customer: Customer) -> tuple[datetime, ...]:
    """Moments that count against 2 in 90 days, also of transfers that somebody made in WeCom's console."""
    elsewhere = (claim.at for claim in _explained(customer.claims) if not claim.userid)
    return tuple(sorted([*(use.at for use in customer.quota_uses), *elsewhere]))


def settled(customer: Customer, now: datetime) -> Customer:
    """The customer with owner, basis and finding, and without facts that are too old to matter."""
    kept = _without_old_facts(customer, now)
    following = followers_of(kept)
    pool = _pool(following)
    claim = _claim_in_force(kept, kept.claims)
    owner, since, basis = _owner(pool, claim, kept.master)
    return replace(
        kept,
        owner_userid=owner,
        owner_since=since,
        basis=basis,
        finding=_finding(kept.master, following, claim if basis in {Basis.HANDOVER, Basis.ASSIGNED} else None),
    )


def renamed(customer: Customer, old: str, new: str) -> Customer:
    """The member's facts under his new userid."""
    followers = {userid: standing for userid, standing in customer.followers.items() if userid != old}
    if old in customer.followers:
        followers[new] = merged(followers.get(new), customer.followers[old])
    claims = in_order(
        replace(claim, userid=_other(claim.userid, old, new), from_userid=_other(claim.from_userid, old, new))
        for claim in customer.claims
    )
    master = customer.master and replace(customer.master, userid=_other(customer.master.userid, old, new))
    return replace(customer, followers=followers, claims=claims, master=master)


def _other(userid: str, old: str, new: str) -> str:
    return new if userid == old else userid


def _standing(known: Standing | None, userid: str, claims: Iterable[Claim]) -> Standing | None:
    for claim in claims:
        if claim.basis is not Basis.HANDOVER or not claim.userid:
            continue
        if claim.userid == userid:
            if known is None or (not known.follows and known.changed_at < claim.at):
                known = Standing(RelationState.ACTIVE, claim.at, claim.at)
        elif claim.from_userid == userid and known is not None and known.follows and known.changed_at <= claim.at:
            known = replace(known, state=RelationState.ENDED, changed_at=claim.at)
    return known


def _pool(following: Mapping[str, Standing]) -> dict[str, Standing]:
    """Who may be the owner: active followers; half-added ones and those the customer deleted only if there are none."""
    active = {name: standing for name, standing in following.items() if standing.state is RelationState.ACTIVE}
    return active or dict(following)


def _owner(
    pool: Mapping[str, Standing], claim: Claim | None, master: MasterRow | None, preferred: str = ""
) -> tuple[str, datetime | None, Basis | None]:
    """Of several who came at the same moment ``preferred``, else the first by name."""
    if claim is not None and _stands(claim, pool):
        return claim.userid, claim.at, claim.basis
    if master is not None and master.userid in pool:
        return master.userid, master.as_of, Basis.MASTER
    if not pool:
        return "", None, None
    longest = min(pool, key=lambda userid: (pool[userid].follows_since, userid != preferred, userid))
    return longest, pool[longest].follows_since, Basis.LONGEST_STANDING


def _stands(claim: Claim, pool: Mapping[str, Standing]) -> bool:
    """A claim ends with the relation: one that was added again later begins anew."""
    return claim.userid in pool and pool[claim.userid].since <= claim.at + SAME_TRANSFER


def _claim_in_force(customer: Customer, claims: Sequence[Claim]) -> Claim | None:
    """The claims played in the order of their times."""
    in_force: Claim | None = None
    explained = _explained(claims)
    for place, claim in enumerate(explained):
        taker = claim if claim.userid else _with_taker(customer, claim)
        if taker is None:
            continue
        if taker.basis is Basis.ASSIGNED or not taker.from_userid:
            in_force = taker
            continue
        master = customer.master if customer.master and customer.master.as_of <= claim.at else None
        following = _following_before(customer, claim, explained[:place])
        before, _, _ = _owner(_pool(following), in_force, master, preferred=taker.from_userid)
        if before in {"", taker.from_userid, taker.userid}:
            in_force = taker
    return in_force


def _explained(claims: Sequence[Claim]) -> list[Claim]:
    """Without those transfers of unknown taker that a later message explains."""
    named = [claim for claim in claims if claim.userid and claim.basis is Basis.HANDOVER]
    return [
        claim
        for claim in claims
        if claim.userid
        or not any(
            other.from_userid == claim.from_userid and -SAME_TRANSFER <= other.at - claim.at <= TOLD_LATE
            for other in named
        )
    ]


def _with_taker(customer: Customer, claim: Claim) -> Claim | None:
    """Who was added at the moment a transfer took the customer away from someone."""
    near = {
        userid: abs(standing.since - claim.at)
        for userid, standing in followers_of(customer).items()
        if userid != claim.from_userid and abs(standing.since - claim.at) <= SAME_TRANSFER
    }
    return replace(claim, userid=min(near, key=lambda userid: (near[userid], userid))) if near else None


def _following_before(customer: Customer, claim: Claim, earlier: Sequence[Claim]) -> dict[str, Standing]:
    """Who followed just before the handover; the one who handed over did, whatever came later."""
    found: dict[str, Standing] = {}
    for userid in {*customer.followers, *(other.userid for other in earlier if other.userid), claim.from_userid}:
        standing = _standing(customer.followers.get(userid), userid, earlier)
        if userid == claim.from_userid:
            since = standing.since if standing else UNKNOWN_TIME
            found[userid] = Standing(RelationState.ACTIVE, min(since, claim.at), UNKNOWN_TIME)
        elif standing is not None and standing.since <= claim.at and _followed_at(standing, claim.at):
            found[userid] = standing
    return found


def _followed_at(standing: Standing, at: datetime) -> bool:
    return standing.follows or standing.changed_at > at


def _finding(master: MasterRow | None, following: Mapping[str, Standing], claim: Claim | None) -> Finding | None:
    if master is None or not following:
        return None
    if master.userid not in following or following[master.userid].state is not RelationState.ACTIVE:
        return Finding.GAP
    if claim is not None and master.as_of > claim.at and master.userid != claim.userid:
        return Finding.DISAGREEMENT
    return None


def _without_old_facts(customer: Customer, now: datetime) -> Customer:
    """Old claims are played once and for all: what they made of followers and owner stays, they go."""
    old = [claim for claim in customer.claims if claim.at < now - KEEP_CLAIMS]
    claims = [claim for claim in customer.claims if claim.at >= now - KEEP_CLAIMS]
    followers = dict(customer.followers)
    if old:
        in_force = _claim_in_force(customer, old)
        followers = dict(_played(customer, old))
        if in_force and in_force.userid in followers and followers[in_force.userid].follows:
            claims.append(replace(in_force, from_userid=""))
    takers = {claim.userid for claim in claims}
    recent = {
        userid: standing
        for userid, standing in followers.items()
        if standing.follows or standing.changed_at >= now - KEEP_ENDED or userid in takers
    }
    uses = tuple(use for use in customer.quota_uses if use.at >= now - QUOTA_WINDOW)
    return replace(customer, followers=recent, claims=in_order(claims), quota_uses=uses)


def _played(customer: Customer, claims: Sequence[Claim]) -> Iterator[tuple[str, Standing]]:
    for userid in {*customer.followers, *(claim.userid for claim in claims if claim.userid)}:
        standing = _standing(customer.followers.get(userid), userid, claims)
        if standing is not None:
            yield userid, standing
