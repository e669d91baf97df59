"""What goes wrong at an object store, in words: what it is, and which setting to change.

The libraries' own messages may quote what was sent; only their kinds and codes are told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from pipelines.base.connections import variable
from pipelines.base.errors import SourceUnavailable
from pipelines.collect.checks import Step


class ObjectChanged(Exception):
    """The object is gone, or is another than was listed."""


class S3Fault(Exception):
    """Why a call failed, in words that go on after "the endpoint" or "the object"."""

    def __init__(self, why: str, step: Step, *, code: str = "", is_general: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.step = step
        """Where the trial of a source stops for it."""
        self.code = code
        self.is_general = is_general
        """The same is to be expected of every object."""


@dataclass(frozen=True, slots=True)
class Called:
    """What was called, as far as errors name it."""

    connection: str
    address: str
    bucket: str

    @property
    def kept_in(self) -> str:
        """Where the connection is changed."""
        return f"the connection '{self.connection}' ({variable(self.connection)})"

    def unavailable(self, fault: S3Fault) -> SourceUnavailable:
        """The error of a source that this fault stops."""
        return SourceUnavailable(f"{self.address}, bucket '{self.bucket}': {fault.why}")


_PERMISSIONS = {
    "list": ("list the bucket", "s3:ListBucket", Step.LIST),
    "list versions": ("list the versions of objects", "s3:ListBucketVersions", Step.LIST),
    "read": ("read the object", "s3:GetObject", Step.READ),
    "copy": ("copy the object", "s3:GetObject and s3:PutObject", Step.PUT_AWAY),
    "delete": ("delete the object", "s3:DeleteObject", Step.PUT_AWAY),
    "delete version": ("delete a version", "s3:DeleteObjectVersion", Step.PUT_AWAY),
    "write": ("write an object", "s3:PutObject", Step.ANSWER),
}
_DENIED = ("AccessDenied", "AllAccessDisabled", "AccountProblem", "403")
_CHANGED = ("NoSuchKey", "NoSuchVersion", "PreconditionFailed", "412", "404")
_REGION = (
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "TemporaryRedirect",
    "301",
)
_SIGN_IN: Mapping[str, str] = {
    "InvalidAccessKeyId": "it knows no such access key. Check the login of {kept_in}",
    "InvalidClientTokenId": "it knows no such access key. Check the login of {kept_in}",
    "SignatureDoesNotMatch": "the secret key does not fit the access key. Check the password of "
    "{kept_in}",
    "RequestTimeTooSkewed": "its clock and this machine's are more than 15 minutes apart. Set this "
    "machine's clock (timedatectl tells whether it is synchronised)",
    "ExpiredToken": "the session token is over. Put a new one into {kept_in}",
    "InvalidToken": "the session token is not taken. Check session_token of {kept_in}, or leave it "
    "out for a lasting key",
    "TokenRefreshRequired": "the session token is over. Put a new one into {kept_in}",
    "MissingSecurityHeader": "it lets nobody in without a key. Put login and password into "
    "{kept_in}",
}


def in_words(error: Exception, called: Called, doing: str) -> S3Fault | ObjectChanged:
    """What the error says; `doing` is a word of the table of permissions."""
    if isinstance(error, S3Fault | ObjectChanged):
        return error
    if isinstance(error, ClientError):
        return _answered(error.response, called, doing)
    return _unanswered(error, called)


def _answered(answer: Mapping[str, Any], called: Called, doing: str) -> S3Fault | ObjectChanged:
    code = str(answer.get("Error", {}).get("Code", ""))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    to_do, permission, step = _PERMISSIONS[doing]
    if code in _SIGN_IN:
        why = _SIGN_IN[code].format(kept_in=called.kept_in)
        return S3Fault(f"{why}.", Step.SIGN_IN, code=code)
    if code == "NoSuchBucket":
        why = "it has no such bucket. Check bucket in the feed's file, and endpoint_url of "
        return S3Fault(f"{why}{called.kept_in}.", Step.LIST, code=code)
    if code in _DENIED:
        why = (
            f"the key may not {to_do}. Its owner grants it {permission} "
            f"(docs/sources.md, S3), or {called.kept_in} needs another key."
        )
        return S3Fault(why, step, code="AccessDenied", is_general=False)
    if code in _REGION:
        why = f"the bucket is in another region. Set region_name of {called.kept_in}."
        return S3Fault(why, Step.SIGN_IN, code=code)
    if code == "InvalidObjectState":
        why = "the object stands in an archive class and has to be restored before it is read."
        return S3Fault(why, step, code=code, is_general=False)
    if status >= 500 or code in ("SlowDown", "Throttling", "503"):
        return S3Fault(f"it answers with a fault of its own ({code or status}).", step, code=code)
    if code in _CHANGED and doing != "list":
        return ObjectChanged()
    why = f"it answers '{code[:60]}' ({status}). Is it an S3 service? Check endpoint_url of "
    return S3Fault(f"{why}{called.kept_in}.", step, code=code, is_general=doing == "list")


def _unanswered(error: Exception, called: Called) -> S3Fault:
    cure = f"Check endpoint_url of {called.kept_in}, the network, and the service"
    if isinstance(error, SSLError):
        why = (
            "its certificate is not trusted, or it does not speak TLS. Set ca_file of "
            f"{called.kept_in} where the service has a certificate authority of its own."
        )
    elif isinstance(error, EndpointConnectionError):
        why = f"nothing answers there. {cure}."
    elif isinstance(error, ConnectTimeoutError | ReadTimeoutError | TimeoutError):
        why = f"it gives no whole answer in time. {cure}."
    elif isinstance(error, NoCredentialsError):
        why = f"this machine has no role. {called.kept_in} has use_role: give it a key instead."
        return S3Fault(why, Step.SIGN_IN)
    elif isinstance(error, ParamValidationError):
        return S3Fault("it cannot have such a bucket or key. Check the feed's file.", Step.LIST)
    elif isinstance(error, ResponseParserError):
        why = f"what it answers cannot be read as an answer of S3. {cure}."
        return S3Fault(why, Step.LIST)
    elif isinstance(error, IncompleteReadError):
        return S3Fault("its answers end too early.", Step.READ)
    elif isinstance(error, BotoCoreError | OSError):
        why = f"it breaks off ({type(error).__name__}). {cure}."
    else:
        why = f"the call failed ({type(error).__name__})."
    return S3Fault(why, Step.CONNECT)
