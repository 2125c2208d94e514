/// Prints JSON in the one spelling this product uses: no white space, members in the order they are written.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// Whether the next member or element needs a comma before it.
    private var needsComma = false

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func array(_ elements: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        elements(&self)
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// The name of a member of ours, which needs no escape; its value follows.
    mutating func name(_ name: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The name of a member of the vendor's, under `extra` and in tags, which may hold anything; its value follows.
    mutating func foreignName(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func string(_ value: String) {
        separate()
        quote(value)
        needsComma = true
    }

    /// A string that is written straight into its place, of nothing but digits, letters and such as a date is made of.
    private mutating func plain(_ write: (inout [UInt8]) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        write(&bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    mutating func integer(_ value: Int64) {
        literal(String(value))
    }

    /// The shortest digits that read back as the same number. JSON cannot hold what is not finite: that becomes `null`.
    mutating func real(_ value: Double) {
        literal(value.isFinite ? String(describing: value) : "null")
    }

    mutating func bool(_ value: Bool) {
        literal(value ? "true" : "false")
    }

    mutating func null() {
        literal("null")
    }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if Self.needsEscape(text.utf8Span.span) {
            for byte in text.utf8 { escape(byte) }
        } else {
            bytes.append(contentsOf: text.utf8)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ text: Span<UInt8>) -> Bool {
        // Without a way out before the end, so that many bytes can be looked at in one step.
        var found = false
        for index in text.indices {
            let byte = text[index]
            found = found || byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
        }
        return found
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
        case 0x08: bytes.append(contentsOf: #"\b"#.utf8)
        case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
        case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
        case 0x0C: bytes.append(contentsOf: #"\f"#.utf8)
        case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
        case ..<0x20:
            bytes.append(contentsOf: #"\u00"#.utf8)
            bytes.append(UInt8(hexDigit: UInt64(byte >> 4)))
            bytes.append(UInt8(hexDigit: UInt64(byte)))
        default: bytes.append(byte)
        }
    }
}

// MARK: - Members that are there only where there is something to say

extension JSONWriter {
    mutating func member(_ name: String, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: Int64?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }

    mutating func member(_ name: String, _ value: Bool?) {
        guard let value else { return }
        self.name(name)
        bool(value)
    }

    mutating func member(_ name: String, _ value: Double) {
        self.name(name)
        real(value)
    }

    mutating func member(_ name: String, _ value: Instant?) {
        guard let value else { return }
        self.name(name)
        plain { value.appendRFC3339(to: &$0) }
    }

    mutating func member(_ name: String, _ value: EventID?) {
        guard let value else { return }
        self.name(name)
        plain { value.append(to: &$0) }
    }

    mutating func member(_ name: String, _ values: [String]) {
        self.name(name)
        array { json in
            for value in values { json.string(value) }
        }
    }

    mutating func value(_ value: Verbatim) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .real(let value): real(value)
        case .string(let value): string(value)
        case .array(let elements):
            array { json in
                for element in elements { json.value(element) }
            }
        case .object(let members): object(of: members)
        }
    }

    /// An object of the vendor's members.
    mutating func object(of members: [Verbatim.Member]) {
        object { json in
            for member in members {
                json.foreignName(member.name)
                json.value(member.value)
            }
        }
    }
}
