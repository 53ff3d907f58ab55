-- The clean events of a simulated shop as the job would have written them into the lake, all of them from a backlog.
-- For DuckDB. Parameter: lines, the simulation's file. Grain: one event. Key: arrival. State: none.
SELECT
    event_id,
    "timestamp"::TIMESTAMPTZ::TIMESTAMP AS "timestamp",
    coalesce(user_id, context ->> '$.anonymous_id') AS user_id,
    session_id,
    context ->> '$.device' AS device,
    context ->> '$.country' AS country,
    properties ->> '$.page' AS page,
    properties ->> '$.referrer' AS referrer,
    properties ->> '$.product_id' AS product_id,
    properties ->> '$.category' AS category,
    properties ->> '$.currency' AS currency,
    (properties ->> '$.total')::DOUBLE AS total,
    (properties ->> '$.price')::DOUBLE AS price,
    (properties ->> '$.quantity')::DOUBLE AS quantity,
    properties::VARCHAR AS properties,
    NULL::VARCHAR AS user_segment,
    FALSE AS is_late,
    FALSE AS is_duplicate,
    row_number() OVER (ORDER BY "timestamp"::TIMESTAMPTZ, event_id) AS arrival,
    lag("timestamp"::TIMESTAMPTZ::TIMESTAMP) OVER (ORDER BY "timestamp"::TIMESTAMPTZ, event_id)
        - INTERVAL 1 MILLISECOND AS stream_time,
    TRUE AS in_backlog,
    "timestamp"::TIMESTAMPTZ::TIMESTAMP AS kafka_time,
    event_type,
    context ->> '$.anonymous_id' AS anonymous_id
FROM read_json(
    $lines,
    format = 'newline_delimited',
    columns = {
        event_id: 'VARCHAR', event_type: 'VARCHAR', "timestamp": 'VARCHAR', user_id: 'VARCHAR', session_id: 'VARCHAR',
        properties: 'JSON', context: 'JSON'
    }
)
