"""What message/send answers."""

from scrm.wecom.payloads.base import Payload, Text


class SentMessage(Payload):
    """``msgid`` recalls the message. Invalid receivers come as one text, separated by ``|``."""

    msgid: Text = ""
    invaliduser: Text = ""
    unlicenseduser: Text = ""

    @property
    def not_reached(self) -> tuple[str, ...]:
        return tuple(userid for text in (self.invaliduser, self.unlicenseduser) for userid in text.split("|") if userid)
