-- How the figures of feeds agree with those that live feeds of a reference give for the same
-- organisation and London day since `first`. Slots are summed up, where all of a day are there.
{% macro days(side) -%}
SELECT {{ side.organisation }} AS org_code,
       {{ side.time if side.is_daily else "london_day(" ~ side.time ~ ")" }} AS day,
{% for name in side.measures %}
       sum({{ name }})::DOUBLE AS figure_{{ loop.index }},
{% endfor %}
{% if side.is_own %}
       feed_id
{% else %}
       list(DISTINCT feed_id) AS feeds
{% endif %}
FROM warehouse.history.{{ side.collection }}
WHERE superseded_at IS NULL
  AND ({% if side.is_own %}(stage = 'live' AND feed_id IN {{ side.live | texts }})
       OR (stage != 'live' AND feed_id IN {{ side.testing | texts }}){% else %}stage = 'live'{% endif %})
  AND {{ side.time }} >= {{ "DATE '" ~ first ~ "'" if side.is_daily else "london_day_start(DATE '" ~ first ~ "')" }}
GROUP BY org_code, day{% if side.is_own %}, feed_id{% endif %}

{% if not side.is_daily %}
HAVING count(DISTINCT {{ side.time }}) * {{ side.slot_minutes }}
       = date_diff('minute', london_day_start(day), london_day_start(day + 1))
{% endif %}
{%- endmacro %}
SELECT feed_id,
       count(*) AS compared,
       count_if(agrees) AS agreeing,
       arg_max({'org': org_code, 'day': day::VARCHAR, 'measure': figure.measure,
                'own': figure.own, 'other': figure.other},
               abs(figure.own - figure.other)) FILTER (NOT agrees) AS farthest
FROM (
    SELECT *,
           abs(figure.own - figure.other)
               <= greatest({{ within }}, {{ within_pct }} / 100.0 * abs(figure.other)) + 1e-9 AS agrees
    FROM (
    SELECT o.feed_id, o.org_code, o.day, unnest([
{% for name in own.measures %}
        {'measure': {{ name | text }}, 'own': o.figure_{{ loop.index }}, 'other': r.figure_{{ loop.index }}}{{ "" if loop.last else "," }}
{% endfor %}
    ]) AS figure
    FROM ({{ days(own) }}) AS o
    JOIN ({{ days(other) }}) AS r USING (org_code, day)
    WHERE NOT list_contains(r.feeds, o.feed_id)
    )
)
WHERE figure.own IS NOT NULL AND figure.other IS NOT NULL
GROUP BY feed_id
