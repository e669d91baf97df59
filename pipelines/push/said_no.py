"""How the endpoint says no: a status, a word for programs, and what to do for people."""

from collections.abc import Mapping

from starlette.responses import JSONResponse


class SaidNo(Exception):
    """The request is refused."""

    def __init__(
        self, status: int, code: str, told: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """`told` says what was expected, what was found and what to do; no token stands in it."""
        self.status = status
        self.code = code
        self.told = told
        self.headers = dict(headers or {})
        super().__init__(told)

    def response(self) -> JSONResponse:
        """The refusal as it is sent."""
        return JSONResponse({"error": self.code, "message": self.told}, self.status, self.headers)


def try_again(code: str, told: str, seconds: int, status: int = 503) -> SaidNo:
    """Nothing was taken, and the same request may work after so many seconds."""
    return SaidNo(status, code, told, {"retry-after": str(seconds)})
