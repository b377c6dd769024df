"""The adds that a morning's run saw are judged, section by section (docs/valid-adds.md, Size)."""

from dataclasses import dataclass

from scrm.adds.daily import DailyJudging
from scrm.adds.sections import Section
from scrm.collect.model import AddsStep, AddsWork, Run
from scrm.collect.ports import BankCustomers, CollectQueue, RunFolder


@dataclass(frozen=True, slots=True)
class RunAdds:
    """Use case of the queue; every step may come twice."""

    judging: DailyJudging
    customers: BankCustomers
    folder: RunFolder
    queue: CollectQueue

    def begin(self, run: Run) -> None:
        """All of the run was read. Without a customer master nothing is judged."""
        planned = self.folder.plan(run)
        sections = planned.sections if planned is not None else 1
        self.folder.note_snapshot(run.roster_day, sections)
        if self.customers.published() is None:
            self.queue.adds_due([AddsWork(run, AddsStep.TAKE_UP)])
        else:
            self._go_on(run, sections)

    def take(self, work: AddsWork) -> int:
        """How many adds were judged. Whoever does the last section of a step has the next one done."""
        seen_on, section = work.run.roster_day, Section(work.section, work.of)
        if work.step is AddsStep.TAKE_UP:
            self.judging.take_up(seen_on)
            return 0
        judged = 0
        if work.step is AddsStep.KEEP:
            self.judging.keep(seen_on, section)
        elif (published := self.customers.published()) is not None:
            judged = self.judging.judge(seen_on, published, section)
        self.folder.note_section(work)
        if not self._waiting(work.run, work.step, work.of):
            self._go_on(work.run, work.of)
        return judged

    def _go_on(self, run: Run, sections: int) -> None:
        """With the first step that is not done."""
        for step in (AddsStep.JUDGE, AddsStep.KEEP):
            if waiting := self._waiting(run, step, sections):
                self.queue.adds_due(AddsWork(run, step, number, sections) for number in waiting)
                return
        self.queue.adds_due([AddsWork(run, AddsStep.TAKE_UP)])

    def _waiting(self, run: Run, step: AddsStep, sections: int) -> list[int]:
        done = self.folder.sections_done(run, step)
        return [number for number in range(sections) if number not in done]
