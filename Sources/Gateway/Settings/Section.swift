internal import Yams

/// A mapping in the configuration that is being read: it knows where it stands, and what it was asked for.
///
/// Every scalar key can also come from the environment: `journal.path` as `MOGATE_JOURNAL_PATH`. Problems are collected,
/// not thrown, so that the operator sees all of them at once.
final class Section {
    /// Such as `sources[0]`; empty for the whole file.
    let key: String
    let line: Int?
    private let members: [(name: String, node: Node)]
    /// Such as `MOGATE_SOURCES_MTA`: what the environment calls this mapping.
    private let variable: String
    private let problems: Problems
    private var asked: Set<String> = []

    /// What is wrong so far, and what the environment says.
    final class Problems {
        private(set) var faults: [SettingsFault] = []
        let environment: [String: String]
        var usedVariables: Set<String> = []

        init(environment: [String: String]) {
            self.environment = environment
        }

        func note(_ line: Int?, _ key: String, _ problem: String) {
            faults.append(SettingsFault(line: line, key: key, problem: problem))
        }
    }

    init(_ node: Node?, key: String, line: Int?, variable: String, problems: Problems) {
        self.key = key
        self.line = node?.mark?.line ?? line
        self.variable = variable
        self.problems = problems
        switch node {
        case .mapping(let mapping)?:
            members = mapping.compactMap { member in member.key.string.map { ($0, member.value) } }
        case nil: members = []
        case .some(let other):
            members = []
            if other.string != "" { problems.note(other.mark?.line, key, "expected keys and values") }
        }
    }

    private func path(_ name: String) -> String {
        key.isEmpty ? name : "\(key).\(name)"
    }

    private func node(_ name: String) -> Node? {
        asked.insert(name)
        return members.first { $0.name == name }?.node
    }

    /// - Parameter name: the member, or a place within it such as `secrets[1]`.
    func fault(_ name: String, _ problem: String) {
        let member = name.prefix { $0 != "[" && $0 != "." }
        problems.note(members.first { $0.name == member }?.node.mark?.line ?? line, path(name), problem)
    }

    func has(_ name: String) -> Bool {
        members.contains { $0.name == name } || problems.environment[variableName(name)] != nil
    }

    /// Whether the member is a single value, in the file or from the environment, rather than keys or a list.
    func isScalar(_ name: String) -> Bool {
        problems.environment[variableName(name)] != nil || members.first { $0.name == name }?.node.scalar != nil
    }

    // MARK: Scalars

    /// `defaultCallingCode` is `DEFAULT_CALLING_CODE` in the environment.
    private func variableName(_ name: String) -> String {
        variable + "_" + Self.variableWords(name)
    }

    static func variableWords(_ name: String) -> String {
        var words = ""
        for character in name {
            if character.isUppercase { words.append("_") }
            words.append(character.isLetter || character.isNumber ? character.uppercased() : "_")
        }
        return words
    }

    func string(_ name: String) -> String? {
        let node = node(name)
        let variable = variableName(name)
        if let value = problems.environment[variable] {
            problems.usedVariables.insert(variable)
            return value
        }
        guard let node else { return nil }
        guard let text = node.scalar?.string else {
            fault(name, "expected a single value")
            return nil
        }
        return text
    }

