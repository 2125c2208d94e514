/// A table whose pages can be mended, since its rows show by themselves whether they are as they were written, or can be
/// done without.
enum JournalTable: String {
    case events, requests, commits
    case idBlocks = "id_blocks"
    case idSegments = "id_segments"

    private enum Column {
        case key, integer, text, bytes
        case exactly(UInt64)
    }

    private var columns: [Column] {
        switch self {
        case .events: [.key, .exactly(16), .integer, .integer, .integer, .text, .bytes, .exactly(16)]
        case .requests:
            [
                .key, .exactly(16), .integer, .integer, .integer, .integer, .bytes, .bytes, .text, .text, .exactly(16),
            ]
        case .commits: [.key, .integer, .integer, .integer, .exactly(16), .exactly(32)]
        case .idBlocks: [.key, .bytes]
        case .idSegments: [.key, .integer, .integer, .integer, .integer, .bytes]
        }
    }

    /// Whether a row of the table has values of these types, as SQLite numbers them.
    func hasRows(of types: [UInt64]) -> Bool {
        guard types.count == columns.count else { return false }
        return types == typesOfNothing
            || zip(columns, types).allSatisfy { column, type in
                switch column {
                case .key: type == 0
                case .integer: 1...6 ~= type || type == 8 || type == 9
                case .text: type == 0 || type >= 13 && !type.isMultiple(of: 2)
                case .bytes: type >= 12 && type.isMultiple(of: 2)
                case .exactly(let bytes): type == 12 + 2 * bytes
                }
            }
    }

    /// How many bytes a value of a type takes.
    static func bytes(ofType type: UInt64) -> UInt64 {
        switch type {
        case 0, 8, 9: 0
        case 1...4: type
        case 5: 6
        case 6, 7: 8
        default: type < 12 ? 0 : (type - 12) / 2
        }
    }

    /// Of a row that stands for a lost one: no id and no digest has no bytes, and a block of ids has one.
    private var typesOfNothing: [UInt64] {
        columns.map { column in
            switch column {
            case .key, .text: 0
            case .integer: 8
            case .exactly: 12
            case .bytes: self == .idBlocks ? 14 : 12
            }
        }
    }

    /// A row that stands for a lost one, as SQLite writes it: what its columns are, and their bytes.
    var recordOfNothing: [UInt8] {
        let types = typesOfNothing
        let columnBytes = types.reduce(0) { $0 + Int(Self.bytes(ofType: $1)) }
        return [UInt8(types.count + 1)] + types.map { UInt8($0) } + [UInt8](repeating: 0, count: columnBytes)
    }
}
