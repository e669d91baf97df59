-- The recent range of one measure, for each of the other columns of the key and each time of day.
SELECT {{ others | join(", ") }}, {{ time_of_day }} AS time_of_day,
       min({{ measure }}) AS lowest, median({{ measure }}) AS middle, max({{ measure }}) AS highest,
       count({{ measure }}) AS number
FROM {{ table }}
WHERE {{ time }} >= {{ first }} AND {{ time }} < {{ until }} AND {{ measure }} IS NOT NULL
GROUP BY ALL
HAVING count({{ measure }}) > 0
