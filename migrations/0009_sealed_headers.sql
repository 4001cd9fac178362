-- Secrets of jobs are kept sealed, and it is known with which keys anything is sealed.

-- One envelope with all secret values of `config`, which holds *** in their places; it opens for this organization and job alone.
-- Null: there are none, or they were saved by a program of before and stand in `config` till the job is saved again, or
-- `prikke secrets rotate` has run.
ALTER TABLE jobs ADD COLUMN sealed_config bytea;
CREATE INDEX jobs_sealed ON jobs (organization_id, id) WHERE sealed_config IS NOT NULL;

-- The keys that something here may be sealed with, by their ids: a program that lacks one of them does not start.
CREATE TABLE sealing_keys (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{8}$'),
    first_used_at timestamptz NOT NULL
);
INSERT INTO sealing_keys (id, first_used_at)
SELECT encode(substring(sealed FROM 2 FOR 4), 'hex'), min(created_at) FROM signing_secrets GROUP BY 1;
