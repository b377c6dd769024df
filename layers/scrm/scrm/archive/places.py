"""Where the archive's evidence lies in its bucket. Keys are made of numbers only: no name, no text, no id of a file."""

from typing import Final

_SEQ_DIGITS: Final = 20  # an unsigned 64-bit number, so that keys sort as the rows came
_MANIFEST_DIGITS: Final = 12


def page_key(asked_from: int) -> str:
    """The reply as it came. One place a cursor: two writers cannot store two pages for one question."""
    return f"pages/{asked_from:0{_SEQ_DIGITS}d}.json"


def manifest_key(number: int) -> str:
    return f"manifests/{number:0{_MANIFEST_DIGITS}d}.json"


def segment_key(asked_from: int) -> str:
    """The page's rows, opened as far as they could be when it was read."""
    return f"segments/{asked_from:0{_SEQ_DIGITS}d}.jsonl.gz"


def reopened_key(asked_from: int, first_seq: int) -> str:
    """Rows of the page that were parked and opened later, in the form of a segment; segments are never rewritten."""
    return f"{reopened_below(asked_from)}{first_seq:0{_SEQ_DIGITS}d}.jsonl.gz"


def reopened_below(asked_from: int) -> str:
    """Where all rows of the page lie that were opened later."""
    return f"reopened/{asked_from:0{_SEQ_DIGITS}d}/"
