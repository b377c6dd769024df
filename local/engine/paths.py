"""Where the local run keeps its things: everything under ``.local/`` of the checkout."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
ENVIRONMENTS = LOCAL / "envs"
DEFAULT_STACK = "default"


def environment_python(name: str) -> Path:
    """The interpreter of a locked environment (``engine``, ``runtime``, ``sam``, ``bench``)."""
    return ENVIRONMENTS / name / "bin" / "python"


@dataclass(frozen=True, slots=True)
class RunPaths:
    """The files of one running stack; stacks of different names run side by side."""

    name: str = DEFAULT_STACK

    @property
    def state(self) -> Path:
        """Temporary files of the processes, and the list of what runs."""
        return LOCAL / "run" / self.name

    @property
    def logs(self) -> Path:
        return LOCAL / "logs" / self.name

    @property
    def function_logs(self) -> Path:
        return self.logs / "functions"

    @property
    def processes(self) -> Path:
        return self.state / "processes.json"

    @property
    def actions(self) -> Path:
        """What execution roles asked for, see `launcher`."""
        return self.state / "actions.jsonl"

    @property
    def endpoints(self) -> Path:
        return LOCAL / "endpoints.json" if self.name == DEFAULT_STACK else self.state / "endpoints.json"
