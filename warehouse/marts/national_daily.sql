-- England per day and measure, computed from the trusts' values in $source.
-- $published holds the national figures that files state; the other words come from the contract.
SELECT n.report_date,
       '$collection' AS collection,
       n.measure,
       n.value,
       CASE n.measure $units END AS unit,
       n.organisations,
       p.value AS published_value
FROM (
    SELECT report_date,
           measure,
           CASE WHEN measure IN ($counted) THEN count_if(value > 0)::DOUBLE ELSE sum(value) END
               AS value,
           count(value) AS organisations
    FROM (
        UNPIVOT (SELECT $time AS report_date, $measures FROM $source)
        ON $names INTO NAME measure VALUE value
    )
    GROUP BY report_date, measure
) AS n
LEFT JOIN $published AS p
       ON p.collection = '$collection'
      AND p.report_date = n.report_date
      AND p.measure = n.measure
