"""Which requests are taken for Twilio's. The expected signatures are worked out here, not by what is tested."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from urllib.parse import urlencode

import pytest

from cti.twilio.webhooks import NotFromTwilio, Signatures, Webhook, withheld

TOKEN = "0123456789abcdef0123456789abcdef"
SHARED = "the secret of a shared key"
BASE = "https://calls.example.com/twilio"
FORM = [("CallSid", "CA1"), ("From", "+380501110003"), ("Empty", "")]


def signature(url: str, fields: list[tuple[str, str]], secret: str = TOKEN, kind: str = "sha1") -> str:
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(secret.encode(), signed.encode(), kind).digest()).decode()


def hook(
    target: str = "/twilio/voice",
    fields: list[tuple[str, str]] | None = None,
    *,
    signed: str,
    headers: dict[str, str] | None = None,
) -> Webhook:
    return Webhook(
        method="POST",
        target=target,
        headers={
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": signed,
            **(headers or {}),
        },
        body=urlencode(FORM if fields is None else fields).encode(),
    )


def test_a_signed_request_is_read_with_every_parameter() -> None:
    fields = [*FORM, ("NewNextYear", "kept")]
    posted = Signatures(BASE, TOKEN).read(hook(fields=fields, signed=signature(f"{BASE}/voice", fields)))
    assert posted.path == ("voice",)
    assert dict(posted.params) == dict(fields)
    assert "+380501110003" not in repr(posted)


@pytest.mark.parametrize(
    ("public", "signed"),
    [
        ("https://calls.example.com", "https://calls.example.com/voice"),
        ("https://calls.example.com", "https://calls.example.com:443/voice"),
        ("https://calls.example.com:8443", "https://calls.example.com:8443/voice"),
        ("https://calls.example.com:8443", "https://calls.example.com/voice"),
    ],
)
def test_twilio_may_sign_with_the_port_or_without(public: str, signed: str) -> None:
    assert Signatures(public, TOKEN).read(hook("/voice", signed=signature(signed, FORM))).path == ("voice",)


def test_repeated_parameters_are_all_signed_and_all_kept() -> None:
    fields = [("Event", "b"), ("Event", "a"), ("Event", "a")]
    posted = Signatures(BASE, TOKEN).read(hook(fields=fields, signed=signature(f"{BASE}/voice", fields)))
    assert posted.params.getall("Event") == ["b", "a", "a"]


def test_query_and_encoded_path_are_signed_as_they_stand() -> None:
    target = "/twilio/calls/a%2Fb/now/1?x=%C3%A9"
    url = f"https://calls.example.com{target}"
    posted = Signatures(BASE, TOKEN).read(hook(target, signed=signature(url, FORM)))
    assert posted.path == ("calls", "a/b", "now", "1")


@pytest.mark.parametrize("algorithm", ["HMAC_SHA256", "HMAC_SHA1"])
def test_a_shared_key_signs_by_its_own_secret(algorithm: str) -> None:
    kind = algorithm.removeprefix("HMAC_").lower()
    settings = {"x-twilio-webhooks-signature-settings": f"key=webhooks_sharedkey_1,algorithm={algorithm}"}
    by_key = signature(f"{BASE}/voice", FORM, SHARED, kind)
    assert Signatures(BASE, TOKEN, SHARED).read(hook(signed=by_key, headers=settings))
    for wrong in (signature(f"{BASE}/voice", FORM, TOKEN, kind), signature(f"{BASE}/voice", FORM, SHARED, "md5")):
        with pytest.raises(NotFromTwilio):
            Signatures(BASE, TOKEN, SHARED).read(hook(signed=wrong, headers=settings))


def test_a_shared_key_that_the_site_does_not_have_is_refused_even_where_its_empty_secret_would_fit() -> None:
    settings = {"x-twilio-webhooks-signature-settings": "key=other,algorithm=HMAC_SHA256"}
    with pytest.raises(NotFromTwilio, match="shared_key_file"):
        Signatures(BASE, TOKEN).read(hook(signed=signature(f"{BASE}/voice", FORM, "", "sha256"), headers=settings))


def test_an_unknown_algorithm_is_refused() -> None:
    settings = {"x-twilio-webhooks-signature-settings": "key=1,algorithm=NONE"}
    with pytest.raises(NotFromTwilio, match="algorithm"):
        Signatures(BASE, TOKEN, SHARED).read(hook(signed="", headers=settings))


def json_hook(body: bytes, digest: str) -> Webhook:
    target = f"/twilio/voice?bodySHA256={digest}"
    return Webhook(
        method="POST",
        target=target,
        headers={
            "content-type": "application/json",
            "x-twilio-signature": signature(f"https://calls.example.com{target}", []),
        },
        body=body,
    )


def test_a_json_body_is_proved_by_its_digest_in_the_address() -> None:
    body = b'{"some": "thing"}'
    digest = hashlib.sha256(body).hexdigest()
    assert Signatures(BASE, TOKEN).read(json_hook(body, digest)).path == ("voice",)
    with pytest.raises(NotFromTwilio, match="bodySHA256"):
        Signatures(BASE, TOKEN).read(json_hook(b'{"other": 1}', digest))
    with pytest.raises(NotFromTwilio, match="bodySHA256"):
        Signatures(BASE, TOKEN).read(json_hook(body, ""))


@pytest.mark.parametrize(
    "change",
    [
        {"signed": ""},
        {"signed": "AAAA"},
        {"signed": "é" * 28},
        {"target": "/twilio/status"},
        {"target": "/twilio/voice?more=1"},
        {"target": "/elsewhere/voice"},
        {"target": "/twilio/voice" + "x" * 5_000},
        {"target": "/twilio/voice?\udcff"},
        {"fields": [*FORM, ("Digits", "1")]},
        {"fields": FORM[:1]},
    ],
)
def test_a_request_that_was_changed_is_none_of_twilios(change: dict[str, object]) -> None:
    whole: dict[str, object] = {"signed": signature(f"{BASE}/voice", FORM)}
    with pytest.raises(NotFromTwilio):
        Signatures(BASE, TOKEN).read(hook(**{**whole, **change}))  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"a=%FF", b"\xff", b"&".join(b"a=1" for _ in range(1_000)), b"a=1" * 10_000])
def test_a_form_that_is_no_form_is_refused(body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature("", [])}
    with pytest.raises(NotFromTwilio, match=r"form|larger"):
        Signatures(BASE, TOKEN).read(Webhook(method="POST", target="/twilio/voice", headers=headers, body=body))


def test_a_request_without_a_signature_is_not_even_read() -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(NotFromTwilio, match="no signature"):
        Signatures(BASE, TOKEN).read(Webhook(method="POST", target="/twilio/voice", headers=headers, body=b"\xff"))


@pytest.mark.parametrize("made_up", ["x", "A" * 28, "A" * 43 + "=", "A" * 27 + "=\n", "é" * 27 + "="])
def test_nothing_is_read_or_hashed_for_what_does_not_even_look_like_a_signature(made_up: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": made_up}
    with pytest.raises(NotFromTwilio, match="is none"):
        Signatures(BASE, TOKEN).read(Webhook(method="POST", target="/twilio/voice", headers=headers, body=b"\xff"))


def test_a_digest_that_is_no_text_is_refused_like_any_other() -> None:
    with pytest.raises(NotFromTwilio):
        Signatures(BASE, TOKEN).read(
            Webhook(
                method="POST",
                target="/twilio/voice?bodySHA256=\udcff",
                headers={"content-type": "application/json", "x-twilio-signature": signature("", [])},
                body=b"{}",
            )
        )


def test_what_is_said_of_a_refused_request_is_the_address_and_nothing_that_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    target = "/twilio/calls/x%0a/keys/1?\x1b[31m\nforged"
    with pytest.raises(NotFromTwilio) as refused:
        Signatures(BASE, TOKEN).read(hook(target, [("Digits", "4711")], signed="AAAA"))
    assert "https://calls.example.com/twilio/calls/x%0a/keys/1??[31m?forged" in str(refused.value)
    assert "4711" not in str(refused.value) + caplog.text
    assert TOKEN not in str(refused.value) + caplog.text


def test_callers_who_show_no_number() -> None:
    for shown in ("", "anonymous", "+266696687", "266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"):
        assert withheld(shown)
    assert not withheld("+380501110003")
