/// The JSON Schema (draft 2020-12) of the canonical event, version 1.
///
/// It is made from the same enumerations that the events are made of, so that a word that is added there is added here.
/// A minor version only ever adds: whoever reads events should let unknown members pass, as this schema does.
public enum EventSchema {
    /// What `dataschema` says in every event.
    public static let identifier = "urn:mogate:inbound-event:1"

    /// The schema as JSON text, indented, with a line's end behind it.
    public static var json: [UInt8] {
        var text = ""
        document.write(to: &text, depth: 0)
        return Array((text + "\n").utf8)
    }

    private static let document: Verbatim = [
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": .string(identifier),
        "title": "Canonical inbound event",
        "description": "What an end user said or did, whichever vendor carried it: CloudEvents 1.0, JSON.",
        "type": "object",
        "required": [
            "specversion", "id", "source", "type", "time", "datacontenttype", "dataschema", "provider", "channel",
            "data",
        ],
        "properties": [
            "specversion": ["const": "1.0"],
            "sequence": described(
                "The journal's number, twenty digits: it sorts as text, and only rises.",
                ["type": "string", "pattern": "^[0-9]{20}$"]),
            "id": described(
                "The same for the same callback, however often, whenever and wherever it comes: a UUID, version 5.",
                uuid),
            "source": ["type": "string", "pattern": "^/sources/[A-Za-z0-9_-]{1,64}$"],
            "type": words(Event.Kind.self),
            "subject": described("The end user's address: the ordering key.", text),
            "time": instant,
            "datacontenttype": ["const": "application/json"],
            "dataschema": ["const": .string(identifier)],
            "provider": text,
            "channel": words(Channel.self),
            "partitionkey": text,
            "traceparent": ["type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"],
            "data": ["$ref": "#/$defs/data"],
        ],
        "allOf": .array(
            Event.Kind.allCases.map { kind in
                [
                    "if": ["properties": ["type": ["const": .string(kind.rawValue)]]],
                    "then": ["properties": ["data": ["required": .array(requirements(of: kind))]]],
                ]
            }),
        "$defs": [
            "data": data, "address": address, "content": content, "keyword": keyword, "consent": consent,
            "status": status,
        ],
    ]

    /// The member of `data` that a type cannot be without.
    private static func requirements(of kind: Event.Kind) -> [Verbatim] {
        switch kind {
        case .messageReceived, .messageSent: ["content"]
        case .consentChanged: ["consent"]
        case .messageStatus: ["status"]
        case .providerNotice: ["notice"]
        }
    }

    private static let data = object(
        required: ["provider", "source", "channel", "direction", "receivedAt", "authenticity", "provenance"],
        [
            "provider": text,
            "source": text,
            "channel": words(Channel.self),
            "direction": words(Event.Direction.self),
            "providerMessageId": text,
            "from": ["$ref": "#/$defs/address"],
            "to": ["$ref": "#/$defs/address"],
            "occurredAt": instant,
            "receivedAt": instant,
            "correlation": object([
                "externalId": text,
                "tags": ["type": "object", "additionalProperties": ["type": "string"]],
                "previousMessageId": text,
                "originalReferenceId": text,
                "trackingData": text,
            ]),
            "content": ["type": "array", "items": ["$ref": "#/$defs/content"]],
            "subjectLine": text,
            "keyword": ["$ref": "#/$defs/keyword"],
            "consent": ["$ref": "#/$defs/consent"],
            "status": ["$ref": "#/$defs/status"],
            "notice": object(required: ["kind"], ["kind": text]),
            "authenticity": object(
                required: ["result", "method"],
                [
                    "result": ["enum": ["verified", "unverified"]],
                    "method": described(
                        "`basic`, `path-token`, `mtls` or `none`; or the vendor's own, such as `telesign-hmac-sha256`.",
                        text),
                    "key": described("The name of the key that matched, never the key.", text),
                ]),
            "provenance": object(
                required: ["requestId", "bodySha256", "decoder", "index", "idBasis", "configured", "warnings"],
                [
                    "requestId": uuid,
                    "bodySha256": sha256,
                    "decoder": text,
                    "index": ["type": "integer", "minimum": 0],
                    "idBasis": words(Provenance.IDBasis.self),
                    "configured": ["type": "array", "items": text],
                    "warnings": ["type": "array", "items": text],
                ]),
            "extra": described(
                "Every vendor field that has no other place, where the vendor put it.", ["type": "object"]),
        ])

