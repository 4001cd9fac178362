extension ProblemCode {
    /// Every problem that anything here answers, by subject. A code that is not in this list fails a test.
    public static let all: [ProblemCode] = ofMessages + ofJSON + ofKeys + ofResources + ofIdempotency + ofPeople + ofForms + ofServer

    /// The request as a message.
    private static let ofMessages = [
        ProblemCode(
            "malformed_request", 400, meaning: "This is not a well-formed HTTP/1.1 request; the detail says where it breaks off.",
            remedy: "Use an HTTP library; if you use one, look for a proxy in between that changes requests."),
        ProblemCode(
            "method_not_allowed", 405, meaning: "The address is there, but does not answer this method.",
            remedy: "Use one of those in the header Allow."),
        ProblemCode(
            "method_not_implemented", 501, meaning: "No address here answers this method.",
            remedy: "Use one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS."),
        ProblemCode(
            "content_too_large", 413, meaning: "The body is larger than this address takes.",
            remedy: "Send less, or in several requests; the detail names the limit."),
        ProblemCode(
            "headers_too_large", 431, meaning: "There are too many headers, or they are too long.",
            remedy: "Send at most 100 headers of 32 KiB together, and none over 16 KiB."),
        ProblemCode(
            "uri_too_long", 414, meaning: "Method, address and version are longer than 8 KiB together.",
            remedy: "Put less into the query."),
        ProblemCode(
            "expectation_failed", 417, meaning: "The header Expect asks for something that there is not.",
            remedy: "Send Expect: 100-continue, or no such header."),
        ProblemCode(
            "request_timeout", 408, meaning: "The request took too long to arrive.", remedy: "Send it again, in one go."),
        ProblemCode(
            "unsupported_media_type", 415, meaning: "The body is of another kind than this address takes, or it is compressed.",
            remedy: "Send JSON in UTF-8, not compressed, with Content-Type: application/json."),
        ProblemCode(
            "invalid_precondition", 400, meaning: "The header If-Match or If-None-Match holds no entity tags.",
            remedy: "Send the ETag of the answer before, with its quotes, or a * alone."),
    ]

    /// A body that is not JSON as we take it.
    private static let ofJSON = [
        ProblemCode("invalid_json", 400, meaning: "The body is not JSON.", remedy: "Mend it at the byte that the detail names."),
        ProblemCode("trailing_bytes", 400, meaning: "Something stands behind the JSON value.", remedy: "Send one value and nothing else."),
        ProblemCode("too_deep", 400, meaning: "The JSON is nested deeper than 64 levels.", remedy: "Nest it less."),
        ProblemCode(
            "duplicate_key", 400, meaning: "An object has the same member twice, of which programs read one or the other.",
            remedy: "Keep one of them."),
        ProblemCode("nul_character", 400, meaning: "A text holds the character NUL.", remedy: "Take it out; a body may be sent as base64."),
        ProblemCode(
            "number_out_of_range", 400, meaning: "A number is too large to be kept exactly.", remedy: "Use a smaller one, or a text."),
        ProblemCode("invalid_utf8", 400, meaning: "The body is not UTF-8.", remedy: "Encode it as UTF-8."),
        ProblemCode(
            "invalid_input", 422, meaning: "The request is understood, and some of its members are wrong.",
            remedy: "Mend what errors names: each has a pointer to the member, a code and a sentence."),
    ]

    /// Who asks, and how often.
    private static let ofKeys = [
        ProblemCode(
            "unauthenticated", 401, meaning: "There is no API key, or it is wrong, expired or revoked.",
            remedy: "Send a valid one: Authorization: Bearer pk_live_….sk_live_…"),
        ProblemCode("missing_scope", 403, meaning: "The key lacks the scope that this takes.", remedy: "Use a key that has it."),
        ProblemCode(
            "missing_role", 403, meaning: "Your role, or that of whoever made the key, may not do this.", remedy: "Ask an owner or admin."),
        ProblemCode("person_needed", 403, meaning: "No key may do this.", remedy: "Sign in and do it on the page."),
        ProblemCode(
            "rate_limited", 429, meaning: "The key or its organization has made too many requests in this minute.",
            remedy: "Wait as long as Retry-After says; RateLimit tells what is left before it comes to this."),
        ProblemCode(
            "try_later", 429, meaning: "This particular thing was asked for too often.", remedy: "Wait as long as Retry-After says."),
        ProblemCode(
            "too_many_streams", 429, meaning: "So many event streams are open that there is no room for another.",
            remedy: "Close one, or wait as long as Retry-After says; one stream can carry all jobs."),
        ProblemCode(
            "own_call", 403, meaning: "A job has called Prikke itself, which would go round in circles.",
            remedy: "Call it from a program of your own."),
    ]

    /// What the request is about.
    private static let ofResources = [
        ProblemCode(
            "not_found", 404, meaning: "There is nothing at this address, or nothing that this key may see.",
            remedy: "Check the path and the id."),
        ProblemCode(
            "limit_reached", 402, meaning: "The plan does not reach so far.",
            remedy: "The detail names the limit and the ways out: use less, or choose a larger plan."),
        ProblemCode(
            "changed_since", 412, meaning: "The job was changed since the version that If-Match names.",
            remedy: "Read it again, then change it."),
        ProblemCode(
            "already_ended", 409, meaning: "The execution has ended; it can neither be cancelled nor put off any more.",
            remedy: "Look at how it ended; to run it again, retry it."),
        ProblemCode(
            "not_ended", 409, meaning: "The execution has not ended yet, so it cannot be run again.",
            remedy: "Wait for its end, or cancel it first."),
        ProblemCode(
            "already_begun", 409, meaning: "The execution has begun, so its time cannot be changed any more.",
            remedy: "Cancel it, or wait for its end."),
        ProblemCode(
            "keeps_its_time", 409, meaning: "The time of a scheduled occurrence is its schedule’s.",
            remedy: "Change the job’s schedule, or cancel the execution and trigger the job."),
        ProblemCode(
            "job_deleted", 409, meaning: "The job of this execution is deleted.",
            remedy: "Restore it within 7 days of its deletion, or make it again."),
        ProblemCode(
            "not_deleted", 409, meaning: "The job that is to be restored is not deleted.", remedy: "Use it as it is."),
        ProblemCode(
            "key_taken", 409, meaning: "Another job has got the key of the job that is to be restored.",
            remedy: "Give that one another key, or delete it; then restore this one."),
        ProblemCode(
            "delete_not_confirmed", 409, meaning: "The document leaves out so many jobs that deleting them must be confirmed.",
            remedy: "Look at the plan; if that is meant, send confirm_delete with the number that it names."),
        ProblemCode(
            "too_many_channels", 409, meaning: "The organization has as many channels as there may be.",
            remedy: "Delete one that is not needed any more."),
        ProblemCode(
            "channel_off", 409, meaning: "The channel is switched off, or its address has not confirmed, so nothing is sent there.",
            remedy: "Switch it on, or have the address confirm; then try again."),
        ProblemCode(
            "already_confirmed", 409, meaning: "The channel waits for nobody’s confirmation.", remedy: "Use it as it is."),
        ProblemCode(
            "delivery_not_ended", 409, meaning: "The delivery is still being sent, so it cannot be sent again.",
            remedy: "Wait until it is sent or has failed."),
        ProblemCode(
            "not_managed", 409, meaning: "Jobs that sync does not manage have keys of the document.",
            remedy: "Choose other keys, or take the jobs over with adopt: true."),
    ]

    /// `Idempotency-Key`.
    private static let ofIdempotency = [
        ProblemCode(
            "invalid_idempotency_key", 400, meaning: "The header Idempotency-Key is empty, too long, or there twice.",
            remedy: "Send it once, with 1 to 255 printable ASCII characters; a random UUID is good."),
        ProblemCode(
            "idempotency_key_reused", 422, meaning: "The same Idempotency-Key came with another request.",
            remedy: "Send a new key with each new request, and the same key only with exactly the same one."),
        ProblemCode(
            "idempotency_in_progress", 409, meaning: "The first request with this Idempotency-Key is still being carried out.",
            remedy: "Send the same request again as soon as Retry-After says."),
        ProblemCode(
            "answer_lost", 409,
            meaning: "The first request with this Idempotency-Key was carried out, and its answer was lost with the machine that gave it.",
            remedy: "Nothing was done twice; look at what the detail names, and go on from there."),
    ]

    /// People and their organizations.
    private static let ofPeople = [
        ProblemCode("above_own_role", 403, meaning: "This takes a higher role than yours, or more scopes.", remedy: "Ask an owner."),
        ProblemCode("last_owner", 409, meaning: "An organization always has an owner.", remedy: "Make somebody else an owner first."),
        ProblemCode("already_member", 409, meaning: "This person is a member already.", remedy: "Change the role there."),
        ProblemCode("already_invited", 409, meaning: "This address has an open invite.", remedy: "Resend or revoke that one."),
        ProblemCode("too_many_invites", 409, meaning: "There are as many open invites as the plan allows.", remedy: "Revoke one first."),
        ProblemCode("other_address", 403, meaning: "The invite was sent to another address.", remedy: "Sign in with that one."),
        ProblemCode(
            "invite_void", 409, meaning: "Whoever sent the invite may not give this role any more.", remedy: "Ask for a new one."),
        ProblemCode("sign_in_again", 403, meaning: "This takes a sign-in of the last ten minutes.", remedy: "Sign in once more."),
        ProblemCode(
            "address_reserved", 409, meaning: "Its former user may still take this address back.",
            remedy: "Wait 72 hours, or follow the link in the mail about the change."),
        ProblemCode("address_taken", 409, meaning: "Somebody else signs in with this address.", remedy: "Choose another."),
    ]

    /// Pages.
    private static let ofForms = [
        ProblemCode("sign_in_needed", 401, meaning: "This page is for who is signed in.", remedy: "Sign in; programs use the API."),
        ProblemCode("malformed_form", 400, meaning: "The form is not percent-encoded UTF-8.", remedy: "Load the page again and send it."),
        ProblemCode("cross_site", 403, meaning: "The form was not sent from a page of Prikke.", remedy: "Open the page here and send it."),
        ProblemCode("stale_form", 403, meaning: "The form is of another session.", remedy: "Load the page again and send it once more."),
    ]

    /// Our own side.
    private static let ofServer = [
        ProblemCode(
            "unavailable", 503, meaning: "Something that Prikke needs is away for the moment.",
            remedy: "Try again as soon as Retry-After says."),
        ProblemCode(
            "internal_error", 500, meaning: "Something went wrong on our side, and was logged.",
            remedy: "Try again; if it stays, send us the request id."),
    ]
}

