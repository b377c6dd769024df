"""What an upload of media answers."""

from scrm.wecom.payloads.base import Moment, Payload


class UploadedMedia(Payload):
    """media/upload and media/upload_attachment; the id is good for three days."""

    media_id: str
    created_at: Moment = None
