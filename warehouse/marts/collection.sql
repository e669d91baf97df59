-- The values of one collection in $source, with the organisation as of the report date.
-- $columns are the measures of the contract.
SELECT h.org_code,
       o.org_name,
       r.region_code,
       h.report_date,
       $columns,
       h.submission_id,
       h.recorded_at
FROM $source AS h
LEFT JOIN warehouse.ref.organisation AS o ON o.org_code = h.org_code
LEFT JOIN warehouse.ref.organisation_region AS r
       ON r.org_code = h.org_code
      AND h.report_date >= r.valid_from
      AND (r.valid_to IS NULL OR h.report_date < r.valid_to)
ORDER BY h.report_date, h.org_code
