-- England per London day, for the measures `flows` whose slots in `source` add up to a day. A day
-- on which the clocks change has 92 or 100 slots. The order makes the last digit of decimals certain.
SELECT london_day(slot_start) AS report_date,
       {{ collection | text }} AS collection,
       measure,
       sum(value ORDER BY value) AS value,
       any_value(unit) AS unit,
       max(organisations) AS organisations,
       NULL AS published_value,
       max(sites_reporting) AS sites_reporting
FROM {{ source }}
WHERE measure IN {{ flows | texts }}
GROUP BY report_date, measure
