internal import Foundation
public import Model
internal import Providers

/// What a request came to: it was read, or it was refused.
public enum Outcome: Sendable {
    case decoded(Decoding)
    case refused(Refusal)

    init(of webhook: Webhook, at source: Source, by provider: any Provider.Type) {
        do throws(Refusal) {
            self = .decoded(provider.decode(try provider.authenticate(webhook, for: source), for: source))
        } catch {
            self = .refused(error)
        }
    }

    public var events: [Event] {
        if case .decoded(let decoding) = self { decoding.events } else { [] }
    }

    public var faults: [Fault] {
        if case .decoded(let decoding) = self { decoding.faults } else { [] }
    }

    public var sightings: [Sighting] {
        if case .decoded(let decoding) = self { decoding.sightings } else { [] }
    }

    public var refusal: Refusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
}

/// What a case must come to, as the bytes of its files: nil for a file that is not there.
public struct Expectation: Sendable, Equatable {
    /// `events.json`: an array with each event's canonical bytes on a line of its own.
    public let events: [UInt8]?
    /// `quarantine.json`: the faults' paths and reasons.
    public let quarantine: [UInt8]?
    /// `sightings.json`: what was new, and where.
    public let sightings: [UInt8]?
    /// `refusal.json`: why the sender was not believed.
    public let refusal: [UInt8]?

    /// Whether nothing was recorded yet.
    public var isEmpty: Bool { parts.allSatisfy { $0.bytes == nil } }

    /// Each file's name and its bytes.
    var parts: [(name: String, bytes: [UInt8]?)] {
        [
            (Self.eventsName, events), (Self.quarantineName, quarantine), (Self.sightingsName, sightings),
            (Self.refusalName, refusal),
        ]
    }

    private static let eventsName = "events.json"
    private static let quarantineName = "quarantine.json"
    private static let sightingsName = "sightings.json"
    private static let refusalName = "refusal.json"

    init(in folder: Folder) throws(CasebookError) {
        events = folder.optionalFile(Self.eventsName)
        quarantine = folder.optionalFile(Self.quarantineName)
        sightings = folder.optionalFile(Self.sightingsName)
        refusal = folder.optionalFile(Self.refusalName)
    }

    /// What an outcome would be recorded as.
    public init(_ outcome: Outcome) {
        events = Self.lines(outcome.events.map(\.canonicalBytes))
        quarantine = Self.lines(outcome.faults.map { Self.json(["path": $0.path, "reason": $0.reason]) })
        sightings = Self.lines(
            outcome.sightings.map { Self.json(["kind": $0.kind.rawValue, "path": $0.path, "word": $0.word]) })
        refusal = outcome.refusal.map { refusal in
            switch refusal {
            case .forged(let why): Self.json(["refusal": "forged", "why": why.rawValue]) + [UInt8(ascii: "\n")]
            }
        }
    }

    /// The first line of the first file that is not the same, in words; nil where all are the same.
    public func difference(from actual: Expectation) -> String? {
        for (expected, actual) in zip(parts, actual.parts) where expected.bytes != actual.bytes {
            guard let expectedBytes = expected.bytes else { return "\(expected.name): not expected, but it came" }
            guard let actualBytes = actual.bytes else { return "\(expected.name): expected, but nothing came" }
            let newline = UInt8(ascii: "\n")
            let expectedLines = expectedBytes.split(separator: newline, omittingEmptySubsequences: false)
            let actualLines = actualBytes.split(separator: newline, omittingEmptySubsequences: false)
            let index = zip(expectedLines, actualLines).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            let line = index ?? min(expectedLines.count, actualLines.count)
            let (wanted, came) = (Self.text(expectedLines, line), Self.text(actualLines, line))
            let place = zip(wanted, came).prefix { $0 == $1 }.count
            return """
                \(expected.name), line \(line + 1), character \(place + 1)
                expected: \(Self.excerpt(of: wanted, around: place))
                actual:   \(Self.excerpt(of: came, around: place))
                """
        }
        return nil
    }

    private static func text(_ lines: [ArraySlice<UInt8>], _ index: Int) -> String {
        index < lines.count ? String(decoding: lines[index], as: UTF8.self) : "(no such line)"
    }

    /// Of a long line what lies around the place where it differs, for a person to find it.
    private static func excerpt(of line: String, around place: Int) -> String {
        let start = max(0, place - charactersBefore)
        let rest = line.dropFirst(start)
        let shown = rest.prefix(charactersBefore + charactersBehind)
        return (start > 0 ? "…" : "") + shown + (shown.count < rest.count ? "…" : "")
    }

    private static let charactersBefore = 80
    private static let charactersBehind = 120

    /// An array with an element on each line; nil where there is none.
    private static func lines(_ elements: [[UInt8]]) -> [UInt8]? {
        elements.isEmpty
            ? nil : Array("[\n".utf8) + Array(elements.joined(separator: Array(",\n".utf8))) + Array("\n]\n".utf8)
    }

    /// An object of texts, its members in the order of their names.
    private static func json(_ members: [String: String]) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(members) else {
            preconditionFailure("texts can always be written as JSON")
        }
        return [UInt8](data)
    }
}

extension Case {
    /// Writes those files of an outcome that the case does not have yet. What is there already is never changed.
    public func record(_ outcome: Outcome) throws(CasebookError) {
        let folder = Folder(folder)
        let missing = zip(expected.parts, Expectation(outcome).parts).filter { $0.0.bytes == nil }
        for (_, part) in missing {
            if let bytes = part.bytes { try folder.write(bytes, as: part.name) }
        }
    }
}
