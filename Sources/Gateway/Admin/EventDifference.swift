internal import Wire

/// One place at which two spellings of an event differ.
public struct EventDifference: Sendable, Equatable {
    /// Such as `$.data.content[0].text`.
    public let path: String
    /// Nil where it was not there.
    public let before: String?
    /// Nil where it is there no more.
    public let after: String?

    /// Where two events differ, in the order of the new one's places, then those that are gone. None where all is the same.
    static func between(_ before: [UInt8], _ after: [UInt8]) -> [EventDifference] {
        guard before != after else { return [] }
        let old = leaves(of: before)
        let new = leaves(of: after)
        let oldByPath = Dictionary(old, uniquingKeysWith: { first, _ in first })
        let newPaths = Set(new.map(\.path))
        let changed = new.compactMap { leaf -> EventDifference? in
            let then = oldByPath[leaf.path]
            return then == leaf.value ? nil : EventDifference(path: leaf.path, before: then, after: leaf.value)
        }
        let gone = old.filter { !newPaths.contains($0.path) }
        return changed + gone.map { EventDifference(path: $0.path, before: $0.value, after: nil) }
    }

    /// Every scalar with its path; an empty object or array counts as one. An event that cannot be read is one leaf.
    private static func leaves(of bytes: [UInt8]) -> [(path: String, value: String)] {
        do throws(JSON.Failure) {
            var leaves: [(path: String, value: String)] = []
            gather(try JSON(bytes), at: "$", into: &leaves)
            return leaves
        } catch {
            return [("$", String(decoding: bytes, as: UTF8.self))]
        }
    }

    private static func gather(_ json: JSON, at path: String, into leaves: inout [(path: String, value: String)]) {
        switch json.kind {
        case .object:
            let members = json.members
            if members.isEmpty { leaves.append((path, "{}")) }
            for member in members { gather(member.value, at: "\(path).\(member.name)", into: &leaves) }
        case .array:
            let elements = json.elements
            if elements.isEmpty { leaves.append((path, "[]")) }
            for (index, element) in elements.enumerated() { gather(element, at: "\(path)[\(index)]", into: &leaves) }
        case .string: leaves.append((path, json.string ?? ""))
        case .number: leaves.append((path, json.integer.map { String($0) } ?? String(json.double ?? 0)))
        case .bool: leaves.append((path, String(json.bool ?? false)))
        case .null: leaves.append((path, "null"))
        }
    }
}
