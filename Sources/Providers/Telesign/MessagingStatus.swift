internal import Model

extension Telesign {
    /// What became of a message of ours, sent over one channel after another until one of them carried it; or that it was read.
    ///
    ///     {"reference_id":"35C8B5D509BC10689196FED2AD551B8A","external_id":null,
    ///      "status":{"code":3000,"description":"Delivered","last_channel":"sms","updated_on":"2020-05-04 22:07:01:226"},
    ///      "channel_status":[
    ///       {"rcs":{"code":3056,"description":"Message failed to deliver in specified fallback time",
    ///        "reference_id":"…","updated_on":"…"}},
    ///       {"sms":{"code":3000,"description":"Delivered","reference_id":"65C77D4A6C5C09085694EFB6C554D2BF",
    ///        "updated_on":"…"}}]}
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/docs/messaging-callback-service> (read 2026-11-22).
    enum MessagingStatus {
        static func events(of callback: Callback) -> [Event] {
            let id = callback.id
            let root = callback.root
            let channels = root.objects("channel_status").flatMap { read($0, of: callback) }
            let status = callback.status
            let lastChannel = status.flatMap(lastChannel) ?? channels.last?.status.channel
            let channel = lastChannel ?? callback.source.channel ?? .unknown
            let outcome = callback.outcome(in: status, isOnChannels: true, lastChannel: lastChannel)
            let parties = Parties(of: callback)
            var body = outcome.status
            body.channels = channels.map(\.status)
            // One message goes through several states, on one channel and the next, under one id.
            let details =
                [body.providerCode ?? "", status?.peek("last_channel") ?? ""]
                + channels.map { "\($0.name):\($0.status.providerCode ?? "")" }
            return [
                callback.reading.event(
                    .status(body), identity: callback.identity(id, details: details), channel: channel,
                    direction: .outbound, providerMessageId: id, from: parties.from, to: parties.to,
                    occurredAt: outcome.at, correlation: Event.Correlation(externalId: root.id("external_id")))
            ]
        }

        /// Documented: the last channel that was tried.
        private static func lastChannel(in status: Fields) -> Channel? {
            guard let word = status.text("last_channel") else { return nil }
            guard let channel = Channel(telesign: word) else {
                status.putBack("last_channel")
                status.sight("last_channel", word: word)
                return .unknown
            }
            return channel
        }

        /// Documented: an object with one member, which is named by its channel, here in the vendor's word.
        private static func read(
            _ entry: Fields, of callback: Callback
        ) -> [(name: String, status: Event.ChannelStatus)] {
            entry.names.compactMap { name in
                guard let channel = Channel(telesign: name) else {
                    guard let fields = entry.aside(name) else { return nil }
                    entry.sight(name, word: name)
                    return (name, status(on: .unknown, in: fields, of: callback))
                }
                return entry.object(name).map { (name, status(on: channel, in: $0, of: callback)) }
            }
        }

        private static func status(on channel: Channel, in fields: Fields, of callback: Callback) -> Event.ChannelStatus
        {
            let outcome = callback.outcome(in: fields, isOnChannels: true, lastChannel: channel)
            return Event.ChannelStatus(
                channel: channel, state: outcome.status.state, providerCode: outcome.status.providerCode,
                providerMessageId: fields.id("reference_id"), description: outcome.status.description, at: outcome.at)
        }
    }
}
