-- Each of these measures of each trust or contract area in the slots since `first`: one row for each, its slots as lists.
SELECT collection, org_code, measure,
       list(slot_start ORDER BY slot_start) AS times,
       list(value ORDER BY slot_start) AS "values",
       list(true ORDER BY slot_start) AS whole
FROM trust_slot
WHERE slot_start >= {{ first }} AND measure IN {{ measures | texts }}
GROUP BY collection, org_code, measure
