import JSON

/// A form as a page shows it, by the partial `form`. A page has a list of one, `let renaming: [Form]`, and its template
/// `{{#renaming}}{{> form}}{{/renaming}}`.
struct Form: Sendable {
    struct Complaint: Sendable { let complaint: String }

    let formPath: String
    let formToken: String
    let formButton: String
    let formCancelPath: String
    let mayCancel: Bool
    let isDangerous: Bool
    private(set) var formFields: [FormField]
    private(set) var hasComplaints = false
    /// No field is wrong: the cursor is to be where the complaint is read.
    private(set) var isComplaintFirst = false
    /// What is wrong with no field in particular.
    private(set) var complaints: [Complaint] = []

    /// A form that is posted to `path`. `token` is the viewer's; `button` says what pressing it does; `cancel` is where to go
    /// instead; `id` is needed where a page has several forms with fields of one name.
    init(
        to path: String, token: String, fields: [FormField] = [], button: String, cancel: String = "", isDangerous: Bool = false,
        id: String = "form"
    ) {
        (formPath, formToken, formButton, formCancelPath, self.isDangerous) = (path, token, button, cancel, isDangerous)
        mayCancel = !cancel.isEmpty
        formFields = fields
        for index in formFields.indices { formFields[index].belong(to: id) }
    }

    /// Puts in what was typed or chosen before, by the fields' names.
    mutating func fill(_ texts: (String) -> [String]) {
        for index in formFields.indices where !formFields[index].isHidden { formFields[index].fill(texts(formFields[index].fieldName)) }
    }

    /// The same form with what was sent still in it, and what is wrong beside it.
    func showing(_ submitted: SubmittedForm, _ invalid: InvalidInput) -> Form {
        var form = self
        for index in formFields.indices where !formFields[index].isHidden {
            form.formFields[index].fill(submitted.texts(of: formFields[index].fieldName))
        }
        for error in invalid.errors { form.refuse(error) }
        if let first = form.formFields.firstIndex(where: { $0.hasError }) {
            form.formFields[first].becomeFirst()
        } else {
            form.isComplaintFirst = form.hasComplaints
        }
        return form
    }

    private mutating func refuse(_ error: FieldError) {
        let name = error.pointer.split(separator: "/").first ?? ""
        let words = error.code == "required" ? "Fill this in." : error.detail
        guard let index = formFields.firstIndex(where: { $0.fieldName == name && !$0.isHidden }) else {
            complaints.append(Complaint(complaint: error.detail))
            hasComplaints = true
            return
        }
        // The first thing that is wrong with a field is enough to go on with.
        if !formFields[index].hasError { formFields[index].refuse(words) }
    }
}

/// A button that does something, by the partial `postbutton`: a form of nothing else. Used like `Form`.
struct PostButton: Sendable {
    struct Hidden: Sendable { let hiddenName, hiddenValue: String }

    let buttonPath: String
    let buttonToken: String
    let buttonLabel: String
    /// Whom or what it is about, for who does not see the row it stands in.
    let buttonSubject: String
    let isPrimary: Bool
    let hiddenFields: [Hidden]

    /// `label` is on the button, `subject` read out behind it: "Remove", "ada@example.com". `isPrimary`: what the page is for.
    init(
        _ label: String, to path: String, token: String, about subject: String = "", isPrimary: Bool = false,
        _ fields: [(String, String)] = []
    ) {
        (buttonLabel, buttonPath, buttonToken, buttonSubject) = (label, path, token, subject)
        self.isPrimary = isPrimary
        hiddenFields = fields.map { Hidden(hiddenName: $0.0, hiddenValue: $0.1) }
    }
}
