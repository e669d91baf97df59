-- What the publication before told of changes that are older than is told, or told anew.
DELETE FROM {{ path }}
WHERE changed_at < (SELECT since FROM temp.revised_since)
   OR (collection, changed_at) IN (SELECT (collection, moment) FROM temp.revised_moment)
