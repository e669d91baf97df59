-- `overtaken`: all rows of the keys for which a file that was made later or at the same time has been
-- loaded, or whose own submission has been loaded before. `wave` numbers the rows of each key.
CREATE OR REPLACE TEMP TABLE overtaken AS
SELECT *, row_number() OVER (PARTITION BY {{ history.key }} ORDER BY position) AS wave
FROM incoming SEMI JOIN (
    SELECT {{ history.key }}
    FROM incoming AS i JOIN held AS h USING ({{ history.key }})
    WHERE h.said_at > i.said_at
       OR h.confirmed_at > i.said_at
       OR h.submission_id = i.submission_id
       -- Made at the same time: whichever came first is the earlier.
       OR h.said_at = i.said_at
) USING ({{ history.key }})
