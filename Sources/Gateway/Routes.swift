internal import Model
internal import Providers

/// Which source a path belongs to: `/in/<source>`, byte for byte, with nothing decoded and nothing tolerated.
struct Routes: Sendable {
    private let sources: [String: (provider: any Provider.Type, source: Source)]

    init(_ sources: [Source]) {
        var routes: [String: (provider: any Provider.Type, source: Source)] = [:]
        for source in sources {
            guard let provider = provider(named: source.provider) else {
                preconditionFailure("a source without a provider was let through the settings")
            }
            routes["/in/" + source.name] = (provider, source)
        }
        self.sources = routes
    }

    func find(_ path: String) -> (provider: any Provider.Type, source: Source)? {
        sources[path]
    }
}
