-- Step 5: what the rules say of `checked`, the ledger, and the values of today.
INSERT INTO issue
SELECT file_name, row_number, unnest(rejections || warnings) FROM checked
WHERE len(rejections) + len(warnings) > 0;

INSERT INTO quarantine
SELECT file_name, row_number, rejections, cells FROM checked WHERE len(rejections) > 0;

INSERT INTO ledger
SELECT file_name, '$collection', code, sha256, size_bytes, made_at,
       CASE WHEN is_duplicate THEN 'duplicate'
            WHEN coalesce(accepted, 0) = 0 THEN 'rejected'
            WHEN quarantined > 0 THEN 'accepted_with_rejections'
            ELSE 'accepted' END,
       coalesce(accepted + quarantined, 0), coalesce(accepted, 0), coalesce(quarantined, 0), $now
FROM file
LEFT JOIN (
    SELECT file_name,
           count_if(len(rejections) = 0) AS accepted,
           count_if(len(rejections) > 0) AS quarantined
    FROM checked GROUP BY file_name
) USING (file_name);

MERGE INTO $collection AS held
USING (
    SELECT * EXCLUDE (code, row_number, cells, numbers, rejections, warnings)
    FROM checked
    WHERE len(rejections) = 0
    QUALIFY row_number() OVER (PARTITION BY $key ORDER BY made_at DESC) = 1
) AS given
USING ($key)
WHEN MATCHED AND given.made_at >= held.made_at THEN UPDATE
WHEN NOT MATCHED THEN INSERT BY NAME;
