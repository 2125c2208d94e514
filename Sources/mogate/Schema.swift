import ArgumentParser
import Model

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the JSON Schema (draft 2020-12) of the canonical event.",
        discussion: """
            Examples:
              mogate schema > inbound-event.schema.json
              mogate schema --asyncapi > asyncapi.json
            """)

    @Flag(name: .customLong("asyncapi"), help: "Print the AsyncAPI document of what is sent downstream instead.")
    var isForAsyncAPI = false

    func run() {
        Output.bytes(isForAsyncAPI ? EventAPI.json : EventSchema.json)
    }
}
