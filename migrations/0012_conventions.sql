-- What a request with an Idempotency-Key has done, for the next one with the same key, where the process died before it could answer.
CREATE INDEX audit_log_of_request ON audit_log (organization_id, request_id) WHERE request_id IS NOT NULL;

-- Which nodes have event streams open. Without a living row here nobody is told of what happens, for nobody would listen.
CREATE UNLOGGED TABLE event_listeners (
    node_id uuid PRIMARY KEY,
    until timestamptz NOT NULL
);

-- Lists of jobs by name, and by the time of the last change.
CREATE INDEX jobs_by_name ON jobs (organization_id, (lower(name) COLLATE "C"), id) WHERE deleted_at IS NULL;
CREATE INDEX jobs_by_change ON jobs (organization_id, updated_at, id) WHERE deleted_at IS NULL;
