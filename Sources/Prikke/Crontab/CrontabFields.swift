/// A crontab line taken apart: when, (whose,) what, and what the command gets on its standard input.
struct CrontabFields {
    let schedule: String
    let user: String?
    let command: String
    let input: String?
    /// Whether an unescaped % ended the command.
    var isCut: Bool { input != nil }

    init(_ text: String, isOfSystem: Bool) throws(CrontabSkip) {
        var rest = text[...]
        // A minus before the minutes keeps some crons from logging.
        if rest.first == "-" { rest.removeFirst() }
        var fields: [Substring] = []
        let count = rest.first == "@" ? 1 : 5
        while fields.count < count + (isOfSystem ? 1 : 0) {
            let field = rest.prefix { $0 != " " && $0 != "\t" }
            guard !field.isEmpty else { break }
            fields.append(field)
            rest = rest[field.endIndex...].drop { $0 == " " || $0 == "\t" }
        }
        // What is wrong with the schedule comes first: "@reboot" alone is that before it is a line without a command.
        guard fields.count == count + (isOfSystem ? 1 : 0), !rest.isEmpty else {
            let wanted = "\(count == 1 ? "@daily or its like" : "five fields")\(isOfSystem ? ", a user" : "") and a command"
            throw CrontabSkip(.badLine, "This is no line of a crontab: it takes \(wanted).")
        }
        schedule = fields[..<count].joined(separator: " ")
        user = isOfSystem ? String(fields[count]) : nil
        (command, input) = Self.parted(String(rest))
    }

    /// cron itself, before any shell: `%` ends the command and then every line of its input; `\%` is a percent sign.
    private static func parted(_ text: String) -> (command: String, input: String?) {
        var parts = [""]
        var isEscaped = false
        for character in text {
            switch (character, isEscaped) {
            case ("%", true):
                parts[parts.count - 1].removeLast()
                parts[parts.count - 1].append("%")
            case ("%", false) where parts.count == 1: parts.append("")
            case ("%", false): parts[parts.count - 1].append("\n")
            default: parts[parts.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        return (parts[0].trimmingBlanks, parts.count > 1 ? parts[1] : nil)
    }
}

/// Tells a crontab with a column of users from one without.
enum SystemCrontab {
    /// Whether every job's sixth field could be a user and is no program, and one is a usual user or stands before a program.
    static func looksSo(_ lines: [String]) -> Bool {
        var isLikely = false
        for line in lines.map(\.trimmingBlanks) where !line.isEmpty && !line.hasPrefix("#") {
            let fields = line.split { $0 == " " || $0 == "\t" }
            let schedule = line.hasPrefix("@") ? 1 : 5
            guard let first = fields.first, "0123456789*@-".contains(first.first ?? " ") else { continue }
            guard fields.count > schedule + 1 else { return false }
            let (user, next) = (String(fields[schedule]), String(fields[schedule + 1]))
            guard isUserName(user), !programs.contains(user) else { return false }
            if users.contains(user) || next.hasPrefix("/") || programs.contains(next) { isLikely = true }
        }
        return isLikely
    }

    private static func isUserName(_ text: String) -> Bool {
        text.utf8.count <= 32
            && text.unicodeScalars.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) || "_-".unicodeScalars.contains($0) }
    }

    private static let users: Set = [
        "root", "www-data", "nobody", "nginx", "apache", "http", "ubuntu", "debian", "deploy", "git", "postgres", "mysql", "daemon", "app",
        "node",
        "ec2-user", "cron", "backup", "web",
    ]
    private static let programs: Set = [
        "curl", "wget", "cd", "test", "sleep", "flock", "env", "nice", "ionice", "timeout", "php", "python", "python3", "bash", "sh",
        "ruby",
        "perl", "node", "echo", "find", "rsync", "sudo", "command", "date", "rm", "docker", "make", "nohup", "cat", "exec", "time", "true",
    ]
}
