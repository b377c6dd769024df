"""What is configurable about the simulated WeCom. Defaults follow the documented or recommended behaviour.

Everything the public papers leave open is here and says so: ``x-unverified`` in the schema, "UNVERIFIED" in the text.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_UNVERIFIED: dict[str, Any] = {"x-unverified": True}
DAY = 86_400


class Knobs(BaseModel):
    """All knobs; PATCH replaces the named ones."""

    model_config = ConfigDict(extra="forbid")

    # Tokens: section 1.2
    token_ttl_seconds: int = Field(default=7200, ge=1, description="Life of an access token on the simulated clock.")
    same_token_on_refetch: bool = Field(
        default=True,
        description="gettoken inside the validity period returns the same token, its life not extended; else a new "
        "one, and the older stays valid. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    bad_secret_limit: int = Field(
        default=2000, ge=1, description="Wrong secrets from one IP within an hour before it is shut."
    )
    bad_secret_ban_seconds: int = Field(default=3600, ge=1, description="How long that IP is shut out (45009).")
    trusted_ip_delay_seconds: int = Field(
        default=60, ge=0, description="A change of the trusted IPs applies after this time."
    )

    # Limits: section 1.4
    limit_factor: float = Field(
        default=1.0, gt=0, description="Scales the per-path call budgets below; windows stay as long."
    )
    corp_calls_per_minute: int = Field(default=10_000, ge=1, description="Per corp and path.")
    corp_calls_per_hour: int = Field(default=150_000, ge=1, description="Per corp and path.")
    ip_calls_per_minute: int = Field(default=20_000, ge=1, description="Per source IP and path.")
    ip_calls_per_hour: int = Field(default=600_000, ge=1, description="Per source IP and path.")
    minute_penalty_seconds: int = Field(
        default=60, ge=0, description="Every call of that path fails 45009 for this long."
    )
    hour_penalty_seconds: int = Field(default=3600, ge=0, description="The same after breaking the hourly limit.")
    concurrency_cap: int = Field(
        default=50,
        ge=1,
        description="Calls of one path in flight before 45033. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    latency_ms: int = Field(default=0, ge=0, description="Wall time added to every reply; makes concurrency real.")

    # Replies
    extra_fields: bool = Field(default=True, description="Every object carries a field that no client knows.")
    omit_optional_fields: bool = Field(default=False, description="Optional fields are left out of every object.")
    short_pages: bool = Field(
        default=False,
        description="A page may hold fewer rows than asked although more follow. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    cursor_ttl_seconds: int | None = Field(
        default=None, ge=1, description="A cursor older than this is 50100. UNVERIFIED.", json_schema_extra=_UNVERIFIED
    )
    system_secret_allowed: bool = Field(
        default=False, description="Old corps: the system app's secret may still call the customer APIs (section 8)."
    )

    # Customers: section 5.3
    shows_unionids: bool = Field(
        default=True,
        description="The corp is bound to a WeChat Open account: unionids of WeChat users are shown, to every app that "
        "sees the customer. Which apps those are is UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )

    # Transfers: section 6
    transfer_wait_seconds: int = Field(
        default=DAY, ge=0, description="A transfer nobody answers completes after this time."
    )
    decision_delay_seconds: int = Field(
        default=3600, ge=0, description="When a customer who decides does so, after the start."
    )
    result_lag_seconds: int = Field(
        default=0,
        ge=0,
        description="transfer_result does not show an attempt younger than this. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    transfer_lock: Literal["customer", "relation"] = Field(
        default="customer",
        description="40129/40100 while the customer, or only this relation of theirs, is in transfer. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    default_customer_cap: int | None = Field(
        default=None,
        ge=0,
        description="Customers a member may follow (40099, status 4); the real number is unknown. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    stale_login_errcode: int = Field(
        default=40098,
        description="A member of a transfer who did not log in for a year (a leaver: in the year before leaving); for "
        "the old owner of a group the code of that group alone. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    deleted_by_customer_errcode: int | None = Field(
        default=None,
        description="A customer who deleted the handover member is refused with this code; none: the transfer starts "
        "and ends as refused, as one poster saw. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    banned_takeover_errcode: int | None = Field(
        default=40143,
        description="A banned takeover member refuses the call with this code; none: they may take over. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    onjob_quota: int = Field(
        default=2, ge=0, description="On-job transfers per customer, and per group chat, in the window."
    )
    onjob_quota_days: int = Field(default=90, ge=1, description="That window in calendar days, UTC+8.")
    refusals_use_quota: bool = Field(
        default=False,
        description="A refused transfer counts towards the on-job quota. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    refusal_loses_resigned_customer: bool = Field(
        default=True,
        description="A customer who refuses after a resignation has no relation left (staff answer). UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    transfers_of_departed: Literal["void", "continue", "convert"] = Field(
        default="void",
        description="On-job attempts that wait when the handover account is deleted: void (status 5), continue "
        "(end in their time under the on-job API), convert (show under the resigned API from then on). UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    onjob_result_of_departed: Literal["answers", "refuses"] = Field(
        default="answers",
        description="The on-job transfer_result for a handover member who left: the rows, or 60111. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    copy_remark: bool = Field(
        default=True, description="The takeover member gets the remark. UNVERIFIED.", json_schema_extra=_UNVERIFIED
    )
    keep_corp_tags: bool = Field(
        default=True, description="The takeover member gets the corp tags. UNVERIFIED.", json_schema_extra=_UNVERIFIED
    )
    resigned_done_emits_delete: bool = Field(
        default=False,
        description="A finished resigned transfer also emits del_external_contact of the leaver. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    transfer_welcome_code: bool = Field(
        default=False,
        description="The add event caused by a transfer carries a WelcomeCode. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    transfer_fail_loss_percent: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="transfer_fail events that are never sent (one report of none after a refusal). UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    unassigned_order: Literal["dimission", "customer"] = Field(
        default="dimission", description="Sort of get_unassigned_list. UNVERIFIED.", json_schema_extra=_UNVERIFIED
    )
    inheritance_days: int = Field(
        default=365, ge=1, description="A leaver's customers and groups can be assigned this long."
    )
    group_transfers_per_day: int = Field(default=300, ge=0, description="Groups of one owner per day, UTC+8.")
    group_cap_errcode: int = Field(
        default=45009, description="Per-group code beyond that cap. UNVERIFIED.", json_schema_extra=_UNVERIFIED
    )
    group_quota_errcode: int = Field(
        default=40128, description="Per-group code beyond the on-job quota. UNVERIFIED.", json_schema_extra=_UNVERIFIED
    )
    group_inherit_delay_seconds: int = Field(
        default=600,
        ge=0,
        description="Resigned groups: time from status 2 (inheriting) to 3 (inherited). UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    returned_owner_regains_groups: bool = Field(
        default=True,
        description="A userid that is taken on again owns the groups that still wait for an owner (status 0, on-job "
        "API); else they stay the departed owner's (status 1, resigned API). UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    group_owner_event: bool = Field(
        default=False,
        description="change_owner is emitted for an API group transfer. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )

    # Files: the content paper's 3.3
    media_life_seconds: int = Field(default=3 * DAY, ge=1, description="Life of a media id; later it is 40007.")
    moment_foreign_media_errcode: int = Field(
        default=41072,
        description="A moment with a media id that was uploaded for something else (some see 40007). UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )

    # Application messages: the content paper's 4.1
    unlicensed_members: list[str] = Field(
        default_factory=list, description="Members without a licence: message/send names them in unlicenseduser."
    )

    # Mass messages: the content paper's section 1
    mass_dispatch_seconds: int = Field(
        default=10,
        ge=0,
        description="Until then members and results of a new message are 41063. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    mass_list_lag_seconds: int = Field(
        default=0,
        ge=0,
        description="get_groupmsg_list_v2 does not show a message younger than this. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    mass_recipient_choice: Literal["sender", "last_chat", "dropped"] = Field(
        default="sender",
        description="Who is to send to a customer of several members when the call names a sender: the sender, the one "
        "who chatted last, or nobody unless the sender did. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    mass_quota: Literal["month_days", "week_7", "day_1", "legacy_month_4"] = Field(
        default="month_days",
        description="Messages per customer or group: as many a month as it has days, 7 a week, 1 a day (the corp can "
        "switch it, the pages differ on the default), or the old 4 a month of the corp and 1 a day of a member. "
        "UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    mass_quota_scope: Literal["target", "member_target"] = Field(
        default="target",
        description="The quota is the customer's, or that of each member and customer. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    mass_quota_counted_at: Literal["confirmation", "creation"] = Field(
        default="confirmation",
        description="When a message uses up quota; at the creation, what is never confirmed has used it too. "
        "UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    mass_nobody_errcode: int | None = Field(
        default=41048,
        description="A message that nobody can be sent is refused with this code; none: it is accepted, all of them in "
        "fail_list. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    mass_over_limit_errcode: int = Field(
        default=40058,
        description="More than 10,000 customers or 2,000 groups, or a list over more than a month. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    mass_cancel_hides_unsent: bool = Field(
        default=False,
        description="What a cancelled message had not sent is in no result any more. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )

    mass_personal_reachable: bool = Field(
        default=False,
        description="A member's personal message can be reminded of and cancelled too; else 41047. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )

    # Moments: the content paper's section 2
    moment_job_seconds: int = Field(
        default=5,
        ge=0,
        description="A job is done (status 3) after this; half-way it turns from 1 to 2. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    url_upload_seconds: int = Field(
        default=5,
        ge=0,
        description="An upload by address has ended after this. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    moment_dispatch_seconds: int = Field(
        default=10,
        ge=0,
        description="Until then the members of a new moment are 41079. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    moment_running_jobs: int = Field(
        default=100, ge=1, description="Jobs at once; one more is 41078. UNVERIFIED.", json_schema_extra=_UNVERIFIED
    )
    moments_per_day: int | None = Field(
        default=None,
        ge=1,
        description="Moments that the corp may create a day, UTC+8, beside 100,000 a month (some say 100). UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    moment_nobody_errcode: int = Field(
        default=41048,
        description="In the job's result when nobody can publish it. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    moments_per_customer_day: int | None = Field(
        default=None,
        ge=1,
        description="Moments of the corp that a customer is shown a day, UTC+8; more are chosen and not visible. "
        "UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )

    # The archive of conversations: the content paper's section 8
    archive_notice_seconds: int = Field(default=15, ge=0, description="msgaudit_notify comes at most so often.")
    archive_page_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1,
        description="A page of the archive with more is 301058. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    archive_repeated_rows: int = Field(
        default=0,
        ge=0,
        description="A page with news begins so many rows before those that were asked for. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    archive_rows_reversed: bool = Field(
        default=False,
        description="The rows of a page come in the order of falling seq. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    archive_undecided_shown: bool = Field(
        default=False,
        description="check_single_agree and check_room_agree show who has not answered, as Disagree at time 0. "
        "UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )

    # Callbacks: section 2.3
    api_write_events: bool = Field(
        default=False,
        description="API writes emit events too: remark (reported), mark_tag, corp tags. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    callback_timeout_seconds: float = Field(default=5.0, gt=0, description="Wall time a receiver has to answer 200.")
    callback_retries: int = Field(default=3, ge=0, description="Repeats after a failed delivery.")
    callback_retry_seconds: float = Field(
        default=5.0, ge=0, description="Simulated time between repeats. UNVERIFIED.", json_schema_extra=_UNVERIFIED
    )
    callback_resign: bool = Field(
        default=True,
        description="A repeat is signed anew (timestamp, nonce, random bytes), else it is the same bytes. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    callback_concurrency: int = Field(default=1, ge=1, description="Deliveries of one second that run side by side.")

    # Welcome messages (5.8) and statistics (7)
    welcome_code_seconds: int = Field(default=20, ge=1, description="Life of a welcome code.")
    welcome_sending_seconds: int = Field(
        default=0,
        ge=0,
        description="How long a welcome message is on its way: until then another call is 41096. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    welcome_sending_fails: bool = Field(
        default=False,
        description="Then it has failed, and the code serves whoever tries again; else that is 41051. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    statistics_ready_hour: int = Field(
        default=6,
        ge=0,
        le=23,
        description="Yesterday's behaviour data is all zeros before this hour, UTC+8. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    group_lines_counted: Literal["until_day", "day"] = Field(
        default="until_day",
        description="chat_has_msg, member_has_msg and msg_total of a day are what was written in groups until its end, "
        "as the page words it, or on that `day` alone. UNVERIFIED.",
        json_schema_extra=_UNVERIFIED,
    )
    background_talk_percent: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="Besides what is said, a member has chats of two on this share of working days: drawn from member "
        "and day, in the behaviour data only.",
    )
    silent_members: list[str] = Field(default_factory=list, description="Members for whom no such chats are drawn.")
