"""By which external_userid WeCom knows the bank's customers, as text of a statement.

A statement has ``links`` (customer_key, external_userid, unionid; empty where the bank does not know one) and
``relations``: who is known to the bank by unionid alone is found where a member follows him, if WeCom shows it there.
"""

from typing import Final

KNOWN: Final = """
known AS (
    SELECT customer_key, external_userid FROM links WHERE external_userid <> ''
    UNION
    SELECT links.customer_key AS customer_key, relations.external_userid AS external_userid
    FROM links JOIN relations ON links.unionid = relations.unionid WHERE links.unionid <> ''
)"""
