public import Logging
public import Model
internal import Threads

/// Log lines as JSON, one object a line, for whoever collects them.
///
/// A line is at most ``lineBytesMax`` long, whatever stands in its fields: values are cut, and what is not printable is
/// escaped, so that nothing from outside can make a line of its own.
public struct JSONLog: LogHandler {
    public static let lineBytesMax = 4_096
    /// How much of one value is shown.
    private static let valueBytesMax = 512

    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level = .info
    private let label: String
    private let output: LogOutput
    private let now: @Sendable () -> Instant

    public init(label: String, to output: LogOutput, now: @escaping @Sendable () -> Instant) {
        self.label = label
        self.output = output
        self.now = now
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields: [(String, String)] = [
            ("time", now().rfc3339), ("level", event.level.rawValue), ("message", event.message.description),
        ]
        let merged = metadata.merging(event.metadata ?? [:]) { _, added in added }
        fields += merged.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
        output.write(Self.line(fields))
    }

    /// The line of such fields: as many of them as fit.
    static func line(_ fields: [(String, String)]) -> [UInt8] {
        var line: [UInt8] = []
        for (name, value) in fields {
            let member = quoted(name) + [UInt8(ascii: ":")] + quoted(value)
            guard line.count + member.count + 3 <= lineBytesMax else { break }
            line += [UInt8(ascii: line.isEmpty ? "{" : ",")] + member
        }
        return line + Array("}\n".utf8)
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var bytes = [UInt8(ascii: "\"")]
        for scalar in text.unicodeScalars {
            guard bytes.count < valueBytesMax else {
                bytes += Array("…".utf8)
                break
            }
            switch scalar {
            case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
            case _ where scalar.properties.generalCategory.isUnprintable:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    bytes += Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
                }
            default: bytes += Array(String(scalar).utf8)
            }
        }
        return bytes + [UInt8(ascii: "\"")]
    }
}

extension Unicode.GeneralCategory {
    /// Controls, and what turns the direction of a text or has no look of its own.
    fileprivate var isUnprintable: Bool {
        switch self {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

/// Where log lines go: standard error, without ever making anyone wait for it.
public final class LogOutput: Sendable {
    private let writer = LineWriter(to: 2)

    public init() {}

    func write(_ line: [UInt8]) {
        writer.write(line)
    }

    /// Returns when all lines are written that can be.
    public func flush() async {
        await writer.flush()
    }
}
