"""All that a snapshot holds, and the simulation that the parts share."""

import pickle
from dataclasses import dataclass, field
from typing import Any

from local.simulator.album_book import AlbumBook
from local.simulator.archive_book import ArchiveBook
from local.simulator.behaviour_book import BehaviourBook
from local.simulator.clock import Clock
from local.simulator.confirmations import ConfirmationScript
from local.simulator.contact_ways import ContactWayBook
from local.simulator.cursors import Cursors
from local.simulator.decisions import DecisionScript
from local.simulator.delivery_policy import CallbackPolicy
from local.simulator.faults import FaultBook
from local.simulator.group_history import GroupHistory
from local.simulator.knobs import Knobs
from local.simulator.ledger import Ledger
from local.simulator.limits import RateLimits
from local.simulator.mass_book import MassBook
from local.simulator.media_store import MediaStore
from local.simulator.message_book import MessageBook
from local.simulator.moment_book import MomentBook
from local.simulator.rule_book import RuleBook
from local.simulator.template_book import GroupTemplateBook
from local.simulator.timeline import Agenda, Timeline
from local.simulator.tokens import TokenStore
from local.simulator.transfer_book import TransferBook
from local.simulator.url_upload_book import UrlUploadBook
from local.simulator.world import World, empty_world


@dataclass(slots=True)
class WelcomeCode:
    """``used_by`` sends since ``used_at``; how long that takes, and whether it comes off, the knobs say."""

    userid: str
    external_userid: str
    issued_at: float
    used_by: str | None = None
    used_at: float = 0.0
    content: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    world: World = field(default_factory=empty_world)
    knobs: Knobs = field(default_factory=Knobs)
    tokens: TokenStore = field(default_factory=TokenStore)
    limits: RateLimits = field(default_factory=RateLimits)
    cursors: Cursors = field(default_factory=Cursors)
    ledger: Ledger = field(default_factory=Ledger)
    faults: FaultBook = field(default_factory=FaultBook)
    decisions: DecisionScript = field(default_factory=DecisionScript)
    policy: CallbackPolicy = field(default_factory=CallbackPolicy)
    transfers: TransferBook = field(default_factory=TransferBook)
    group_transfers: dict[tuple[int, str], int] = field(default_factory=dict)
    welcome_codes: dict[str, WelcomeCode] = field(default_factory=dict)
    group_templates: GroupTemplateBook = field(default_factory=GroupTemplateBook)
    intercept_rules: RuleBook = field(default_factory=RuleBook)
    albums: AlbumBook = field(default_factory=AlbumBook)
    contact_ways: ContactWayBook = field(default_factory=ContactWayBook)
    messages: MessageBook = field(default_factory=MessageBook)
    media: MediaStore = field(default_factory=MediaStore)
    url_uploads: UrlUploadBook = field(default_factory=UrlUploadBook)
    mass: MassBook = field(default_factory=MassBook)
    archive: ArchiveBook = field(default_factory=ArchiveBook)
    behaviour: BehaviourBook = field(default_factory=BehaviourBook)
    group_history: GroupHistory = field(default_factory=GroupHistory)
    moments: MomentBook = field(default_factory=MomentBook)
    confirmations: ConfirmationScript = field(default_factory=ConfirmationScript)
    pending_trusted_ips: dict[str, list[str]] = field(default_factory=dict)
    held: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    deliveries_made: int = 0
    ids_made: int = 0

    def next_id(self) -> int:
        self.ids_made += 1
        return self.ids_made


class Simulation:
    """Clock, timeline and state; everything else acts on it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.timeline = Timeline(clock)
        self.timeline.delivery_concurrency = lambda: self.state.knobs.callback_concurrency
        self.state = State()

    @property
    def world(self) -> World:
        return self.state.world

    @property
    def knobs(self) -> Knobs:
        return self.state.knobs

    @property
    def ledger(self) -> Ledger:
        return self.state.ledger

    def now(self) -> float:
        return self.clock.now()

    def load_world(self, world: World, *, fresh: bool = False) -> None:
        """Start with this corp: tokens, ledger, faults and what was due are forgotten; so are, with ``fresh``, knobs
        and timers. The clock goes on."""
        timers = [] if fresh else list(self.timeline.agenda.timers.values())
        self.state = State(world=world, knobs=Knobs() if fresh else self.state.knobs)
        self.state.behaviour.load(world.relations(), self.now())
        self.timeline.replace_agenda(Agenda(next_seq=self.timeline.agenda.next_seq))
        for timer in timers:
            self.timeline.set_timer(timer.name, timer.expression, timer.url)

    def freeze(self) -> bytes:
        return pickle.dumps((self.state, self.timeline.agenda, self.clock.offset))

    def thaw(self, frozen: bytes, *, rewind_clock: bool) -> None:
        """Restore what `freeze` gave. Without ``rewind_clock`` time stays where it is, and what was due in the
        meantime of the snapshot falls due at once; with it, the product has to be restarted too."""
        state, agenda, offset = pickle.loads(frozen)  # noqa: S301 - our own bytes, never from outside
        self.state = state
        if rewind_clock:
            self.clock.offset = offset
        self.timeline.replace_agenda(agenda)
