"""The small bank of the story in bank_life.py: a running stack, and what operators and WeCom do to it."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from local.bank.world import BankSize
from local.cli.client import AdminClient
from local.cli.sign_in import sign_in
from local.engine.stack import RunningStack
from local.simulator.control_client import ControlClient
from tests.e2e.conditions import eventually
from tests.infra.cloudformation import FUNCTIONS

BANK = BankSize(branches=1, sub_branches=1, rms=5, customers=40, groups=4)


@dataclass(frozen=True)
class Bank:
    """A running stack with a small bank, and what happens to it. ``leavers`` in the order in which HR tells of them."""

    stack: RunningStack
    world: dict[str, Any]
    leavers: list[str] = field(default_factory=list)

    @cached_property
    def wecom(self) -> ControlClient:
        return ControlClient(self.stack.endpoints.wecom_control_url)

    @cached_property
    def rms(self) -> list[str]:
        """Members who serve customers, those with a group first."""
        owners = [group["owner"] for group in self.world["groups"]]
        serving = {relation["userid"] for relation in self.world["relations"]}
        return sorted(serving, key=lambda userid: (userid not in owners, userid))

    def invoke(self, function: str, payload: dict[str, Any]) -> None:
        name = self.stack.deployed.of_type("AWS::Lambda::Function")[function]
        reply = self.stack.engine.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload))
        assert "FunctionError" not in reply, reply["Payload"].read()

    def tell_hr_event(self, kind: str = "StaffDeparted", **detail: Any) -> None:
        entry = {"EventBusName": "scrm", "Source": "bank.hr", "DetailType": kind}
        entries = [{**entry, "Detail": json.dumps(detail)}]
        assert self.stack.engine.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0

    def tell_departed(self, userid: str, event_id: str) -> None:
        self.tell_hr_event(
            schema_version=1,
            event_id=event_id,
            occurred_at="2026-11-21T01:00:00Z",
            corp_id=self.stack.endpoints.credentials["wecom"]["corp_id"],
            userid=userid,
            reason="resigned",
        )
        self.settle()

    def leaves(self, userid: str) -> None:
        """HR tells it, then the account is deleted, which WeCom tells."""
        self.leavers.append(userid)
        self.tell_departed(userid, f"hr-{userid}")
        self.wecom.delete_member(userid)
        self.settle()

    def rename(self, userid: str, new_userid: str) -> None:
        self.wecom.patch_member(userid, new_userid=new_userid)
        self.settle()

    def settle(self) -> None:
        """Until WeCom has told everything and all queues are empty."""
        eventually(self.wecom.pending_callbacks, lambda count: count == 0)
        assert self.stack.wait_until_idle()

    def pass_time(self, seconds: int) -> None:
        assert self.wecom.advance(seconds)["failures"] == []
        self.settle()

    def operator(self, name: str) -> AdminClient:
        return AdminClient(sign_in(name, self.stack.paths.endpoints))

    def case_of(self, userid: str) -> dict[str, Any]:
        [case] = [case for case in self.operator("head_office").cases(0) if case["handover_userid"] == userid]
        return case

    def uses(self) -> set[tuple[str, str, str]]:
        """(function, action, logical id of the resource, with its index) of everything the roles asked for.

        Not of what a key's own policy grants, which names its one role (tests/infra/test_stores.py).
        """
        logical = {
            name: logical_id
            for kind in ("tables", "queues", "secrets", "buses", "buckets")
            for logical_id, place in self.stack.endpoints.resources[kind].items()
            for name in [place.rsplit("/", 1)[-1]]
        }
        asked = map(json.loads, self.stack.paths.actions.read_text("utf-8").splitlines())
        return {
            (_function(each), each["action"], _resource(each["resource"], logical))
            for each in asked
            if not each["action"].startswith("kms:")
        }


def _function(asked: dict[str, Any]) -> str:
    folder = asked["principal"].rsplit("/", 1)[1].partition("-")[2]
    return next(name for name, known in FUNCTIONS.items() if known == folder)


def _resource(arn: str, logical: dict[str, str]) -> str:
    """``...:table/<name>/index/by_due`` -> ``HandoverTable/by_due``; an object -> ``DataBucket/roster/latest/*``.

    What the archive keeps lies one level deep: ``ArchiveBucket/pages/*``.
    """
    service, name = arn.split(":")[2], arn.rsplit(":", 1)[-1].removeprefix("table/").removeprefix("event-bus/")
    if service == "s3":
        bucket, *prefix = name.split("/")[:3]
        prefix = prefix[:1] if logical[bucket] == "ArchiveBucket" else prefix
        return "/".join([logical[bucket], *prefix, "*"]) if prefix else logical[bucket]
    base, _, index = name.partition("/index/")
    if service == "secretsmanager":
        base = base.rpartition("-")[0]  # an ARN ends in six characters that the name has not
    return f"{logical[base]}/{index}" if index else logical[base]
