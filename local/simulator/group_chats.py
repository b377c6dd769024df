"""Facts about one group chat."""

import hashlib

from local.simulator.model import Group


def member_version(group: Group) -> str:
    """32 hex characters that change with the members."""
    members = "\x00".join(sorted(row.userid for row in group.members))
    return hashlib.md5(f"{group.chat_id}\x00{members}".encode(), usedforsecurity=False).hexdigest()
