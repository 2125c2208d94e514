extension IPAddress: CustomStringConvertible {
    /// The usual spelling: four numbers, or what RFC 5952 makes of IPv6, with the first of the longest runs of zeros left
    /// out.
    public var description: String {
        guard !isV4 else {
            return stride(from: 24, through: 0, by: -8).map { String(UInt8(truncatingIfNeeded: bits >> $0)) }
                .joined(separator: ".")
        }
        let groups = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> $0) }
        func text(_ groups: ArraySlice<UInt16>) -> String {
            groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        var zeros = 0..<0
        for start in groups.indices {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.endIndex
            if end - start > max(1, zeros.count) { zeros = start..<end }
        }
        guard !zeros.isEmpty else { return text(groups[...]) }
        return text(groups[..<zeros.lowerBound]) + "::" + text(groups[zeros.upperBound...])
    }
}
