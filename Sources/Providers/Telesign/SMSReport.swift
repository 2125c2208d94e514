internal import Model

extension Telesign {
    /// A delivery report of the products SMS, SMS Verify and bulk SMS.
    ///
    ///     {"reference_id":"B56259E45884010488343BAA15FB0002","status":{"code":200,"description":"Delivered to handset",
    ///      "updated_on":"2016-10-21T14:05:36.181346Z"},"additional_info":{"mcc":"310","mnc":"004","price":"0.01",
    ///      "currency":"USD","message_parts_count":2,
    ///      "message_parts_reference_ids":"35E63E88CB000E049196AD1CFCFFB89C,35E63E88CC7C050491613443467F3F12"},
    ///      "external_id":"CustomExternalID7349"}
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/docs/sms-callback-service> (read 2026-11-22).
    enum SMSReport {
        static func events(of callback: Callback) -> [Event] {
            let id = callback.id
            let root = callback.root
            // Documented: `sms` with SMS Verify, `bulk_sms` with bulk SMS, and none or `sms` with SMS.
            if let word = root.string("sub_resource"), word != "sms" {
                root.putBack("sub_resource")
                if word != "bulk_sms", !word.isEmpty { root.sight("sub_resource", word: word) }
            }
            // Documented: what the model has no place for, the last three with SMS Verify.
            root.keep("submit_timestamp", "errors", "session_id", "verify", "score_status", "sim_swap")
            let outcome = callback.outcome(in: callback.status, isOnChannels: false, lastChannel: .sms)
            let parties = Parties(of: callback)
            // One message goes through several states under one id.
            var details = [outcome.status.providerCode ?? ""]
            // Documented: all messages of a bulk have one id. `session_id` is the recipient's where the sender gave one, else
            // that of the bulk or nothing, and only the time to the microsecond tells two recipients apart.
            if root.peek("sub_resource")?.lowercased() == "bulk_sms" {
                details += [root.peek("session_id") ?? "", callback.status?.peek("updated_on") ?? ""]
            }
            return [
                callback.reading.event(
                    .status(outcome.status), identity: callback.identity(id, details: details), channel: .sms,
                    direction: .outbound, providerMessageId: id, from: parties.from, to: parties.to,
                    occurredAt: outcome.at, correlation: Event.Correlation(externalId: root.id("external_id")))
            ]
        }
    }
}

extension Telesign {
    /// Whose message a report is about, as far as it says.
    ///
    /// Documented: `additional_info`, with what the customer has asked the vendor to put there.
    struct Parties {
        let from: Address?
        let to: Address?

        init(of callback: Callback) {
            guard let info = callback.root.object("additional_info") else {
                (from, to) = (nil, nil)
                return
            }
            info.keep("mcc", "mnc", "price", "currency", "message_parts_count", "message_parts_reference_ids")
            // With SMS Verify documented, and shown, with a blank behind its name.
            from = (info.id("sender_id") ?? info.id("sender_id ")).map { Address(sender: $0) }
            // Documented: the end user's number as the vendor has cleansed it, with its country's code.
            to = info.id("cleansed_phone_number").map { Address(international: $0) }
        }
    }
}
