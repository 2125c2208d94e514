internal import Model
internal import Providers

/// Which source a path belongs to: `/in/<source>`, byte for byte, with nothing decoded and nothing tolerated.
struct Routes: Sendable {
    private let sources: [String: Route]

    /// Where a path leads: who speaks there, and what counts it.
    struct Route: Sendable {
        let provider: any Provider.Type
        let source: Source
        let meter: SourceMeter
    }

    init(_ sources: [Source], metrics: Metrics) {
        var routes: [String: Route] = [:]
        for source in sources {
            guard let provider = provider(named: source.provider) else {
                preconditionFailure("a source without a provider was let through the settings")
            }
            routes["/in/" + source.name] = Route(
                provider: provider, source: source, meter: metrics.source(source.name, of: source.provider))
        }
        self.sources = routes
    }

    func find(_ path: String) -> Route? {
        sources[path]
    }
}
