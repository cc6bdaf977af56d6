"""Every error answer of Facebook becomes the right error of ours, for a read and for a write."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import AuthExpired, Exhausted, Gone, OutcomeUnknown, Permanent, PlatformError, Temporary
from connectors.facebook.errors import FieldRefused, NotThere, ReduceData, problem, usage
from tests.connectors.facebook.test_mapping import payload

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAYLOADS = Path(__file__).parents[2] / "payloads"


def translate(
    body: Any, *, status: int = 400, headers: dict[str, str] | None = None, write: bool = False
) -> PlatformError:
    return problem(body, status=status, headers=headers or {}, write=write, platform="Facebook", now=NOW)


def coded(code: Any, subcode: Any = None, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "error_subcode": subcode, "message": "Kommentaren sa: hemligt", **more}}


@pytest.mark.parametrize(
    ("name", "status", "read", "write"),
    [
        ("error_100_33_object_gone", 400, Gone, Gone),
        ("error_100_missing_permission", 400, Permanent, Permanent),
        ("error_190_460_password_changed", 400, AuthExpired, AuthExpired),
        ("error_190_463_expired", 401, AuthExpired, AuthExpired),
        ("error_1_reduce_data", 500, ReduceData, OutcomeUnknown),
        ("error_2_transient", 500, Temporary, OutcomeUnknown),
        ("error_368_blocked", 400, Permanent, Permanent),
        ("error_80001_page_limit", 403, Exhausted, Exhausted),
    ],
)
def test_a_recorded_error_is_ours(name: str, status: int, read: type, write: type) -> None:
    assert type(translate(payload(name), status=status)) in (read, NotThere if read is Gone else read)
    assert isinstance(translate(payload(name), status=status, write=True), write)


def test_instagrams_created_anyway_is_unknown() -> None:
    body = json.loads((PAYLOADS / "facebook" / "error_20_comment_created_anyway.json").read_text())
    assert type(translate(body, write=True)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("code", "subcode", "read", "write"),
    [
        (102, None, AuthExpired, AuthExpired),
        (190, 458, AuthExpired, AuthExpired),
        (190, 467, AuthExpired, AuthExpired),
        ("190", "460", AuthExpired, AuthExpired),
        (4, None, Exhausted, Exhausted),
        (17, None, Exhausted, Exhausted),
        (32, None, Exhausted, Exhausted),
        (613, None, Exhausted, Exhausted),
        (341, None, Exhausted, Exhausted),
        (80002, None, Exhausted, Exhausted),
        (3, None, Permanent, Permanent),
        (10, None, Permanent, Permanent),
        (200, None, Permanent, Permanent),
        (299, None, Permanent, Permanent),
        (506, None, Permanent, OutcomeUnknown),
        (20, 1772107, Permanent, OutcomeUnknown),
        (100, 1772107, Permanent, OutcomeUnknown),
        (803, None, NotThere, NotThere),
        (100, None, Permanent, Permanent),
        (424242, None, Permanent, Permanent),
        (None, None, Permanent, Permanent),
        ([], {}, Permanent, Permanent),
    ],
)
def test_code_and_subcode_decide(code: Any, subcode: Any, read: type, write: type) -> None:
    for status in (400, 403):
        assert type(translate(coded(code, subcode), status=status)) is read
        assert type(translate(coded(code, subcode), status=status, write=True)) is write


def test_permission_has_its_own_code() -> None:
    assert [translate(coded(code)).code for code in (3, 10, 200, 250)] == ["permission"] * 4
    assert translate(payload("error_100_missing_permission")).code == "permission"
    assert translate(payload("error_368_blocked")).code == "policy"


def test_the_sentence_says_what_to_do_and_not_what_people_wrote() -> None:
    assert "lösenordet" in str(translate(payload("error_190_460_password_changed"))).lower()
    assert "ansluta kontot igen" in str(translate(payload("error_190_463_expired")))
    assert all("hemligt" not in str(translate(coded(code))) for code in range(700))


def test_the_page_limit_ends_when_the_usage_header_says_so() -> None:
    error = translate(payload("error_80001_page_limit"), headers=as_headers("usage_headers_blocked"))
    assert isinstance(error, Exhausted)
    assert error.until == NOW + timedelta(minutes=37)


def test_a_limit_without_a_header_has_an_end_too() -> None:
    for code in (4, 17, 32, 613, 341, 80001):
        error = translate(coded(code), headers=as_headers("usage_headers"))
        assert isinstance(error, Exhausted)
        assert NOW < error.until <= NOW + timedelta(hours=1)


def test_usage_is_the_fullest_limit_in_per_cent() -> None:
    assert usage(as_headers("usage_headers")) == {"percent": 16, "regain_minutes": 0}
    assert usage(as_headers("usage_headers_blocked")) == {"percent": 103, "regain_minutes": 37}


@pytest.mark.parametrize("text", ["", "nej", "[]", "7", "null", '{"1": 7}', '{"1": [7, {"call_count": "x"}]}'])
def test_usage_headers_may_be_nonsense(text: str) -> None:
    assert usage({"X-App-Usage": text, "X-Business-Use-Case-Usage": text}).get("percent", 0) == 0


def test_an_unknown_field_is_told_from_other_refusals() -> None:
    body = coded(100, message="(#100) Tried accessing nonexistent field (x) on node type (Comment)")
    assert type(translate(body)) is FieldRefused


def test_the_one_that_is_gone_is_named_where_facebook_names_it() -> None:
    error = translate(payload("error_100_33_object_gone"))
    assert isinstance(error, NotThere)
    assert error.object_id == "10133490835934401"


def test_too_many_requests_without_words_waits_as_long_as_it_says() -> None:
    error = translate(None, status=429, headers={"Retry-After": "90"})
    assert isinstance(error, Exhausted)
    assert error.until == NOW + timedelta(seconds=90)


WORD = st.one_of(st.none(), st.integers(), st.floats(), st.booleans(), st.text(max_size=5), st.lists(st.integers()))


@given(
    st.one_of(WORD, st.fixed_dictionaries({"error": st.one_of(WORD, st.dictionaries(
        st.sampled_from(["code", "error_subcode", "message", "is_transient"]), WORD))})),
    st.one_of(st.none(), st.integers(100, 599)),
    st.booleans(),
    st.dictionaries(st.sampled_from(["Retry-After", "X-App-Usage", "X-Business-Use-Case-Usage"]), st.text(max_size=9)),
)  # fmt: skip
def test_no_answer_is_odd_enough_to_surprise_us(body: Any, status: Any, write: bool, headers: dict[str, str]) -> None:
    error = problem(body, status=status, headers=headers, write=write, platform="Facebook", now=NOW)
    assert isinstance(error, PlatformError)
    assert str(error).endswith(".")


def as_headers(name: str) -> dict[str, str]:
    # The wire's header names know no case; a plain dict does.
    names = {"x-app-usage": "X-App-Usage", "x-business-use-case-usage": "X-Business-Use-Case-Usage"}
    return {names[name]: value for name, value in payload(name).items()}
