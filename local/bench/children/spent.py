"""What a measured program prints: what it found, and what it took."""

import json
import resource
import time
from collections.abc import Callable, Mapping
from typing import Any


def report(work: Callable[[], Mapping[str, Any]]) -> None:
    """Do it and print, as JSON, what it gives with ``seconds``, ``cpu_s`` and the ``peak_mb`` of the process."""
    begun, cpu = time.monotonic(), time.process_time()
    found = work()
    took = {"seconds": time.monotonic() - begun, "cpu_s": time.process_time() - cpu}
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**found, **took, "peak_mb": peak_mb}))
