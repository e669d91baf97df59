"""The pandas frame of an Arrow table."""

from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa

from expectations.frame import to_frame


def test_frame_has_the_row_ids_as_its_index_and_three_kinds_of_columns() -> None:
    table = pa.table(
        {
            "row_id": pa.array([70, 50, 30], pa.int64()),
            "org_code": ["RA1", "RA2", None],
            "report_date": pa.array([date(2018, 12, 1), None, date(9999, 12, 31)], pa.date32()),
            "slot_start": pa.array([datetime(2018, 12, 1, 8), None, None], pa.timestamp("ns")),
            "in_london": pa.array([1_533_081_600, None, 0], pa.timestamp("s", tz="Europe/London")),
            "beds": pa.array([5, None, -3], pa.int32()),
            "arrivals": pa.array([2**53, 1, None], pa.int64()),
            "is_closed": pa.array([True, None, False]),
            "region": pa.array(["Y56", None, "Y56"]).dictionary_encode(),
        }
    )

    frame = to_frame(table, "row_id")

    assert frame.index.tolist() == [70, 50, 30]
    assert frame.index.name is None
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "org_code": "str",
        "report_date": "datetime64[us, UTC]",
        "slot_start": "datetime64[us, UTC]",
        "in_london": "datetime64[us, UTC]",
        "beds": "float64",
        "arrivals": "float64",
        "is_closed": "float64",
        "region": "str",
    }
    assert [value for value in frame.iloc[0]] == [
        "RA1",
        datetime(2018, 12, 1, tzinfo=UTC),
        datetime(2018, 12, 1, 8, tzinfo=UTC),
        datetime(2018, 8, 1, tzinfo=UTC),
        5.0,
        2.0**53,
        1.0,
        "Y56",
    ]
    assert frame.isna().sum().to_dict() == {
        "org_code": 1,
        "report_date": 1,
        "slot_start": 2,
        "in_london": 1,
        "beds": 1,
        "arrivals": 1,
        "is_closed": 1,
        "region": 1,
    }


def test_great_expectations_takes_no_hash_of_the_values() -> None:
    from great_expectations.execution_engine.pandas_execution_engine import HASH_THRESHOLD

    frame = to_frame(pa.table({"row_id": pa.array([1], pa.int64()), "beds": [2.0]}), "row_id")
    assert frame.memory_usage().sum() > HASH_THRESHOLD
    assert type(frame[["beds"]]) is pd.DataFrame
