import JSON

/// One input of a form, as texts ready to print. (The stored names are long because a template knows no name at two depths.)
struct FormField: Sendable {
    enum Kind: String, Sendable {
        case text, email, number, select, checkboxes, textarea, hidden
        /// A date and a time of day, without a zone; the label says which it is in.
        case datetime = "datetime-local"
    }

    /// One of the choices of a select or of checkboxes.
    struct Option: Sendable {
        let optionValue: String
        let optionLabel: String
        fileprivate(set) var isChosen = false

        init(value: String, label: String) { (optionValue, optionLabel) = (value, label) }
    }

    let fieldName: String
    let fieldLabel: String
    let fieldHelp: String
    let fieldPlaceholder: String
    let fieldAutocomplete: String
    let inputType: String
    let isHidden: Bool
    let isLine: Bool
    let isSelect: Bool
    let isCheckboxes: Bool
    let isTextarea: Bool
    let hasHelp: Bool
    let hasPlaceholder: Bool
    let hasAutocomplete: Bool
    private(set) var fieldValue: String
    private(set) var options: [Option]
    private(set) var fieldID: String
    private(set) var fieldError = ""
    private(set) var hasError = false
    private(set) var isFirstError = false
    private(set) var isDescribed = false
    private(set) var describedBy = ""

    /// `value` is what stands in it, of a select the option chosen; `chosen` is for checkboxes. `placeholder`: an example that ends
    /// in `…`. `autocomplete`: what a browser may fill in (HTML, "autofill"), `email` for one.
    init(
        name: String, kind: Kind = .text, label: String = "", help: String = "", value: String = "", error: String = "",
        options: [Option] = [], chosen: [String] = [], placeholder: String = "", autocomplete: String = ""
    ) {
        (fieldName, fieldLabel, fieldHelp, fieldPlaceholder, fieldAutocomplete) = (name, label, help, placeholder, autocomplete)
        inputType = kind.rawValue
        isHidden = kind == .hidden
        isLine = [.text, .email, .number, .datetime].contains(kind)
        isSelect = kind == .select
        isCheckboxes = kind == .checkboxes
        isTextarea = kind == .textarea
        hasHelp = !help.isEmpty
        hasPlaceholder = !placeholder.isEmpty
        hasAutocomplete = !autocomplete.isEmpty
        self.options = options
        fieldValue = ""
        fieldID = name
        fill(kind == .checkboxes ? chosen : [value])
        if !error.isEmpty { refuse(error) }
        describe()
    }

    /// The same with the label, the help and the example of a declaration, so that page and API say the same.
    init(
        _ field: Field, kind: Kind = .text, value: String = "", options: [Option] = [], chosen: [String] = [], autocomplete: String = ""
    ) {
        let placeholder = field.example?.string.map { "\($0)…" } ?? ""
        self.init(
            name: field.name, kind: kind, label: field.label, help: field.help, value: value, options: options, chosen: chosen,
            placeholder: kind == .select || kind == .checkboxes ? "" : placeholder, autocomplete: autocomplete)
    }

    /// Puts in what was typed or chosen before.
    mutating func fill(_ texts: [String]) {
        fieldValue = texts.first ?? ""
        for index in options.indices { options[index].isChosen = texts.contains(options[index].optionValue) }
    }

    mutating func refuse(_ words: String) {
        fieldError = words
        hasError = true
        describe()
    }

    /// Where the cursor is to be.
    mutating func becomeFirst() { isFirstError = true }

    /// Makes the ids of several forms on one page differ.
    mutating func belong(to form: String) {
        fieldID = "\(form)-\(fieldName)"
        describe()
    }

    private mutating func describe() {
        let ids = (hasError ? ["\(fieldID)-error"] : []) + (hasHelp ? ["\(fieldID)-help"] : [])
        describedBy = ids.joined(separator: " ")
        isDescribed = !ids.isEmpty
    }
}
