/// Every provider we speak, one line each, in the order of the alphabet.
public let catalog: [any Provider.Type] = [
    MobileTextAlerts.self,
    Telesign.self,
]

/// The provider of that name.
public func provider(named name: String) -> (any Provider.Type)? {
    catalog.first { $0.name == name }
}
