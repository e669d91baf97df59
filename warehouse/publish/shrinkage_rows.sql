-- The rows of a collection's table in `database` that lie in the window of the new publication.
-- With `moved`, the rows of that other stage are counted too, of organisations that had rows in the
-- table before: a feed whose stage has changed takes its values along.
SELECT {{ organisation }} AS who, {{ time }}::DATE AS day
FROM {{ database }}.{{ table }} WHERE {{ window }}
{% if moved %}
UNION ALL
SELECT {{ organisation }}, {{ time }}::DATE
FROM {{ database }}.{{ moved }} WHERE {{ window }}
  AND {{ organisation }} IN (SELECT {{ organisation }} FROM {{ earlier }}.{{ table }})
{% endif %}
