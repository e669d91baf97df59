-- How many rows of the window stood in the publication before, and how many stand in this one: in all,
-- and by each `who` and each `day` that has fewer. Both queries give `who` and `day` of each row.
WITH earlier_rows AS (
    SELECT who, day, count(*) AS rows, grouping(who, day) AS by_what
    FROM ({{ before }})
    GROUP BY GROUPING SETS ((), (who), (day))
),
new_rows AS (
    SELECT who, day, count(*) AS rows, grouping(who, day) AS by_what
    FROM ({{ now }})
    GROUP BY GROUPING SETS ((), (who), (day))
)
SELECT coalesce(e.who, e.day::VARCHAR), e.rows, coalesce(n.rows, 0) AS rows_now, e.by_what
FROM earlier_rows AS e
LEFT JOIN new_rows AS n
       ON e.by_what = n.by_what
      AND e.who IS NOT DISTINCT FROM n.who
      AND e.day IS NOT DISTINCT FROM n.day
WHERE e.rows > 0 AND (e.by_what = 3 OR e.rows > rows_now)
ORDER BY e.by_what DESC, e.day, e.who
