internal import Model
internal import Wire

/// A JSON object that is being read, and that remembers what it was asked for.
///
/// What nobody asked for is ``leftover``: that is how no field is ever dropped. A field of the wrong type is a fault and
/// stays in the leftover too. `null` is as good as absent, as both vendors document.
final class Fields {
    private let place: Place
    private let json: JSON
    private var fates = Fates()
    private let memberCount: Int
    private let findings: Findings
    /// How much of a new word or of a field's new name is noted; all of it stays in the event.
    private static let wordCharactersMax = 64

    /// What has become of the members.
    private struct Fates {
        /// Those whose values live in the model now.
        var taken = MemberSet()
        /// Those that are known, though the model has no place for them: they stay in the leftover and surprise nobody.
        var expected = MemberSet()
        /// What some of them hold that is being read in its turn.
        var opened: [(place: Int, content: Opened)] = []

        /// What a member holds that is being read in its turn; nil where it holds no such thing.
        func content(of member: JSON.Member) -> Opened? {
            opened.first { $0.place == member.place }?.content
        }
    }

    private enum Opened {
        case object(Fields)
        /// Nil stands for an element that is no object.
        case array([Fields?])
    }

    /// Where an object stands; the path is put together when it is asked for, which is seldom.
    private enum Place {
        case top
        case member(of: Parent, name: String)
        case element(of: Parent, name: String, index: Int)
    }

    /// The object around another, which holds it and is there for as long.
    private struct Parent {
        unowned let fields: Fields
    }

    convenience init(_ json: JSON, noting findings: Findings) {
        self.init(json, at: .top, noting: findings)
    }

    private init(_ json: JSON, at place: Place, noting findings: Findings) {
        self.json = json
        self.place = place
        self.findings = findings
        memberCount = json.memberCount
    }

    /// Where the object stands in the body, such as `$.content`.
    var path: String {
        switch place {
        case .top: "$"
        case .member(let parent, let name): "\(parent.fields.path).\(name)"
        case .element(let parent, let name, let index): "\(parent.fields.path).\(name)[\(index)]"
        }
    }

    /// Where a member lies; nil where there is none of this name.
    private func find(_ name: String) -> JSON.Member? {
        memberCount <= Self.searchedMax ? json.member(name) : table[Array(name.utf8)]
    }

    /// Above so many members a name is looked up in ``table``. Most objects have a dozen, which are gone through one by one.
    private static let searchedMax = 1_024

    /// Which member has which name: for objects that are asked for each of thousands of names.
    private lazy var table: [[UInt8]: JSON.Member] = {
        var table: [[UInt8]: JSON.Member] = [:]
        json.forEachMember { table[Array(json.name($0).utf8)] = $0 }
        return table
    }()

    /// Whether the member is there, be it `null`.
    func has(_ name: String) -> Bool {
        find(name) != nil
    }

    /// Whether the member is there and says something.
    func hasValue(_ name: String) -> Bool {
        findValue(name) != nil
    }

    /// The members' names, in the vendor's order.
    var names: [String] {
        var names: [String] = []
        json.forEachMember { names.append(json.name($0)) }
        return names
    }

    // MARK: Taking

    func string(_ name: String) -> String? {
        take(name, as: "a string") { json.string($0) }
    }

