-- Who is in the live values of each feed and slot.
SELECT feed_id,
       {{ time }} AS slot,
       list(concat_ws(' ', {{ keys }})) AS keys
FROM warehouse.history.{{ collection }}
WHERE superseded_at IS NULL AND stage = 'live' AND {{ time }} >= {{ first }} AND ({{ in_slots }})
GROUP BY feed_id, slot
