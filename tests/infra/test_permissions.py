"""Least privilege as far as the template alone shows it; e2e/test_least_privilege.py has what is really asked for."""

from collections.abc import Iterator
from typing import Any

import pytest

from scrm.kpi.facts import KINDS
from tests.infra.cloudformation import FUNCTIONS, listed, names_in, of_type, plain, properties, statements

# EC2 knows no ARN for an interface that does not exist yet; a second statement denies it to the function's own code.
MAY_NAME_EVERYTHING = {"AttachToVpc", "NotFromTheFunctionsCode"}
APPEND_ONLY = {
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:ConditionCheckItem",
}
TABLE_OF = {
    "PLATFORM_TABLE": "PlatformTable",
    "ORG_TABLE": "OrgTable",
    "CONTACTS_TABLE": "ContactsTable",
    "HANDOVER_TABLE": "HandoverTable",
    "TASKS_TABLE": "TasksTable",
    "PRESSURE_TABLE": "PressureTable",
    "AUDIENCE_TABLE": "AudienceTable",
    "CONSENT_TABLE": "ConsentTable",
    "CONTENT_TABLE": "ContentTable",
    "WELCOME_TABLE": "WelcomeTable",
    "LEXICON_TABLE": "LexiconTable",
    "TARGETS_TABLE": "TargetsTable",
    "KPI_TABLE": "KpiTable",
    "REVIEW_TABLE": "ReviewTable",
    "ARCHIVE_TABLE": "ArchiveTable",
    "CAMPAIGN_TABLE": "CampaignTable",
    "SEND_TASK_TABLE": "SendTaskTable",
    "AUDIT_TABLE": "AuditTable",
}
QUEUE_OF = {
    "STAFF_QUEUE_URL": "StaffQueue",
    "CONTACT_QUEUE_URL": "ContactQueue",
    "HANDOVER_QUEUE_URL": "HandoverQueue",
    "RECONCILE_QUEUE_URL": "ReconcileQueue",
    "CAMPAIGN_QUEUE_URL": "CampaignQueue",
    "CAMPAIGN_RECONCILE_QUEUE_URL": "CampaignReconcileQueue",
    "CAMPAIGN_PLANNER_QUEUE_URL": "CampaignPlannerQueue",
    "WELCOME_QUEUE_URL": "WelcomeQueue",
    "ARCHIVE_INTAKE_QUEUE_URL": "ArchiveIntakeQueue",
    "ARCHIVE_QUEUE_URL": "ArchiveQueue",
    "ARCHIVE_SCREEN_QUEUE_URL": "ArchiveScreenQueue",
    "ARCHIVE_MEDIA_QUEUE_URL": "ArchiveMediaQueue",
    "ARCHIVE_ROLLUP_QUEUE_URL": "ArchiveRollupQueue",
    "KPI_COLLECT_QUEUE_URL": "KpiCollectQueue",
}
SECRET_OF = {
    "WECOM_SECRET_ID": "WecomSecret",
    "CALLBACK_SECRET_ID": "CallbackSecret",
    "LINK_SECRET_ID": "LinkSecret",
    "ARCHIVE_KEYS_SECRET_ID": "ArchiveKeysSecret",
}
BUS_OF = {"EVENT_BUS_NAME": "ScrmBus"}
BUCKET_OF = {"DATA_BUCKET": "DataBucket", "ARCHIVE_BUCKET": "ArchiveBucket"}


def _facts(*kinds: str) -> set[str]:
    return {f"facts/{kind}/*" for kind in kinds}


