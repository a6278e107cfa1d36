"""Writes ``contract.json`` from Twilio's OpenAPI document (repository twilio/twilio-oai, twilio_api_v2010.json):
``python -m tests.twilio.standin.derive_contract PATH``. Of each endpoint that we use: what a request may hold, and what
an answer holds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CONTRACT = Path(__file__).parent / "contract.json"
_ACCOUNT = "/2010-04-01/Accounts/{AccountSid}"
ENDPOINTS = (
    ("get", "/2010-04-01/Accounts/{Sid}.json"),
    ("get", f"{_ACCOUNT}/Calls.json"),
    ("post", f"{_ACCOUNT}/Calls/{{Sid}}.json"),
    ("get", f"{_ACCOUNT}/Conferences.json"),
    ("get", f"{_ACCOUNT}/Conferences/{{ConferenceSid}}/Participants.json"),
    ("post", f"{_ACCOUNT}/Conferences/{{ConferenceSid}}/Participants.json"),
    ("post", f"{_ACCOUNT}/Conferences/{{ConferenceSid}}/Participants/{{CallSid}}.json"),
    ("get", f"{_ACCOUNT}/Queues.json"),
    ("get", f"{_ACCOUNT}/Queues/{{QueueSid}}/Members.json"),
    ("get", f"{_ACCOUNT}/IncomingPhoneNumbers.json"),
)
# What the document says in words only.
LIMITS: dict[str, dict[str, Any]] = {
    "Timeout": {"least": 5, "most": 600},
    "Twiml": {"length": 4000},
    "StatusCallbackEvent": {"words": ["initiated", "ringing", "answered", "completed"]},
    "Beep": {"words": ["true", "false", "onEnter", "onExit"]},
    "ConferenceRecord": {"words": ["true", "false", "record-from-start", "do-not-record"]},
    "ConferenceRecordingStatusCallbackEvent": {"words": ["in-progress", "completed", "failed", "absent"]},
    "PageSize": {"least": 1, "most": 1000},
}


def derived(document: dict[str, Any]) -> dict[str, Any]:
    """The contract."""
    schemas = document["components"]["schemas"]

    def field(name: str, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        kept: dict[str, Any] = {key: schema[key] for key in ("type", "format", "enum", "pattern") if key in schema}
        return {**kept, **LIMITS.get(name, {})}

    endpoints = []
    for method, path in ENDPOINTS:
        operation = document["paths"][path][method]
        form = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
        schema = form.get("schema", {})
        (status,) = operation["responses"]
        endpoints.append(
            {
                "method": method.upper(),
                "path": path,
                "status": int(status),
                "path_parameters": {
                    one["name"]: field(one["name"], one["schema"])
                    for one in operation.get("parameters", ())
                    if one["in"] == "path"
                },
                "query": {
                    one["name"]: field(one["name"], one["schema"])
                    for one in operation.get("parameters", ())
                    if one["in"] == "query"
                },
                "form": {name: field(name, one) for name, one in schema.get("properties", {}).items()},
                "required": schema.get("required", []),
            }
        )
    answers = {
        name: {key: field(key, one) for key, one in schemas[f"api.v2010.account{of}"]["properties"].items()}
        for name, of in {
            "account": "",
            "call": ".call",
            "conference": ".conference",
            "participant": ".conference.participant",
            "queue": ".queue",
            "member": ".queue.member",
            "incoming_phone_number": ".incoming_phone_number",
        }.items()
    }
    return {"source": "twilio/twilio-oai, spec/json/twilio_api_v2010.json", "endpoints": endpoints, "answers": answers}


if __name__ == "__main__":
    contract = derived(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    CONTRACT.write_text(json.dumps(contract, indent=1) + "\n", encoding="utf-8")
