-- Every change of the stage of a feed, the newest last; a feed file that was only brought in line is none.
SELECT number, feed_id, collection, changed_at, from_stage, to_stage, slots_from, codes, made_by, reason,
       CASE WHEN forced THEN 'yes' ELSE 'no' END AS forced, scorecard, rows_moved
FROM warehouse.ops.stage_change
WHERE from_stage IS DISTINCT FROM to_stage OR made_by != 'feed file'
ORDER BY number
