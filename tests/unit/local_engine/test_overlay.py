"""The overlay changes what the engine cannot do, and nothing else."""

import copy
from typing import Any

import pytest

from local.engine.http_api import expand_http_apis
from local.engine.overlay import DROPPED_TYPES, for_engine, references

Template = dict[str, Any]


def _template(**resources: Any) -> Template:
    return {"Resources": resources}


def test_the_given_template_is_left_as_it_is() -> None:
    template = _template(F={"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "python3.13", "Layers": ["x"]}})
    before = copy.deepcopy(template)

    for_engine(template, {})

    assert template == before


def test_python_functions_run_under_the_local_runtime_without_layers() -> None:
    template = _template(
        F={"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "python3.13", "Layers": [{"Ref": "L"}]}},
        Other={"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "nodejs22.x"}},
        L={"Type": "AWS::Lambda::LayerVersion"},
    )

    resources = for_engine(template, {})["Resources"]

    assert resources["F"]["Properties"] == {"Runtime": "provided.al2023"}
    assert resources["Other"]["Properties"] == {"Runtime": "nodejs22.x"}
    assert "L" not in resources


@pytest.mark.parametrize("type_name", sorted(DROPPED_TYPES))
def test_dropped_type_goes_with_what_depends_on_it_and_outputs_that_name_it(type_name: str) -> None:
    template = _template(
        Gone={"Type": type_name},
        Stays={"Type": "AWS::SQS::Queue", "DependsOn": ["Gone", "Other"]},
        Other={"Type": "AWS::SQS::Queue", "DependsOn": "Gone"},
    )
    template["Outputs"] = {
        "OfGone": {"Value": {"Fn::Sub": "x-${Gone.Arn}"}},
        "OfStays": {"Value": {"Fn::GetAtt": ["Stays", "Arn"]}},
    }

    left = for_engine(template, {})

    assert left["Resources"].keys() == {"Stays", "Other"}
    assert left["Resources"]["Stays"]["DependsOn"] == ["Other"]
    assert "DependsOn" not in left["Resources"]["Other"]
    assert left["Outputs"].keys() == {"OfStays"}


def test_alarm_of_metric_math_is_dropped_and_a_plain_alarm_stays() -> None:
    template = _template(
        Math={"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": []}},
        Plain={"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "x"}},
    )

    assert for_engine(template, {})["Resources"].keys() == {"Plain"}


def test_schedules_are_held_and_event_patterns_are_not() -> None:
    template = _template(
        Nightly={"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 day)"}},
        Timer={"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 day)", "State": "ENABLED"}},
        OnEvent={"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {}, "State": "ENABLED"}},
    )

    resources = for_engine(template, {})["Resources"]

    states = {name: resource["Properties"]["State"] for name, resource in resources.items()}
    assert states == {"Nightly": "DISABLED", "Timer": "DISABLED", "OnEvent": "ENABLED"}


def test_secret_is_named_by_its_arn_wherever_it_is_referred_to() -> None:
    template = _template(
        S={"Type": "AWS::SecretsManager::Secret"},
        Role={
            "Type": "AWS::IAM::Role",
            "Properties": {"Ref": {"Ref": "S"}, "Sub": {"Fn::Sub": "${S}/${Other}"}, "Other": [{"Ref": "Other"}]},
        },
    )

    properties = for_engine(template, {})["Resources"]["Role"]["Properties"]

    assert properties["Ref"] == {"Fn::GetAtt": ["S", "Id"]}
    assert properties["Sub"] == {"Fn::Sub": "${S.Id}/${Other}"}
    assert properties["Other"] == [{"Ref": "Other"}]


def test_mapping_gets_numbers_for_its_number_parameters() -> None:
    mapping = {"BatchSize": {"Ref": "Size"}, "ScalingConfig": {"MaximumConcurrency": {"Ref": "Most"}}}
    template = _template(
        M={"Type": "AWS::Lambda::EventSourceMapping", "Properties": {**mapping, "FunctionName": {"Ref": "F"}}}
    )
    template["Parameters"] = {
        "Size": {"Type": "Number", "Default": 10},
        "Most": {"Type": "Number", "Default": 5},
        "F": {"Type": "String"},
    }

    properties = for_engine(template, {"Most": "7"})["Resources"]["M"]["Properties"]

    assert properties["BatchSize"] == 10
    assert properties["ScalingConfig"] == {"MaximumConcurrency": 7}
    assert properties["FunctionName"] == {"Ref": "F"}


def test_only_the_statement_that_demands_tls_is_left_out() -> None:
    tls = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": False}}}
    other = {"Effect": "Deny", "Action": "sqs:DeleteQueue"}
    template = _template(
        P={"Type": "AWS::SQS::QueuePolicy", "Properties": {"PolicyDocument": {"Statement": [tls, other]}}}
    )

    resources = for_engine(template, {})["Resources"]

    assert resources["P"]["Properties"]["PolicyDocument"]["Statement"] == [other]


def test_references_are_found_in_every_form() -> None:
    value = [
        {"Ref": "A"},
        {"x": {"Fn::GetAtt": "B.Arn"}},
        {"Fn::GetAtt": ["C", "Arn"]},
        {"Fn::Sub": ["${D.Id}-${E}", {}]},
    ]

    assert references(value) == {"A", "B", "C", "D", "E"}


def _api(**body: Any) -> Template:
    return _template(
        Api={
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {"Body": {"openapi": "3.0.1", **body}, "FailOnWarnings": True},
        }
    )


def _operation(**more: Any) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": {"uri": "arn:f", "payloadFormatVersion": "2.0"}, **more}


def test_each_operation_of_an_http_api_becomes_a_route_and_an_integration() -> None:
    template = _api(
        paths={
            "/a/{id}": {"get": _operation(), "x-amazon-apigateway-any-method": _operation()},
            "$default": {"x-amazon-apigateway-any-method": _operation()},
            "/ignored": {"get": {"no": "integration"}, "parameters": []},
        }
    )

    expand_http_apis(template)

    routes = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::ApiGatewayV2::Route"]
    assert [route["RouteKey"] for route in routes] == ["GET /a/{id}", "ANY /a/{id}", "$default"]
    assert all(
        template["Resources"][f"ApiIntegration{n}"]["Properties"]["IntegrationUri"] == "arn:f" for n in (1, 2, 3)
    )
    api = template["Resources"]["Api"]["Properties"]
    assert "Body" not in api
    assert "FailOnWarnings" not in api
    assert api["Tags"] == {"ms-custom-id": "api"}


def test_jwt_authorizer_guards_what_asks_for_it_and_nothing_else() -> None:
    authorizer = {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": {"Ref": "JwtIssuer"}, "audience": ["scrm"]},
    }
    template = _api(
        components={"securitySchemes": {"Operators": {"x-amazon-apigateway-authorizer": authorizer}}},
        paths={
            "/guarded": {"get": _operation(security=[{"Operators": ["read"]}])},
            "/open": {"get": _operation(security=[{"NONE": []}])},
        },
    )

    expand_http_apis(template)

    resources = template["Resources"]
    assert resources["ApiRoute1"]["Properties"]["AuthorizerId"] == {"Ref": "ApiAuthorizerOperators"}
    assert resources["ApiRoute1"]["Properties"]["AuthorizationType"] == "JWT"
    assert resources["ApiRoute1"]["Properties"]["AuthorizationScopes"] == ["read"]
    assert "AuthorizerId" not in resources["ApiRoute2"]["Properties"]
    told = resources["ApiAuthorizerOperators"]["Properties"]
    assert told["JwtConfiguration"] == {"Issuer": {"Ref": "JwtIssuer"}, "Audience": ["scrm"]}
    assert told["IdentitySource"] == ["$request.header.Authorization"]


def test_security_of_the_whole_api_holds_for_an_operation_without_its_own() -> None:
    authorizer = {"type": "request", "authorizerUri": "arn:a", "identitySource": []}
    template = _api(
        components={"securitySchemes": {"A": {"x-amazon-apigateway-authorizer": authorizer}}},
        security=[{"A": []}],
        paths={"/x": {"get": _operation()}},
    )

    expand_http_apis(template)

    assert template["Resources"]["ApiRoute1"]["Properties"]["AuthorizationType"] == "CUSTOM"
