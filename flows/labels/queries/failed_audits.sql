-- What reviewers did not let pass, by kind of vehicle. Attributes are text by name.
SELECT
  coalesce(map_extract(attributes, 'Vehicle_Type')[1], '(not said)') AS vehicle_type,
  count(*) AS reviewed,
  count(*) FILTER (map_extract(attributes, 'audit')[1] = 'Fail') AS failed
FROM objects
WHERE map_extract(attributes, 'audit')[1] IS NOT NULL
GROUP BY ALL
ORDER BY failed DESC, vehicle_type;
