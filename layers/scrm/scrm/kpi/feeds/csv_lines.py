"""CSV files of the bank as clean lines: UTF-8, each with its number, of the header's width; what is none is told.

One line is one row, so that a quote that is never closed costs that row and not its neighbours. Lines without a quote,
nearly all, are only counted for commas: the SQL engine reads cells, ten times faster than Python.
"""

import codecs
import csv
import io
from collections.abc import Callable
from typing import BinaryIO, Final

from scrm.kpi.feeds.manifest import DeliveryRefusedError

LONGEST_LINE: Final = 64 * 1024
_BLOCK: Final = 1024 * 1024
_BOM: Final = "\ufeff"
_THREE_BYTES: Final = "\u0800"
"""The first character that takes three bytes in UTF-8, as Chinese ones do."""
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class CleanLines:
    """Reads one file. ``on_bad`` is told line number and rule; ``rows`` counts all rows, good and bad."""

    def __init__(self, name: str, encoding: str, wanted: tuple[str, ...], on_bad: Callable[[int, str], None]) -> None:
        self._name = name
        self._encoding = encoding
        self._wanted = wanted
        self._on_bad = on_bad
        self.names: tuple[str, ...] = ()
        self.rows = 0

    def copy(self, source: BinaryIO, target: BinaryIO) -> None:
        """Write the good rows, the line's number before the cells. Raises DeliveryRefusedError."""
        self._refuse_other_encoding(source)
        text = io.TextIOWrapper(source, encoding=self._encoding, errors="strict", newline="\n")
        number = 0
        try:
            number = 1
            self._read_header(text.readline(LONGEST_LINE))
            while line := text.readline(LONGEST_LINE):
                number += 1
                if not line.endswith("\n") and len(line) >= LONGEST_LINE:
                    self.rows += 1
                    self._on_bad(number, f"the line is longer than {LONGEST_LINE} characters")
                    _skip_rest(text)
                elif good := self._good(line, number):
                    target.write(good)
        except UnicodeDecodeError:
            raise DeliveryRefusedError(
                f"{self._name} is not {self._encoding} as the manifest says (after line {number}). "
                "Name its encoding, utf-8 or gb18030, or convert it."
            ) from None
        finally:
            text.detach()

    def _good(self, line: str, number: int) -> bytes:
        row = line.rstrip("\r\n")
        if not row.strip():
            return b""
        self.rows += 1
        if "\0" in row or "\r" in row:
            rule = "the line has a NUL or a carriage return"
        elif '"' in row:
            rule, row = self._quoted(row)
        else:
            rule = self._of_width(row.count(",") + 1)
        if rule:
            self._on_bad(number, rule)
            return b""
        return f"{number},{row}\n".encode()

    def _quoted(self, row: str) -> tuple[str, str]:
        """The rule it breaks, and the row as it is written anew."""
        try:
            cells = next(csv.reader((row,), strict=True))
        except csv.Error:
            return "the row is not valid CSV; check its quotes", ""
        written = io.StringIO()
        csv.writer(written, lineterminator="").writerow(cells)
        return self._of_width(len(cells)), written.getvalue()

    def _of_width(self, cells: int) -> str:
        """Never how many it has: rules are counted, and there would be as many as widths."""
        wanted = len(self.names)
        if cells == wanted:
            return ""
        return f"the row has {'more' if cells > wanted else 'fewer'} cells than the header, which has {wanted}"

    def _read_header(self, line: str) -> None:
        try:
            cells = next(csv.reader((line.removeprefix(_BOM).rstrip("\r\n"),), strict=True), [])
        except csv.Error:
            cells = []
        self.names = tuple(cell.strip().lower() for cell in cells)
        wrong = [column for column in self._wanted if self.names.count(column) != 1]
        if wrong:
            raise DeliveryRefusedError(
                f"The first line of {self._name} must name these columns once each: {', '.join(wrong)}."
            )

    def _refuse_other_encoding(self, source: BinaryIO) -> None:
        """UTF-16, and UTF-8 that is told to be GB18030: it can be decoded, as nonsense."""
        start = source.read(_BLOCK)
        if start.startswith(_UTF16):
            raise DeliveryRefusedError(
                f"{self._name} is UTF-16. Deliver UTF-8 or GB18030, and name it in the manifest."
            )
        if self._encoding != "utf-8":
            while start and start.isascii():
                start = source.read(_BLOCK)
            if start.startswith(codecs.BOM_UTF8) or _is_utf8_only(start):
                raise DeliveryRefusedError(f"{self._name} is UTF-8, the manifest says {self._encoding}.")
        source.seek(0)


def _is_utf8_only(some: bytes) -> bool:
    """Whether it holds Chinese characters, all of them good UTF-8; two bytes alone are good in both encodings."""
    try:
        told = codecs.getincrementaldecoder("utf-8")("strict").decode(some, final=False)
    except UnicodeDecodeError:
        return False
    return max(told, default="") >= _THREE_BYTES


def _skip_rest(text: io.TextIOWrapper) -> None:
    while (rest := text.readline(LONGEST_LINE)) and not rest.endswith("\n"):
        pass
