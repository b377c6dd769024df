"""Spell an HTTP API's OpenAPI body out as Integration, Route and Authorizer resources.

SAM puts all routes of an ``HttpApi`` in the ``Body`` of one ``AWS::ApiGatewayV2::Api``; the engine ignores it, and
every call is 404 (M1). CORS is read by it in camel case only (M5), and a stable API id is asked for by a tag (M13).
"""

from collections.abc import Iterator
from typing import Any

from local.engine.sam_template import Template

STABLE_ID_TAG = "ms-custom-id"
_INTEGRATION = "x-amazon-apigateway-integration"
_ANY_METHOD = "x-amazon-apigateway-any-method"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_CORS = "x-amazon-apigateway-cors"


def stable_api_id(logical_id: str) -> str:
    """The id under which the engine serves the API of this logical id, in every stack."""
    return logical_id.lower()


def expand_http_apis(template: Template) -> None:
    """Replace the body of every HTTP API of the template; an API without one is left alone."""
    resources: dict[str, Any] = template["Resources"]
    bodies = {
        logical_id: resource["Properties"].pop("Body")
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and "Body" in resource.get("Properties", {})
    }
    for api, body in bodies.items():
        _complete_api(api, resources[api]["Properties"], body)
        authorizers = {name: _authorizer(api, name, scheme) for name, scheme in _schemes(body)}
        for name, resource in authorizers.items():
            resources[_authorizer_id(api, name)] = resource
        for number, (method, path, operation) in enumerate(_operations(body), start=1):
            integration = f"{api}Integration{number}"
            resources[integration] = _integration(api, operation[_INTEGRATION])
            route = _route(api, _route_key(method, path), integration)
            _protect(route["Properties"], operation, api, authorizers, body.get("security", []))
            resources[f"{api}Route{number}"] = route


def _complete_api(api: str, properties: dict[str, Any], body: dict[str, Any]) -> None:
    title = body.get("info", {}).get("title")
    properties.pop("FailOnWarnings", None)
    properties.setdefault("Name", title if isinstance(title, str) else api)
    properties.setdefault("ProtocolType", "HTTP")
    properties.setdefault("Tags", {})[STABLE_ID_TAG] = stable_api_id(api)
    if _CORS in body:
        properties["CorsConfiguration"] = dict(body[_CORS])


def _schemes(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, scheme in (body.get("components", {}).get("securitySchemes") or {}).items():
        if _AUTHORIZER in scheme:
            yield name, scheme[_AUTHORIZER]


def _operations(body: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in body.get("paths", {}).items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and _INTEGRATION in operation:
                yield method, path, operation


def _authorizer_id(api: str, name: str) -> str:
    return f"{api}Authorizer{name}"


def _authorizer(api: str, name: str, scheme: dict[str, Any]) -> dict[str, Any]:
    source = scheme.get("identitySource", [])
    properties: dict[str, Any] = {
        "ApiId": {"Ref": api},
        "Name": name,
        "AuthorizerType": scheme["type"].upper(),
        "IdentitySource": [source] if isinstance(source, str) else source,
    }
    if jwt := scheme.get("jwtConfiguration"):
        properties["JwtConfiguration"] = {"Issuer": jwt["issuer"], "Audience": jwt["audience"]}
    if "authorizerUri" in scheme:
        properties["AuthorizerUri"] = scheme["authorizerUri"]
        properties["AuthorizerPayloadFormatVersion"] = scheme.get("authorizerPayloadFormatVersion", "2.0")
        properties["EnableSimpleResponses"] = scheme.get("enableSimpleResponses", False)
    return {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": properties}


def _integration(api: str, found: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "ApiId": {"Ref": api},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": found["uri"],
        "PayloadFormatVersion": found.get("payloadFormatVersion", "2.0"),
    }
    if "timeoutInMillis" in found:
        properties["TimeoutInMillis"] = found["timeoutInMillis"]
    return {"Type": "AWS::ApiGatewayV2::Integration", "Properties": properties}


def _route_key(method: str, path: str) -> str:
    if path == "$default":
        return path
    return f"{'ANY' if method == _ANY_METHOD else method.upper()} {path}"


def _route(api: str, route_key: str, integration: str) -> dict[str, Any]:
    target = {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]}
    properties = {"ApiId": {"Ref": api}, "RouteKey": route_key, "Target": target}
    return {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}


def _protect(
    route: dict[str, Any],
    operation: dict[str, Any],
    api: str,
    authorizers: dict[str, dict[str, Any]],
    default: list[dict[str, Any]],
) -> None:
    for requirement in operation.get("security", default):
        for name, scopes in requirement.items():
            if name not in authorizers:
                continue
            kind = authorizers[name]["Properties"]["AuthorizerType"]
            route["AuthorizerId"] = {"Ref": _authorizer_id(api, name)}
            route["AuthorizationType"] = "JWT" if kind == "JWT" else "CUSTOM"
            if scopes:
                route["AuthorizationScopes"] = scopes