    private static let address = object(
        required: ["kind", "value", "raw"],
        [
            "kind": words(Address.Kind.self),
            "value": described("Normalised: E.164 where that is certain.", text),
            "raw": described("Exactly as received.", ["type": "string"]),
            "country": ["type": "string"],
        ])

    private static let content: Verbatim = [
        "oneOf": [
            object(required: ["type", "text"], ["type": ["const": "text"], "text": ["type": "string"]]),
            object(
                required: ["type", "media", "url"],
                [
                    "type": ["const": "media"],
                    "media": words(Content.Media.Kind.self),
                    "url": text,
                    "contentType": text,
                    "fileName": text,
                    "sizeBytes": ["type": "integer"],
                    "sha256": sha256,
                    "animated": ["type": "boolean"],
                    "expiresAt": instant,
                ]),
            object(
                required: ["type", "latitude", "longitude"],
                [
                    "type": ["const": "location"],
                    "latitude": ["type": "number"],
                    "longitude": ["type": "number"],
                    "name": text,
                    "address": text,
                    "url": text,
                ]),
            object(
                required: ["type"],
                ["type": ["const": "choice"], "text": ["type": "string"], "payload": text, "choiceOf": text]),
            object(
                required: ["type", "providerType", "raw"],
                ["type": ["const": "unsupported"], "providerType": ["type": "string"], "raw": true]),
        ]
    ]

    private static let keyword = object(
        required: ["action", "detectedBy", "match"],
        [
            "action": words(Keyword.Action.self),
            "rawAction": text,
            "keyword": text,
            "text": text,
            "country": text,
            "detectedBy": words(Keyword.Detector.self),
            "match": words(Keyword.Match.self),
        ])

    private static let consent = object(
        required: ["state", "cause"],
        [
            "state": words(Event.Consent.State.self),
            "cause": words(Event.Consent.Cause.self),
            "handledByProvider": ["type": "boolean"],
            "evidence": described("The id of the event it follows from.", uuid),
        ])

    private static let status = object(
        required: ["state", "final"],
        [
            "state": words(Event.Status.State.self),
            "final": ["type": "boolean"],
            "providerCode": text,
            "providerState": text,
            "description": ["type": "string"],
            "channels": [
                "type": "array",
                "items": object(
                    required: ["channel", "state"],
                    [
                        "channel": words(Channel.self),
                        "state": words(Event.Status.State.self),
                        "providerCode": text,
                        "providerMessageId": text,
                        "description": ["type": "string"],
                        "at": instant,
                    ]),
            ],
        ])

    // MARK: Pieces

    private static let text: Verbatim = ["type": "string", "minLength": 1]
    private static let instant: Verbatim = ["type": "string", "format": "date-time"]
    private static let uuid: Verbatim = ["type": "string", "format": "uuid"]
    private static let sha256: Verbatim = ["type": "string", "pattern": "^[0-9a-f]{64}$"]

    private static func words<Words: RawRepresentable & CaseIterable>(_: Words.Type) -> Verbatim
    where Words.RawValue == String {
        ["enum": .array(Words.allCases.map { .string($0.rawValue) })]
    }

    private static func object(required: [Verbatim] = [], _ properties: Verbatim) -> Verbatim {
        required.isEmpty
            ? ["type": "object", "properties": properties]
            : ["type": "object", "required": .array(required), "properties": properties]
    }

    private static func described(_ description: String, _ schema: Verbatim) -> Verbatim {
        guard case .object(let members) = schema else { return schema }
        return .object([Verbatim.Member(name: "description", value: .string(description))] + members)
    }
}
