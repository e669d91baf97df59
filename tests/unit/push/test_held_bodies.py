import pytest

from pipelines.base.settings import settings
from pipelines.push.posted_bodies import HeldBodies
from pipelines.push.push_settings import PushSettings
from pipelines.push.said_no import SaidNo


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> HeldBodies:
    monkeypatch.setenv("SITREP_MAX_FILE_BYTES", "100")
    settings.cache_clear()
    return HeldBodies(PushSettings.model_validate({"most_held": 400}))


def test_one_token_takes_no_room_from_another(held: HeldBodies) -> None:
    with held.room("one") as first, held.room("one") as second, held.room("two") as other:
        first.grow(60)
        first.grow(90)
        with pytest.raises(SaidNo) as told:
            second.grow(11)
        assert told.value.status == 503 and "retry-after" in told.value.headers
        second.grow(10)
        other.grow(100)


def test_all_together_have_a_bound_and_give_their_room_back(held: HeldBodies) -> None:
    for _ in range(3):
        with held.room("a") as a, held.room("b") as b, held.room("c") as c, held.room("d") as d:
            for one in (a, b, c, d):
                one.grow(100)
            with pytest.raises(SaidNo), held.room("e") as e:
                e.grow(1)
