/// Prints JSON in the one spelling this product uses: no white space, members in the order they are written.
struct JSONWriter: ~Copyable {
    private var output: ByteWriter
    /// Whether the next member or element needs a comma before it.
    private var needsComma = false

    /// - Parameter capacity: about how many bytes it will be.
    init(capacity: Int) {
        output = ByteWriter(capacity: capacity)
    }

    /// What was written.
    consuming func finish() -> [UInt8] { output.finish() }

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        separate()
        output.append(UInt8(ascii: "{"))
        needsComma = false
        members(&self)
        output.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func array(_ elements: (inout JSONWriter) -> Void) {
        separate()
        output.append(UInt8(ascii: "["))
        needsComma = false
        elements(&self)
        output.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// The name of a member of ours, which needs no escape; its value follows.
    mutating func name(_ name: StaticString) {
        output.append(name: name, behindComma: needsComma)
        needsComma = false
    }

    /// The name of a member of the vendor's, under `extra` and in tags, which may hold anything; its value follows.
    mutating func foreignName(_ name: String) {
        separate()
        output.append(quoted: name)
        output.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func string(_ value: String) {
        separate()
        output.append(quoted: value)
        needsComma = true
    }

    /// A string that is written straight into its place, of nothing but digits, letters and such as a date is made of.
    private mutating func plain(_ write: (inout ByteWriter) -> Void) {
        separate()
        output.append(UInt8(ascii: "\""))
        write(&output)
        output.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A string that begins with the program's own words, which need no escape.
    mutating func string(_ value: String, behind start: StaticString) {
        separate()
        output.append(UInt8(ascii: "\""))
        output.append(start)
        output.append(endOfQuoted: value)
        needsComma = true
    }

    mutating func integer(_ value: Int64) {
        separate()
        output.append(value)
        needsComma = true
    }

    /// The shortest digits that read back as the same number. JSON cannot hold what is not finite: that becomes `null`.
    mutating func real(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        output.append(String(describing: value))
        needsComma = true
    }

    mutating func bool(_ value: Bool) {
        constant(value ? "true" : "false")
    }

    mutating func null() {
        constant("null")
    }

    /// What is always the same, as it stands in JSON: a value, or members with theirs.
    mutating func constant(_ text: StaticString) {
        separate()
        output.append(text)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { output.append(UInt8(ascii: ",")) }
    }
}

// MARK: - Members that are there only where there is something to say

extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }

    mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        self.name(name)
        bool(value)
    }

    mutating func member(_ name: StaticString, _ value: Double) {
        self.name(name)
        real(value)
    }

    mutating func member(_ name: StaticString, _ value: Instant?) {
        guard let value else { return }
        self.name(name)
        plain { value.appendRFC3339(to: &$0) }
    }

    mutating func member(_ name: StaticString, _ value: EventID?) {
        guard let value else { return }
        self.name(name)
        plain { value.append(to: &$0) }
    }

    mutating func member(_ name: StaticString, _ values: [String]) {
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
