-- What is new in `revision` is recorded in the history.
INSERT INTO {{ history.table }} BY NAME
SELECT {{ history.columns }}, {{ history.listed('carried') }}, {{ history.listed('confirmed') }}, confirmed_at, submission_id, feed_id,
       stage, said_at, recorded_at, superseded_at
FROM revision
WHERE kind != 'held'
ORDER BY {{ history.order }}, recorded_at
