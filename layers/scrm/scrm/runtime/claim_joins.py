"""Claims in copy are found as words in conversations are: spelled, in traditional characters, by look-alikes (R5)."""

from collections.abc import Sequence

from scrm.content import lexicon
from scrm.content.ports import ClaimsIn
from scrm.lexicon.model import Direction, Entry, Lexicon
from scrm.lexicon.scanner import Scanner
from scrm.node_paths import ROOT_PATH


def claims_finder(banned: Sequence[str], allowed: Sequence[str]) -> ClaimsIn:
    """Implements `scrm.content.ports.ClaimFinder`.

    The lexicon leaves out what stands there by chance; approval also refuses that, as it compares letters alone.
    """
    claims = list(dict.fromkeys(banned))
    entries = tuple(Entry(str(number), claim) for number, claim in enumerate(claims))
    scanner = Scanner(Lexicon(entries, tuple(allowed)))

    def claims_in(text: str) -> list[str]:
        found = {claims[int(each.entry_id)] for each in scanner.scan(text, Direction.BOTH, ROOT_PATH)}
        found |= set(lexicon.claims_in(text, claims, allowed))
        return [claim for claim in claims if claim in found]

    return claims_in
