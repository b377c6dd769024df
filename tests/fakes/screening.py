"""A small lexicon in force, and where two members stand."""

from collections.abc import Sequence

from scrm.lexicon.model import Action, Direction, Entry, Finding, Lexicon, Severity
from scrm.lexicon.scanner import Scanner

PLACES = {"rm_li": "/1/10/12/", "rm_wu": "/1/20/"}
LEXICON = Lexicon(
    entries=(
        Entry("promise", "保本", direction=Direction.TO_CUSTOMER, severity=Severity.SERIOUS, action=Action.BLOCK),
        Entry("complaint", "我要投诉", direction=Direction.TO_STAFF, action=Action.COMPLAINT),
        Entry("stop", "不要再发", direction=Direction.TO_STAFF, action=Action.OPT_OUT),
        Entry("loan", "想贷款", direction=Direction.TO_STAFF, action=Action.NEED_SIGNAL),
        Entry("branch_10", "飞单", scope=("/1/10/",)),
    ),
    allowed=("不保本",),
)


class InForce:
    version = 7

    def __init__(self, lexicon: Lexicon) -> None:
        self._scanner, self._entries = Scanner(lexicon), lexicon.by_id()

    def entry(self, entry_id: str) -> Entry:
        return self._entries[entry_id]

    def scan(self, text: str, direction: Direction, node_path: str) -> Sequence[Finding]:
        return self._scanner.scan(text, direction, node_path)
