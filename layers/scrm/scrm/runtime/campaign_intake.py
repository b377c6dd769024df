"""What the campaign reconcile queue carries: looks at send tasks, and members' own messages."""

from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter

from scrm.campaign.dispatch_messages import LookRequested
from scrm.pressure.messages import PersonalMessageSeen

type ReconcileWork = Annotated[LookRequested | PersonalMessageSeen, Field(discriminator="kind")]

# Built when the first message is read.
reconcile_work: TypeAdapter[LookRequested | PersonalMessageSeen] = TypeAdapter(
    ReconcileWork, config=ConfigDict(defer_build=True)
)