    /// A string that says something: an empty one is as good as absent.
    func text(_ name: String) -> String? {
        string(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// An id or a code: a string or a whole number, as text.
    func id(_ name: String) -> String? {
        take(name, as: "a string or a whole number") { idText($0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    func integer(_ name: String) -> Int64? {
        take(name, as: "a whole number") { json.integer($0) }
    }

    func double(_ name: String) -> Double? {
        take(name, as: "a number") { json.double($0) }
    }

    func bool(_ name: String) -> Bool? {
        take(name, as: "true or false") { json.bool($0) }
    }

    /// A moment in RFC 3339 that can be so: from the year 2000 on, and no more than a day after it was received.
    ///
    /// Anything else stays where it is, with a warning: the time of an event is not worth losing the event for.
    func instant(_ name: String, receivedAt: Instant) -> Instant? {
        guard let member = findValue(name), let text = json.string(member) else {
            // Notes a member of the wrong type, if there is one.
            _ = string(name)
            return nil
        }
        return instant(name, as: Instant(rfc3339: text), receivedAt: receivedAt)
    }

    /// A moment that was read by whoever knows how this vendor writes them; it must be one that can be, as above.
    func instant(_ name: String, as read: Instant?, receivedAt: Instant) -> Instant? {
        guard let instant = read else {
            keep(name)
            findings.warn("\(path).\(name): not a time in RFC 3339")
            return nil
        }
        guard instant.microseconds >= 946_684_800_000_000, instant.milliseconds(since: receivedAt) <= 86_400_000 else {
            keep(name)
            findings.warn("\(path).\(name): a time that cannot be")
            return nil
        }
        if let member = find(name) { fates.taken.insert(member.place) }
        return instant
    }

    /// An object within, to be read in its turn.
    func object(_ name: String) -> Fields? {
        find(name).flatMap { object($0, named: name) }
    }

    private func object(_ member: JSON.Member, named name: String) -> Fields? {
        if case .object(let known) = fates.content(of: member) { return known }
        guard claim(member) else { return nil }
        guard json.kind(member) == .object else {
            mistyped(name, at: member.place, expected: "an object")
            return nil
        }
        let fields = Fields(json.value(member), at: .member(of: Parent(fields: self), name: name), noting: findings)
        fates.opened.append((member.place, .object(fields)))
        return fields
    }

    /// The elements of an array that are objects, each to be read in its turn.
    func objects(_ name: String) -> [Fields] {
        guard let member = find(name) else { return [] }
        if case .array(let known) = fates.content(of: member) { return known.compactMap { $0 } }
        guard claim(member) else { return [] }
        guard json.kind(member) == .array else {
            mistyped(name, at: member.place, expected: "an array")
            return []
        }
        let elements = json.value(member).elements.enumerated().map { index, element -> Fields? in
            guard element.kind == .object else {
                findings.fault(at: "\(path).\(name)[\(index)]", "expected an object")
                return nil
            }
            return Fields(element, at: .element(of: Parent(fields: self), name: name, index: index), noting: findings)
        }
        fates.opened.append((member.place, .array(elements)))
        return elements.compactMap { $0 }
    }

    /// An object within, to be looked at while all of it stays in the leftover.
    func aside(_ name: String) -> Fields? {
        guard let member = find(name), json.kind(member) == .object else { return nil }
        keep(name)
        return Fields(json.value(member), at: .member(of: Parent(fields: self), name: name), noting: findings)
    }

    /// The member as it is, taken.
    func verbatim(_ name: String) -> Verbatim? {
        guard let member = find(name), claim(member) else { return nil }
        fates.taken.insert(member.place)
        return Verbatim(json.value(member))
    }

    /// Text members as tags, in the vendor's order; numbers and booleans among them become text.
    func tags(_ name: String) -> [Event.Correlation.Tag] {
        guard let fields = object(name) else { return [] }
        return fields.names.compactMap { member in
            fields.take(member, as: "a string") { fields.plainText($0) }
                .map { Event.Correlation.Tag(name: member, value: $0) }
        }
    }

    // MARK: Knowing

    /// Marks fields as known: they have no place in the model, and stay in the leftover without being a surprise.
    func keep(_ names: String...) {
        for name in names { expect(name) }
    }

    /// A string or a whole number as text, left where it is: to look at a field before it is known what it is.
    func peek(_ name: String) -> String? {
        findValue(name).flatMap { idText($0) }
    }

    /// Whether the member is a text, where an id or a code may be a number as well.
    func isText(_ name: String) -> Bool {
        find(name).map { json.kind($0) } == .string
    }

    /// Notes that a field says something new; the field itself stays where it is, and is no surprise beside that.
    func sight(_ name: String, word: String) {
        expect(name)
        findings.sight(.word, at: "\(path).\(name)", word: Self.shortened(word))
    }

    /// An object within, to be read in its turn; nil, and no fault, where the member is something else.
    func objectIfAny(_ name: String) -> Fields? {
        guard let member = find(name), json.kind(member) == .object else { return nil }
        return object(member, named: name)
    }

    /// Leaves a field where it was after all: the model has a place for some of its values, and not for this one.
    func putBack(_ name: String) {
        guard let member = find(name) else { return }
        fates.taken.remove(member.place)
        fates.expected.insert(member.place)
    }

    private func expect(_ name: String) {
        if let member = find(name) { fates.expected.insert(member.place) }
    }

    /// What nobody asked for, in the vendor's order. Unknown names among it are noted as sightings: call it once.
    func leftover() -> [Verbatim.Member] {
        var rest: [Verbatim.Member] = []
        // A copy: no fate changes any more, and the object's own would be looked up anew for each member.
        let fates = fates
        json.forEachMember { member in
            guard !fates.taken.contains(member.place), let value = leftover(of: member, fates) else { return }
            // At once for all that may come, which is nearly always what comes.
            if rest.isEmpty { rest.reserveCapacity(memberCount - fates.taken.count) }
            rest.append(Verbatim.Member(name: json.name(member), value: value))
        }
        return rest
    }

    private func leftover(of member: JSON.Member, _ fates: Fates) -> Verbatim? {
        switch fates.content(of: member) {
        case .object(let fields):
            let rest = fields.leftover()
            return rest.isEmpty ? nil : .object(rest)
        case .array(let elements): return leftover(of: elements, in: json.value(member))
        case nil: break
        }
        if !fates.expected.contains(member.place) {
            findings.sight(.field, at: path + "." + Self.shortened(json.name(member)))
        } else if json.kind(member) == .null {
            return nil
        }
        return Verbatim(json.value(member))
    }

    /// What is left of an array's elements, each in its place; nil where nothing is.
    private func leftover(of elements: [Fields?], in array: JSON) -> Verbatim? {
        let rest = zip(array.elements, elements).map { element, fields in
            fields.map { Verbatim.object($0.leftover()) } ?? Verbatim(element)
        }
        return rest.allSatisfy { $0 == .object([]) } ? nil : .array(rest)
    }

    /// A text of so few bytes needs no count of its characters, and most are.
    private static func shortened(_ text: String) -> String {
        text.utf8.count <= wordCharactersMax ? text : String(text.prefix(wordCharactersMax))
    }

    /// The object as it is, nothing taken.
    var whole: Verbatim { Verbatim(json) }

    private func take<Value>(_ name: String, as type: String, by read: (JSON.Member) -> Value?) -> Value? {
        guard let member = find(name), claim(member) else { return nil }
        guard let value = read(member) else {
            mistyped(name, at: member.place, expected: type)
            return nil
        }
        fates.taken.insert(member.place)
        return value
    }

    /// Whether a member that is asked for has a value. A `null` is taken here and now: it says nothing that could be left over.
    private func claim(_ member: JSON.Member) -> Bool {
        guard json.kind(member) == .null else { return true }
        fates.taken.insert(member.place)
        return false
    }

    /// Where a member lies that says something.
    private func findValue(_ name: String) -> JSON.Member? {
        find(name).flatMap { json.kind($0) == .null ? nil : $0 }
    }

    /// A string or a whole number as text.
    private func idText(_ member: JSON.Member) -> String? {
        json.string(member) ?? json.digits(member)
    }

    /// A scalar as text; nil for anything that has no plain text.
    private func plainText(_ member: JSON.Member) -> String? {
        idText(member) ?? json.double(member).map { String(describing: $0) } ?? json.bool(member).map { String($0) }
    }

    /// Noted once a field, however often it is asked for.
    private func mistyped(_ name: String, at place: Int, expected type: String) {
        guard !fates.expected.contains(place) else { return }
        fates.expected.insert(place)
        findings.fault(at: "\(path).\(name)", "expected \(type)")
    }
}
