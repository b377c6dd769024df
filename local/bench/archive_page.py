"""Bench: a page of the archive from its bytes to the segment's bytes, beside the RSA that it cannot do without (T2)."""

from local.bench.child import run
from local.bench.figure import Figure


def measure() -> list[Figure]:
    result = run("archive_page")
    return [
        Figure(
            name="archive_page_vs_rsa",
            value=result["vs_rsa"],
            limit=1.08,
            better="lower",
            unit="ratio of CPU",
            peer="one RSA-2048 decrypt a message with cryptography",
            floor=1.0,
        ),
        Figure(
            name="archive_two_threads_vs_rsa",
            value=result["two_threads_vs_rsa"],
            limit=0.85,
            better="higher",
            unit="ratio of speed-ups, wall",
            peer="bare RSA in two threads against one",
        ),
    ]
