"""What AWS and WeCom answer in the init measurement, so that each function's first sample takes its usual path."""

import json
from typing import Any
from urllib.parse import urlsplit

CALLBACK_SECRET = {
    "contacts": {"token": "SampleCallbackToken", "encoding_aes_key": "SampleEncodingAESKeyOfFortyThreeCharacters0"}
}
WECOM_SECRET = {
    "corp_id": "wwSIMCORP0000001",
    "apps": {"contacts": {"agent_id": 1000002, "secret": "SampleAppSecret"}},  # the secret of no app
}


def aws_answers(function: str) -> dict[str, Any]:
    """By operation; an operation that is not named is answered ``{}``."""
    secret = CALLBACK_SECRET if function == "wecom_callback" else WECOM_SECRET
    return {
        "GetSecretValue": {"SecretString": json.dumps(secret)},
        "SendMessage": {"MessageId": "m-1", "MD5OfMessageBody": "0" * 32},
        "SendMessageBatch": {"Successful": [], "Failed": []},
        "PutEvents": {"FailedEntryCount": 0, "Entries": []},
        "Query": {"Items": [], "Count": 0, "ScannedCount": 0},
    }


def wecom_answer(url: str) -> dict[str, Any]:
    path = urlsplit(url).path.removeprefix("/cgi-bin/")
    return {"errcode": 0, "errmsg": "ok", **_WECOM.get(path, {})}


_WECOM: dict[str, dict[str, Any]] = {
    "gettoken": {"access_token": "SampleAccessToken", "expires_in": 7200},
    "externalcontact/get": {"external_contact": {"external_userid": "wmSIM1", "type": 1}, "follow_user": []},
}
