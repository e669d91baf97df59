"""Posts a file to an endpoint of push, as a provider does: for simulations."""

from pipelines.base.connections import find_connection
from pipelines.base.errors import SourceUnavailable

_SECONDS = 60.0
_TRIES = 8


def post(connection: str, feed_id: str, name: str, content: bytes) -> None:
    """The endpoint has the file; raises `SourceUnavailable` where it does not take it."""
    import httpx
    import tenacity

    to = find_connection(connection)
    tries = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(_TRIES),
        wait=tenacity.wait_random_exponential(max=8),
        retry=tenacity.retry_if_exception_type(httpx.TransportError)
        | tenacity.retry_if_result(lambda answer: answer.status_code in (429, 503)),
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )
    try:
        answer = tries(
            httpx.post,
            f"{to.host}/v1/submissions",
            params={"feed": feed_id, "name": name},
            content=content,
            headers={"Authorization": f"Bearer {to.password}"},
            timeout=_SECONDS,
        )
    except httpx.HTTPError as error:
        raise SourceUnavailable(f"{to.host} cannot be reached: {type(error).__name__}") from None
    if answer.status_code != 202:
        raise SourceUnavailable(f"{to.host} answered {answer.status_code} to '{name}'.")
