/// Documents are written down in Swift's own literals.
extension Verbatim: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: Verbatim...) { self = .array(elements) }

    /// Members keep the order they are written in.
    public init(dictionaryLiteral elements: (String, Verbatim)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }
}
