-- England's figures as files of live feeds stated them, as far as that changed from `since` on.
SELECT collection, report_date, measure, value, submission_id, recorded_at, superseded_at
FROM warehouse.history.published_total
WHERE stage = 'live'
  AND (recorded_at >= {{ since | instant }} OR superseded_at >= {{ since | instant }})
  AND recorded_at < coalesce(superseded_at, TIMESTAMP 'infinity')
ORDER BY collection, report_date, measure, recorded_at
