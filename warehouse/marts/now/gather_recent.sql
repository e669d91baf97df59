-- The rows of one collection that are new enough to tell of now.
CREATE OR REPLACE TEMP TABLE now_recent AS
SELECT h.{{ organisation }} AS org_code,
       {{ "h." ~ site if site else "NULL" }}::VARCHAR AS site_code,
{% if is_daily %}
       london_day_start(h.{{ time }}) AS slot_start,
       london_day_start(h.{{ time }} + 1) AS slot_end,
{% else %}
       h.{{ time }} AS slot_start,
       h.{{ time }} + to_minutes({{ slot_minutes }}) AS slot_end,
{% endif %}
{% for one in measures %}
       h.{{ one }},
{% endfor %}
       h.submission_id,
       h.recorded_at
FROM {{ source }} AS h
WHERE h.{{ time }} >= {{ since | instant }}
