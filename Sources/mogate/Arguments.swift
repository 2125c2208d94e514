public import ArgumentParser
public import Journal
public import Model

extension EventID: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}

extension DeadLetter.Place: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}

extension Instant: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(rfc3339: argument)
    }
}
