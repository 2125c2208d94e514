public import Model

/// The proxies that stand in front, and how they tell for whom they ask. Anyone else's word for it is not taken.
public struct Proxies: Sendable, Equatable {
    public var networks: [IPNetwork]
    public var header: Header

    /// The field that the proxies write. Only this one is read: a proxy passes the other one on as it came from outside.
    public enum Header: String, Sendable, CaseIterable {
        /// A list of addresses, each proxy's at the end.
        case forwardedFor = "x-forwarded-for"
        /// RFC 7239: a list of elements with `for=` in them.
        case forwarded
    }

    public init(networks: [IPNetwork] = [], header: Header = .forwardedFor) {
        self.networks = networks
        self.header = header
    }

    /// Who sent a request: whoever connected, or, where that is a proxy of ours, whom it names; and so on.
    ///
    /// Where a proxy names none that can be read, it is the proxy itself. Nil where the socket has no address.
    func sender(of request: Webhook) -> IPAddress? {
        guard var sender = IPAddress(request.peer) else { return nil }
        guard isOurs(sender) else { return sender }
        var names = request.headers.values(of: header.rawValue).flatMap { $0.split(separator: ",") }[...]
        while isOurs(sender), let name = names.popLast(), let address = address(in: name) { sender = address }
        return sender
    }

    private func isOurs(_ address: IPAddress) -> Bool {
        networks.contains { $0.contains(address) }
    }

    private func address(in element: Substring) -> IPAddress? {
        guard header == .forwarded else { return IPAddress(element.trimmingBlanks()) }
        for pair in element.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmingBlanks().lowercased() == "for" else { continue }
            return Self.node(parts[1].trimmingBlanks())
        }
        return nil
    }

    /// `192.0.2.1`, `"192.0.2.1:4711"`, `"[2001:db8::1]"` or `"[2001:db8::1]:4711"`.
    private static func node(_ text: String) -> IPAddress? {
        var node = text[...]
        if node.count > 1, node.hasPrefix("\""), node.hasSuffix("\"") { node = node.dropFirst().dropLast() }
        if node.hasPrefix("["), let end = node.firstIndex(of: "]") {
            return IPAddress(node[node.index(after: node.startIndex)..<end])
        }
        return IPAddress(node.prefix { $0 != ":" })
    }
}
