/// What a receiver downstream is sent, as an AsyncAPI 3.0 document: the requests, their header fields and what they carry.
///
/// https://www.asyncapi.com/docs/reference/specification/v3.0.0 (read 2026-11-28).
public enum EventAPI {
    /// The document as JSON text, indented, with a line's end behind it.
    public static var json: [UInt8] {
        var text = ""
        document.write(to: &text, depth: 0)
        return Array((text + "\n").utf8)
    }

    private static let schema: Verbatim = ["$ref": "inbound-event-1.json"]

    private static let document: Verbatim = [
        "asyncapi": "3.0.0",
        "info": [
            "title": "mogate events",
            "version": "1.0.0",
            "description": .string(
                "What mogate posts to an HTTP sink. Any 2xx means that the receiver has it, for good. The same event may "
                    + "come again: deduplicate by its id. Events of one subject come in order where the sink asks for it."
            ),
            "license": ["name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"],
        ],
        "defaultContentType": "application/cloudevents+json",
        "servers": [
            "receiver": [
                "host": "receiver.example", "protocol": "https",
                "description": "The address that the sink is configured with.",
            ]
        ],
        "channels": [
            "events": [
                "address": .null,
                "description": "The sink's `url`.",
                "messages": [
                    "structured": ["$ref": "#/components/messages/structured"],
                    "binary": ["$ref": "#/components/messages/binary"],
                    "batched": ["$ref": "#/components/messages/batched"],
                ],
            ]
        ],
        "operations": [
            "deliver": [
                "action": "send",
                "channel": ["$ref": "#/channels/events"],
                "summary": "Delivers an event, or several in the batched format.",
                "bindings": ["http": ["method": "POST", "bindingVersion": "0.3.0"]],
            ]
        ],
        "components": [
            "messages": [
                "structured": message(
                    "One event, whole, in the body: `format: cloudevents-structured`.",
                    type: "application/cloudevents+json", fields: [:], payload: schema),
                "binary": message(
                    "The event's attributes in header fields, its data in the body: `format: cloudevents-binary`.",
                    type: "application/json", fields: binaryFields,
                    payload: ["$ref": "inbound-event-1.json#/properties/data"]),
                "batched": message(
                    "Several events as one array: `format: cloudevents-batched`. Go by the events' own ids.",
                    type: "application/cloudevents-batch+json", fields: [:],
                    payload: ["type": "array", "items": schema, "minItems": 1]),
            ]
        ],
    ]

    private static func message(
        _ summary: Verbatim, type: Verbatim, fields: Verbatim, payload: Verbatim
    ) -> Verbatim {
        guard case .object(let own) = fields, case .object(let signing) = signingFields else { return .null }
        return [
            "summary": summary, "contentType": type,
            "headers": [
                "type": "object", "required": ["webhook-id", "webhook-timestamp"], "properties": .object(signing + own),
            ],
            "payload": payload,
        ]
    }

    /// https://www.standardwebhooks.com (read 2026-11-28).
    private static let signingFields: Verbatim = [
        "webhook-id": field("The event's id; of a batch, a digest of its events' ids. The same for each attempt."),
        "webhook-timestamp": field("When the attempt was made, in seconds since 1970."),
        "webhook-signature": field(
            "`v1,` and Base64 of HMAC-SHA256 over id, timestamp and body with dots between, for each secret; absent where the sink has none."
        ),
        "traceparent": field("W3C trace context, where the vendor's callback brought one."),
    ]

    private static let binaryFields: Verbatim = [
        "ce-specversion": ["const": "1.0"],
        "ce-id": field("As `webhook-id`."),
        "ce-source": field("Such as `/sources/mta`."),
        "ce-type": ["type": "string", "enum": .array(Event.Kind.allCases.map { .string($0.rawValue) })],
        "ce-subject": field("The end user's address."),
        "ce-time": field("When it happened."),
        "ce-sequence": field("The journal's number, twenty digits."),
        "ce-provider": field("Whose callback it was, such as `telesign`."),
        "ce-channel": ["type": "string", "enum": .array(Channel.allCases.map { .string($0.rawValue) })],
        "ce-dataschema": ["const": .string(EventSchema.identifier)],
        "ce-partitionkey": field("As `ce-subject`."),
        "ce-traceparent": field("As `traceparent`."),
    ]

    private static func field(_ description: String) -> Verbatim {
        ["type": "string", "description": .string(description)]
    }
}
