-- England's figures count organisations; where a row is a site, they had counted sites, which now stand beside them.
ALTER TABLE warehouse.mart.national_slot ADD COLUMN IF NOT EXISTS sites_reporting BIGINT;
ALTER TABLE warehouse.mart.national_daily ADD COLUMN IF NOT EXISTS sites_reporting BIGINT;
{% for one in shapes() if one.key | length > 2 %}
{% set mart, time = ("national_daily", "report_date") if one.is_dated else ("national_slot", "slot_start") %}
UPDATE warehouse.mart.{{ mart }} AS n
SET sites_reporting = n.organisations, organisations = h.organisations
FROM (
    UNPIVOT (
        SELECT slot, {% for measure in one.measures %}count_if({{ measure }}) AS {{ measure }}{{ "" if loop.last else ", " }}{% endfor %}

        FROM (
            SELECT {{ one.time_column }} AS slot,
                   {% for measure in one.measures %}bool_or({{ measure }} IS NOT NULL) AS {{ measure }}{{ "" if loop.last else ", " }}{% endfor %}

            FROM warehouse.history.{{ one.collection }}
            WHERE superseded_at IS NULL AND stage = 'live'
            GROUP BY slot, {{ one.organisation_column }}
        )
        GROUP BY slot
    )
    ON {{ one.measures | join(", ") }} INTO NAME measure VALUE organisations
) AS h
WHERE n.collection = {{ one.collection | text }} AND n.{{ time }} = h.slot AND n.measure = h.measure;
{% if not one.is_dated %}
UPDATE warehouse.mart.national_daily AS n
SET sites_reporting = h.sites_reporting, organisations = h.organisations
FROM (
    SELECT timezone('Europe/London', timezone('UTC', slot_start))::DATE AS report_date, measure,
           max(organisations) AS organisations, max(sites_reporting) AS sites_reporting
    FROM warehouse.mart.national_slot
    WHERE collection = {{ one.collection | text }}
    GROUP BY ALL
) AS h
WHERE n.collection = {{ one.collection | text }} AND n.report_date = h.report_date AND n.measure = h.measure;
{% endif %}
{% endfor %}
