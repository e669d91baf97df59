-- What came of some feeds on the days from `first` to `last`, counted anew.
{% set received %}
received_at >= DATE '{{ first }}' AND received_at < DATE '{{ last }}' + 1
{%- endset %}

DELETE FROM warehouse.ops.feed_day
WHERE feed_id IN {{ feeds | texts }} AND day BETWEEN DATE '{{ first }}' AND DATE '{{ last }}';

INSERT INTO warehouse.ops.feed_day
SELECT s.*, d.data_as_of
FROM (
    SELECT feed_id, received_at::DATE AS day, count(*), count_if(status = 'rejected'),
           count_if(status = 'duplicate'), sum(rows_accepted), sum(rows_quarantined),
           max(received_at), arg_max(status, delivery_id)
    FROM warehouse.ops.submission
    WHERE feed_id IN {{ feeds | texts }} AND {{ received }}
    GROUP BY feed_id, day
) AS s
LEFT JOIN (
    SELECT feed_id, received_at::DATE AS day, max(slot_start) AS data_as_of
    FROM warehouse.ops.submission_slot
    WHERE feed_id IN {{ feeds | texts }} AND {{ received }}
    GROUP BY feed_id, day
) AS d USING (feed_id, day);
