-- What was found in the submissions of each feed since `since`, by London day of receipt and by code, each
-- with where it was found last: the first place of the newest submission that has it.
SELECT s.feed_id,
       s.collection,
       london_day(s.received_at) AS day,
       i.code,
       i.severity,
       sum(i.findings)::BIGINT AS findings,
       count(*) AS submissions,
       string_agg(s.submission_id, ' ' ORDER BY s.submission_id)
           FILTER (s.status = 'rejected') AS refused_submissions,
       unnest(
           arg_max(
               {
                   'submission_id': s.submission_id,
                   'file_name': s.file_name,
                   'received_at': s.received_at,
                   'sheet': i.place.sheet,
                   'row_number': i.place.row_number,
                   'column_letter': i.place.column_letter,
                   'column_name': i.place.column_name,
                   'org_code': i.place.org_code,
                   'slot': i.place.slot,
                   'message': i.place.message,
                   'fix': i.place.fix
               },
               (s.received_at, s.submission_id)
           )
       )
FROM (
    SELECT submission_id,
           attempt,
           code,
           severity,
           count(*) + sum(coalesce(more, 0)) AS findings,
           arg_min(
               {
                   'sheet': sheet,
                   'row_number': row_number,
                   'column_letter': column_letter,
                   'column_name': column_name,
                   'org_code': org_code,
                   'slot': slot,
                   'message': message,
                   'fix': fix
               },
               line
           ) AS place
    FROM warehouse.ops.issue
    WHERE settled_at >= {{ since | instant }}
    GROUP BY submission_id, attempt, code, severity
) AS i
JOIN warehouse.ops.submission AS s
  ON s.submission_id = i.submission_id AND s.attempt = i.attempt
WHERE s.received_at >= {{ since | instant }} AND {{ condition }}
GROUP BY s.feed_id, s.collection, day, i.code, i.severity
ORDER BY day, s.feed_id, i.code, i.severity
