-- `compared`: the rows with what becomes of each; what is held fills in what they do not carry.
CREATE OR REPLACE TEMP TABLE compared AS
{% macro value(name, bit) -%}
    CASE WHEN {{ history.has('i.carried', bit) }} THEN i.{{ name }} ELSE h.{{ name }} END
{%- endmacro %}
SELECT
{% for name in history.names %}
    i.{{ name }},
{% endfor %}
{% for name, bit in history.bits.items() %}
    {{ value(name, bit) }} AS {{ name }},
{% endfor %}
    {{ history.listed('carried', 'i.') }}, i.submission_number, i.submission_id, i.feed_id, i.said_at,
    CASE WHEN h.submission_id IS NULL THEN 'new'
{% for name, bit in history.bits.items() %}
         WHEN {{ value(name, bit) }} IS DISTINCT FROM h.{{ name }} THEN 'revised'
{% endfor %}
         ELSE 'unchanged' END AS kind
FROM {{ source }} AS i
LEFT JOIN held AS h ON {{ history.same("h", "i") }} AND h.superseded_at IS NULL
