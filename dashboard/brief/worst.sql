-- A ratio of each organisation over the slots from `first` to before `last`, and England's (no code) over the same.
WITH told AS (
    SELECT org_code, org_name, numerator, denominator, value, slot_start
    FROM trust_slot
    WHERE collection = {{ collection | text }}
      AND measure = {{ measure | text }}
      AND slot_start >= {{ first | stored }}
      AND slot_start < {{ last | stored }}
)
SELECT org_code,
       any_value(org_name) AS org_name,
       {{ factor }} * fsum(numerator) / nullif(fsum(denominator), 0) AS value,
       fsum(denominator) AS denominator,
       count(DISTINCT slot_start) FILTER (value IS NOT NULL) AS slots
FROM told
GROUP BY GROUPING SETS ((org_code), ())
ORDER BY value {{ "DESC" if better == "low" else "ASC" }} NULLS LAST, denominator DESC, org_code
