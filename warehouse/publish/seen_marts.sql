-- England's figures of slots and days before the first that the publication holds rows of: they are
-- taken as they stand later. The first day is there in part only.
DELETE FROM warehouse.mart.national_daily
WHERE collection = {{ collection | text }}
  AND report_date <= (SELECT london_day(min(slot)) FROM temp.touched);

INSERT INTO warehouse.mart.national_daily BY NAME
FROM later.main.national_daily
WHERE collection = {{ collection | text }}
  AND report_date <= coalesce((SELECT london_day(min(slot)) FROM temp.touched), DATE '9999-12-31')
  AND london_day_start(report_date + 1) <= {{ moment | instant }};

INSERT INTO warehouse.mart.national_slot BY NAME
FROM later.main.national_slot
WHERE collection = {{ collection | text }}
  AND slot_start < coalesce((SELECT min(slot) FROM temp.touched), {{ moment | instant }})
  AND slot_start < {{ moment | instant }}
