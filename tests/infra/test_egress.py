"""The way out to WeCom: fixed addresses in two zones, HTTPS only, kept when the stack goes."""

import pytest

from tests.infra.cloudformation import names_in, of_type, plain, properties, statements

ZONES = ["A", "B"]
CALLS_WECOM = [
    "ContactSync",
    "HandoverWorker",
    "HandoverReconcile",
    "CampaignWorker",
    "CampaignReconcile",
    "ArchiveIntake",
    "KpiCollect",
]


def test_nothing_of_the_network_is_made_unless_asked_for() -> None:
    network = {name: each for name, each in plain()["Resources"].items() if each["Type"].startswith("AWS::EC2::")}

    assert network
    assert {each["Condition"] for each in network.values()} == {"CreateVpc"}


@pytest.mark.parametrize("zone", ZONES)
def test_each_zone_leaves_by_a_nat_gateway_and_an_address_of_its_own(zone: str) -> None:
    gateway = properties(f"EgressNat{zone}")
    route = properties(f"EgressRoute{zone}")

    assert names_in(gateway["AllocationId"]) == {f"EgressAddress{zone}"}
    assert names_in(gateway["SubnetId"]) == {f"EgressPublicSubnet{zone}"}
    assert names_in(route["NatGatewayId"]) == {f"EgressNat{zone}"}
    assert names_in(properties(f"EgressSubnet{zone}Routes")["RouteTableId"]) == names_in(route["RouteTableId"])


def test_the_operator_is_told_every_address_that_wecom_must_trust() -> None:
    told = names_in(plain()["Outputs"]["EgressAddresses"]["Value"])

    assert told == set(of_type("AWS::EC2::EIP")) == {f"EgressAddress{zone}" for zone in ZONES}


def test_only_https_leaves_and_nothing_comes_in() -> None:
    group = properties("EgressSecurityGroup")

    [rule] = group["SecurityGroupEgress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    assert "SecurityGroupIngress" not in group


@pytest.mark.parametrize("name", CALLS_WECOM)
def test_the_functions_code_may_not_use_the_rights_that_lambda_needs_for_the_vpc(name: str) -> None:
    by_sid = {each["Sid"]: each for each in statements(f"{name}Role")}

    allowed, denied = by_sid["AttachToVpc"], by_sid["NotFromTheFunctionsCode"]
    assert denied["Effect"] == "Deny"
    assert denied["Action"] == allowed["Action"]
    assert set(denied["Condition"]["ArnLike"]) == {"lambda:SourceFunctionArn"}


@pytest.mark.parametrize("name", CALLS_WECOM)
def test_the_bank_may_bring_its_own_subnets(name: str) -> None:
    network = properties(f"{name}Function")["VpcConfig"]

    assert names_in(network) >= {"SubnetIds", "SecurityGroupIds", "EgressSubnetA", "EgressSubnetB"}
