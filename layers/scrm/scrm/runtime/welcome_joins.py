"""Joins greeting customers to the organisation, the content library and the media library."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from scrm.content.errors import ContentRefusedError
from scrm.content.model import ApprovedContent, Scene
from scrm.content.sending import ContentGate
from scrm.node_paths import covers
from scrm.org.ports import MemberRepository
from scrm.welcome.model import Greeting, WelcomeRule
from scrm.welcome.ports import WelcomePostponedError, WelcomeRefusedError
from scrm.welcome.rules import RuleRefusedError

if TYPE_CHECKING:
    from scrm.content.media import MediaLibrary


class OrgMemberNodes:
    """Implements `scrm.welcome.ports.MemberNodes`."""

    def __init__(self, members: MemberRepository) -> None:
        self._members = members

    def path_of(self, userid: str) -> str | None:
        member = self._members.member(userid)
        return member.node_path if member else None


class ReleasedGreetings:
    """Implements `scrm.welcome.ports.WelcomeContents`; ``library`` is made when the first content shows a file."""

    def __init__(self, gate: ContentGate, library: "Callable[[], MediaLibrary]") -> None:
        self._gate = gate
        self._library = library

    def greeting(self, rule: WelcomeRule, node_path: str, at: datetime) -> Greeting:
        try:
            found = self._gate.approved_content(rule.activity_id, rule.version, Scene.ONE_TO_ONE)
        except ContentRefusedError as refused:
            raise WelcomeRefusedError(f"content_{refused.refusal.value}") from refused
        why = self._gate.is_sendable(at, rule.content_hash)
        if why is not None:
            raise WelcomeRefusedError(f"content_{why.value}")
        if not _is_meant_for(found, node_path):
            raise WelcomeRefusedError("content_out_of_scope")
        if found.product_id:
            raise WelcomeRefusedError("content_of_a_product")
        return Greeting(found.text, self._attachments(found) if found.attachments else ())

    def _attachments(self, found: ApprovedContent) -> tuple[dict[str, object], ...]:
        from scrm.runtime import welcome_files  # noqa: PLC0415 - most greetings are a text

        try:
            return tuple(welcome_files.as_sent(one, found.valid_until, self._library) for one in found.attachments)
        except welcome_files.FileRefusedError as refused:
            raise WelcomeRefusedError("content_file_refused") from refused
        except welcome_files.FilePostponedError as waiting:
            raise WelcomePostponedError(waiting.not_before) from waiting


class LibraryGreetings:
    """Implements `scrm.welcome.rules.GreetingContents`.

    A newcomer's risk class is unknown, so content of a product greets nobody (S58 fails closed).
    """

    def __init__(self, gate: ContentGate) -> None:
        self._gate = gate

    def hash_for(self, activity_id: str, version: int, node_path: str) -> str:
        try:
            found = self._gate.approved_content(activity_id, version, Scene.ONE_TO_ONE)
        except ContentRefusedError as refused:
            raise RuleRefusedError(
                f"only a released version with a one-to-one variant greets customers ({refused.refusal.value})"
            ) from refused
        if found.product_id:
            raise RuleRefusedError("content of a product greets nobody: of a new customer no risk class is known")
        if not covers(found.node_path, node_path):
            raise RuleRefusedError("this content is not the node's, nor that of a node above it")
        return found.content_hash


def _is_meant_for(found: ApprovedContent, node_path: str) -> bool:
    parts = node_path.split("/")
    scope = found.scope_node_ids
    return covers(found.node_path, node_path) and (not scope or any(node_id in parts for node_id in scope))
