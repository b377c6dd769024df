"""What the collector's queue carries. Unknown fields are ignored; a breaking change is a new version."""

from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from scrm.collect.model import AddsStep, AddsWork, Part, Run, Stage


class RunMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: Literal[1] = 1
    morning: date
    first: date
    last: date
    window: int = 0

    def run(self) -> Run:
        return Run(self.morning, self.first, self.last, self.window)


class RunDue(RunMessage):
    """Plan a run."""

    kind: Literal["collect_run_due"] = "collect_run_due"

    @classmethod
    def of(cls, run: Run) -> Self:
        return cls(morning=run.morning, first=run.first, last=run.last, window=run.window)


class PartDue(RunMessage):
    """Read a part of a run from ``place`` on."""

    kind: Literal["collect_part_due"] = "collect_part_due"
    number: int
    stage: Stage
    place: int

    def part(self) -> Part:
        return Part(self.run(), self.number, self.stage, self.place)

    @classmethod
    def of(cls, part: Part) -> Self:
        run = part.run
        return cls(
            morning=run.morning,
            first=run.first,
            last=run.last,
            window=run.window,
            number=part.number,
            stage=part.stage,
            place=part.place,
        )


class RunRead(RunMessage):
    """Everything of a run was read: measure it, from a step on."""

    kind: Literal["collect_run_read"] = "collect_run_read"
    measured: int = 0

    @classmethod
    def of(cls, run: Run, measured: int = 0) -> Self:
        return cls(morning=run.morning, first=run.first, last=run.last, window=run.window, measured=measured)


class CoverageDue(RunMessage):
    """Measure who of the bank's customers is covered."""

    kind: Literal["collect_coverage_due"] = "collect_coverage_due"

    @classmethod
    def of(cls, run: Run) -> Self:
        return cls(morning=run.morning, first=run.first, last=run.last, window=run.window)


class AddsDue(RunMessage):
    """A step of judging the adds that a run saw, for one section of the bank."""

    kind: Literal["collect_adds_due"] = "collect_adds_due"
    step: AddsStep
    section: int
    sections: int

    def work(self) -> AddsWork:
        return AddsWork(self.run(), self.step, self.section, self.sections)

    @classmethod
    def of(cls, work: AddsWork) -> Self:
        run = work.run
        return cls(
            morning=run.morning,
            first=run.first,
            last=run.last,
            window=run.window,
            step=work.step,
            section=work.section,
            sections=work.of,
        )
