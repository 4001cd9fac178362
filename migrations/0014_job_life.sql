-- The ends of a job's life: deleted ones come back within seven days and are erased then; and whether a job keeps its time is known.

-- What is to be erased, and what an organization can still have back. Little of all jobs.
CREATE INDEX jobs_deleted ON jobs (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX jobs_deleted_of_organization ON jobs (organization_id, deleted_at) WHERE deleted_at IS NOT NULL;

-- The last scheduled occurrence that was missed, or succeeded after a late start; null: none since the last one in time.
ALTER TABLE job_states ADD COLUMN late_for timestamptz;
