-- England on these days beside the same weekday 52 weeks before, where that day is held.
SELECT collection, measure, report_date, value, unit, reporting, expected,
       report_date_before, value_before, reporting_before
FROM england_year_before
WHERE value_before IS NOT NULL
  AND report_date IN ({% for day in days %}DATE {{ day | text }}{{ ", " if not loop.last }}{% endfor %})
