"""Joins the media library to the bucket and to WeCom, for functions that send what it holds."""

from scrm import clock
from scrm.aws.asset_files import BucketAssets
from scrm.aws.asset_table import DynamoAssets
from scrm.content.media import MediaLibrary
from scrm.runtime.content_limits import MEDIA
from scrm.runtime.dispatch_media import LibraryFiles
from scrm.runtime.wiring.tables import bucket, table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.wecom.governor_state import Priority
from scrm.wecom.media_uploads import WecomMedia


def media_library(priority: Priority) -> MediaLibrary:
    """Asks WeCom in the class of work of who sends."""
    files = BucketAssets(bucket("DATA_BUCKET"))
    return MediaLibrary(DynamoAssets(table("CONTENT_TABLE")), files, WecomMedia(wecom_client(priority)), MEDIA)


def files_for_sends() -> LibraryFiles:
    return LibraryFiles(lambda: media_library(Priority.DISPATCH), clock.now)


def fresh_media() -> MediaLibrary:
    """Keeps fresh what released content shows; after every other call to WeCom."""
    return media_library(Priority.STATISTICS)
