"""Measures: named whole numbers of a day, which add up over members, teams and branches (S2, S64).

*Counted* ones come from facts, one by one. *Standing* ones are a snapshot of a day that is written as a whole. Money is
in fen, time in seconds. What is divided by what is the catalogue's matter.
"""

from typing import Final

ADDED: Final = "added"
"""Customers who were added."""
VALID_ADDED: Final = "valid_added"
"""Of the customers added on the day, those who count (O10); told later than the day."""
ADDS_DECIDED: Final = "adds_decided"
"""Of the customers added on the day, those of whom it is known whether they count."""
LOST: Final = "lost"
"""Relations that the customer or the member ended."""
CAME: Final = "customers_came"
"""Customers who came by a contact way."""

SETTLED: Final = "sends_settled_"
"""With a channel behind it: recipients whose send ended, whichever way."""
REACHED: Final = "reached_"
"""With a channel behind it: recipients who were sent something."""

TASKS_GIVEN: Final = "tasks_given"
"""Tasks that a member got, by the day on which he got them."""
TASKS_DONE: Final = "tasks_done"

MESSAGES_OUT: Final = "messages_out"
"""Messages of the member to customers."""
MESSAGES_IN: Final = "messages_in"
"""Messages of customers to the member."""

HANDOVERS_DONE: Final = "handovers_done"
"""Customers whom a member gave up and a successor got."""
HANDOVERS_FAILED: Final = "handovers_failed"
"""Customers whom a member gave up and no successor got."""

QUESTIONS: Final = "questions"
ANSWERED: Final = "answered"
ANSWERED_IN_TIME: Final = "answered_in_time"
FIRST_RESPONSE_SECONDS: Final = "first_response_seconds"
"""Working seconds to the answer, summed over what was answered."""

LIKES: Final = "moment_likes"
COMMENTS: Final = "moment_comments"

CHANNELS: Final = ("one_to_one", "group", "moments", "rm_task", "application_message")

COUNTED: Final = frozenset(
    {
        ADDED,
        VALID_ADDED,
        ADDS_DECIDED,
        LOST,
        CAME,
        TASKS_GIVEN,
        TASKS_DONE,
        MESSAGES_OUT,
        MESSAGES_IN,
        HANDOVERS_DONE,
        HANDOVERS_FAILED,
        QUESTIONS,
        ANSWERED,
        ANSWERED_IN_TIME,
        FIRST_RESPONSE_SECONDS,
        LIKES,
        COMMENTS,
    }
    | {kind + channel for kind in (SETTLED, REACHED) for channel in CHANNELS}
)

ROSTER_RMS: Final = "roster_rms"
LICENSED_RMS: Final = "licensed_rms"
ACTIVE_RMS: Final = "active_rms"
"""Active from the first of the month up to this day."""
ACTIVE_RMS_DAY: Final = "active_rms_day"
BANK_CUSTOMERS: Final = "bank_customers"
COVERED_CUSTOMERS: Final = "covered_customers"
POOL_SIZE: Final = "pool_size"
LINKED_CUSTOMERS: Final = "linked_customers"
MESSAGES_SENT: Final = "messages_sent"
"""By WeCom's count, in talks of two; `MESSAGES_OUT` are those that the archive has."""
CHATS: Final = "chats"
"""Talks of two in which the member wrote."""
REPLY_POINTS: Final = "reply_points"
"""Hundredths of a percent of customers' talks that were answered, times `REPLY_CHATS`."""
REPLY_CHATS: Final = "reply_chats"
REPLY_MINUTES: Final = "reply_minutes"
"""Minutes to the first reply by WeCom's count, times `REPLY_CHATS`."""
CUSTOMER_GROUPS: Final = "customer_groups"
ACTIVE_GROUPS: Final = "active_groups"
GROUP_CUSTOMERS: Final = "group_customers"
GROUP_MESSAGES: Final = "group_messages"
AUM_FEN: Final = "aum_fen"
HOLDINGS: Final = "holdings"
HOLDING_CUSTOMERS: Final = "holding_customers"
CARDS_BOUND: Final = "cards_bound"
BOUND_CUSTOMERS: Final = "bound_customers"
ACTIVE_CUSTOMERS: Final = "active_customers"
MOBILE_ACTIVE_CUSTOMERS: Final = "mobile_active_customers"
FACT_CUSTOMERS: Final = "fact_customers"
"""Customers of whom the bank told facts: what the bank's measures are divided by."""

STANDING: Final = frozenset(
    {
        ROSTER_RMS,
        LICENSED_RMS,
        ACTIVE_RMS,
        ACTIVE_RMS_DAY,
        BANK_CUSTOMERS,
        COVERED_CUSTOMERS,
        POOL_SIZE,
        LINKED_CUSTOMERS,
        MESSAGES_SENT,
        CHATS,
        REPLY_POINTS,
        REPLY_CHATS,
        REPLY_MINUTES,
        CUSTOMER_GROUPS,
        ACTIVE_GROUPS,
        GROUP_CUSTOMERS,
        GROUP_MESSAGES,
        AUM_FEN,
        HOLDINGS,
        HOLDING_CUSTOMERS,
        CARDS_BOUND,
        BOUND_CUSTOMERS,
        ACTIVE_CUSTOMERS,
        MOBILE_ACTIVE_CUSTOMERS,
        FACT_CUSTOMERS,
    }
)
"""They add up over nodes, not over days: a month has its last day's."""
