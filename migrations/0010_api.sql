-- The API as a product: answers kept for whoever asks twice, lists of the whole organization, jobs that live in a repository.

-- What a POST with an Idempotency-Key answered, for a day, so that the same request is carried out once, whichever node it meets.
CREATE TABLE idempotency_keys (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    api_key_id uuid NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    -- SHA-256 of the header, and of the request that came with it.
    name bytea NOT NULL CHECK (length(name) = 32),
    request bytea NOT NULL CHECK (length(request) = 32),
    -- Which request is carrying it out. What that changes, it writes into the audit log under this id.
    request_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    -- Whoever has not answered by then has died in the middle.
    held_until timestamptz NOT NULL,
    -- Of the answer; null: there is none yet. The body is sealed, for it may show a secret this once.
    status smallint,
    headers jsonb,
    sealed bytea,
    PRIMARY KEY (organization_id, api_key_id, name)
);
CREATE INDEX idempotency_keys_old ON idempotency_keys (created_at);
-- By which request with an Idempotency-Key it was done; null: it came without one.
ALTER TABLE audit_log ADD COLUMN request_id uuid;

-- Who keeps the definition: 'sync' changes and deletes only what it made itself. Null: people.
ALTER TABLE jobs ADD COLUMN managed_by text CHECK (managed_by = 'sync');
-- What sync has deleted comes back with its history when its key does.
CREATE INDEX jobs_removed ON jobs (organization_id, key, deleted_at) WHERE deleted_at IS NOT NULL AND managed_by IS NOT NULL;

-- Lists of the whole organization, and of what went wrong in it, which is little.
CREATE INDEX executions_list ON executions (organization_id, scheduled_for, id);
CREATE INDEX executions_trouble ON executions (organization_id, scheduled_for, id) WHERE status <> 'success';
CREATE INDEX kept_executions_list ON kept_executions (organization_id, scheduled_for, id);
