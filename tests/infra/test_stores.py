"""Whatever holds state survives the stack, is encrypted, can be restored and says what class of data it holds (R14)."""

from typing import Any

import pytest

from tests.infra.cloudformation import names_in, of_type, plain, properties

OUR_KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}
TABLES = {
    "PlatformTable": set(),
    "OrgTable": {"by_node"},
    "ContactsTable": {"by_customer"},
    "HandoverTable": {"by_due", "by_branch", "by_month"},
    "TasksTable": {"by_node"},
    "PressureTable": set(),
    "AudienceTable": set(),
    "ConsentTable": set(),
    "WelcomeTable": set(),
    "LexiconTable": set(),
    "TargetsTable": set(),
    "KpiTable": set(),
    "ReviewTable": {"by_desk", "by_bank", "by_due"},
    "ArchiveTable": set(),
    "CampaignTable": {"by_due", "by_branch", "by_bank"},
    "SendTaskTable": {"by_due", "by_campaign", "by_owner"},
    "ContentTable": {"by_branch", "by_bank"},
    "AuditTable": set(),
}
# Working state; ended relations; old weeks; what no feed repeated.
FORGETS = {"PlatformTable", "ContactsTable", "PressureTable", "AudienceTable", "WelcomeTable"}
SECRETS = ["WecomSecret", "CallbackSecret", "LinkSecret", "ArchiveKeysSecret"]
KEPT = [
    *TABLES,
    *SECRETS,
    "DataBucket",
    "DataKey",
    "ArchiveBucket",
    "ArchiveKey",
    "CertificateKey",
    "EgressAddressA",
    "EgressAddressB",
]
DATA_CLASSES = {"core", "important", "general-sensitive", "general-other"}
HOLDS_DATA = (
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
)


def test_the_stack_has_its_tables() -> None:
    assert set(of_type("AWS::DynamoDB::Table")) == set(TABLES)


@pytest.mark.parametrize("name", KEPT)
def test_state_outlives_the_stack(name: str) -> None:
    resource = plain()["Resources"][name]

    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize("name", of_type("AWS::Logs::LogGroup"))
def test_logs_outlive_the_stack_but_not_a_failed_creation(name: str) -> None:
    group = plain()["Resources"][name]

    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_restored_and_not_be_dropped(name: str) -> None:
    table = properties(name)

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": OUR_KEY}


@pytest.mark.parametrize(("name", "indexes"), TABLES.items())
def test_every_table_has_its_keys_and_indexes(name: str, indexes: set[str]) -> None:
    table = properties(name)
    projections = {
        each["IndexName"]: each["Projection"]["ProjectionType"] for each in table.get("GlobalSecondaryIndexes", [])
    }

    assert [each["AttributeName"] for each in table["KeySchema"]] == ["pk", "sk"]
    assert set(projections) == indexes
    if name == "SendTaskTable":  # 300,000 tasks of a campaign are listed by what an index holds of them
        assert set(projections.values()) == {"INCLUDE"}
    else:
        assert all(kind == ("KEYS_ONLY" if index == "by_due" else "ALL") for index, kind in projections.items())


@pytest.mark.parametrize("name", TABLES)
def test_only_what_may_be_lost_is_forgotten(name: str) -> None:
    forgetting = properties(name).get("TimeToLiveSpecification")

    assert forgetting == ({"AttributeName": "expires_at", "Enabled": True} if name in FORGETS else None)


@pytest.mark.parametrize(("name", "key"), [("DataBucket", "DataKey"), ("ArchiveBucket", "ArchiveKey")])
def test_each_bucket_is_encrypted_versioned_and_closed(name: str, key: str) -> None:
    bucket = properties(name)

    [encryption] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]},
    }
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize("bucket", ["DataBucket", "ArchiveBucket"])
def test_each_bucket_refuses_plain_http(bucket: str) -> None:
    [refusal] = properties(f"{bucket}Policy")["PolicyDocument"]["Statement"]

    assert names_in(properties(f"{bucket}Policy")["Bucket"]) == {bucket}
    assert (refusal["Effect"], refusal["Principal"], refusal["Action"]) == ("Deny", "*", "s3:*")
    assert refusal["Resource"] == [{"Fn::GetAtt": [bucket, "Arn"]}, {"Fn::Sub": f"${{{bucket}.Arn}}/*"}]
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": False}}


