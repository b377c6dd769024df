"""Where callbacks come from and where the API lives (1.3)."""

from local.simulator.api.call import Body, Call, Endpoint

_CALLBACK_IPS = ["127.0.0.*"]
_API_IPS = ["127.0.0.0/8"]


def callback_ips(call: Call) -> Body:  # noqa: ARG001 - the endpoints' shape
    return {"ip_list": list(_CALLBACK_IPS)}


def api_domain_ips(call: Call) -> Body:  # noqa: ARG001 - the endpoints' shape
    return {"ip_list": list(_API_IPS)}


ENDPOINTS = {
    "getcallbackip": Endpoint("GET", "any", callback_ips, {"ip_list": []}),
    "get_api_domain_ip": Endpoint("GET", "any", api_domain_ips, {"ip_list": []}),
}
