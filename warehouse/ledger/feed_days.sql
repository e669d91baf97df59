-- What came of the feeds `feed_ids` on the days from `first_day` to `last_day`, counted anew.

DELETE FROM warehouse.ops.feed_day
WHERE list_contains(getvariable('feed_ids'), feed_id)
  AND day BETWEEN getvariable('first_day') AND getvariable('last_day');

INSERT INTO warehouse.ops.feed_day
SELECT s.* EXCLUDE (values_rejected), d.data_as_of, s.values_rejected
FROM (
    SELECT feed_id, received_at::DATE AS day, count(*), count_if(status = 'rejected'),
           count_if(status = 'duplicate'), sum(rows_accepted), sum(rows_quarantined),
           max(received_at), arg_max(status, delivery_id), sum(values_rejected) AS values_rejected
    FROM warehouse.ops.submission
    WHERE list_contains(getvariable('feed_ids'), feed_id)
      AND received_at >= getvariable('first_day') AND received_at < getvariable('last_day') + 1
    GROUP BY feed_id, day
) AS s
LEFT JOIN (
    SELECT feed_id, received_at::DATE AS day, max(slot_start) AS data_as_of
    FROM warehouse.ops.submission_slot
    WHERE list_contains(getvariable('feed_ids'), feed_id)
      AND received_at >= getvariable('first_day') AND received_at < getvariable('last_day') + 1
    GROUP BY feed_id, day
) AS d USING (feed_id, day);
