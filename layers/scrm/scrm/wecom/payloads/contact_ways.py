"""What WeCom answers about contact ways (docs/wecom.md 15.1)."""

from scrm.wecom.payloads.base import Items, Payload, Text


class MadeWay(Payload):
    config_id: str
    qr_code: Text = ""


class ListedWay(Payload):
    config_id: str


class Way(Payload):
    """``type`` 1 one member, 2 several; ``scene`` 1 mini program, 2 QR code."""

    config_id: Text = ""
    type: int = 0
    scene: int = 0
    remark: Text = ""
    skip_verify: bool = True
    state: Text = ""
    qr_code: Text = ""
    user: Items[str] = ()
    party: Items[int] = ()
