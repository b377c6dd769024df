"""One lexicon of 10,000 words over Chinese messages of 200 characters: ours, the bare automaton, the textbook's chain.

Words and messages are drawn, with a seed, from the counted words of the product's own table: messages by frequency,
from words the lexicon does not list, with the punctuation people type. One in twenty has listed words in it; a clause
that holds one by chance is drawn again, because words drawn at random meet more often than a bank's list meets a text.
Ratios are medians of the same round's, times the least of all rounds: what neighbours of this machine cost is not ours.
"""

import json
import random
import re
import statistics
import time
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import ahocorasick
from ahocorasick_rs import AhoCorasick
from opencc import OpenCC

from scrm.lexicon import folding
from scrm.lexicon.model import Direction, Entry, Lexicon
from scrm.lexicon.scanner import Scanner

WORDS, MESSAGES, LENGTH, PLANTED = 10_000, 400, 200, 0.05
ROUNDS, BUILDS = 25, 9
SEED = 71
NODE = "/1/10/"
MARKS = "，，，，。。！？、； "


def vocabulary() -> tuple[list[str], list[str], list[int]]:
    """Listed words, other words and how often these occur."""
    counts = json.loads((folding.TABLES / "words.json").read_text(encoding="utf-8"))
    every = [(word, int(count)) for count, found in counts.items() if count != "total" for word in found.split(" ")]
    draw = random.Random(SEED)  # noqa: S311 - drawn again the same
    listed = set(draw.sample([word for word, count in every if len(word) > 1], WORDS))
    others = [(word, count) for word, count in every if word not in listed]
    return sorted(listed), [word for word, _ in others], [count for _, count in others]


def messages(listed: Sequence[str], others: Sequence[str], weights: Sequence[int]) -> list[str]:
    draw = random.Random(SEED + 1)  # noqa: S311 - drawn again the same
    made = []
    for _ in range(MESSAGES):
        planted = draw.random() < PLANTED
        text = ""
        while len(text) < LENGTH:
            clause = draw.choices(others, weights, k=draw.randint(3, 8))
            if BARE.find_matches_as_indexes("".join(clause)):
                continue
            if planted and draw.random() < 1 / 4:
                clause.insert(draw.randrange(len(clause)), draw.choice(listed))
            text += "".join(clause) + draw.choice(MARKS)
        made.append(text[:LENGTH])
    return made


LISTED, OTHERS, WEIGHTS = vocabulary()
FOLD = folding.shared()
FOLDED_WORDS = list(dict.fromkeys(map(FOLD.plain, LISTED)))
BARE = AhoCorasick(FOLDED_WORDS)
TEXTS = messages(LISTED, OTHERS, WEIGHTS)
PLAIN = [FOLD.plain(text) for text in TEXTS]
LEXICON = Lexicon(tuple(Entry(f"word_{number}", word) for number, word in enumerate(LISTED)))
SCANNER = Scanner(LEXICON)
TO_SIMPLE = OpenCC("t2s")
SEPARATORS = re.compile(r"[^\w%]|_")


def textbook_automaton() -> Any:
    made = ahocorasick.Automaton()
    for word in FOLDED_WORDS:
        made.add_word(word, word)
    made.make_automaton()
    return made


TEXTBOOK = textbook_automaton()


def scan() -> None:
    for text in TEXTS:
        SCANNER.scan(text, Direction.TO_CUSTOMER, NODE)


def match() -> None:
    for plain in PLAIN:
        SCANNER.matches(plain)


def bare() -> None:
    for plain in PLAIN:
        BARE.find_matches_as_indexes(plain, overlapping=True)


def textbook() -> None:
    for text in TEXTS:
        plain = SEPARATORS.sub("", TO_SIMPLE.convert(unicodedata.normalize("NFKC", text)).casefold())
        list(TEXTBOOK.iter(plain))


def cpu_s(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def build() -> None:
    Scanner(LEXICON)


def bare_build() -> None:
    AhoCorasick(FOLDED_WORDS)


def recall() -> float:
    """Pairs of word and message that are found, of those that are there."""
    there = {(number, word) for number, plain in enumerate(PLAIN) for word in FOLDED_WORDS if word in plain}
    found = {(number, SCANNER.word(hit[0])) for number, plain in enumerate(PLAIN) for hit in SCANNER.matches(plain)}
    return len(there & found) / len(there)


def main() -> None:
    candidates = {"scan": scan, "match": match, "bare": bare, "textbook": textbook}
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for work in candidates.values():
        work()
    for _ in range(ROUNDS):
        for name, work in candidates.items():
            seconds[name].append(cpu_s(work))

    def ratio(name: str, peer: str) -> float:
        return statistics.median(a / b for a, b in zip(seconds[name], seconds[peer], strict=True))

    print(
        json.dumps(
            {
                "hits": sum(len(SCANNER.scan(text, Direction.TO_CUSTOMER, NODE)) for text in TEXTS) / MESSAGES,
                "raw_hits": sum(len(SCANNER.matches(plain)) for plain in PLAIN) / MESSAGES,
                "vs_ahocorasick_rs": ratio("match", "bare"),
                "vs_textbook": ratio("scan", "textbook"),
                "bare_vs_textbook": ratio("bare", "textbook"),
                "scan_us": min(seconds["scan"]) / MESSAGES * 1e6,
                "bare_us": min(seconds["bare"]) / MESSAGES * 1e6,
                "textbook_us": min(seconds["textbook"]) / MESSAGES * 1e6,
                "recall": recall(),
                "build_ms": min(cpu_s(build) for _ in range(BUILDS)) * 1000,
                "bare_build_ms": min(cpu_s(bare_build) for _ in range(BUILDS)) * 1000,
            }
        )
    )


if __name__ == "__main__":
    main()
