"""Sign-in with an OpenID provider: authorization code with PKCE, state and nonce, by Authlib.

The provider is asked when somebody signs in and at no other time; its tokens are not kept.
"""

import logging
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.access.exposure import Access
from dashboard.access.notices import account, notice, sign_in_first
from dashboard.access.signed_session import remember, remembered
from dashboard.access.visitor import Visitor
from pipelines.base.outgoing import one_line

SIGN_IN, SIGNED_IN, SIGN_OUT = "/sign-in", "/signed-in", "/sign-out"
_WANTED = "wanted"
_TIMEOUT_SECONDS = 10
_SIGNED_WITH = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Never with a secret of ours, and never with nothing."""
_log = logging.getLogger(__name__)


class OpenIdSignIn:
    """The addresses of sign-in and sign-out."""

    def __init__(self, access: Access) -> None:
        from authlib.integrations.starlette_client import OAuth

        told = access.told
        self._access = access
        self._issuer = str(told.oidc_issuer)
        self._client: Any = OAuth().register(
            name="provider",
            server_metadata_url=f"{self._issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=told.oidc_client_id,
            client_secret=access.client_secret.get_secret_value(),
            client_kwargs={
                "scope": told.oidc_scope,
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT_SECONDS,
            },
        )

    async def answer(self, request: Request) -> Response:
        """The response to one of the three addresses."""
        path, method = request.url.path, request.method
        if path == SIGN_OUT and method in ("GET", "POST"):
            return self._sign_out(request)
        if method != "GET":
            return notice(405, "This cannot be sent here", headers={"allow": "GET"})
        try:
            return await (self._begin(request) if path == SIGN_IN else self._end(request))
        except Exception as error:  # whatever a provider sends is told in one way
            return _failed(error)

    async def _begin(self, request: Request) -> Response:
        """Sends the browser to the provider."""
        await self._check_provider()
        request.session[_WANTED] = own_address(request.query_params.get("to", "/"))
        response: Response = await self._client.authorize_redirect(
            request, f"{self._access.public}{SIGNED_IN}"
        )
        return response

    async def _end(self, request: Request) -> Response:
        """The browser is back: the session is that of whom the provider vouches for."""
        await self._check_provider()
        issuer = {"iss": {"essential": True, "values": [self._issuer]}}
        audience = {"aud": {"essential": True, "value": self._access.told.oidc_client_id}}
        token = await self._client.authorize_access_token(
            request, claims_options={**issuer, **audience}
        )
        claims = token.get("userinfo")
        if not claims or not claims.get("sub"):
            raise ValueError("the provider vouches for nobody")
        visitor = self._access.roles.visitor(str(claims["sub"]), await self._groups(token, claims))
        wanted = own_address(request.session.get(_WANTED, "/"))
        remember(request.session, visitor, self._access.told.session_hours)
        _log.info("%s signed in", one_line(visitor.user))
        return RedirectResponse(wanted, 303, headers={"cache-control": "no-store"})

    async def _check_provider(self) -> None:
        """Its description is that of the configured issuer, and weak signatures count nothing."""
        described = await self._client.load_server_metadata()
        if described.get("issuer") != self._issuer:
            raise ValueError("the provider has the name of another issuer")
        offered = described.get("id_token_signing_alg_values_supported") or ["RS256"]
        strong = [one for one in offered if one in _SIGNED_WITH]
        described["id_token_signing_alg_values_supported"] = strong

    async def _groups(self, token: dict[str, Any], claims: dict[str, Any]) -> list[str]:
        """The user's groups, from the token or, where it has none, from the provider."""
        name = self._access.told.oidc_groups_claim
        described = await self._client.load_server_metadata()
        if name not in claims and described.get("userinfo_endpoint"):
            asked = await self._client.userinfo(token=token)
            if asked.get("sub") != claims["sub"]:
                raise ValueError("the provider tells of another user")
            claims = asked
        told = claims.get(name) or []
        return [told] if isinstance(told, str) else [str(one) for one in told]

    def _sign_out(self, request: Request) -> Response:
        """Tells who is signed in; when it is posted from a page of ours, ends the session."""
        visitor: Visitor | None = remembered(request.session)
        if request.method == "GET":
            if visitor is None:
                return sign_in_first(SIGN_IN)
            return account(visitor, is_by_proxy=False)
        if not self._is_from_here(request):
            return notice(
                403, "Not signed out", "This was sent from another site.",
                links=((SIGN_OUT, "Sign out"),),
            )  # fmt: skip
        request.session.clear()
        return notice(
            200, "You are signed out", "Your OpenID provider may still know you: on a machine that "
            "others use, sign out there too.", links=((SIGN_IN, "Sign in"),),
            headers={"clear-site-data": '"cache"'},
        )  # fmt: skip

    def _is_from_here(self, request: Request) -> bool:
        # Our pages send no referrer, and so browsers write `Origin: null` into their own forms.
        site = request.headers.get("sec-fetch-site")
        return (
            site == "same-origin"
            if site
            else (request.headers.get("origin") == self._access.public)
        )


def sign_in_for(path: str, query: str) -> str:
    """The address of sign-in that leads back to what was asked for."""
    wanted = f"{path}?{query}" if query else path
    return f"{SIGN_IN}?to={quote(wanted, safe='/')}"


def own_address(told: str) -> str:
    """The address where it is a page of this dashboard, else that of its first page."""
    parts = urlsplit(told)
    is_path = told.startswith("/") and not told.startswith("//") and "\\" not in told
    is_plain = told.isascii() and told.isprintable() and " " not in told
    is_here = is_path and is_plain and not parts.scheme and not parts.netloc
    return told if is_here and parts.path not in (SIGN_IN, SIGNED_IN, SIGN_OUT) else "/"


def _failed(error: Exception) -> Response:
    """What went wrong at the provider, without anything that it sent."""
    from authlib.common.errors import AuthlibBaseError

    # Messages of these errors may quote addresses with codes in them.
    code = getattr(error, "error", None) if isinstance(error, AuthlibBaseError) else None
    _log.warning("sign-in failed: %s %s", type(error).__name__, one_line(str(code or ""), 40))
    again = ((SIGN_IN, "Sign in again"),)
    if _is_of_the_network(error):
        return notice(
            502, "The OpenID provider cannot be reached",
            "Try again in a minute. If it goes on, the dashboard's operator finds the reason "
            "in its log.", links=again,
        )  # fmt: skip
    if code == "access_denied":
        return notice(
            403, "The OpenID provider did not let you in",
            "Sign in with another account, or ask its administrators for this dashboard.",
            links=again,
        )  # fmt: skip
    return notice(
        400, "You could not be signed in",
        "The answer of the OpenID provider does not fit to a sign-in that this browser began here "
        "lately. Begin again; if it goes on, the dashboard's operator finds the reason in its log.",
        links=again,
    )  # fmt: skip


def _is_of_the_network(error: Exception) -> bool:
    """Whether it is an `HTTPError` of httpx, or of httpx2, which authlib prefers."""
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
    return not kinds.isdisjoint(("httpx.HTTPError", "httpx2.HTTPError"))
