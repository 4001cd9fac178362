import HTTPTypes
import JSON
import Tenancy

extension API {
    /// `/api/organization`, `/api/signing-secrets`
    public static func organization(_ people: People) -> [Operation] {
        [
            Operation(
                .get, "/api/organization", id: "getOrganization", summary: "The organization of this key", permission: .seeOrganization,
                body: .none, answers: [.ok(Organization.shape)]
            ) { call in .ok(call.access.organization.json) },
            Operation(
                .patch, "/api/organization", id: "changeOrganization", summary: "Change its name, slug or time zone",
                permission: .changeSettings, body: .change(.object(Organization.fields).named("OrganizationChange")),
                answers: [.ok(Organization.shape)]
            ) { call in .ok(try await people.organizations.change(call.body, for: call.access).json) },
            Operation(
                .get, "/api/signing-secrets", id: "listSigningSecrets", summary: "What requests are signed with, without the secrets",
                permission: .changeSettings, body: .none,
                answers: [
                    .ok(.all(Shape.object([Field("created_at", .instant), Field("expires_at", .instant, nullable: true)]).complete))
                ]
            ) { call in
                let secrets = try await people.signingSecrets(call.access)
                return .ok([
                    "data": .array(
                        secrets.map {
                            [
                                "created_at": .string($0.createdAt.rfc3339),
                                "expires_at": $0.expiresAt.map { .string($0.rfc3339) } ?? .null,
                            ]
                        })
                ])
            },
            Operation(
                .post, "/api/signing-secrets", id: "rotateSigningSecret",
                summary: "Make a new signing secret; it is shown this once, and the ones before hold on for a while",
                permission: .changeSettings, body: .optional(.object(APIKey.rotationFields).named("SecretRotation")),
                answers: [.created(Shape.object([Field("secret", .string(), example: "whsec_…")]).complete)]
            ) { call in
                let hours = Int(call.body["overlap_hours"]?.int ?? 24)
                return .created(["secret": .string(try await people.rotateSigningSecret(hours, call.access))], at: "/api/signing-secrets")
            },
        ]
    }
}
