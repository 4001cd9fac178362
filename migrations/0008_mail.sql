-- Mail to be sent. A row is added in the transaction that causes the mail; couriers send it.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    -- Null: of no tenant, as a link to sign in with.
    organization_id uuid REFERENCES organizations ON DELETE CASCADE,
    kind text NOT NULL,
    recipient text NOT NULL,
    -- The message, sealed for this row and this recipient. Null: final, and let go of.
    sealed bytea,
    created_at timestamptz NOT NULL,
    -- When a courier looks at it next; null: it is final.
    next_try_at timestamptz,
    -- After this it is of no use to anybody.
    expires_at timestamptz,
    -- Till then a courier has it, and nobody else touches it; it also tells one lease from the next.
    leased_until timestamptz,
    -- How often it was handed to the transport.
    tries integer NOT NULL DEFAULT 0,
    -- Unknown: it was handed over, and whether it went out nobody could say. To be looked up as long as there is a next_try_at.
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sending', 'sent', 'failed', 'unknown', 'expired')),
    finished_at timestamptz,
    -- Why it was not sent, or not yet; neither content nor address.
    error text,
    -- What the transport calls it.
    provider_id text,
    CHECK ((next_try_at IS NULL) = (finished_at IS NOT NULL)),
    CHECK (CASE status WHEN 'unknown' THEN true WHEN 'waiting' THEN next_try_at IS NOT NULL WHEN 'sending' THEN next_try_at IS NOT NULL
        ELSE next_try_at IS NULL END),
    CHECK (sealed IS NOT NULL OR next_try_at IS NULL)
);
CREATE INDEX outbox_due ON outbox (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX outbox_by_age ON outbox (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX outbox_of_organization ON outbox (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX outbox_of_recipient ON outbox (recipient);
