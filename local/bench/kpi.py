"""Bench: counting facts by member, team, branch and bank (T5.1, T5.2)."""

from local.bench.child import run
from local.bench.figure import Figure


def measure() -> list[Figure]:
    whole, small, cpu = (run("kpi", part, within_s=400) for part in ("whole", "small", "cpu"))
    return [
        Figure(
            name="kpi_wru_per_event",
            value=whole["units_per_event"],
            limit=0.65,
            better="lower",
            unit="write units, 10 million events a day of 300,000 RMs, all four levels, 15 minutes old",
            peer="an ADD for each event and level: 3 to 4",
            floor=0.03,
        ),
        Figure(
            name="kpi_wru_per_event_small",
            value=small["units_per_event"],
            limit=0.10,
            better="lower",
            unit="write units, 200 members in 20 teams, 1,000 events a window",
            peer="an item for each member: 0.20",
        ),
        Figure(
            name="kpi_counted_once",
            value=min(whole["exact"], small["exact"]),
            limit=1.0,
            better="higher",
            unit="1: the bank's sums are those of the events",
            peer="events told again, windows killed and applied again",
        ),
        Figure(
            name="kpi_window_share",
            value=whole["window_share"],
            limit=1.0,
            better="lower",
            unit="what lands in 15 minutes, of what a window takes",
            peer="128 MB",
        ),
        Figure(
            name="kpi_cpu_vs_json_loop",
            value=cpu["ratio"],
            limit=0.45,
            better="lower",
            unit="ratio of CPU, the worst of days of 10,000, 100,000 and 1,000,000 events, in 40 windows",
            peer="json.loads line by line, a set of ids, four counters",
        ),
        Figure(
            name="kpi_cpu_flat",
            value=cpu["flat"],
            limit=1.25,
            better="lower",
            unit="the dearest of these three ratios over the cheapest",
            peer=f"dearest size over cheapest: of the loop {cpu['growth_plain']:.2f}, here {cpu['growth']:.2f}",
        ),
        Figure(
            name="kpi_cpu_caught_up_vs_json_loop",
            value=cpu["caught_up"],
            limit=0.45,
            better="lower",
            unit="ratio of CPU, a day of 1,000,000 events in 4 windows of 250,000",
            peer="the same loop",
        ),
        Figure(
            name="kpi_cpu_us",
            value=cpu["us"],
            limit=2.0,
            better="lower",
            unit="microseconds of CPU an event, of a day of 1,000,000 in 40 windows",
            peer="the same loop",
            floor=cpu["us_few"],
        ),
    ]
