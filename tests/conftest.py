"""Environment first, handlers last: handlers bind their clients at import."""

import os

import hypothesis

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="cn-north-1",
    AWS_REGION="cn-north-1",
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_SERVICE_NAME="test",
    POWERTOOLS_METRICS_NAMESPACE="scrm",
    CORP_ID="wwSIMCORP0000001",
    PLATFORM_TABLE="platform",
    ORG_TABLE="org",
    CONTACTS_TABLE="contacts",
    HANDOVER_TABLE="handover",
    AUDIT_TABLE="audit",
    TASKS_TABLE="tasks",
    CAMPAIGN_TABLE="campaign",
    PRESSURE_TABLE="pressure",
    AUDIENCE_TABLE="audience",
    CONSENT_TABLE="consent",
    CONTENT_TABLE="content",
    WELCOME_TABLE="welcome",
    LEXICON_TABLE="lexicon",
    TARGETS_TABLE="targets",
    KPI_TABLE="kpi",
    REVIEW_TABLE="review",
    ARCHIVE_TABLE="archive",
    ARCHIVE_BUCKET="archive",
    ARCHIVE_SOURCE="local",
    ARCHIVE_PULLS_PER_MINUTE="600",
    ARCHIVE_LOCK_DAYS="1827",
    ARCHIVE_LOCK_MODE="GOVERNANCE",
    STATISTICS_HISTORY_DAYS="0",
    ARCHIVE_KEYS_SECRET_ID="scrm/archive-keys",
    CERTIFICATE_KEY_ID="alias/certificates",
    SEND_TASK_TABLE="send-tasks",
    DATA_BUCKET="data",
    CALLBACK_SECRET_ID="scrm/callback",
    WECOM_SECRET_ID="scrm/wecom",
    LINK_SECRET_ID="scrm/links",
    CUSTOMER_PAGE_URL="https://m.bank.example",
    WECOM_BASE_URL="http://127.0.0.1:1",
    EVENT_BUS_NAME="scrm",
)
os.environ.pop("CLOCK_URL", None)
for _name in (
    "STAFF",
    "CONTACT",
    "HANDOVER",
    "RECONCILE",
    "CAMPAIGN",
    "CAMPAIGN_RECONCILE",
    "CAMPAIGN_PLANNER",
    "WELCOME",
    "ARCHIVE_INTAKE",
    "ARCHIVE",
    "ARCHIVE_SCREEN",
    "ARCHIVE_MEDIA",
    "ARCHIVE_ROLLUP",
):
    os.environ[f"{_name}_QUEUE_URL"] = (
        f"https://sqs.cn-north-1.amazonaws.com.cn/123456789012/{_name.lower().replace('_', '-')}"
    )

# An example's time says how busy the machine is, not whether the code is right; speed is measured by `make bench`.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

pytest_plugins = ["tests.engine"]
