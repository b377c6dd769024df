"""The product catalogue: read by everybody, written by head office (S58)."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from scrm import clock
from scrm.content import products
from scrm.runtime.http import product_models
from scrm.runtime.http.content_requests import refusals
from scrm.runtime.http.problems import NoSuchThingError, NotAllowedError
from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.wiring import admin_api as wiring

ProductId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="The bank's own code of the product.")]


@router.get(
    "/v1/products",
    operation_id="listProducts",
    summary="The product catalogue, by id.",
    tags=["products"],
    responses=responses(HTTPStatus.OK, product_models.ProductList),
)
def list_products() -> product_models.ProductList:
    current_caller()
    now = clock.now()
    found = wiring.content_library().catalogue.products.products()
    return product_models.ProductList(items=[product_models.Product.at(each, now) for each in found])


@router.get(
    "/v1/products/<product_id>",
    operation_id="getProduct",
    summary="One product.",
    tags=["products"],
    responses=responses(HTTPStatus.OK, product_models.Product, HTTPStatus.NOT_FOUND),
)
def get_product(product_id: ProductId) -> product_models.Product:
    current_caller()
    found = wiring.content_library().catalogue.products.product(product_id)
    if found is None:
        raise NoSuchThingError("product")
    return product_models.Product.at(found, clock.now())


@router.put(
    "/v1/products/<product_id>",
    operation_id="putProduct",
    summary="Add or change a product. For head office.",
    tags=["products"],
    responses=responses(HTTPStatus.OK, product_models.Product, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def put_product(
    product_id: ProductId, request: Annotated[product_models.ProductRequest, Body()]
) -> product_models.Product:
    caller = current_caller()
    if not caller.operates_the_corp:
        raise NotAllowedError("The catalogue is kept by head office and by operators placed at the root node.")
    wanted = products.Product(
        product_id=product_id,
        name=request.name,
        risk=request.risk,
        on_sale_from=request.on_sale_from,
        on_sale_until=request.on_sale_until,
        qualifications=frozenset(request.qualifications),
        version=request.version,
    )
    with refusals("product"):
        return product_models.Product.at(wiring.content_library().catalogue.put(wanted, caller.actor), clock.now())
