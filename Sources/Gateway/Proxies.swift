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
        var names = request.headers.values(of: header.rawValue).flatMap(elements)[...]
        while isOurs(sender), let name = names.popLast(), let address = address(in: name) { sender = address }
        return sender
    }

    private func isOurs(_ address: IPAddress) -> Bool {
        networks.contains { $0.contains(address) }
    }

    private func elements(of field: String) -> [Substring] {
        switch header {
        case .forwardedFor: field.split(separator: ",")
        case .forwarded: Forwarded.elements(of: field)
        }
    }

    private func address(in element: Substring) -> IPAddress? {
        switch header {
        case .forwardedFor: IPAddress(element.trimmingBlanks())
        case .forwarded: Forwarded.sender(in: element)
        }
    }
}
