-- The changes of stage that had been made by then.
INSERT INTO warehouse.ops.stage_change BY NAME
SELECT * REPLACE (forced = 'yes' AS forced)
FROM later.main.stage_change
WHERE changed_at <= {{ moment | instant }}
