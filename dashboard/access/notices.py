"""The pages that stand in place of one that somebody may not see, or not now."""

from starlette.responses import Response

from dashboard.access.visitor import CONTROL_ROOM, Visitor
from dashboard.desk import HTML, templates


def notice(
    status: int,
    title: str,
    *told: str,
    links: tuple[tuple[str, str], ...] = (),
    form: tuple[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A page of a title, paragraphs, links (address, words) and perhaps a button that posts."""
    text = templates().get_template("notice.html.j2")
    body = text.render(title=title, told=told, links=links, form=form)
    return Response(
        body, status, media_type=HTML, headers={"cache-control": "no-store", **(headers or {})}
    )


def sign_in_first(address: str | None) -> Response:
    """Nobody has signed in; `address` leads there, where the dashboard does it itself."""
    if address is None:
        told = "Open the dashboard at its public address: the proxy there signs you in."
        return notice(401, "You are not signed in", told)
    told = "These figures are for the control room and for those who send them."
    return notice(401, "You are not signed in", told, links=((address, "Sign in"),))


def no_role(visitor: Visitor) -> Response:
    """Somebody whose groups give no role."""
    return notice(
        403,
        "You have no role here",
        f"You are signed in as {visitor.user}, and none of your groups has a role.",
        "Ask the control room to put one of your groups into the dashboard's file of roles.",
        links=(("/sign-out", "Sign out"),),
    )


def not_yours(visitor: Visitor) -> Response:
    """Somebody of a trust asks for what is not theirs."""
    own = tuple((f"/trust/{code}", f"Your page: {code}") for code in sorted(visitor.organisations))
    return notice(
        403,
        "This is not for your role",
        "The pages, feeds and submissions of an organisation, and tables with rows of all of them, "
        "are for its own people and for the control room.",
        f"You are signed in as {visitor.user}, for {', '.join(sorted(visitor.organisations))}.",
        links=(*own, ("/feeds", "Your feeds"), ("/", "England now")),
    )


def too_many(seconds: int) -> Response:
    """Somebody asks more often than they may."""
    told = f"Wait {seconds} seconds, then open the page again."
    return notice(
        429, "Too many requests", "You asked for more pages than one person may at once.", told,
        headers={"retry-after": str(seconds)},
    )  # fmt: skip


def not_the_proxy() -> Response:
    """The request did not come by the way that it must."""
    return notice(
        403,
        "Refused",
        "This dashboard is reached through its proxy only, and this request did not come from it.",
        "Open the dashboard at its public address.",
    )


def unreadable() -> Response:
    """Whose a submission is cannot be looked up now."""
    told = "The publication's file cannot be read now. Try again in a minute."
    return notice(503, "This cannot be read now", told, links=(("/", "England now"),))


def account(visitor: Visitor, *, is_by_proxy: bool) -> Response:
    """Who is signed in, and the way out."""
    roles = ["control room" if one == CONTROL_ROOM else one for one in sorted(visitor.roles)]
    told = f"You are signed in as {visitor.user}, with {', '.join(roles) or 'no role'}."
    if is_by_proxy:
        return notice(200, "Sign out", told, "The proxy signed you in: sign out there.")
    return notice(200, "Sign out", told, form=("/sign-out", "Sign out"), links=(("/", "England"),))
