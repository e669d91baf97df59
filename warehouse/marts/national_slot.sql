-- England per slot and measure, computed from the values in $source; the words come from the contract.
SELECT slot_start,
       '$collection' AS collection,
       measure,
       value,
       CASE measure $units END AS unit,
       organisations
FROM (
    SELECT slot_start,
           measure,
           CASE WHEN measure IN ($counted) THEN count_if(value > 0)::DOUBLE ELSE sum(value) END
               AS value,
           count(value) AS organisations
    FROM (
        UNPIVOT (SELECT $time AS slot_start, $measures FROM $source)
        ON $names INTO NAME measure VALUE value
    )
    GROUP BY slot_start, measure
)
ORDER BY slot_start, measure
