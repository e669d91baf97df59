-- The moments of which the publication before tells changes that are too old by now, and those told anew.
SELECT DISTINCT changed_at FROM {{ before }}
WHERE changed_at < (SELECT since FROM temp.revised_since)
UNION
SELECT moment FROM temp.revised_moment
