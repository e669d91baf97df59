-- Of each submission of the load at `moment`: when it came, and its newest slot that no submission of
-- its feed had brought values of before. Slots of the load lie from `first` to `last`.
WITH of_load AS (
    SELECT DISTINCT feed_id, slot_start
    FROM warehouse.ops.submission_slot
    WHERE settled_at = {{ moment | stored }}
)
SELECT submission_id, received_at, max(slot_start)
FROM (
    SELECT submission_id, received_at, slot_start, settled_at,
           row_number() OVER (PARTITION BY feed_id, slot_start ORDER BY received_at, submission_id) AS turn
    FROM warehouse.ops.submission_slot SEMI JOIN of_load USING (feed_id, slot_start)
    WHERE slot_start BETWEEN {{ first | stored }} AND {{ last | stored }}
)
WHERE turn = 1 AND settled_at = {{ moment | stored }}
GROUP BY submission_id, received_at
