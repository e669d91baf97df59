-- The values that were held at `moment` and are others now, or are held no more; the newest changes
-- first, with how many there are in all.
SELECT *, count(*) OVER () AS changes
FROM (
{% for one in collections %}
    SELECT {{ one.name | text }} AS collection,
           {{ one.organisation }} AS org_code,
           org_name,
           {{ one.site or "NULL::VARCHAR" }} AS site_code,
           {{ one.time }}::TIMESTAMP AS slot_start,
           {{ "true" if one.is_daily else "false" }} AS is_daily,
           changed_at,
           figure.measure AS measure,
           figure.before AS value_before,
           figure.after AS value_after
    FROM (
        SELECT {% for name in one.key %}b.{{ name }}, {% endfor %}
               c.org_name,
               b.superseded_at AS changed_at,
               unnest([
{% for name in one.measures %}
                   {measure: {{ name | text }}, before: b.{{ name }}::DOUBLE, after: c.{{ name }}::DOUBLE}{{ "" if loop.last else "," }}
{% endfor %}
               ]) AS figure
        FROM revisions.{{ one.name }} AS b
        LEFT JOIN main.{{ one.name }} AS c ON {% for name in one.key %}c.{{ name }} = b.{{ name }}{{ "" if loop.last else " AND " }}{% endfor %}

        WHERE b.superseded_at > {{ moment | instant }} AND b.recorded_at <= {{ moment | instant }}
    )
    WHERE figure.before IS DISTINCT FROM figure.after
{{ "" if loop.last else "    UNION ALL" }}
{% endfor %}
)
ORDER BY changed_at DESC, collection, org_code, site_code, slot_start, measure
LIMIT {{ most }}
