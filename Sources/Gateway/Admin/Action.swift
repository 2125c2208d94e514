internal import Foundation
public import Journal
internal import Wire

/// Something that an operator has done to a journal: by the server that holds it, or by a command where none runs.
///
/// As JSON it is what is posted to `/api/v1/` and its name. Members that may be left out are optional.
public protocol Action: Codable, Sendable {
    /// What came of it.
    associatedtype Outcome: Codable, Sendable

    /// Such as `replay`.
    static var name: String { get }

    func perform(in context: ActionContext) async throws(ActionFault) -> Outcome
}

/// Why an action was not performed.
public enum ActionFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// It cannot be understood, or what it is about is not there.
    case refused(String)
    case journal(JournalError)

    public var description: String {
        switch self {
        case .refused(let why): why
        case .journal(let error): "the journal: \(error)"
        }
    }

    /// The status of the answer to whoever posted it.
    var status: Int {
        switch self {
        case .refused: 400
        case .journal: 503
        }
    }
}

extension Action {
    /// Reads an action. A member that it does not have is refused: misspelt, it would mean more than was meant.
    static func read(_ bytes: [UInt8]) throws(ActionFault) -> Self {
        let text = bytes.isEmpty ? Array("{}".utf8) : bytes
        let action: Self
        let given: JSON
        let known: JSON
        do {
            given = try JSON(text)
            action = try JSONDecoder().decode(Self.self, from: Data(text))
            known = try JSON([UInt8](JSONEncoder().encode(action)))
        } catch DecodingError.keyNotFound(let key, _) {
            throw .refused("`\(key.stringValue)` is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context)
        {
            let place = context.codingPath.first.map { "`\($0.stringValue)` " } ?? ""
            throw .refused(place + "cannot be read")
        } catch {
            throw .refused("not JSON that can be read")
        }
        for member in given.members where !member.value.isNull && known[member.name] == nil {
            throw .refused("`\(member.name)` is nothing that \(name) knows")
        }
        return action
    }
}
