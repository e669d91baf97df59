-- For some submissions, how often each code was found and the first message of it, worst first.
SELECT submission_id, attempt, code, severity,
       count(*) + sum(coalesce(more, 0)),
       arg_min(message, line)
FROM warehouse.ops.issue
WHERE settled_at BETWEEN {{ first | stored }} AND {{ last | stored }}
  AND submission_id IN {{ ids | texts }}
  AND severity != 'info'
GROUP BY submission_id, attempt, code, severity
ORDER BY list_position(['reject_submission', 'reject_row', 'reject_value', 'warn'], severity), code
