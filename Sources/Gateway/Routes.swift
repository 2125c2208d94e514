internal import Model
internal import Providers

/// Which source a path belongs to: `/in/<source>`, byte for byte, with nothing decoded and nothing tolerated.
///
/// A source that is proved by its path has one more part there, `/in/<source>/<token>`.
struct Routes: Sendable {
    /// Where a path leads: who speaks there and through whom, and what counts it.
    final class Route: Sendable {
        let provider: any Provider.Type
        let source: Source
        let meter: SourceMeter
        let proxies: Proxies

        init(provider: any Provider.Type, source: Source, meter: SourceMeter, proxies: Proxies) {
            self.provider = provider
            self.source = source
            self.meter = meter
            self.proxies = proxies
        }
    }

    private static let prefix = "/in/"

    private let sources: [String: Route]
    private let hasTokens: Bool
    let proxies: Proxies

    init(_ sources: [Source], proxies: Proxies, metrics: Metrics) {
        var routes: [String: Route] = [:]
        for source in sources {
            guard let provider = provider(named: source.provider) else {
                preconditionFailure("a source without a provider was let through the settings")
            }
            routes[Self.prefix + source.name] = Route(
                provider: provider, source: source, meter: metrics.source(source.name, of: source.provider),
                proxies: proxies)
        }
        self.sources = routes
        hasTokens = sources.contains { $0.authentication == .pathToken }
        self.proxies = proxies
    }

    func find(_ path: String) -> Route? {
        if let route = sources[path] { return route }
        // The name of a source has no slash.
        guard hasTokens, path.hasPrefix(Self.prefix), let slash = path.lastIndex(of: "/"),
            let route = sources[String(path[..<slash])], route.source.authentication == .pathToken
        else { return nil }
        return route
    }
}
