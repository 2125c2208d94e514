public import ArgumentParser
public import Model

extension EventID: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}

extension Instant: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(rfc3339: argument)
    }
}
