"""A version of the lexicon is tried on the last days, a minute at a time."""

from scrm.lexicon.messages import LexiconReplayDue
from scrm.lexicon.replays import ReplayState
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import lexicon_replays as wiring


def go_on(body: str) -> None:
    due = LexiconReplayDue.model_validate_json(body)
    replay = wiring.replaying().step(due.version, due.replay_id)
    if replay is None:
        return
    logger.info(
        "lexicon replay went on",
        replay_id=replay.replay_id,
        version=replay.version,
        state=replay.state.value,
        segments=replay.segments,
        messages=replay.messages,
    )
    count("LexiconReplayStepDone")
    if replay.state is ReplayState.RUNNING:
        wiring.requests().due(replay.version, replay.replay_id)
