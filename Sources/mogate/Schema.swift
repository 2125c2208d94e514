import ArgumentParser
import Model

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the JSON Schema (draft 2020-12) of the canonical event.",
        discussion: "Example: mogate schema > inbound-event.schema.json")

    func run() {
        Output.bytes(EventSchema.json)
    }
}
