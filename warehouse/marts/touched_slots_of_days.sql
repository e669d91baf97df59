-- England's slots of all London days in `touched_day`; the bounds let DuckDB skip the others.
SELECT * FROM warehouse.mart.national_slot
WHERE collection = {{ collection | text }}
  AND slot_start >= (SELECT min(london_day_start(day)) FROM touched_day)
  AND slot_start < (SELECT max(london_day_start(day + 1)) FROM touched_day)
  AND london_day(slot_start) IN (SELECT day FROM touched_day)
