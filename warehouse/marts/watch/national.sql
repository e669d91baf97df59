-- England's figures of the slots in $windows, from the mart $mart.
SELECT measure, $time AS slot, value, organisations
FROM warehouse.mart.$mart
WHERE collection = '$collection' AND $time >= $first AND measure IN $measures AND ($windows)
