-- The values held of each site or organisation and slot from $first to $until, as one number that is equal
-- for two slots where all measures are, and how many of them are above nought ($above_nought).
-- A submission's id begins with its feed's.
SELECT split_part(submission_id, '@', 1) AS feed_id,
       concat_ws(' ', $keys) AS key,
       $time AS slot,
       hash($measures) AS fingerprint,
       $above_nought AS above_nought
FROM warehouse.history.$collection
WHERE superseded_at IS NULL AND $time >= $first AND $time < $until AND $chosen
-- a feed that has just gone live may have given a slot in both stages
QUALIFY row_number() OVER (PARTITION BY key, slot ORDER BY stage) = 1
