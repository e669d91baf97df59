-- What is new or revised in `compared` is recorded in the history.
INSERT INTO {{ history.table }}
    ({{ history.columns }}, {{ history.listed('carried') }}, submission_id, feed_id, stage, said_at, recorded_at)
SELECT {{ history.columns }}, {{ history.listed('carried') }}, submission_id, feed_id, stage, said_at,
       {{ moment | stored }}
FROM compared
WHERE kind IN ('new', 'revised')
ORDER BY {{ history.order }}
