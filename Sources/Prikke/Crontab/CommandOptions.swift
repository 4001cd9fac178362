/// Options on a command line, as curl and wget read them: `-s`, `-fsSL`, `-XPOST`, `-o FILE`, `--option VALUE`, `--option=VALUE`.
struct CommandOptions {
    enum Item: Equatable {
        /// By its long name, where it has one.
        case option(String, ShellWord?)
        case operand(ShellWord)
    }

    /// Which long option a letter stands for.
    let letters: [Character: String]
    /// Those, by their long names, that have a value.
    let withValue: Set<String>
    /// `--option=value` too. (curl knows it from version 8 on; before, it is none.)
    private var words: ArraySlice<ShellWord> = []

    init(letters: [Character: String], withValue: Set<String>) { (self.letters, self.withValue) = (letters, withValue) }

    /// All of them, in order; a value that is missing is one of nothing.
    func items(of arguments: some Sequence<ShellWord>) -> [Item] {
        var reader = self
        reader.words = ArraySlice(Array(arguments))
        var items: [Item] = []
        var onlyOperands = false
        while let word = reader.words.popFirst() {
            if onlyOperands || word.text == "-" || !word.text.hasPrefix("-") {
                items.append(.operand(word))
            } else if word.text == "--" {
                onlyOperands = true
            } else if word.text.hasPrefix("--") {
                items.append(reader.long(word))
            } else {
                items += reader.short(word)
            }
        }
        return items
    }

    private mutating func long(_ word: ShellWord) -> Item {
        let parts = word.text.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts.first ?? ""
        if parts.count > 1 { return .option(name, ShellWord(text: parts[1], unknown: word.unknown, isQuoted: true)) }
        return .option(name, withValue.contains(name) ? words.popFirst() ?? ShellWord() : nil)
    }

    private mutating func short(_ word: ShellWord) -> [Item] {
        var items: [Item] = []
        var rest = word.text.dropFirst()
        while let letter = rest.popFirst() {
            // wget's negations have two letters: -nv, -nc.
            if letter == "n", letters["n"] == nil, let second = rest.popFirst() {
                items.append(.option("n\(second)", nil))
                continue
            }
            let name = letters[letter] ?? "-\(letter)"
            guard withValue.contains(name) else {
                items.append(.option(name, nil))
                continue
            }
            let glued = ShellWord(text: String(rest), unknown: word.unknown, isQuoted: true)
            items.append(.option(name, rest.isEmpty ? words.popFirst() ?? ShellWord() : glued))
            break
        }
        return items
    }
}
