"""A part that is made when it is first asked."""

from scrm.runtime.when_asked import when_asked


class Part:
    """It counts how often it was made."""

    made = 0

    def __init__(self) -> None:
        Part.made += 1
        self.answers = 0

    def answer(self) -> int:
        self.answers += 1
        return self.answers


def test_it_is_made_once_by_the_first_question() -> None:
    Part.made = 0
    part = when_asked(Part)

    before = Part.made
    answers = [part.answer(), part.answer(), part.answers]

    assert (before, Part.made) == (0, 1)
    assert answers == [1, 2, 2]


def test_one_that_cannot_be_made_is_tried_again() -> None:
    tries = []

    def make() -> Part:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError
        return Part()

    part = when_asked(make)

    first = _outcome(part)
    second = _outcome(part)

    assert (first, second) == ("ConnectionError", 1)


def _outcome(part: Part) -> int | str:
    try:
        return part.answer()
    except ConnectionError as error:
        return type(error).__name__
