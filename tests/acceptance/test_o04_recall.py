"""O4, tasks under way: a recall of content stops what it is sent by, within the minutes that WeCom's quota takes."""

from dataclasses import replace
from datetime import datetime, timedelta

from scrm.campaign.dispatch_errors import DispatchPostponedError
from scrm.campaign.dispatching import SendOutcome
from scrm.campaign.model import Campaign, RingProgress, RingShare, RingState
from scrm.campaign.results import rows_of
from scrm.campaign.task import RecipientState
from scrm.campaign.terms import CampaignState
from scrm.runtime.dispatch_joins import CampaignStandings
from tests.fakes.campaigns import BRANCH_PATH, MAKER, Bank, definition
from tests.fakes.dispatch import CAMPAIGN, CONTENT, FAR
from tests.unit.campaign.dispatch_bank import DispatchBank

UNCONFIRMED, CONFIRMED, NOT_CREATED = 9_700, 300, 200
PER_MINUTE = 10_000
MINUTE = timedelta(minutes=1)


class QuotaOfCancels:
    """WeCom takes so many cancellations a minute."""

    def __init__(self, bank: DispatchBank) -> None:
        self._bank = bank
        self._cancel = bank.wecom.cancel
        self._taken: dict[datetime, int] = {}
        bank.wecom.cancel = self.cancel  # type: ignore[method-assign]

    def cancel(self, msgid: str) -> None:
        minute = self._bank.time.replace(second=0, microsecond=0)
        if self._taken.get(minute, 0) == PER_MINUTE:
            raise DispatchPostponedError(minute + MINUTE)
        self._taken[minute] = self._taken.get(minute, 0) + 1
        self._cancel(msgid)


def test_a_recall_of_content_stops_at_once_takes_back_10000_tasks_in_a_minute_and_lists_who_has_it() -> None:
    bank, campaigns = DispatchBank(), Bank()
    campaign = Campaign(
        campaign_id=CAMPAIGN,
        definition=definition(content=CONTENT),
        node_path=BRANCH_PATH,
        made_by=MAKER,
        made_at=bank.time,
        state=CampaignState.DISPATCHING,
        rings=(RingProgress("all", RingState.DISPATCHING, RingShare(1, UNCONFIRMED)),),
        expires_at=FAR,
        due_at=bank.time + MINUTE,
    )
    campaigns.campaigns.save(campaign)
    bank.standings = CampaignStandings(campaigns.campaigns)  # type: ignore[assignment]
    tasks = [
        task
        for number in range(UNCONFIRMED + CONFIRMED + NOT_CREATED)
        for task in bank.plan([f"wm_{number}"], owner=f"rm_{number}")
    ]
    created = tasks[: UNCONFIRMED + CONFIRMED]
    assert {bank.send(task) for task in created} == {SendOutcome.CREATED}
    for task in created[UNCONFIRMED:]:
        bank.wecom.confirm(bank.stored(task).msgid, task.owner_userid, at=bank.time)
    QuotaOfCancels(bank)

    bank.contents.refused = "content_recalled"
    recalled_at = bank.time
    campaigns.run.stop_content(CONTENT.activity_id, CONTENT.version, recalled_at)
    for campaign_id in campaigns.queue.cancellations:
        bank.changes().stop(campaign_id)
    bank.run()

    assert len(bank.wecom.creations) == len(created), "nothing new has left"
    assert all(message.cancelled for message in bank.wecom.messages.values()), "whoever has confirmed is found out so"
    assert bank.time - recalled_at <= MINUTE
    rows = [row for task in tasks for row in rows_of(bank.stored(task))]
    have_it = {row.target_id for row in rows if row.state is RecipientState.SENT}
    assert have_it == {task.target_ids[0] for task in created[UNCONFIRMED:]}
    assert {row.state for row in rows if row.target_id not in have_it} == {RecipientState.CANCELLED}
    latest = campaigns.latest(replace(campaign))
    assert (latest.state, latest.reason) == (CampaignState.RECALLED, "its content was recalled")
