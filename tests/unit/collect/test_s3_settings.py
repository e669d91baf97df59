"""What a feed and a connection may say of S3, and what errors and listings are in words."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import ValidationError

from pipelines.base.connections import Connection
from pipelines.collect.checks import Step
from pipelines.collect.listed_files import A_FOLDER
from pipelines.collect.s3.s3_access import S3Access
from pipelines.collect.s3.s3_answers import etag_of, objects_of, version_id_of, versions_of
from pipelines.collect.s3.s3_errors import Called, ObjectChanged, S3Fault, in_words
from pipelines.collect.sources.s3 import S3Source

CALLED = Called("s3_north", "https://s3.example.nhs.uk", "trusts")
SECRET = "a-secret-key-that-nobody-sees"


def source(**changes: Any) -> S3Source:
    told = {"kind": "s3", "connection": "s3_north", "bucket": "trusts", "pattern": "*.csv"}
    return S3Source(**(told | changes))


@pytest.mark.parametrize(
    ("prefix", "endpoint"),
    [
        ("", "s3://s3_north/trusts"),
        ("r0a", "s3://s3_north/trusts/r0a"),
        ("r0a/", "s3://s3_north/trusts/r0a"),
        ("north/r0a/in/", "s3://s3_north/trusts/north/r0a/in"),
    ],
)
def test_the_endpoint_comes_from_the_rest_and_leads_back(prefix: str, endpoint: str) -> None:
    made = source(prefix=prefix)
    assert made.endpoint == endpoint
    found = S3Source.at(endpoint)
    assert found is not None
    assert (found.connection, found.bucket, found.prefix) == ("s3_north", "trusts", made.prefix)
    assert found.endpoint == endpoint


@pytest.mark.parametrize("endpoint", ["incoming/x", "sftp://a/b", "s3://", "s3://only_connection"])
def test_other_endpoints_are_none_of_this_kind(endpoint: str) -> None:
    assert S3Source.at(endpoint) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"prefix": "/r0a"}, "no / at its beginning"),
        ({"prefix": "r0a//in"}, "no //"),
        ({"endpoint": "s3://elsewhere/b"}, "is not written for s3"),
        ({"answers": ""}, "a prefix of their own"),
        ({"answers": "/"}, "a prefix of their own"),
        ({"answers": "collected"}, "a prefix of their own"),
        ({"connection": "S3 North"}, "connection"),
        ({"bucket": "ab"}, "bucket"),
        ({"secret_key": SECRET}, "secret_key"),
    ],
)
def test_what_a_feed_may_not_say(changes: Mapping[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        source(**changes)


@pytest.mark.parametrize(
    ("answers", "prefix"),
    [("answers", "r0a/answers/"), ("answers/", "r0a/answers/"), ("/back/r0a", "back/r0a/")],
)
def test_answers_stand_under_the_prefix_or_elsewhere(answers: str, prefix: str) -> None:
    assert source(prefix="r0a/", answers=answers).answers_prefix == prefix


def test_what_is_secret_is_in_no_repr() -> None:
    extra = {"session_token": SECRET, "endpoint_url": "https://s3.example.nhs.uk"}
    access = S3Access.of(Connection("s3_north", login="key", password=SECRET, extra=extra))
    assert SECRET not in repr(access)
    assert access.signs_as == "with an access key"


@pytest.mark.parametrize(
    ("extra", "told"), [({}, "without a key"), ({"use_role": True}, "with this machine's role")]
)
def test_without_a_login_nobody_signs_unless_the_machine_may(
    extra: Mapping[str, Any], told: str
) -> None:
    assert S3Access.of(Connection("s3_north", extra=extra)).signs_as == told


@pytest.mark.parametrize(
    ("code", "status", "doing", "step", "word"),
    [
        ("InvalidAccessKeyId", 403, "list", Step.SIGN_IN, "no such access key"),
        ("SignatureDoesNotMatch", 403, "read", Step.SIGN_IN, "secret key does not fit"),
        ("RequestTimeTooSkewed", 403, "list", Step.SIGN_IN, "15 minutes apart"),
        ("NoSuchBucket", 404, "list", Step.LIST, "no such bucket"),
        ("AccessDenied", 403, "list", Step.LIST, "s3:ListBucket"),
        ("AccessDenied", 403, "read", Step.READ, "s3:GetObject"),
        ("AccessDenied", 403, "delete", Step.PUT_AWAY, "s3:DeleteObject"),
        ("AccessDenied", 403, "write", Step.ANSWER, "s3:PutObject"),
        ("PermanentRedirect", 301, "list", Step.SIGN_IN, "region_name"),
        ("InternalError", 500, "read", Step.READ, "a fault of its own"),
        ("SlowDown", 503, "read", Step.READ, "SlowDown"),
        ("InvalidObjectState", 403, "read", Step.READ, "restored"),
        ("Teapot", 418, "list", Step.LIST, "'Teapot' (418)"),
    ],
)
def test_codes_are_told_in_words(code: str, status: int, doing: str, step: Step, word: str) -> None:
    fault = in_words(an_error(code, status), CALLED, doing)
    assert isinstance(fault, S3Fault)
    assert fault.step is step
    assert word in fault.why
    assert SECRET not in fault.why


@pytest.mark.parametrize("code", ["NoSuchKey", "PreconditionFailed"])
def test_an_object_that_is_another_by_now_is_no_fault(code: str) -> None:
    assert isinstance(in_words(an_error(code, 412), CALLED, "read"), ObjectChanged)


def an_error(code: str, status: int) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": SECRET},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "GetObject")


def test_keys_are_read_as_the_listing_writes_them() -> None:
    keys = ["r0a/a+b%2Bc%20d.csv", "r0a/%FF.csv", "elsewhere.csv", "r0a/", "r0a/cold.csv"]
    contents = [{"Key": key, "Size": 3, "ETag": '"e-2"'} for key in keys]
    contents[-1]["StorageClass"] = "GLACIER"
    page = {
        "EncodingType": "url",
        "Contents": contents,
        "CommonPrefixes": [{"Prefix": "r0a/x%01/"}],
    }
    found = {one.key: one for one in objects_of(page, "r0a/")}
    assert found["r0a/a b+c d.csv"].why_not == ""
    assert "no UTF-8" in found["r0a/\udcff.csv"].why_not
    assert "not stand under the prefix" in found["elsewhere.csv"].why_not
    assert "GLACIER" in found["r0a/cold.csv"].why_not
    assert (found["r0a/x\x01/"].name, found["r0a/x\x01/"].why_not) == ("x\x01", A_FOLDER)
    assert len(found) == 5
    assert etag_of(found["r0a/a b+c d.csv"]) == "e-2"


def test_only_older_versions_have_an_id() -> None:
    versions = [
        {"Key": "r0a/a.csv", "Size": 1, "ETag": '"e"', "VersionId": "v2", "IsLatest": True},
        {"Key": "r0a/a.csv", "Size": 1, "ETag": '"e"', "VersionId": "v1", "IsLatest": False},
    ]
    found = versions_of({"Versions": versions}, "r0a/")
    assert [(etag_of(one), version_id_of(one)) for one in found] == [("e", ""), ("e", "v1")]
