internal import Model
internal import NATS
internal import Wire

/// A NATS subject with places in it for what an event is: `inbound.{provider}.{channel}.{subject}`.
public struct SubjectTemplate: Sendable, Equatable {
    private let parts: [Part]

    private enum Part: Sendable, Equatable {
        case text(String)
        case place(Place)
    }

    /// What can stand in braces.
    enum Place: String, Sendable, CaseIterable {
        case type, provider, channel, source, subject, id
    }

    /// What is wrong with a template, in words.
    public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String
    }

    public init(_ template: String) throws(Problem) {
        var parts: [Part] = []
        var rest = template[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw Problem(description: "a `{` is not closed")
            }
            let name = rest[rest.index(after: open)..<close]
            guard let place = Place(rawValue: String(name)) else {
                let known = Place.allCases.map { "`{\($0.rawValue)}`" }.joined(separator: ", ")
                throw Problem(description: "`{\(name)}` is none of \(known)")
            }
            parts += [.text(String(rest[..<open])), .place(place)]
            rest = rest[rest.index(after: close)...]
        }
        parts.append(.text(String(rest)))
        self.parts = parts
        guard NATSMessage.isPublishable(filled { _ in "x" }) else {
            throw Problem(description: "`\(template)` is not words with dots between, without blanks and wildcards")
        }
    }

    /// The subject for an event; nil where it would be longer than a subject may be.
    ///
    /// A type's dots stay, so that it is several words. In all else what a subject's word cannot hold is percent-encoded:
    /// no end user's address becomes two words, or a wildcard. What an event does not have is `_`.
    func subject(for event: FrozenEvent) -> String? {
        let subject = filled { place in
            switch place {
            case .type: event.label.type
            case .provider: Self.word(event.label.provider)
            case .channel: Self.word(event.label.channel)
            case .source: Self.word(event.label.source)
            case .subject: Self.word(event.subject ?? "")
            case .id: event.id.description
            }
        }
        return NATSMessage.isPublishable(subject) ? subject : nil
    }

    private func filled(_ value: (Place) -> String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .place(let place): value(place)
            }
        }
        .joined()
    }

    private static func word(_ text: String) -> String {
        guard !text.isEmpty else { return "_" }
        var word: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "%"), UInt8(ascii: "."), UInt8(ascii: "*"), UInt8(ascii: ">"), ...0x20, 0x7F...:
                word.append(contentsOf: "%".utf8)
                word.append(contentsOf: Hex.encode([byte]).uppercased().utf8)
            default: word.append(byte)
            }
        }
        return String(decoding: word, as: UTF8.self)
    }
}
