"""Joins greeting customers to the organisation, the content library and the media library."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from scrm.content.errors import ContentRefusedError
from scrm.content.model import OPT_OUT_LINK, ApprovedContent, Scene
from scrm.content.sending import ContentGate
from scrm.node_paths import covers
from scrm.org.ports import MemberRepository
from scrm.runtime.environment import MissingSettingError
from scrm.wecom import limits
from scrm.welcome.model import Greeting, WelcomeRule
from scrm.welcome.ports import WelcomePostponedError, WelcomeRefusedError
from scrm.welcome.rules import RuleRefusedError

if TYPE_CHECKING:
    from scrm.consent.links import OptOutLinks
    from scrm.content.media import MediaLibrary


class OrgMemberNodes:
    """Implements `scrm.welcome.ports.MemberNodes`."""

    def __init__(self, members: MemberRepository) -> None:
        self._members = members

    def path_of(self, userid: str) -> str | None:
        member = self._members.member(userid)
        return member.node_path if member else None


class ReleasedGreetings:
    """Implements `scrm.welcome.ports.WelcomeContents`.

    ``library`` is made when the first content shows a file, ``links`` when the first text holds the customer's link.
    """

    def __init__(
        self, gate: ContentGate, library: "Callable[[], MediaLibrary]", links: "Callable[[], OptOutLinks]"
    ) -> None:
        self._gate = gate
        self._library = library
        self._links = links

    def greeting(self, rule: WelcomeRule, node_path: str, external_userid: str, at: datetime) -> Greeting:
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
        text = self._with_link(found.text, external_userid) if OPT_OUT_LINK in found.text else found.text
        return Greeting(text, self._attachments(found) if found.attachments else ())

    def _with_link(self, text: str, external_userid: str) -> str:
        try:
            links = self._links()
        except MissingSettingError as missing:
            raise WelcomeRefusedError("no_customer_page") from missing
        words = text.replace(OPT_OUT_LINK, links.link_for(external_userid))
        if len(words.encode()) > limits.MASS_TEXT_BYTES:
            raise WelcomeRefusedError("too_long_with_link")
        return words

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

    def __init__(self, gate: ContentGate, links: "Callable[[], OptOutLinks]") -> None:
        self._gate = gate
        self._links = links

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
        if OPT_OUT_LINK in found.text:
            self._check_room_for_link(found.text)
        return found.content_hash

    def _check_room_for_link(self, text: str) -> None:
        try:
            longest = self._links().longest_bytes
        except MissingSettingError as missing:
            raise RuleRefusedError(
                f"the text holds {OPT_OUT_LINK}, but this stack knows no page for customers: "
                f"deploy it with {missing} set, or choose a version without the link"
            ) from missing
        size = len(text.encode()) + text.count(OPT_OUT_LINK) * (longest - len(OPT_OUT_LINK))
        if size > limits.MASS_TEXT_BYTES:
            raise RuleRefusedError(
                f"with {OPT_OUT_LINK} filled in the text can have {size} bytes of UTF-8, "
                f"WeCom takes {limits.MASS_TEXT_BYTES}: choose a shorter version"
            )


def _is_meant_for(found: ApprovedContent, node_path: str) -> bool:
    parts = node_path.split("/")
    scope = found.scope_node_ids
    return covers(found.node_path, node_path) and (not scope or any(node_id in parts for node_id in scope))
