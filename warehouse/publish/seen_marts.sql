-- England's figures of slots, days and months (`mart`) before `cut`, the first moment that the later publication holds
-- rows of: they are taken as they stand there. The day or month of the cut is there in part only.
{% set called -%}
    CASE measure
    {%- for before, name in collection.earlier_names.items() %} WHEN {{ before | text }} THEN {{ name | text }}{% endfor %}
    {%- if not collection.earlier_names %} WHEN NULL THEN NULL{% endif %} ELSE measure END
{%- endset %}
DELETE FROM warehouse.mart.{{ mart.table }}
WHERE collection = {{ collection.collection | text }} AND {{ mart.time_column }} <= london_day({{ cut | instant }});

INSERT INTO warehouse.mart.{{ mart.table }} BY NAME
SELECT * REPLACE ({{ called }} AS measure) FROM later.main.{{ mart.table }}
WHERE collection = {{ collection.collection | text }} AND {{ mart.time_column }} <= london_day({{ cut | instant }});

INSERT INTO warehouse.mart.national_slot BY NAME
SELECT * REPLACE ({{ called }} AS measure) FROM later.main.national_slot
WHERE collection = {{ collection.collection | text }} AND slot_start < {{ cut | instant }}
