-- England's figures of these slots, from the mart of the collection's cadence.
SELECT measure, {{ time }} AS slot, value, organisations,
       coalesce(sites_reporting, organisations) AS parts
FROM warehouse.mart.{{ mart }}
WHERE collection = '{{ collection }}' AND {{ time }} >= {{ first }} AND measure IN {{ measures }}
  AND ({{ in_slots }})
