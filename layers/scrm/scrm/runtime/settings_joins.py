"""Joins a bank's settings to the features that obey them."""

from dataclasses import replace

from scrm.handover.greetings import Greeting
from scrm.handover.settings import HandoverSettings
from scrm.settings.handover import HandoverDocument
from scrm.settings.reader import SettingsReader


def handover_settings(reader: SettingsReader[HandoverDocument], platform: HandoverSettings) -> HandoverSettings:
    """What is in force, at most a minute old; WeCom's own limits are those of ``platform``."""
    document = dict(reader.current())
    texts = tuple(Greeting(each.node_id, each.text, each.approved_by) for each in document.pop("greetings"))
    return replace(platform, **document, greetings=texts)
