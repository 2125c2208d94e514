internal import Model

/// What a line of the log tells.
///
/// A line is at most ``bytesMax`` long, whatever stands in its fields: values are cut, and what is not printable is
/// escaped, so that nothing from outside can make a line of its own.
struct LogLine {
    let time: Instant
    let level: String
    let message: String
    let fields: [(name: String, value: String)]

    static let bytesMax = 4_096
    /// How much of one value is shown.
    private static let valueBytesMax = 512

    func bytes(in style: LogOutput.Style) -> [UInt8] {
        switch style {
        case .json: json
        case .text: text
        }
    }

    /// An object: as many of the fields as fit.
    private var json: [UInt8] {
        var line: [UInt8] = []
        let first = [("time", time.rfc3339), ("level", level), ("message", message)]
        for (name, value) in first + fields {
            let member = Self.quoted(name) + [UInt8(ascii: ":")] + Self.quoted(value)
            guard line.count + member.count + 3 <= Self.bytesMax else { break }
            line += [UInt8(ascii: line.isEmpty ? "{" : ",")] + member
        }
        return line + Array("}\n".utf8)
    }

    /// For a person: as many of the fields as fit.
    private var text: [UInt8] {
        var line = Array("\(time.rfc3339) \(level.uppercased()) ".utf8)
        line += Self.printable(message)
        for (name, value) in fields {
            let member = Array(" \(name)=".utf8) + Self.printable(value)
            guard line.count + member.count < Self.bytesMax else { break }
            line += member
        }
        return line + [UInt8(ascii: "\n")]
    }

    private static func quoted(_ text: String) -> [UInt8] {
        [UInt8(ascii: "\"")] + printable(text) + [UInt8(ascii: "\"")]
    }

    private static func printable(_ text: String) -> [UInt8] {
        PrintableText.bytes(of: text, atMost: valueBytesMax)
    }
}
