"""The table of all endpoints, by path below ``/cgi-bin/``. ``gettoken`` is the gate's own."""

from collections.abc import Mapping

from local.simulator.api import (
    address_book,
    addresses,
    albums,
    archive,
    cards,
    contact_ways,
    external_contacts,
    group_chats,
    group_templates,
    inheritance,
    intercept_rules,
    mass_messages,
    media,
    messages,
    moments,
    statistics,
    tags,
    welcome,
)
from local.simulator.api.call import Endpoint

ENDPOINTS: Mapping[str, Endpoint] = {
    **addresses.ENDPOINTS,
    **address_book.ENDPOINTS,
    **external_contacts.ENDPOINTS,
    **tags.ENDPOINTS,
    **contact_ways.ENDPOINTS,
    **inheritance.ENDPOINTS,
    **group_chats.ENDPOINTS,
    **group_templates.ENDPOINTS,
    **albums.ENDPOINTS,
    **media.ENDPOINTS,
    **messages.ENDPOINTS,
    **cards.ENDPOINTS,
    **moments.ENDPOINTS,
    **mass_messages.ENDPOINTS,
    **archive.ENDPOINTS,
    **intercept_rules.ENDPOINTS,
    **welcome.ENDPOINTS,
    **statistics.ENDPOINTS,
}