    func required(_ name: String) -> String? {
        guard let text = string(name), !text.isEmpty else {
            if has(name) { fault(name, "must not be empty") } else { fault(name, "is missing") }
            return nil
        }
        return text
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, or fallback: Choice) -> Choice
    where Choice.RawValue == String {
        guard let text = string(name) else { return fallback }
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            fault(name, "`\(text)` is none of \(words)")
            return fallback
        }
        return choice
    }

    func milliseconds(_ name: String, or fallback: Int64, in range: ClosedRange<Int64>) -> Int64 {
        quantity(name, by: Quantity.milliseconds, form: "a duration such as 10s, 5m or 72h", in: range) ?? fallback
    }

    func bytes(_ name: String, or fallback: Int64, in range: ClosedRange<Int64>) -> Int64 {
        quantity(name, by: Quantity.bytes, form: "a size such as 64KiB or 20GiB", in: range) ?? fallback
    }

    func optionalMilliseconds(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        quantity(name, by: Quantity.milliseconds, form: "a duration such as 1h or 1d", in: range)
    }

    func optionalBytes(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        quantity(name, by: Quantity.bytes, form: "a size such as 256MiB", in: range)
    }

    func count(_ name: String, or fallback: Int, in range: ClosedRange<Int>) -> Int {
        let bounds = Int64(range.lowerBound)...Int64(range.upperBound)
        return quantity(name, by: { Int64($0) }, form: "a whole number", in: bounds).map { Int($0) } ?? fallback
    }

    func bool(_ name: String, or fallback: Bool) -> Bool {
        guard let text = string(name) else { return fallback }
        guard let value = ["true": true, "false": false][text] else {
            fault(name, "expected true or false")
            return fallback
        }
        return value
    }

    private func quantity(
        _ name: String, by read: (String) -> Int64?, form: String, in range: ClosedRange<Int64>
    ) -> Int64? {
        guard let text = string(name) else { return nil }
        guard let value = read(text) else {
            fault(name, "`\(text)` is not \(form)")
            return nil
        }
        guard range.contains(value) else {
            fault(name, "`\(text)` is out of bounds")
            return nil
        }
        return value
    }

    // MARK: What holds more

    /// A mapping within; an absent one reads as empty, so that the environment and the defaults still apply.
    func section(_ name: String) -> Section {
        Section(
            node(name), key: path(name), line: line, variable: variableName(name), problems: problems)
    }

    /// A list of mappings. Each is known to the environment by its `name`, or by its place where it has none.
    func sections(_ name: String) -> [Section] {
        list(name).enumerated().map { index, node in
            let itemName = node.mapping?["name"]?.string ?? String(index)
            return Section(
                node, key: "\(path(name))[\(index)]", line: node.mark?.line,
                variable: variableName(name) + "_" + Self.variableWords(itemName), problems: problems)
        }
    }

    /// A list of what alone is let through, as ``strings(_:)`` reads it. One that is given and empty is a mistake, such as a
    /// variable that is not set where it is written: taken as no list at all, it would let everything through.
    func restriction(_ name: String) -> [String] {
        let strings = strings(name)
        if has(name), strings.isEmpty { fault(name, "is empty; leave it out to let everything through") }
        return strings
    }

    /// A list of scalars, or a single one; from the environment with commas between.
    func strings(_ name: String) -> [String] {
        let variable = variableName(name)
        if let value = problems.environment[variable] {
            asked.insert(name)
            problems.usedVariables.insert(variable)
            return value.split(separator: ",").map { $0.trimmingBlanks() }
        }
        if let text = node(name)?.scalar?.string { return text.isEmpty ? [] : [text] }
        return list(name).enumerated().compactMap { index, node in
            guard let text = node.scalar?.string else {
                problems.note(node.mark?.line, "\(path(name))[\(index)]", "expected a single value")
                return nil
            }
            return text
        }
    }

    /// All members as text, whatever their names: for a table that is the operator's own.
    func table(_ name: String) -> [(key: String, values: [String])] {
        let section = section(name)
        return section.members.map { ($0.name, section.strings($0.name)) }
    }

    private func list(_ name: String) -> [Node] {
        guard let node = node(name) else { return [] }
        guard case .sequence(let sequence) = node else {
            if node.scalar?.string != "" { fault(name, "expected a list") }
            return []
        }
        return Array(sequence)
    }

    /// Says which keys nobody asked for. Call it when all has been read.
    func finish() {
        for member in members where !asked.contains(member.name) {
            let near = asked.min { Self.distance($0, member.name) < Self.distance($1, member.name) }
            let hint = near.flatMap { Self.distance($0, member.name) <= 3 ? "; did you mean `\($0)`?" : nil } ?? ""
            problems.note(member.node.mark?.line, path(member.name), "unknown key\(hint)")
        }
    }

    /// How many letters must be changed, added or taken away to make one word of the other.
    private static func distance(_ one: String, _ other: String) -> Int {
        let letters = Array(other)
        var row = Array(0...letters.count)
        for (index, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in letters.indices {
                let above = row[column + 1]
                row[column + 1] = min(above + 1, row[column] + 1, diagonal + (letters[column] == letter ? 0 : 1))
                diagonal = above
            }
        }
        return row[letters.count]
    }
}
