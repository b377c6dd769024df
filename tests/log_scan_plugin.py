"""Read every log file of a test run (engine, simulator, functions) and every log line that a test captured.

The run fails when there is a person or a secret in one of them (`tests.log_scan`).
"""

import re
import shutil

import pytest

from tests.log_scan import Finding, scan_lines, scan_logs
from tests.run_paths import RUN_LOGS, RUN_STATE

_CAPTURED_LOG = "Captured log"
_LOG_LINE_OF_A_FUNCTION = re.compile(r'"level":|"_aws":')


def pytest_configure(config: pytest.Config) -> None:
    if not _is_worker(config):
        config.pluginmanager.register(_RunScan(), "log-scan")


class _RunScan:
    """The scan of one test run, in the process that reports it."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Scan what the test logged; the report of its teardown holds the sections of the whole test."""
        if report.when == "teardown":
            for title, content in report.sections:
                self._found += scan_lines(f"{report.nodeid} ({title})", _log_lines(title, content))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Scan the log files, and remove them unless somebody will want to read them."""
        self._found += scan_logs(RUN_LOGS)
        shutil.rmtree(RUN_STATE, ignore_errors=True)
        if self._found and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if session.exitstatus == pytest.ExitCode.OK:
            shutil.rmtree(RUN_LOGS, ignore_errors=True)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._found:
            terminalreporter.section("personal data or secrets in logs", red=True)
            for finding in self._found:
                terminalreporter.write_line(f"{finding.source}:{finding.line}: {finding.kind}")
        if RUN_LOGS.exists():
            terminalreporter.write_line(f"logs of this run: {RUN_LOGS}")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _log_lines(title: str, content: str) -> list[str]:
    """Of a captured section the lines that are log; what a command prints for people may well name customers."""
    lines = content.splitlines()
    is_log = title.startswith(_CAPTURED_LOG)
    return [line if is_log or _LOG_LINE_OF_A_FUNCTION.search(line) else "" for line in lines]
