internal import Model

/// Telling version and event apart: neither is certain from the vendor's pages.
extension MobileTextAlerts.Payload {
    private typealias Callback = MobileTextAlerts.Callback

    /// Reads what a body is.
    ///
    /// Asked in this order, and each that says otherwise is a warning: the source's configuration, which is per
    /// registration and so knows best; for V3 the fields, since a `type` is documented for two events only, each time in
    /// words that contradict themselves; for V1 and V2 the `type`, which is documented for all.
    init(_ root: Fields, of reading: Reading) throws(Fault) {
        let fields = Self.unwrapped(root, noting: reading.findings)
        guard Self.numbersAndIDs.contains(where: fields.has) else {
            throw Self.unrecognised(fields, noting: reading.findings)
        }
        let version = Self.version(of: fields)
        let named = Callback(word: fields.peek("type")) ?? Callback(word: root.peek("event"))
        let shaped = version == .v3 ? Self.shapeV3(of: fields) : Self.shapeLegacy(of: fields)
        if let named, let shaped, named != shaped {
            reading.findings.warn("named \(named.rawValue), with the fields of \(shaped.rawValue)")
        }
        let told = version == .v3 ? shaped ?? named : named ?? shaped
        guard let callback = Self.configured(over: told, of: reading) ?? told else {
            throw Self.unrecognised(fields, noting: reading.findings)
        }
        self.init(fields, of: reading, version: version, callback: callback)
        takeNames(from: root, named: named)
    }

    /// The source's event where it has one, for which every body here is meant.
    ///
    /// One thing it cannot do: make an opt-in of what is plainly something else. A consent that nobody gave is worse than
    /// a source that is configured wrong.
    private static func configured(over told: Callback?, of reading: Reading) -> Callback? {
        guard let word = reading.source.event else { return nil }
        guard let configured = Callback(word: word) else {
            reading.findings.warn("the configured event is none of this vendor's")
            return nil
        }
        guard let told, told != configured else { return configured }
        reading.findings.warn("configured as \(configured.rawValue), but it is like \(told.rawValue)")
        return configured == .numberOptIn ? nil : configured
    }

    /// The object that has the fields: inferred, the one in `data` where the body is `{"event":…,"data":{…}}`.
    ///
    /// The vendor's tables show flat bodies only; an example with an envelope is known from a receiver's test.
    private static func unwrapped(_ root: Fields, noting findings: Findings) -> Fields {
        guard !numbersAndIDs.contains(where: root.has), let data = root.objectIfAny("data") else { return root }
        findings.warn("read from within data")
        return data
    }

    /// Inferred from the tables: the names of the numbers are different; where there are none, what only V3 has.
    private static func version(of fields: Fields) -> Version {
        if fields.has("fromNumber") || fields.has("toNumber") { return .v3 }
        if fields.has("originationNumber") || fields.has("destinationNumber") { return .legacy }
        return fields.has("replyId") || fields.has("timestamp") ? .v3 : .legacy
    }

    /// Inferred from the tables, in this order: message-reply and message-send have no `type` in V3.
    private static func shapeV3(of fields: Fields) -> Callback? {
        if fields.hasValue("replyId") { return .messageReply }
        if fields.hasValue("status") { return .deliveryStatus }
        if fields.has("message") || fields.has("url") {
            // An id without the reply's own is an outbound message's, which always has a recipient. A message from a
            // number to none is a reply without its id. From a number to a number without any id: it could be either.
            if fields.hasValue("toNumber") { return fields.hasValue("messageId") ? .messageSend : nil }
            return fields.hasValue("fromNumber") ? .messageReply : nil
        }
        let isOptIn = fields.hasValue("fromNumber") && !fields.hasValue("messageId")
        return isOptIn && MobileTextAlerts.NumberOptIn.hasKnownWord(fields) ? .numberOptIn : nil
    }

    /// Inferred from the tables, for a body without its `type`.
    private static func shapeLegacy(of fields: Fields) -> Callback? {
        if fields.hasValue("originationNumber") {
            if fields.hasValue("optInType") { return .numberOptIn }
            let isReply = ["isOptOutMessage", "previousMessageId", "message", "url"].contains(where: fields.has)
            if isReply { return .messageReply }
            return MobileTextAlerts.NumberOptIn.hasKnownWord(fields) ? .numberOptIn : nil
        }
        guard fields.hasValue("destinationNumber") else { return nil }
        if fields.hasValue("status") { return .deliveryStatus }
        return fields.has("message") || fields.has("url") ? .messageSend : nil
    }

    /// Takes the names that say what the event's own type says, and marks the others for what they are.
    private func takeNames(from root: Fields, named: Callback?) {
        if root.peek("event") != nil {
            findings.warn("named by a field event")
            take("event", of: root)
        }
        if callback != .numberOptIn || Callback(word: fields.peek("type")) != nil { take("type", of: fields) }
    }

    private func take(_ name: String, of fields: Fields) {
        guard let word = fields.peek(name), !word.isEmpty else { return }
        if word == callback.rawValue {
            _ = fields.string(name)
            return
        }
        fields.keep(name)
        let isExpected =
            Callback(word: word) != nil || callback == .deliveryStatus && MobileTextAlerts.DeliveryStatus.isKnown(word)
        if !isExpected { fields.sight(name, word: word) }
    }

    private static func unrecognised(_ fields: Fields, noting findings: Findings) -> Fault {
        findings.sight(.shape, at: fields.path, word: shape(of: fields))
        if let word = fields.peek("type"), Callback(word: word) == nil { fields.sight("type", word: word) }
        return Fault(path: "$", reason: "unrecognised shape")
    }

    /// The first few names, of those that look like a vendor's: a name may be anything, and this is for a log.
    private static func shape(of fields: Fields) -> String {
        fields.names.lazy
            .filter { name in
                (1...32).contains(name.utf8.count) && name.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "_") }
            }
            .prefix(8).joined(separator: ",")
    }

    /// One of these is in every table: a body without any of them is none of the four events.
    private static let numbersAndIDs = [
        "fromNumber", "toNumber", "originationNumber", "destinationNumber", "messageId", "replyId",
    ]
}
