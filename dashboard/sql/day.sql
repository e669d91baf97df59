-- England's figures of one London day: as held, as the published file states them, and 52 weeks before.
SELECT d.collection, d.measure, d.value, d.unit, d.organisations, d.sites_reporting, d.published_value,
       d.published_value IS NOT NULL AND d.published_value IS DISTINCT FROM d.value AS differs,
       p.value AS value_before, p.organisations AS organisations_before,
       p.sites_reporting AS sites_before
FROM national_daily AS d
LEFT JOIN national_daily AS p
       ON p.collection = d.collection
      AND p.measure = d.measure
      AND p.report_date = d.report_date - 364
WHERE d.report_date = DATE '{{ day }}'
