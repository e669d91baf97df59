-- Each measure of the daily collections since the day `first`: one row for each area, its days as lists.
SELECT collection, {{ code }} AS code, measure,
       list(report_date ORDER BY report_date) AS times,
       list(value ORDER BY report_date) AS "values",
       list({{ "reporting >= expected" if has_many else "true" }} ORDER BY report_date) AS whole
FROM {{ area }}_day
WHERE collection IN {{ daily | texts }} AND report_date >= DATE {{ first }}
{% if measures is not none %}
  AND measure IN {{ measures | texts }}
{% endif %}
GROUP BY collection, code, measure
