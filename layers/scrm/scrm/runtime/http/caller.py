"""Who calls: the claims that the JWT authorizer checked, and the place in the organisation they name."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scrm.node_paths import ROOT_NODE_ID, ROOT_PATH, covers
from scrm.org.model import OrgNode
from scrm.org.queries import OrgQueries
from scrm.runtime.http.problems import NotAllowedError

_SUBJECT = re.compile(r"[!-~]{1,200}")
_MISSING_CLAIMS = "The token names no organisation node or role of this API (claims scrm_node and scrm_roles)."


class Role(StrEnum):
    """What a caller may do within his node. Every role reads; see the operations for what needs more."""

    HEAD_OFFICE = "head_office"
    OPERATOR = "operator"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Caller:
    """``subject`` is the token's ``sub``: an opaque id of the identity provider, it is written to the audit log."""

    subject: str
    node: OrgNode
    roles: frozenset[Role]

    @property
    def actor(self) -> str:
        """As the audit log and the handover name him."""
        return f"operator:{self.subject}"

    def sees(self, node_path: str) -> bool:
        return covers(self.node.path, node_path)

    @property
    def decides(self) -> bool:
        """May decide about the cases he sees."""
        return bool(self.roles & {Role.HEAD_OFFICE, Role.OPERATOR})

    @property
    def reads_conversations(self) -> bool:
        """May find and read what people wrote, with personal data covered (R2)."""
        return bool(self.roles & {Role.HEAD_OFFICE, Role.COMPLIANCE, Role.AUDITOR})

    @property
    def guards_the_archive(self) -> bool:
        """May read numbers for a reason, hold conversations and decide what customers want deleted (R3, R15)."""
        return Role.COMPLIANCE in self.roles

    @property
    def operates_the_corp(self) -> bool:
        """May start what touches every branch: head office or an operator, placed at the root."""
        return self.node.node_id == ROOT_NODE_ID and bool(self.roles & {Role.HEAD_OFFICE, Role.OPERATOR})


def claims_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The verified claims of an HTTP API event; empty when the route has no JWT authorizer."""
    claims: Mapping[str, Any] = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    return claims


def identify(claims: Mapping[str, Any], org: OrgQueries) -> Caller:
    """Raises NotAllowedError when a claim is missing or names nothing we know: then nothing may be seen."""
    subject, node_id = (str(claims.get(name, "")) for name in ("sub", "scrm_node"))
    roles = frozenset(Role(word) for word in _words(claims.get("scrm_roles", "")) if word in set(Role))
    node = _node(node_id, org) if _SUBJECT.fullmatch(subject) and node_id and roles else None
    if node is None:
        raise NotAllowedError(_MISSING_CLAIMS)
    return Caller(subject, node, roles)


def _node(node_id: str, org: OrgQueries) -> OrgNode | None:
    """Head office exists before the first sync has read the organisation: it is who starts that sync."""
    known = org.node(node_id)
    if known is None and node_id == ROOT_NODE_ID:
        return OrgNode(ROOT_NODE_ID, "", ROOT_PATH, "")
    return known


def _words(claim: Any) -> list[str]:
    """A list claim. HTTP API hands it over as ``[a b]``; providers also write JSON, spaces or commas."""
    try:
        found = json.loads(claim) if isinstance(claim, str) else claim
    except ValueError:
        found = str(claim).strip("[] ").replace(",", " ").split()
    return [str(word) for word in found] if isinstance(found, list) else [str(found)]
