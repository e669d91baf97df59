-- Each measure of {{ area.told }} in each slot or day of `collections`, from their published tables.
-- A sum covers those who gave the measure and no others. A ratio has both numbers from the same rows.
SELECT f.collection,
{% for column in area.columns %}
       {{ column.source }} AS {{ column.name }},
{% endfor %}
       f.measure,
       CASE m.kind WHEN 'ratio' THEN m.factor * f.total / nullif(f.denominator, 0)
                   WHEN 'max' THEN f.largest
                   WHEN 'count_reporting' THEN {{ "f.above_zero::DOUBLE" if area.has_many else "f.total" }}
                   ELSE f.total END AS value,
       m.unit,
       CASE m.kind WHEN 'ratio' THEN f.total END AS numerator,
       f.denominator,
       f.slot,
{% if area.has_many %}
       f.reporting,
       greatest(f.reporting, coalesce(len(list_filter(
           e.since,
           lambda since: since <= {{ "f.slot" if is_daily else "timezone('Europe/London', timezone('UTC', f.slot))::DATE" }}
       )), 0)) AS expected,
{% endif %}
       CASE WHEN m.has_sites THEN f.sites_reporting END AS sites_reporting,
       m.kind,
       m.factor,
       m.is_flow,
       m.slot_minutes
FROM (
{% for one in collections %}
    SELECT {{ one.name | text }} AS collection,
           {{ area.grouped }}
           measure,
           slot,
           fsum(numerator) AS total,
           max(numerator) AS largest,
           count_if(numerator > 0) AS above_zero,
           fsum(denominator) AS denominator,
           count(DISTINCT org_code) AS reporting,
           count(*) AS sites_reporting
    FROM (
        SELECT org_name, region_code, org_code, slot, measure, value AS numerator,
               NULL::DOUBLE AS denominator
        FROM (
            UNPIVOT (
                SELECT org_name, region_code, {{ one.organisation }} AS org_code,
                       {{ one.time }} AS slot
{% for measure in one.measures %}
                       , {{ measure }}::DOUBLE AS {{ measure }}
{% endfor %}
                FROM {{ one.name }}
            )
            ON {{ one.measures | join(", ") }} INTO NAME measure VALUE value
        )
{% for ratio in one.ratios %}
        UNION ALL
        SELECT org_name, region_code, {{ one.organisation }}, {{ one.time }}, {{ ratio.name | text }},
               {{ ratio.numerator }}::DOUBLE{% if ratio.weight %} * {{ ratio.weight }}{% endif %},
               {{ ratio.denominator }}::DOUBLE
        FROM {{ one.name }}
        WHERE {{ ratio.measures | join(" IS NOT NULL AND ") }} IS NOT NULL
{% endfor %}
    )
    GROUP BY {{ area.grouped }} measure, slot
{% if not loop.last %}
    UNION ALL
{% endif %}
{% endfor %}
) AS f
JOIN (VALUES
{% for one in collections %}
{% set last = loop.last %}
{% for measure in one.told %}
    ({{ one.name | text }}, {{ measure.name | text }}, {{ measure.kind | text }}, {{ measure.unit | text }},
     {{ measure.factor }}, {{ measure.is_flow }}, {{ one.has_sites }}, {{ one.slot_minutes }}){{ "" if last and loop.last else "," }}
{% endfor %}
{% endfor %}
) AS m(collection, measure, kind, unit, factor, is_flow, has_sites, slot_minutes)
  ON m.collection = f.collection AND m.measure = f.measure
{% if area.has_many %}
LEFT JOIN (
    SELECT collection, {{ area.grouped }} list(expected_from) AS since
    FROM (SELECT DISTINCT collection, region_code, org_code, expected_from FROM expected)
    GROUP BY {{ area.grouped }} collection
) AS e ON e.collection = f.collection{% if area.grouped %} AND e.region_code IS NOT DISTINCT FROM f.region_code{% endif %}

{% endif %}
{% if area.has_regions %}
LEFT JOIN (
    SELECT region_code, any_value(region_name) AS region_name FROM organisation GROUP BY region_code
) AS r ON r.region_code = f.region_code
{% endif %}
