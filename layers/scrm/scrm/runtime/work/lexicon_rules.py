"""WeCom's rules of words follow the lexicon: when a version comes into force, when asked, and every hour."""

from scrm.lexicon.messages import LexiconSyncRequested
from scrm.runtime import ticks
from scrm.runtime.observability import count, logger
from scrm.runtime.ticks import Tick
from scrm.runtime.wiring import lexicon_rules as wiring
from scrm.wecom.errors import PermissionDeniedError


def sync(body: str) -> None:
    LexiconSyncRequested.model_validate_json(body)
    try:
        passed = wiring.rule_sync().run()
    except PermissionDeniedError as error:  # the next hour asks again: a message that waits would be one more each hour
        logger.error("WeCom denies the app its rules of words", errcode=error.errcode, hint=error.hint)
        count("PermissionDenied")
        return
    if passed is None:
        return
    logger.info(
        "rules of words are those of the lexicon",
        version=passed.version,
        added=passed.added,
        changed=passed.changed,
        deleted=passed.deleted,
    )
    count("InterceptRulesSynced")
    for name in passed.drifted:
        logger.warning("somebody changed a rule of words at WeCom", rule=name)
    for name, errcode in passed.refused.items():
        logger.error("WeCom refuses a rule of words", rule=name, errcode=errcode)
    if passed.drifted:
        count("InterceptRuleDrifted", len(passed.drifted))
    if passed.refused:
        count("InterceptRuleRefused", len(passed.refused))


def request() -> Tick:
    """Nothing is compared before a version is in force; whoever puts the first one in force asks for it himself."""
    number = wiring.lexicons().in_force()
    if number:
        wiring.requests().request()
    return ticks.told(number, lambda: None)
