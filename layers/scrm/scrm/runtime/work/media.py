"""Files that released content shows: WeCom keeps one for three days, so they are uploaded anew in time."""

from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import media as wiring


def refresh() -> None:
    found = wiring.fresh_media().refresh()
    logger.info("media refreshed", renewed=found.renewed, refused=found.refused, postponed=found.postponed)
    count("MediaRenewed", found.renewed)
    count("MediaRefused", found.refused)
