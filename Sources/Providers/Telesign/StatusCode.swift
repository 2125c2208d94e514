internal import Model

extension Telesign {
    /// What the vendor's status codes come to.
    ///
    /// Codes and their meanings are documented. States are our reading of them. Final are those that are documented to be, and
    /// of those that say nothing about it the ones after which nothing can come (inferred).
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/docs/all-status-and-error-codes> (read 2026-11-22).
    enum StatusCode {
        typealias Row = (state: Event.Status.State, isFinal: Bool)

        /// Documented: 3850 to 3857 are about templates.
        static let templates = 3850...3857

        /// Documented: the codes of the product Messaging.
        static let messaging = 3000...3999

        /// Documented: the product SMS has codes from 200 on, from 500 on, and some of five digits.
        static func isOfSMS(_ code: Int) -> Bool {
            200...299 ~= code || 500...599 ~= code || 10_000...19_999 ~= code
        }

        /// Nil for a code that is in no table.
        static func row(of code: Int, isOnChannels: Bool) -> Row? {
            // Documented in an older edition of the page: Messaging had this for what is 3005 now.
            if isOnChannels, code == 201 { return (.read, true) }
            return messaging ~= code ? messagingRow(of: code) : smsRow(of: code)
        }

        private static func smsRow(of code: Int) -> Row? {
            switch code {
            case 200: (.delivered, true)
            // Completed, with something suspicious about the number: it does not say that the handset has it.
            case 201: (.sent, true)
            case 203: (.sent, false)
            case 207, 211, 220, 222, 231: (.failed, true)
            // Phone switched off or its memory full; expired in the carrier's queue.
            case 210, 221: (.undelivered, true)
            // Blocked: by the customer's request, by the vendor, by risk, country, prefix, kind of phone.
            case 229, 230, 233, 237, 238, 286: (.rejected, true)
            case 250: (.unconfirmed, true)
            case 251, 295, 599: (.unconfirmed, false)
            case 290: (.sending, false)
            case 292, 293: (.queued, false)
            case 500, 502, 505...509, 516: (.failed, true)
            // Not allowed: authorisation, carrier, subscriber, spam, rules of India, SIM swap, content, sender.
            case 501, 503, 504, 510, 515, 517...521: (.rejected, true)
            // The subscriber: out of credit, roaming, moved to another network, absent.
            case 511...514: (.undelivered, true)
            case 10_000, 11_000: (.failed, true)
            // No funds; blocked by the customer's request; blocked by the vendor.
            case 10_030...10_032: (.rejected, true)
            default: nil
            }
        }

        private static func messagingRow(of code: Int) -> Row? {
            switch code {
            // Documented: final if the last channel does not tell when a message is read. See ``Callback/outcome(in:isOnChannels:lastChannel:)``.
            case 3000: (.delivered, true)
            case 3001: (.sending, false)
            case 3002: (.sent, false)
            case 3003: (.failed, true)
            case 3004: (.unconfirmed, false)
            case 3005: (.read, true)
            case 3006: (.rejected, true)
            case 3011, 3012: (.failed, true)
            case 3030, 3033: (.undelivered, true)
            case 3031, 3032, 3034, 3035, 3043...3045, 3054, 3055, 3057, 3059, 3061, 3062: (.failed, true)
            case 3036...3038, 3041, 3042, 3046, 3051...3053, 3058, 3071...3073: (.rejected, true)
            case 3039: (.unconfirmed, true)
            case 3040: (.queued, false)
            case 3047...3050: (.undelivered, true)
            // Not confirmed in time: the next channel is tried.
            case 3056: (.undelivered, false)
            // What the device can do, and nothing about the message.
            case 3060: (.unknown, false)
            // Parameters; intermediate are those that are about one channel.
            case 3100, 3101, 3306: (.failed, false)
            case 3102...3110, 3112...3115, 3300...3305: (.failed, true)
            case 3200, 3202: (.rejected, false)
            case 3203...3209: (.rejected, true)
            case 3400, 3405, 3406, 3408...3413: (.rejected, true)
            case 3500, 3601: (.failed, true)
            default: nil
            }
        }
    }
}

extension Telesign.Callback {
    /// What a status comes to, and when.
    func outcome(
        in fields: Fields?, isOnChannels: Bool, lastChannel: Channel?
    ) -> (status: Event.Status, at: Instant?) {
        var status = Event.Status(state: .unknown, isFinal: false)
        guard let fields else {
            findings.warn("no status")
            return (status, nil)
        }
        status.providerCode = code(in: fields)
        status.description = fields.text("description")
        let at = moment("updated_on", of: fields)
        guard let code = status.providerCode else {
            if !fields.hasValue("code") { warn("code", of: fields, "missing") }
            return (status, at)
        }
        guard let row = Int(code).flatMap({ Telesign.StatusCode.row(of: $0, isOnChannels: isOnChannels) }) else {
            fields.sight("code", word: code)
            return (status, at)
        }
        status.state = row.state
        status.isFinal = row.isFinal && !(row.state == .delivered && isOnChannels && canStillBeRead(on: lastChannel))
        return (status, at)
    }

    /// Whether a channel tells when a message is read. Documented is that some do; which ones is inferred.
    private func canStillBeRead(on channel: Channel?) -> Bool {
        switch channel {
        case .sms, .mms, .email: false
        case .rcs, .viber, .whatsapp, .imessage, .unknown, nil: true
        }
    }
}
