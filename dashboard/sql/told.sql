-- Each measure of {{ area.name }} in the slots from `first` on and before `last`, and whether all who were
-- expected gave it. To count them takes memory by the number of slots.
INSERT INTO temp.told
SELECT collection, {{ area.code }} AS code, measure, value, slot_start, slot_start_london,
       {{ "reporting >= expected" if area.has_many else "true" }} AS is_whole
FROM {{ area.name }}_slot
WHERE slot_start >= {{ first }} AND slot_start < {{ last }}
{% if measures is not none %}
  AND measure IN {{ measures | texts }}
{% endif %}
