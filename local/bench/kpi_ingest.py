"""Bench: ten million customer-months of Parquet through the code of ``kpi_ingest``, beside polars (T5)."""

from tempfile import TemporaryDirectory

from local.bench.child import run
from local.bench.figure import Figure

_ROWS = 10_000_000
_WITHIN_S = 600.0


class DisagreementError(Exception):
    """The two found other figures in the same rows, so that neither's cost means anything."""


def measure() -> list[Figure]:
    with TemporaryDirectory(prefix="bench-kpi-") as folder:
        run("kpi_ingest", "make", folder, str(_ROWS), within_s=_WITHIN_S)
        ours = run("kpi_ingest", "ours", folder, within_s=_WITHIN_S)
        peer = run("kpi_ingest", "polars", folder, within_s=_WITHIN_S)
    if (ours["rows"], ours["aum_fen"]) != (peer["rows"], peer["aum_fen"]):
        raise DisagreementError(f"{ours} {peer}")
    memory = f"polars {peer['peak_mb']:.0f} MB; judged, published in order, summed by node"
    spent = ours["cpu_s"] / peer["cpu_s"]
    return [
        Figure(
            name="kpi_ingest_peak_mb",
            value=ours["peak_mb"],
            limit=2_000.0,
            better="lower",
            unit="MB resident, 10 million rows",
            peer=memory,
        ),
        Figure(
            name="kpi_ingest_cpu_vs_polars",
            value=spent,
            limit=2.0,
            better="lower",
            unit="CPU",
            peer=f"polars {peer['cpu_s']:.0f} s",
        ),
    ]
