"""Every operation is found by its path, and a request loads no family but its own."""

import pytest

from scrm.runtime.http import families
from scrm.runtime.http.routing import router
from tests.perf.test_import_budget import loaded_by_program


def test_every_operation_lies_in_the_module_that_the_table_names_for_its_path() -> None:
    families.load_all()

    routes = [*router._static_routes, *router._dynamic_routes]
    assert {families.FAMILIES[entry] for entry in families.FAMILIES} == {_module(route.func) for route in routes}
    assert [route.path for route in routes if families.module_of(route.path) != _module(route.func)] == []


def test_every_entry_of_the_table_has_an_operation() -> None:
    families.load_all()

    paths = [route.path for route in (*router._static_routes, *router._dynamic_routes)]
    named = {families.entry_of(path) for path in paths}
    assert named == set(families.FAMILIES)


@pytest.mark.parametrize("path", ["/", "", "/v1", "/v1/", "/v1/unknown", "/v1/settings", "/v2/cases/c", "/v1/*/x"])
def test_a_path_of_no_family_loads_nothing(path: str) -> None:
    assert families.module_of(path) is None


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/cases/", "/v1/cases/approval", "/v1/cases/c/edges/more"])
def test_what_is_below_a_family_is_left_to_its_router(path: str) -> None:
    assert families.module_of(path) == "cases"


def test_a_request_loads_its_own_family_only() -> None:
    loaded = loaded_by_program("from scrm.runtime.http import app, families; families.load('/v1/cases/c')")

    modules = {f"scrm.runtime.http.{name}" for name in families.FAMILIES.values()}
    assert loaded & modules == {"scrm.runtime.http.cases"}


def _module(function: object) -> str:
    return function.__module__.rpartition(".")[2]