COLLECTED = {
    "kpi/collect/*",
    "kpi/roster/*",
    "kpi/readings/*",
    "kpi/member_days/*",
    "kpi/relations/*",
    "kpi/adds_seen/*",
}
MEASURED = ("bank_customers", "customer_months", "customer_days")
PREFIXES = {
    "StaffIntake": {
        "s3:GetObject": {"roster/incoming/*", "roster/latest/*"},
        "s3:PutObject": {"roster/latest/*", "roster/rejected/*"},
    },
    "ContactSync": {
        "s3:GetObject": {"master/incoming/*", "audience/incoming/*", "consent/incoming/*"},
        "s3:PutObject": {
            "audience/review/*",
            "consent/review/*",
            *_facts("customer_came", "contact_added", "contact_lost"),
        },
    },
    "HandoverWorker": {"s3:PutObject": {"handover/packages/*"}},
    "HandoverReconcile": {
        "s3:GetObject": {"handover/packages/*"},
        "s3:PutObject": {"handover/certificates/*", *_facts("handover_finished", "task_done")},
    },
    "AdminApi": {
        "s3:GetObject": {
            "content/media/*",
            "handover/certificates/*",
            "audience/lists/*",
            "audience/uploads/*",
            "targets/terms/*",
            "targets/splits/*",
            "lexicon/replays/*",
            "kpi/adds/*",
            "kpi/versions/*",
            "reports/kpi/*",
            "uplift/results/*",
            "uplift/ledger/*",
            "uplift/terms/*",
            "kpi/deliveries/*",
            "kpi/quarantine/*",
        },
        "s3:PutObject": {
            "facts/task_done/*",
            "content/media/*",
            "audience/lists/*",
            "audience/uploads/*",
            "audience/review/*",
            "targets/terms/*",
            "targets/splits/*",
            "lexicon/replays/*",
            "reports/kpi/*",
            "uplift/terms/*",
        },
    },
    "CampaignPlanner": {
        "s3:GetObject": {"audience/snapshots/*", "audience/lists/*"},
        "s3:PutObject": {"audience/snapshots/*"},
    },
    "CampaignWorker": {"s3:GetObject": {"content/media/*"}, "s3:PutObject": _facts("send_settled", "task_done")},
    "WelcomeWorker": {"s3:GetObject": {"content/media/*"}},
    "ArchiveIntake": {
        "s3:GetObject": {"pages/*", "manifests/*"},
        "s3:PutObject": {"pages/*", "manifests/*"},
    },
    "ArchiveWorker": {
        "s3:GetObject": {"pages/*", "segments/*", "reopened/*"},
        "s3:PutObject": {"segments/*", "reopened/*"},
    },
    "ArchiveMedia": {
        "s3:GetObject": {"segments/*", "reopened/*", "media/*"},
        "s3:PutObject": {"media/*"},
    },
    "ArchiveCertify": {"s3:GetObject": {"manifests/*", "days/*"}, "s3:PutObject": {"days/*"}},
    "ArchiveScreen": {
        "s3:GetObject": {"segments/*", "reopened/*", "lexicon/replays/*"},
        "s3:PutObject": {"archive-index/messages/*", "lexicon/replays/*", *_facts("message_archived")},
    },
    "CampaignReconcile": {
        "s3:GetObject": {"content/media/*"},
        "s3:PutObject": _facts("send_settled", "moment_reactions", "task_done"),
    },
    "KpiIngest": {
        "s3:GetObject": {
            "kpi/incoming/*",
            "kpi/versions/*",
            "kpi/relations/*",
            *(f"kpi/{name}/*" for name in MEASURED),
        },
        "s3:GetObjectVersion": {"kpi/incoming/*"},
        "s3:PutObject": {
            "kpi/versions/*",
            "kpi/deliveries/*",
            "kpi/quarantine/*",
            "kpi/product_holdings/*",
            *(f"kpi/{name}/*" for name in MEASURED),
        },
    },
    "ArchiveRetention": {"s3:GetObjectVersion": {"days/*"}},
    "ArchiveApi": {"s3:GetObject": {"archive-index/messages/*", "exports/archive/*", "segments/*", "reopened/*"}},
    "KpiCollect": {
        "s3:GetObject": {*COLLECTED, "kpi/adds/*", "kpi/versions/*", "kpi/bank_customers/*"},
        "s3:PutObject": {*COLLECTED, "kpi/adds/*", "facts/add_judged/*"},
    },
    "ArchiveRollup": {
        "s3:GetObject": {"archive-index/messages/*", "media/*", "segments/*", "reopened/*"},
        "s3:PutObject": {"archive-index/messages/*", "exports/archive/*", "facts/service_quality/*"},
        "s3:DeleteObject": {"archive-index/messages/*"},
    },
    "KpiReview": {
        "s3:GetObject": {
            "facts/send_settled/*",
            "kpi/bank_customers/*",
            "kpi/customer_months/*",
            "kpi/product_holdings/*",
            "kpi/relations/*",
            "kpi/telling/*",
            "kpi/versions/*",
            "targets/terms/*",
            "targets/splits/*",
            "uplift/ledger/*",
            "uplift/results/*",
            "uplift/terms/*",
            "uplift/touches/*",
        },
        "s3:PutObject": {
            "kpi/telling/*",
            "reports/kpi/*",
            "targets/splits/*",
            "uplift/ledger/*",
            "uplift/results/*",
            "uplift/touches/*",
        },
    },
    "KpiRollup": {
        "s3:GetObject": {*_facts(*KINDS), "kpi/windows/*", "kpi/counts/*"},
        "s3:PutObject": {"kpi/windows/*", "kpi/counts/*", "kpi/refused/*"},
        "s3:DeleteObject": {"kpi/counts/*"},
    },
}
LOCKS = {"s3:GetObjectVersion", "s3:ListBucketVersions", "s3:GetObjectRetention", "s3:PutObjectRetention"}
"""To find what was certified behind what was written over it, and to lock it; a lock that exists can only grow, because
nobody has s3:BypassGovernanceRetention."""
ROLES = sorted(of_type("AWS::IAM::Role"))


@pytest.mark.parametrize("role", ROLES)
def test_no_role_has_a_managed_policy(role: str) -> None:
    assert "ManagedPolicyArns" not in properties(role)


@pytest.mark.parametrize("role", ROLES)
def test_no_statement_allows_a_wildcard_action(role: str) -> None:
    wildcards = [action for each in statements(role) for action in listed(each["Action"]) if "*" in action]

    assert wildcards == []


