internal import Model
internal import Wire

/// An event as a list shows it: what it is about, and nothing of what was written.
struct EventRow {
    let entry: Entry

    var members: Verbatim {
        [
            "sequence": .integer(entry.sequence), "id": .string(entry.event.id.description),
            "receivedAt": .string(entry.receivedAt.rfc3339), "type": .string(entry.event.label.type),
            "source": .string(entry.event.label.source), "provider": .string(entry.event.label.provider),
            "channel": .string(entry.event.label.channel),
            "subject": entry.event.subject.map { .string($0) } ?? .null, "gist": .string(gist),
        ]
    }

    /// What happened, in a few words of ours: `text`, `image, text · stop`, `delivered`, `optedOut · keyword`.
    private var gist: String {
        guard let data = (try? JSON(entry.event.bytes))?["data"] else { return "" }
        var words: [String?]
        if let status = data["status"] {
            words = [status["state"]?.string, status["providerCode"]?.string]
        } else if let consent = data["consent"] {
            words = [consent["state"]?.string, consent["cause"]?.string]
        } else if let notice = data["notice"] {
            words = [notice["kind"]?.string]
        } else {
            let parts = (data["content"]?.elements ?? []).map { $0["media"]?.string ?? $0["type"]?.string ?? "" }
            words = [parts.isEmpty ? "nothing" : parts.joined(separator: ", "), data["keyword"]?["action"]?.string]
        }
        return words.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " · ")
    }
}
