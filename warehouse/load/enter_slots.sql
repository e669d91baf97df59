-- The slots of the accepted rows in `incoming`; that of a day or a month is its first moment in London.
INSERT INTO warehouse.ops.submission_slot
SELECT e.feed_id,
       {{ collection | text }},
{% if is_dated %}
       london_day_start(i.{{ time }}) AS slot_start,
{% else %}
       i.{{ time }} AS slot_start,
{% endif %}
       e.submission_id, e.received_at, e.said_at, count(*), {{ moment | stored }}
FROM incoming AS i JOIN entry AS e USING (submission_number)
GROUP BY e.feed_id, i.{{ time }}, e.submission_id, e.received_at, e.said_at
ORDER BY slot_start, e.feed_id
