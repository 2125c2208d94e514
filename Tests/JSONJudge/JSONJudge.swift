internal import CJansson
internal import Wire

/// Another reader of JSON, to hold ours against: jansson, which is strict in the same way but for depth and wording.
public enum JSONJudge {
    /// What the two say differently of the same bytes; nil where they are of one mind.
    ///
    /// Documents that lie deeper than ours allows are left out: jansson would read them. So are those with a NUL, which no
    /// JSON has: jansson passes over one that stands right behind a number.
    public static func difference(on bytes: [UInt8]) -> String? {
        var error = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES) | Int(JSON_ALLOW_NUL)
        let judged = bytes.withUnsafeBytes { json_loadb($0.baseAddress, $0.count, flags, &error) }
        defer { json_decref(judged) }
        do {
            let ours = try JSON(bytes)
            guard let judged else { return "we read what jansson refuses" }
            return difference(ours, judged, at: "$")
        } catch {
            guard judged != nil, error.reason != "nested too deeply", !bytes.contains(0) else { return nil }
            return "we refuse what jansson reads: \(error.reason) at byte \(error.offset)"
        }
    }

    private static func difference(_ ours: JSON, _ judged: UnsafeMutablePointer<json_t>, at path: String) -> String? {
        switch shim_json_type(judged) {
        case JSON_OBJECT:
            guard ours.kind == .object else { return "\(path) is an object" }
            return objectDifference(ours, judged, at: path)
        case JSON_ARRAY:
            guard ours.elements.count == json_array_size(judged) else { return "\(path) has another length" }
            for (index, element) in ours.elements.enumerated() {
                guard let other = json_array_get(judged, index) else { return "\(path)[\(index)] is missing" }
                if let found = difference(element, other, at: "\(path)[\(index)]") { return found }
            }
            return ours.kind == .array ? nil : "\(path) is an array"
        case JSON_STRING:
            let text = UnsafeRawBufferPointer(start: json_string_value(judged), count: json_string_length(judged))
            return ours.string.map { Array($0.utf8) } == Array(text) ? nil : "\(path) is another string"
        case JSON_INTEGER: return ours.integer == json_integer_value(judged) ? nil : "\(path) is another whole number"
        case JSON_REAL:
            guard ours.integer == nil else { return "\(path) is no whole number" }
            return ours.double?.bitPattern == json_real_value(judged).bitPattern ? nil : "\(path) is another number"
        case JSON_TRUE: return ours.bool == true ? nil : "\(path) is true"
        case JSON_FALSE: return ours.bool == false ? nil : "\(path) is false"
        default: return ours.isNull ? nil : "\(path) is null"
        }
    }

    private static func objectDifference(
        _ ours: JSON, _ judged: UnsafeMutablePointer<json_t>, at path: String
    ) -> String? {
        guard ours.memberCount == json_object_size(judged) else { return "\(path) has another number of members" }
        for (place, member) in ours.members.enumerated() {
            var name = member.name
            guard let other = name.withUTF8({ json_object_getn(judged, $0.baseAddress, $0.count) }) else {
                return "\(path) has a member of another name"
            }
            guard ours.member(member.name)?.place == place else { return "\(path) does not find its own" }
            if let found = difference(member.value, other, at: "\(path).\(name)") { return found }
        }
        return nil
    }
}
