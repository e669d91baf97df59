-- England per London day, for the measures $flows whose slots add up to a day. A day on which the
-- clocks change has 92 or 100 slots.
SELECT $day AS report_date,
       '$collection' AS collection,
       measure,
       sum(value) AS value,
       any_value(unit) AS unit,
       max(organisations) AS organisations,
       NULL AS published_value
FROM $source
WHERE measure IN $flows
GROUP BY report_date, measure