extension FieldCode {
    /// Every code that stands within `errors`. One that is not in this list fails a test.
    public static let all = [
        FieldCode("required", "It is missing, and must be there."),
        FieldCode("unknown_field", "There is no such member here; often it is a slip of the pen."),
        FieldCode("read_only", "Prikke sets it itself; leave it out."),
        FieldCode("wrong_type", "It is of another type, a text instead of a number for one."),
        FieldCode("out_of_range", "It is too large or too small, or lies in the past."),
        FieldCode("too_long", "It has too many characters, bytes or elements."),
        FieldCode("too_short", "It has too few characters or elements, or none."),
        FieldCode("invalid_format", "It is not written as it must be; the detail shows how."),
        FieldCode("not_allowed", "It may not be this, or not here, or not beside another member."),
        FieldCode("taken", "Another one has it already, and it must be unique."),
        FieldCode("reserved", "It is a word of our own."),
        FieldCode("invalid_cursor", "It is no cursor of this list, or one of another sort order."),
        FieldCode("invalid_cron", "It is no cron expression; the detail names the field and the remedy."),
        FieldCode("local_time_in_gap", "The clock is turned forward over this local time, so it does not exist."),
        FieldCode("local_time_ambiguous", "The clock is turned back over this local time, so it exists twice."),
        FieldCode("unknown_zone", "The list of time zones does not have it."),
        FieldCode("invalid_url", "It is no http or https address as RFC 3986 has them."),
        FieldCode("blocked_address", "This address may not be called, or its name cannot be resolved."),
        FieldCode("limit_reached", "The plan does not reach so far."),
        FieldCode("not_managed", "The job of this key is kept by people, not by sync."),
        FieldCode("too_many", "More match than are done at one time; the detail says how to narrow it."),
        FieldCode("unknown_channel", "There is no channel of that id, or it is not this organization’s."),
        FieldCode("not_found", "There is nothing of that name, or nothing that this key may see."),
        FieldCode("not_the_same", "It was to be typed for confirmation, and is something else."),
        FieldCode("wrong_code", "The code of the mail is not this one, or is no longer good."),
    ]
}
