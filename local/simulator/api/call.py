"""What an endpoint gets, and how endpoints are declared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from local.simulator.callbacks import CallbackDispatcher
from local.simulator.group_transfers import GroupTransferEngine
from local.simulator.knobs import Knobs
from local.simulator.mass_messages import MassMessageEngine
from local.simulator.model import App
from local.simulator.moments import MomentEngine
from local.simulator.multipart import UploadedFile
from local.simulator.state import Simulation
from local.simulator.transfers import TransferEngine
from local.simulator.url_uploads import UrlUploadEngine
from local.simulator.world import World

type Access = Literal["any", "address_book", "member_ids", "customer", "message", "archive"]
type Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileBody:
    """A file instead of JSON; ``part`` is the Content-Range when only a part of it was asked for."""

    content: bytes
    name: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Engines:
    """The parts of the simulation that endpoints set to work."""

    simulation: Simulation
    dispatcher: CallbackDispatcher
    transfers: TransferEngine
    group_transfers: GroupTransferEngine
    mass_messages: MassMessageEngine
    moments: MomentEngine
    url_uploads: UrlUploadEngine


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised API call; ``args`` are the query of a GET or of an upload, else the JSON body of a POST.

    ``byte_range`` is the Range header.
    """

    path: str
    args: Mapping[str, Any]
    app: App
    source: str
    now: float
    engines: Engines
    file: UploadedFile | None = None
    byte_range: str = ""

    @property
    def world(self) -> World:
        return self.engines.simulation.world

    @property
    def knobs(self) -> Knobs:
        return self.engines.simulation.knobs

    def sees(self, userid: str) -> bool:
        return self.world.sees(self.app, userid)

    def note(self, kind: str, **ids: str | None) -> None:
        """Record a change that this call made."""
        self.engines.simulation.ledger.changed(self.now, kind, f"api:{self.path}", **ids)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``empty`` is what a failed list call carries next to its error. One that ``takes_file`` is posted a form."""

    method: Literal["GET", "POST"]
    access: Access
    answer: Callable[[Call], Body | FileBody]
    empty: Mapping[str, Any] = field(default_factory=dict)
    takes_file: bool = False
