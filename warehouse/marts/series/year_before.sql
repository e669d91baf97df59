-- {{ area.title }}: each day beside the same weekday 52 weeks before.
SELECT d.collection, {{ area.names_of_d }} d.measure, d.report_date, d.value, d.unit,
       {{ "d.reporting, d.expected," if area.has_many }}
       d.sites_reporting,
       p.report_date AS report_date_before,
       p.value AS value_before,
       {{ "p.reporting AS reporting_before," if area.has_many }}
       p.sites_reporting AS sites_reporting_before
FROM {{ area.name }}_day AS d
LEFT JOIN {{ area.name }}_day AS p
       ON p.collection = d.collection
      AND p.measure = d.measure
{% if area.code %}
      AND p.{{ area.code }} IS NOT DISTINCT FROM d.{{ area.code }}
{% endif %}
      AND p.report_date = d.report_date - 364
