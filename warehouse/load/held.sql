-- `held`: every revision in the history of the keys in the source.
CREATE OR REPLACE TEMP TABLE held AS
SELECT h.*
FROM {{ history.table }} AS h SEMI JOIN {{ source }} AS i USING ({{ history.key }})
WHERE {{ history.in_range }}
