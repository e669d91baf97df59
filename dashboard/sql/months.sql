-- England's figures of the newest months of each monthly collection, of `measures`.
SELECT month, collection, measure, coalesce(value, published_value) AS value, published_value, unit,
       organisations
FROM national_monthly AS n
WHERE (collection, measure) IN (SELECT (c.collection, c.measure) FROM (VALUES
{% for one in measures %}
    ({{ one[0] | text }}, {{ one[1] | text }}){{ "" if loop.last else "," }}
{% endfor %}
) AS c(collection, measure))
  AND month > (SELECT max(month) FROM national_monthly AS x WHERE x.collection = n.collection)
              - INTERVAL {{ most }} MONTH
ORDER BY month DESC, collection, measure