def test_the_bucket_forgets_rosters_old_versions_and_interrupted_uploads_and_never_a_certificate() -> None:
    rules = properties("DataBucket")["LifecycleConfiguration"]["Rules"]
    collected = ("kpi/collect/20", "kpi/readings/", "kpi/relations/", "kpi/adds_seen/")
    of_collecting = [each for each in rules if each.get("Prefix") in collected]
    runs, readings, relations, adds = of_collecting
    every, rosters, masters, facts, answers, review, lists, *of_kpis = (
        each for each in rules if each not in of_collecting
    )
    counts, windows, refused, inspections, uploads, replays, *feeds = of_kpis

    assert every["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert every["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert not {"ExpirationInDays", "ExpirationDate"} & set(every)
    assert (rosters["Prefix"], rosters["ExpirationInDays"]) == ("roster/", 400)
    assert (masters["Prefix"], masters["ExpirationInDays"]) == ("master/", 90)
    assert (facts["Prefix"], facts["ExpirationInDays"]) == ("audience/incoming/", 90)
    assert (answers["Prefix"], answers["ExpirationInDays"]) == ("consent/", 90)
    assert (review["Prefix"], review["ExpirationInDays"]) == ("audience/review/", 90)
    assert (lists["Prefix"], lists["ExpirationInDays"]) == ("audience/lists/", 90)
    assert (counts["Prefix"], counts["ExpirationInDays"]) == ("kpi/counts/", 120)
    assert (windows["Prefix"], windows["ExpirationInDays"]) == ("kpi/windows/", 400)
    assert (refused["Prefix"], refused["ExpirationInDays"]) == ("kpi/refused/", 400)
    assert (inspections["Prefix"], inspections["ExpirationInDays"]) == ("exports/archive/", 14)
    assert (uploads["Prefix"], uploads["ExpirationInDays"]) == ("audience/uploads/", 1)
    assert (runs["Prefix"], runs["ExpirationInDays"]) == ("kpi/collect/20", 14)
    assert (readings["Prefix"], readings["ExpirationInDays"]) == ("kpi/readings/", 14)
    assert adds["ExpirationInDays"] == 100
    assert (relations["Prefix"], relations["ExpirationInDays"]) == ("kpi/relations/", 100)
    assert (replays["Prefix"], replays["ExpirationInDays"]) == ("lexicon/replays/", 400)
    assert [(each["Prefix"], each["ExpirationInDays"]) for each in feeds] == [
        ("kpi/incoming/", 90),
        ("athena/results/", 1),
        ("kpi/quarantine/", 90),
    ]


def test_evidence_is_locked_and_nothing_of_it_expires() -> None:
    bucket, parameters = properties("ArchiveBucket"), plain()["Parameters"]
    [rule] = bucket["LifecycleConfiguration"]["Rules"]

    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"]["Rule"] == {
        "DefaultRetention": {"Mode": {"Ref": "ArchiveLockMode"}, "Days": {"Ref": "ArchiveLockDays"}}
    }
    assert parameters["ArchiveLockMode"]["Default"] == "COMPLIANCE"
    assert parameters["ArchiveLockDays"]["Default"] >= 5 * 365 + 2
    assert set(rule) == {"Id", "Status", "AbortIncompleteMultipartUpload"}


def test_production_cannot_be_deployed_with_evidence_that_can_be_deleted() -> None:
    rule = plain()["Rules"]["ProductionIsLocked"]

    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "ArchiveLockMode"}, "COMPLIANCE"]}


def test_the_archives_key_is_used_through_its_bucket_alone() -> None:
    policy = properties("ArchiveKey")["KeyPolicy"]["Statement"]
    [using] = [each for each in policy if "kms:Decrypt" in _actions(each)]

    assert properties("ArchiveKey")["EnableKeyRotation"] is True
    assert using["Condition"] == {"StringLike": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.*"}}}


def test_the_key_of_certificates_signs_for_one_role_alone_and_shows_its_public_half() -> None:
    key = properties("CertificateKey")
    by_action = {
        action: each["Principal"]["AWS"] for each in key["KeyPolicy"]["Statement"] for action in _actions(each)
    }

    assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    assert by_action["kms:Sign"] == {"Fn::GetAtt": ["ArchiveCertifyRole", "Arn"]}
    assert names_in(by_action["kms:GetPublicKey"]) == {"AWS::Partition", "AWS::AccountId"}
    assert "kms:CreateGrant" not in by_action  # it would let the account hand the right on


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_encrypted_with_our_key_and_hold_no_secret_here(name: str) -> None:
    secret = properties(name)

    assert secret["KmsKeyId"] == OUR_KEY
    assert secret.get("SecretString", "{}") in ("{}", '{"corp_id": "", "apps": {}}')


def test_keys_of_links_are_drawn_by_aws_and_long() -> None:
    drawn = properties("LinkSecret")["GenerateSecretString"]

    assert drawn["SecretStringTemplate"] == '{"current": "k1"}'
    assert (drawn["GenerateStringKey"], drawn["PasswordLength"]) == ("k1", 64)
    assert "SecretString" not in properties("LinkSecret")


@pytest.mark.parametrize(
    ("name", "resource"),
    [(name, each) for kind in HOLDS_DATA for name, each in of_type(kind).items()],
    ids=[name for kind in HOLDS_DATA for name in of_type(kind)],
)
def test_every_store_says_what_class_of_data_it_holds(name: str, resource: dict[str, Any]) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}

    assert tags["scrm:data-class"] in DATA_CLASSES


def test_the_key_turns_and_nobody_may_use_it_directly() -> None:
    policy = properties("DataKey")["KeyPolicy"]["Statement"]
    using = [each for each in policy if {"kms:Decrypt", "kms:CreateGrant"} & set(_actions(each))]

    assert properties("DataKey")["EnableKeyRotation"] is True
    assert len(using) == 5
    assert all(each["Condition"] for each in using)


def _actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return action if isinstance(action, list) else [action]
