"""Bench: verify, decrypt and parse a callback (T1.1), and refuse a hostile one (T1.2)."""

from local.bench.child import run
from local.bench.figure import Figure


def measure() -> list[Figure]:
    result = run("callback_core")
    return [
        Figure(
            name="callback_core_vs_straight",
            value=result["vs_straight"],
            limit=0.90,
            better="lower",
            unit="ratio of CPU",
            peer="cryptography + ElementTree",
            floor=result["floor_vs_straight"],
        ),
        Figure(
            name="callback_core_vs_wechatpy",
            value=result["vs_wechatpy"],
            limit=0.42,
            better="lower",
            unit="ratio of CPU",
            peer="wechatpy.enterprise",
            floor=result["floor_vs_wechatpy"],
        ),
        Figure(
            name="hostile_body_ms",
            value=max(result["hostile_ms"].values()),
            limit=0.5,
            better="lower",
            unit="ms of CPU",
            peer="the dearest of ten kinds of body",
            floor=min(result["hostile_ms"].values()),
        ),
    ]
