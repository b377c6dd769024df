"""What the functions that create and follow send tasks share."""

import functools
from typing import TYPE_CHECKING

from scrm.aws.campaign_states import DynamoCampaignStates
from scrm.aws.settled_facts import BucketSettledFacts
from scrm.campaign.dispatch_settings import DispatchSettings
from scrm.campaign.ends import Ends
from scrm.campaign.ports import ContentFiles, MassMessages
from scrm.runtime.content_files import FilesWhenShown
from scrm.runtime.dispatch_joins import CampaignStandings
from scrm.runtime.wiring import campaign_settings, send_checks
from scrm.runtime.wiring.tables import bucket, table

if TYPE_CHECKING:
    from scrm.campaign.moments import MomentMessages
    from scrm.campaign.reactions import MomentReactions


def settings() -> DispatchSettings:
    """What is in force now."""
    return campaign_settings.dispatch()


@functools.cache
def messages() -> MassMessages:
    from scrm.runtime.wiring import mass_messages as joins  # noqa: PLC0415 - a channel is loaded by its first task

    return joins.messages()


@functools.cache
def rm_tasks() -> MassMessages:
    """Tasks of the members' own; they can be followed and not created."""
    from scrm.runtime.wiring import rm_tasks as joins  # noqa: PLC0415 - as above

    return joins.messages()


@functools.cache
def rm_tasks_with_places() -> MassMessages:
    """The same for who creates them."""
    from scrm.runtime.wiring import rm_tasks as joins  # noqa: PLC0415 - as above

    return joins.messages_with_places()


@functools.cache
def moments() -> "MomentMessages":
    from scrm.runtime.wiring import moments as joins  # noqa: PLC0415 - most campaigns have another channel

    return joins.messages(standings())


def reactions() -> "MomentReactions":
    from scrm.aws.reaction_facts import BucketReactionFacts  # noqa: PLC0415 - only Moments that were published need it
    from scrm.campaign.reactions import MomentReactions  # noqa: PLC0415

    return MomentReactions(moments(), BucketReactionFacts(bucket("DATA_BUCKET")))


@functools.cache
def member_messages() -> MassMessages:
    from scrm.runtime.wiring import member_messages as joins  # noqa: PLC0415 - as above

    return joins.messages()


@functools.cache
def standings() -> CampaignStandings:
    return CampaignStandings(DynamoCampaignStates(table("CAMPAIGN_TABLE")), campaign_settings.is_sending_stopped)


@functools.cache
def files() -> FilesWhenShown:
    return FilesWhenShown(_library_files)


def _library_files() -> ContentFiles:
    from scrm.runtime.wiring import media as joins  # noqa: PLC0415 - most content shows no file

    return joins.files_for_sends()


@functools.cache
def ends() -> Ends:
    return Ends(send_checks.places(), BucketSettledFacts(bucket("DATA_BUCKET")))


def reset() -> None:
    """Forget every built object; for tests."""
    send_checks.reset()
    campaign_settings.reset()
    for factory in (messages, rm_tasks, rm_tasks_with_places, moments, member_messages, standings, files, ends):
        factory.cache_clear()
