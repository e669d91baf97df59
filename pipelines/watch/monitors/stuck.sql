-- The values held of each site or organisation and slot, as one number that is equal for two slots
-- where all measures are, and how many of the counted measures are above zero.
SELECT feed_id,
       concat_ws(' ', {{ keys }}) AS key,
       {{ time }} AS slot,
       hash({{ measures | join(', ') }}) AS fingerprint,
       0{% for name in counted %} + coalesce({{ name }} > 0, false)::INTEGER{% endfor %} AS above_zero
FROM warehouse.history.{{ collection }}
WHERE superseded_at IS NULL AND {{ time }} >= {{ first }} AND {{ time }} < {{ until }}
{% if chosen_keys is not none %}
  AND concat_ws(' ', {{ keys }}) IN {{ chosen_keys }}
{% endif %}
-- a feed that has just gone live may have given a slot in both stages
QUALIFY row_number() OVER (PARTITION BY key, slot ORDER BY stage) = 1
