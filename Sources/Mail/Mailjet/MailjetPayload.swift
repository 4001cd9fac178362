import JSON

extension RenderedMail {
    /// The body of `POST /v3.1/send`: one message to one recipient, who sees no other. What has no value is left out, as Mailjet takes
    /// null for a mistake; so is TemplateLanguage, with which text of a user's would be a program; and the opens and clicks are not
    /// tracked, because that rewrites links, and scanners click them.
    var mailjetPayload: JSON {
        let message: JSONObject = [
            "From": ["Email": .string(from.address), "Name": .string(from.name)],
            "To": [["Email": .string(to.text)]],
            "Subject": .string(Self.cut(subject)),
            "TextPart": .string(text),
            "HTMLPart": .string(html),
            "CustomID": .string(id.text),
            "TrackOpens": "disabled",
            "TrackClicks": "disabled",
            // Against answers by programs: absence notices, and what answers them.
            "Headers": ["Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"],
        ]
        return ["Messages": [.object(message)]]
    }

    /// Whoever counts UTF-16 units, as many do, finds at most 255 too. Of what is longer the middle goes: the end is the news.
    private static func cut(_ subject: String) -> String {
        guard subject.utf16.count > 255 else { return subject }
        let end = beginning(of: String(subject.reversed()), units: 80)
        return beginning(of: subject, units: 174) + "…" + String(end.reversed())
    }

    private static func beginning(of text: String, units most: Int) -> String {
        var (kept, count) = ("", 0)
        for character in text {
            count += character.utf16.count
            if count > most { break }
            kept.append(character)
        }
        return kept
    }
}
