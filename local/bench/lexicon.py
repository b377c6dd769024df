"""Bench: normalising and matching messages against 10,000 words (S71, T3)."""

from local.bench.child import run
from local.bench.figure import Figure


def measure() -> list[Figure]:
    result = run("lexicon", within_s=300)
    return [
        Figure(
            name="lexicon_vs_ahocorasick_rs",
            value=result["vs_ahocorasick_rs"],
            limit=1.15,
            better="lower",
            unit="ratio of CPU",
            peer="the bare automaton, on folded text",
            floor=1.0,
        ),
        Figure(
            name="lexicon_recall",
            value=result["recall"],
            limit=1.0,
            better="higher",
            unit="share of word and message pairs",
            peer="`in`, word by word, overlaps and all",
            floor=1.0,
        ),
        Figure(
            name="lexicon_normalise_match_us",
            value=result["scan_us"],
            limit=40.0,
            better="lower",
            unit="microseconds of CPU a message of 200 characters",
            peer="the bare automaton on text as it is",
            floor=result["bare_us"],
        ),
        Figure(
            name="lexicon_vs_textbook",
            value=result["vs_textbook"],
            limit=0.25,
            better="lower",
            unit="ratio of CPU",
            peer="NFKC, OpenCC, separators removed, pyahocorasick",
            floor=result["bare_vs_textbook"],
        ),
        Figure(
            name="lexicon_build_ms",
            value=result["build_ms"],
            limit=100.0,
            better="lower",
            unit="ms of CPU for 10,000 words",
            peer="the bare automaton",
            floor=result["bare_build_ms"],
        ),
    ]
