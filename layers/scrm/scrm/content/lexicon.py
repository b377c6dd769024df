"""Claims that must not be made about financial products (R5): guaranteed, risk-free, and what else the bank lists.

Letters are compared without width, case, spaces, punctuation and invisible signs, so that 保 本 and ＲＩＳＫ－free are
found as well. Phrases the bank allows, such as 不保本, are taken out first.
"""

import unicodedata
from collections.abc import Iterable, Iterator

from scrm.content.model import Draft


def claims_in(text: str, banned: Iterable[str], allowed: Iterable[str] = ()) -> list[str]:
    """The banned claims that a text makes, each once, in the order of the list."""
    rest = plain(text)
    for phrase in sorted(map(plain, allowed), key=len, reverse=True):
        if phrase:
            rest = rest.replace(phrase, "\n")  # nothing matches across what was taken out
    return [claim for claim in dict.fromkeys(banned) if plain(claim) and plain(claim) in rest]


def plain(text: str) -> str:
    """Letters and digits only, of one width and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN" or sign == "%")


def words_of(draft: Draft) -> Iterator[tuple[str, str]]:
    """Every text of a draft that a customer reads or that members are told, with its place."""
    yield "title", draft.title
    yield "selling_point", draft.selling_point
    for scene, variant in draft.variants:
        yield f"variants.{scene.value}.text", variant.text
        for number, attachment in enumerate(variant.attachments):
            where = f"variants.{scene.value}.attachments.{number}"
            yield f"{where}.title", attachment.title
            yield f"{where}.description", attachment.description
