"""Product albums (content paper, 5.1): pictures of a product with its price, which members show in a chat."""

import re
from typing import Any

from local.simulator import errors
from local.simulator.album_book import Product
from local.simulator.api import arguments, paging
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.api.media import usable
from local.simulator.errors import ApiError

_DESCRIPTION_CHARS = 300
_HIGHEST_PRICE = 5_000_000  # fen
_PRODUCT_SN = re.compile(r"[0-9A-Za-z]{1,128}")
_PICTURES = 9
_PAGE_DEFAULT, _PAGE_MAX = 50, 100


def add(call: Call) -> Body:
    fields = {"product_sn": "", **_given(call)}
    for name, missing in (("description", errors.ALBUM_NO_DESCRIPTION), ("attachments", errors.ALBUM_EMPTY)):
        if name not in fields:
            raise ApiError(missing, name)
    if "price" not in fields:
        raise ApiError(errors.MISSING_PARAMETER, "price")
    product = call.engines.simulation.state.albums.add(call.app.app, call.now, **fields)
    call.note("product_added", detail=product.product_id)
    return {"product_id": product.product_id}


def get(call: Call) -> Body:
    """Any app may read what the corp has."""
    product = _named(call)
    return {"product": _row(product) | {"create_time": int(product.created_at)}}


def list_products(call: Call) -> Body:
    rows = call.engines.simulation.state.albums.products
    limit = paging.limit_or_default(call, default=_PAGE_DEFAULT, maximum=_PAGE_MAX)
    page, cursor = paging.page_of(
        call, rows, lambda row: row.number, limit=limit, scan=[], keep=lambda row: not row.deleted
    )
    return {"next_cursor": cursor, "product_list": [_row(product) for product in page]}


def update(call: Call) -> Body:
    """What is given replaces what was there."""
    product = _own(call)
    for name, value in _given(call).items():
        setattr(product, name, value)
    call.note("product_changed", detail=product.product_id)
    return {}


def delete(call: Call) -> Body:
    product = _own(call)
    product.deleted = True
    call.note("product_deleted", detail=product.product_id)
    return {}


def _given(call: Call) -> dict[str, Any]:
    """The fields that the request names, each checked."""
    found: dict[str, Any] = {}
    description = arguments.optional_text(call.args, "description")
    if description:
        if len(description) > _DESCRIPTION_CHARS:
            raise ApiError(errors.ALBUM_DESCRIPTION)
        found["description"] = description
    if call.args.get("price") is not None:
        price = call.args["price"]
        if not isinstance(price, int) or isinstance(price, bool) or not 0 <= price <= _HIGHEST_PRICE:
            raise ApiError(errors.ALBUM_PRICE)
        found["price"] = price
    number = arguments.optional_text(call.args, "product_sn")
    if number:
        if not _PRODUCT_SN.fullmatch(number):
            raise ApiError(errors.ALBUM_CODE)
        found["product_sn"] = number
    if call.args.get("attachments"):
        found["attachments"] = _checked_pictures(call, call.args["attachments"])
    return found


def _checked_pictures(call: Call, given: Any) -> list[dict[str, Any]]:
    """The discriminator is ``type`` here, not ``msgtype``."""
    if not isinstance(given, list) or not all(isinstance(one, dict) and one.get("type") == "image" for one in given):
        raise ApiError(errors.BAD_ATTACHMENT)
    if len(given) > _PICTURES:
        raise ApiError(errors.TOO_MANY_ATTACHMENTS)
    for one in given:
        media_id = arguments.text(arguments.mapping(one, "image"), "media_id", missing=errors.MEDIA_ID_MISSING)
        usable(call, media_id, "album", "image")
    return [{"type": "image", "image": {"media_id": one["image"]["media_id"]}} for one in given]


def _row(product: Product) -> Body:
    return {
        "product_id": product.product_id,
        "description": product.description,
        "price": product.price,
        "product_sn": product.product_sn,
        "attachments": product.attachments,
    }


def _named(call: Call) -> Product:
    product_id = arguments.text(call.args, "product_id")
    product = call.engines.simulation.state.albums.by_id.get(product_id)
    if product is None:
        raise ApiError(errors.ALBUM_ID)
    if product.deleted:
        raise ApiError(errors.ALBUM_DELETED)
    return product


def _own(call: Call) -> Product:
    product = _named(call)
    if product.app != call.app.app:
        raise ApiError(errors.NO_RIGHT)
    return product


ENDPOINTS = {
    "externalcontact/add_product_album": Endpoint("POST", "customer", add),
    "externalcontact/get_product_album": Endpoint("POST", "customer", get),
    "externalcontact/get_product_album_list": Endpoint("POST", "customer", list_products, {"product_list": []}),
    "externalcontact/update_product_album": Endpoint("POST", "customer", update),
    "externalcontact/delete_product_album": Endpoint("POST", "customer", delete),
}