@pytest.mark.parametrize("role", ROLES)
def test_no_statement_names_every_resource(role: str) -> None:
    naming_all = {each["Sid"] for each in statements(role) if _names_everything(each)}

    assert naming_all <= MAY_NAME_EVERYTHING


@pytest.mark.parametrize("role", ROLES)
def test_the_bank_can_put_its_boundary_on_every_role(role: str) -> None:
    assert "PermissionsBoundaryArn" in names_in(properties(role)["PermissionsBoundary"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_writes_only_its_own_log(name: str) -> None:
    [writing] = [each for each in statements(f"{name}Role") if each["Sid"] == "WriteLog"]

    assert writing["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert names_in(writing["Resource"]) == {f"{name}LogGroup"}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("variables", "action"),
    [
        (TABLE_OF, "dynamodb:"),
        (QUEUE_OF, "sqs:SendMessage"),
        (SECRET_OF, "secretsmanager:GetSecretValue"),
        (BUS_OF, "events:PutEvents"),
        (BUCKET_OF, "s3:"),
    ],
    ids=["tables", "queues", "secrets", "bus", "bucket"],
)
def test_a_function_may_touch_exactly_what_its_environment_names(
    name: str, variables: dict[str, str], action: str
) -> None:
    environment = properties(f"{name}Function")["Environment"]["Variables"]
    told = {target for variable, target in variables.items() if variable in environment}

    granted = {
        target
        for each in statements(f"{name}Role")
        if any(allowed.startswith(action) for allowed in listed(each["Action"]))
        for target in names_in(each["Resource"])
    }

    assert granted == told
    assert all(
        names_in(environment[variable]) == {variables[variable]} for variable in variables if variable in environment
    )


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("action", ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"])
def test_a_function_reads_and_writes_only_its_own_prefixes_of_the_bucket(name: str, action: str) -> None:
    granted = {
        resource["Fn::Sub"].split("/", 1)[1]
        for each in statements(f"{name}Role")
        if action in listed(each["Action"])
        for resource in listed(each["Resource"])
    }

    assert granted == PREFIXES.get(name, {}).get(action, set())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nobody_deletes_a_document_but_what_was_merged_or_lets_others_in(name: str) -> None:
    asked = {action for each in statements(f"{name}Role") for action in listed(each["Action"])}
    of_bucket = {action for action in asked if action.startswith("s3:")}

    merges = {"s3:DeleteObject"} if name in {"ArchiveRollup", "KpiRollup"} else set()
    versions = {"ArchiveRetention": LOCKS, "KpiIngest": {"s3:GetObjectVersion"}}.get(name, set())
    assert of_bucket - merges - versions <= {"s3:AbortMultipartUpload", "s3:GetObject", "s3:ListBucket", "s3:PutObject"}


@pytest.mark.parametrize("mapping", of_type("AWS::Lambda::EventSourceMapping"))
def test_only_the_reader_of_a_queue_may_receive_from_it(mapping: str) -> None:
    [queue] = names_in(properties(mapping)["EventSourceArn"])
    [function] = names_in(properties(mapping)["FunctionName"])

    readers = {
        name
        for name in FUNCTIONS
        for each in statements(f"{name}Role")
        if "sqs:ReceiveMessage" in listed(each["Action"]) and queue in names_in(each["Resource"])
    }

    assert {f"{name}Function" for name in readers} == {function}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nobody_changes_or_deletes_the_audit_log(name: str) -> None:
    allowed = {
        action
        for each in statements(f"{name}Role")
        if "AuditTable" in names_in(each["Resource"])
        for action in listed(each["Action"])
    }

    assert allowed <= APPEND_ONLY


def test_only_the_scheduler_of_this_account_may_start_the_scheduled_functions() -> None:
    [trust] = properties("ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
    [start] = statements("ScheduleRole")

    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert names_in(start["Resource"]) == {
        "ContactSyncFunction",
        "HandoverReconcileFunction",
        "CampaignReconcileFunction",
        "CampaignPlannerFunction",
        "ArchiveIntakeFunction",
        "ArchiveWorkerFunction",
        "ArchiveRollupFunction",
        "KpiReviewFunction",
        "KpiRollupFunction",
        "ArchiveCertifyFunction",
        "ArchiveRetentionFunction",
        "ArchiveScreenFunction",
        "ArchiveMediaFunction",
        "KpiCollectFunction",
    }


def test_no_resource_policy_allows_everybody() -> None:
    open_to_all = [
        (name, statement["Sid"])
        for name, statement in _resource_statements()
        if statement["Effect"] == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"})
    ]

    assert open_to_all == []


def test_no_allowing_resource_policy_has_a_wildcard_action() -> None:
    wildcards = [
        (name, action)
        for name, statement in _resource_statements()
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        if "*" in action
    ]

    assert wildcards == []


def _resource_statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in plain()["Resources"].items():
        for document in ("PolicyDocument", "KeyPolicy"):
            for statement in resource.get("Properties", {}).get(document, {}).get("Statement", []):
                yield name, statement


def _names_everything(statement: dict[str, Any]) -> bool:
    return any(resource == "*" for resource in listed(statement["Resource"]))
